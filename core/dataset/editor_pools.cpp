// The Editor's pools and overrides: what is not in a zone.
#include <algorithm>

#include "core/base/check.hpp"
#include "core/dataset/contents.hpp"
#include "core/dataset/editor.hpp"

namespace tidemark::dataset {

namespace {

template <class T>
void destroy(const void* content) {
  delete static_cast<const T*>(content);
}

}  // namespace

std::optional<PoolView> Editor::find_pool(std::string_view name) const noexcept {
  const Cell* cell = next_->pools.find(name, next_->seed.value());
  if (cell == nullptr) return std::nullopt;
  return PoolView(static_cast<const PoolEntry*>(cell->content));
}

std::optional<event::Override> Editor::find_override(std::string_view pool,
                                                     std::string_view endpoint) const {
  const Cell* cell = next_->overrides.find(override_key(pool, endpoint), next_->seed.value());
  if (cell == nullptr) return std::nullopt;
  return static_cast<const OverrideEntry*>(cell->content)->value;
}

std::vector<event::Override> Editor::overrides_of(std::string_view pool) const {
  std::vector<event::Override> found;
  next_->overrides.for_each([&](const Cell& cell) {
    const auto& value = static_cast<const OverrideEntry*>(cell.content)->value;
    if (value.pool == pool) found.push_back(value);
  });
  std::sort(found.begin(), found.end(), [](const event::Override& a, const event::Override& b) {
    return a.endpoint < b.endpoint;
  });
  return found;
}

void Editor::count_pool_reference(const RrsetView& rrset, bool added) {
  if (rrset.type() != dns::RrType::Pool) return;
  rrset.for_each_rdata([&](base::ByteView name) {
    Cell* cell = next_->pools.find(base::as_text(name), next_->seed.value());
    TIDEMARK_CHECK(cell != nullptr, "a POOL RRset names a pool that exists");
    auto entry = std::make_unique<PoolEntry>(*static_cast<const PoolEntry*>(cell->content));
    entry->references += added ? 1u : ~0u;
    next_->pools.put(*store_, next_->seed.value(),
                     store_->allocate_cell(destroy<PoolEntry>, entry.release()));
    store_->retire(cell);
  });
}

void Editor::put_pool(const event::Pool& pool) {
  auto entry = std::make_unique<PoolEntry>(PoolEntry{pool, 0, 0, 0, 0, 0});
  for (std::size_t i = 0; i < pool.endpoints.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const bool v4 = pool.endpoints[i].address.family == event::Address::Family::V4;
    (v4 ? entry->members_v4 : entry->members_v6) |= bit;
    if (pool.endpoints[i].weight > 0) entry->weighted |= bit;
  }
  if (Cell* old = next_->pools.find(pool.name, next_->seed.value())) {
    const auto* before = static_cast<const PoolEntry*>(old->content);
    entry->slot = before->slot;
    entry->references = before->references;
    add_entry_hash(pool_octets(before->pool), false);
  } else if (!next_->free_slots->empty()) {
    auto rest = std::make_shared<std::vector<std::uint32_t>>(*next_->free_slots);
    entry->slot = rest->back();
    rest->pop_back();
    next_->free_slots = std::move(rest);
  } else {
    entry->slot = next_->pool_slots++;
  }
  add_entry_hash(pool_octets(pool), true);
  Cell* cell = store_->allocate_cell(destroy<PoolEntry>, entry.release());
  if (Cell* old = next_->pools.put(*store_, next_->seed.value(), cell)) store_->retire(old);
  drop_overrides_of_missing_endpoints(pool);
}

void Editor::drop_overrides_of_missing_endpoints(const event::Pool& pool) {
  for (const event::Override& one : overrides_of(pool.name)) {
    const bool there =
        std::any_of(pool.endpoints.begin(), pool.endpoints.end(),
                    [&](const event::Endpoint& endpoint) { return endpoint.id == one.endpoint; });
    if (!there) delete_override(one.pool, one.endpoint);
  }
}

void Editor::delete_pool(std::string_view name) {
  Cell* cell = next_->pools.find(name, next_->seed.value());
  TIDEMARK_CHECK(cell != nullptr, "the pool to delete exists");
  const auto* entry = static_cast<const PoolEntry*>(cell->content);
  TIDEMARK_CHECK(entry->references == 0, "a pool in use is not deleted");
  for (const event::Override& one : overrides_of(name)) delete_override(one.pool, one.endpoint);
  auto slots = std::make_shared<std::vector<std::uint32_t>>(*next_->free_slots);
  slots->push_back(entry->slot);
  next_->free_slots = std::move(slots);
  add_entry_hash(pool_octets(entry->pool), false);
  next_->pools.remove(*store_, next_->seed.value(), name);
  store_->retire(cell);
}

void Editor::put_override(const event::Override& value) {
  if (const auto old = find_override(value.pool, value.endpoint)) {
    add_entry_hash(override_octets(*old), false);
  }
  add_entry_hash(override_octets(value), true);
  auto* entry = new OverrideEntry{override_key(value.pool, value.endpoint), value};
  Cell* cell = store_->allocate_cell(destroy<OverrideEntry>, entry);
  if (Cell* old = next_->overrides.put(*store_, next_->seed.value(), cell)) store_->retire(old);
}

void Editor::delete_override(std::string_view pool, std::string_view endpoint) {
  const std::string key = override_key(pool, endpoint);
  Cell* cell = next_->overrides.remove(*store_, next_->seed.value(), key);
  TIDEMARK_CHECK(cell != nullptr, "the override to delete exists");
  add_entry_hash(override_octets(static_cast<const OverrideEntry*>(cell->content)->value), false);
  store_->retire(cell);
}

}  // namespace tidemark::dataset
