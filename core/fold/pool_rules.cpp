#include "core/fold/pool_rules.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace tidemark::fold {

namespace {

constexpr std::size_t check_text_octets_max = 1024;
constexpr std::size_t override_reason_octets_max = 1024;
constexpr std::uint32_t interval_ms_min = 100, interval_ms_max = 3'600'000;

Rejected reject(Reason reason, std::string detail) { return {reason, std::move(detail)}; }

bool is_word(std::string_view text, std::size_t octets_max) noexcept {
  return !text.empty() && text.size() <= octets_max &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                  letter == '-' || letter == '_' || letter == '.';
         });
}

std::optional<Rejected> check_check(const event::Pool& pool) {
  const event::Check& check = pool.check;
  const auto broken = [&](std::string_view what) {
    return reject(Reason::PoolRule, "pool " + pool.name + ": check: " + std::string(what));
  };
  if (check.kind == event::CheckKind::None) return std::nullopt;
  if (check.port == 0) return broken("a port is needed");
  if (check.interval_ms < interval_ms_min || check.interval_ms > interval_ms_max) {
    return broken("the interval is 100 ms to 1 h");
  }
  if (check.timeout_ms == 0 || check.timeout_ms > check.interval_ms) {
    return broken("the timeout is above 0 and at most the interval");
  }
  if (check.rise == 0 || check.fall == 0) return broken("rise and fall are at least 1");
  if (check.path.size() > check_text_octets_max || check.host.size() > check_text_octets_max) {
    return broken("path and host are at most 1024 octets");
  }
  if (check.kind != event::CheckKind::Tcp && !check.path.starts_with('/')) {
    return broken("the path begins with /");
  }
  if (check.status_low < 100 || check.status_high > 599 || check.status_low > check.status_high) {
    return broken("expected status is a range within 100-599");
  }
  return std::nullopt;
}

bool has_family(const event::Pool& pool, event::Address::Family family) noexcept {
  return std::any_of(
      pool.endpoints.begin(), pool.endpoints.end(),
      [&](const event::Endpoint& endpoint) { return endpoint.address.family == family; });
}

// A pool that names answer from does not lose its last address of a family.
std::optional<Rejected> check_not_emptied(const dataset::PoolView& before,
                                          const event::Pool& after) {
  if (before.references() == 0) return std::nullopt;
  for (const auto family : {event::Address::Family::V4, event::Address::Family::V6}) {
    if (has_family(before.pool(), family) && !has_family(after, family)) {
      return reject(Reason::EmptyPool,
                    "pool " + after.name + " is in use and would lose its last IPv" +
                        (family == event::Address::Family::V4 ? "4" : "6") + " endpoint");
    }
  }
  return std::nullopt;
}

struct Apply {
  dataset::Editor& editor;

  std::optional<Rejected> operator()(const event::PutPool& edit) const {
    if (auto broken = check_pool(edit.pool)) return broken;
    if (const auto before = editor.find_pool(edit.pool.name)) {
      if (auto broken = check_not_emptied(*before, edit.pool)) return broken;
    }
    editor.put_pool(edit.pool);
    return std::nullopt;
  }
  std::optional<Rejected> operator()(const event::DeletePool& edit) const {
    const auto pool = editor.find_pool(edit.pool);
    if (!pool) return reject(Reason::PoolMissing, "there is no pool " + edit.pool);
    if (pool->references() != 0) {
      return reject(Reason::PoolInUse, "pool " + edit.pool + " is named by " +
                                           std::to_string(pool->references()) +
                                           " POOL RRset(s): delete those first");
    }
    editor.delete_pool(edit.pool);
    return std::nullopt;
  }
  std::optional<Rejected> operator()(const event::PutOverride& edit) const {
    const event::Override& value = edit.override_;
    const auto pool = editor.find_pool(value.pool);
    if (!pool) return reject(Reason::PoolMissing, "there is no pool " + value.pool);
    const auto& endpoints = pool->pool().endpoints;
    const bool there =
        std::any_of(endpoints.begin(), endpoints.end(),
                    [&](const event::Endpoint& one) { return one.id == value.endpoint; });
    if (!there) {
      return reject(Reason::EndpointMissing,
                    "pool " + value.pool + " has no endpoint " + value.endpoint);
    }
    if (value.reason.size() > override_reason_octets_max) {
      return reject(Reason::LimitExceeded, "the reason of an override is at most 1024 octets");
    }
    editor.put_override(value);
    return std::nullopt;
  }
  std::optional<Rejected> operator()(const event::DeleteOverride& edit) const {
    if (!editor.find_override(edit.pool, edit.endpoint)) {
      return reject(Reason::OverrideMissing,
                    "there is no override of " + edit.endpoint + " in pool " + edit.pool);
    }
    editor.delete_override(edit.pool, edit.endpoint);
    return std::nullopt;
  }
};

}  // namespace

std::optional<Rejected> check_pool(const event::Pool& pool) {
  if (!is_word(pool.name, event::pool_name_octets_max)) {
    return reject(Reason::PoolRule, "pool name: 1-63 of [a-z0-9._-]");
  }
  if (pool.endpoints.empty()) {
    return reject(Reason::EmptyPool, "pool " + pool.name + " would have no endpoint");
  }
  if (pool.endpoints.size() > event::pool_endpoints_max) {
    return reject(Reason::LimitExceeded, "pool " + pool.name + " has more than 64 endpoints");
  }
  std::set<std::string_view> ids;
  for (const event::Endpoint& endpoint : pool.endpoints) {
    if (!is_word(endpoint.id, event::endpoint_id_octets_max)) {
      return reject(Reason::PoolRule, "pool " + pool.name + ": endpoint id: 1-63 of [a-z0-9._-]");
    }
    if (!ids.insert(endpoint.id).second) {
      return reject(Reason::PoolRule,
                    "pool " + pool.name + ": endpoint " + endpoint.id + " occurs twice");
    }
  }
  if (pool.floor > pool.endpoints.size()) {
    return reject(Reason::PoolRule, "pool " + pool.name + ": the floor is above its endpoints");
  }
  if (pool.stale_after_ms == 0) {
    return reject(Reason::PoolRule, "pool " + pool.name + ": stale_after_ms is above 0");
  }
  return check_check(pool);
}

std::optional<Rejected> apply(dataset::Editor& editor, const event::PoolEdit& edit) {
  return std::visit(Apply{editor}, edit);
}

bool is_deletion(const event::PoolEdit& edit) noexcept {
  return std::holds_alternative<event::DeletePool>(edit);
}

}  // namespace tidemark::fold
