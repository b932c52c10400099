#include "core/dataset/dataset.hpp"

#include <algorithm>
#include <bit>

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/dataset/contents.hpp"

namespace tidemark::dataset {

dns::NameView Zone::name() const noexcept { return block_->name(); }
event::ZoneSeq Zone::seq() const noexcept { return event::ZoneSeq(block_->seq); }
dns::Serial Zone::serial() const noexcept { return dns::Serial(block_->serial); }
base::U128 Zone::hash() const noexcept { return block_->hash; }
const Denial* Zone::denial() const noexcept { return block_->denial; }
std::uint64_t Zone::rrset_count() const noexcept { return block_->rrsets; }
std::uint64_t Zone::name_count() const noexcept { return block_->names.size() + 1; }
std::uint64_t Zone::dname_count() const noexcept { return block_->dnames; }
std::size_t Zone::labels_deepest() const noexcept { return block_->labels_deepest; }
ZoneSettings Zone::settings() const noexcept { return block_->settings; }

std::optional<Node> Zone::find(dns::NameView owner) const noexcept {
  const NodeBlock* node = block_->find(owner, seed_.value());
  if (node == nullptr) return std::nullopt;
  return Node(node);
}

Node Zone::apex() const noexcept { return Node(block_->apex); }

void Zone::prefetch_way(std::uint64_t name_hash) const noexcept {
  block_->names.prefetch_link(name_hash);
}

TableProbe Zone::probe(std::uint64_t name_hash) const noexcept {
  return block_->names.probe(name_hash);
}

void Zone::prefetch(const TableProbe& probe) noexcept { NodeTable::prefetch_entry(probe); }

std::optional<Node> Zone::find(const TableProbe& probe, dns::NameView owner) noexcept {
  const NodeBlock* node = NodeTable::find(probe, owner);
  if (node == nullptr) return std::nullopt;
  return Node(node);
}

void Zone::for_each_node(const std::function<void(const Node&)>& visit) const {
  block_->for_each_node([&](const NodeBlock& node) { visit(Node(&node)); });
}

std::vector<Node> Zone::sorted_nodes() const {
  std::vector<Node> nodes;
  nodes.reserve(name_count());
  block_->for_each_node([&](const NodeBlock& node) { nodes.emplace_back(&node); });
  std::sort(nodes.begin(), nodes.end(),
            [](const Node& a, const Node& b) { return a.name() < b.name(); });
  return nodes;
}

std::vector<dns::Rrset> Zone::rrsets() const {
  std::vector<dns::Rrset> all;
  all.reserve(rrset_count());
  if (const auto soa = apex().find(dns::RrType::Soa)) all.push_back(soa->to_rrset(name()));
  for (const Node& node : sorted_nodes()) {
    for (const RrsetView rrset : node) {
      if (rrset.type() != dns::RrType::Soa) all.push_back(rrset.to_rrset(node.name()));
    }
  }
  return all;
}

void Zone::for_each_chunk(const std::function<void(const void*)>& visit) const {
  block_->names.for_each_chunk(visit);
}

const event::Pool& PoolView::pool() const noexcept { return entry_->pool; }
std::uint32_t PoolView::slot() const noexcept { return entry_->slot; }
std::uint32_t PoolView::references() const noexcept { return entry_->references; }
std::uint64_t PoolView::members_v4() const noexcept { return entry_->members_v4; }
std::uint64_t PoolView::members_v6() const noexcept { return entry_->members_v6; }
std::uint64_t PoolView::weighted() const noexcept { return entry_->weighted; }

base::ByteView PoolView::address(std::size_t endpoint) const noexcept {
  const event::Address& address = entry_->pool.endpoints[endpoint].address;
  return base::ByteView(address.octets)
      .first(address.family == event::Address::Family::V4 ? 4 : 16);
}

Dataset::Lease::Lease(std::shared_ptr<Store> s, std::unique_ptr<const Contents> c, Generation g)
    : store(std::move(s)), contents(std::move(c)), generation(g) {}
Dataset::Lease::~Lease() { store->release(generation); }

Dataset Dataset::empty(Lineage lineage, HashSeed seed) {
  auto contents = std::make_unique<Contents>(lineage, seed);
  return Dataset(
      std::make_shared<const Lease>(std::make_shared<Store>(), std::move(contents), Generation{0}));
}

Version Dataset::version() const noexcept {
  const Contents& all = *lease_->contents;
  return {all.lineage, all.seq, all.state_hash()};
}
HashSeed Dataset::hash_seed() const noexcept { return lease_->contents->seed; }
std::size_t Dataset::zone_count() const noexcept { return lease_->contents->zones.size(); }
std::uint64_t Dataset::rrset_count() const noexcept { return lease_->contents->rrsets; }

std::optional<Zone> Dataset::find_zone(dns::NameView apex) const noexcept {
  const Contents& all = *lease_->contents;
  const ZoneBlock* zone = all.zones.find(apex, all.seed.value());
  if (zone == nullptr) return std::nullopt;
  return Zone(zone, all.seed);
}

std::optional<Zone> Dataset::enclosing_zone(dns::NameView name) const noexcept {
  return enclosing_zone(NamePath(name, lease_->contents->seed));
}

std::optional<Zone> Dataset::enclosing_zone(const NamePath& name) const noexcept {
  const Contents& all = *lease_->contents;
  const std::size_t labels = name.labels();
  for (std::size_t word = labels / 64 + 1; word-- > 0;) {
    std::uint64_t depths = all.zone_depths[word];
    if (word == labels / 64) depths &= ~std::uint64_t{0} >> (63 - labels % 64);
    while (depths != 0) {  // the deepest first
      const auto bit = static_cast<std::size_t>(std::bit_width(depths)) - 1;
      const std::size_t depth = word * 64 + bit;
      const ZoneBlock* zone = ZoneTable::find(all.zones.probe(name.hash(depth)), name.end(depth));
      if (zone != nullptr) return Zone(zone, all.seed);
      depths &= ~(std::uint64_t{1} << bit);
    }
  }
  return std::nullopt;
}

std::optional<Zone> Dataset::zone_above(dns::NameView apex) const noexcept {
  if (apex.is_root()) return std::nullopt;
  return enclosing_zone(apex.parent());
}

std::optional<Zone> Dataset::find_construction(dns::NameView apex) const noexcept {
  const Contents& all = *lease_->contents;
  const ZoneBlock* zone = all.constructions.find(apex, all.seed.value());
  if (zone == nullptr) return std::nullopt;
  return Zone(zone, all.seed);
}

namespace {

std::vector<Zone> sorted_zones(const ZoneTable& table, HashSeed seed) {
  std::vector<Zone> zones;
  zones.reserve(table.size());
  table.for_each([&](const ZoneBlock& zone) { zones.emplace_back(&zone, seed); });
  std::sort(zones.begin(), zones.end(),
            [](const Zone& a, const Zone& b) { return a.name() < b.name(); });
  return zones;
}

}  // namespace

std::vector<Zone> Dataset::zones() const {
  return sorted_zones(lease_->contents->zones, lease_->contents->seed);
}
std::vector<Zone> Dataset::constructions() const {
  return sorted_zones(lease_->contents->constructions, lease_->contents->seed);
}

std::optional<PoolView> Dataset::find_pool(std::string_view name) const noexcept {
  const Contents& all = *lease_->contents;
  const Cell* cell = all.pools.find(name, all.seed.value());
  if (cell == nullptr) return std::nullopt;
  return PoolView(static_cast<const PoolEntry*>(cell->content));
}
std::optional<PoolView> Dataset::find_pool(base::ByteView name) const noexcept {
  return find_pool(base::as_text(name));
}

std::vector<PoolView> Dataset::pools() const {
  std::vector<PoolView> pools;
  lease_->contents->pools.for_each(
      [&](const Cell& cell) { pools.emplace_back(static_cast<const PoolEntry*>(cell.content)); });
  std::sort(pools.begin(), pools.end(),
            [](const PoolView& a, const PoolView& b) { return a.pool().name < b.pool().name; });
  return pools;
}

std::uint32_t Dataset::pool_slots() const noexcept { return lease_->contents->pool_slots; }

std::vector<event::Override> Dataset::overrides() const {
  std::vector<event::Override> all;
  lease_->contents->overrides.for_each([&](const Cell& cell) {
    all.push_back(static_cast<const OverrideEntry*>(cell.content)->value);
  });
  std::sort(all.begin(), all.end(), [](const event::Override& a, const event::Override& b) {
    return std::tie(a.pool, a.endpoint) < std::tie(b.pool, b.endpoint);
  });
  return all;
}

std::optional<event::Override> Dataset::find_override(std::string_view pool,
                                                      std::string_view endpoint) const {
  const Contents& all = *lease_->contents;
  const Cell* cell = all.overrides.find(override_key(pool, endpoint), all.seed.value());
  if (cell == nullptr) return std::nullopt;
  return static_cast<const OverrideEntry*>(cell->content)->value;
}

const std::vector<event::CookieSalt>& Dataset::cookie_salts() const noexcept {
  return *lease_->contents->cookie_salts;
}

bool Dataset::serves_as(const Dataset& other) const noexcept {
  const Contents& mine = *lease_->contents;
  const Contents& its = *other.lease_->contents;
  return mine.zones.is_same_as(its.zones) && mine.pools.is_same_as(its.pools) &&
         mine.overrides.is_same_as(its.overrides) && mine.cookie_salts == its.cookie_salts;
}

base::U128 Dataset::bucket(std::uint32_t index) const noexcept {
  const BucketChunk* chunk = lease_->contents->buckets[index / buckets_per_chunk];
  return chunk == nullptr ? base::U128{} : chunk->sums[index % buckets_per_chunk];
}

StateHash Dataset::recompute_state_hash() const {
  const Contents& all = *lease_->contents;
  Contents fresh(all.lineage, all.seed);
  const auto add_zone = [](const Zone& zone, base::U128& sum) {
    zone.for_each_node([&](const Node& node) {
      for (const RrsetView rrset : node) sum += leaf_hash(node.name(), rrset);
    });
  };
  for (const Zone& zone : zones()) {
    add_zone(zone, fresh.live_sum);
    if (zone.settings() != ZoneSettings{}) {
      fresh.entry_sum += base::xxh3_128(settings_octets(zone.name(), zone.settings()));
    }
  }
  for (const Zone& zone : constructions()) add_zone(zone, fresh.construction_sum);
  for (const PoolView& pool : pools()) fresh.entry_sum += base::xxh3_128(pool_octets(pool.pool()));
  for (const event::Override& one : overrides()) {
    fresh.entry_sum += base::xxh3_128(override_octets(one));
  }
  if (!cookie_salts().empty()) {
    fresh.entry_sum += base::xxh3_128(cookie_salts_octets(cookie_salts()));
  }
  return fresh.state_hash();
}

}  // namespace tidemark::dataset
