#include "producer/decide/refill.hpp"

#include <algorithm>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "producer/decide/sequence.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {

namespace {

using Changes = std::vector<event::ChangeSet>;

constexpr std::size_t edits_wanted = 20'000;
constexpr std::size_t rounds_max = 8;

std::size_t estimate_octets(const dns::Rrset& rrset) {
  std::size_t octets = 96 + rrset.owner.wire().size();
  for (const base::Bytes& rdata : rrset.rdata) octets += 16 + rdata.size();
  return octets;
}

event::PutZoneSettings all_of(const dataset::ZoneSettings& settings) {
  return {settings.removal_percent_max, settings.removal_rrsets_min, settings.ttl_seconds_ceiling,
          settings.expire_seconds == 0 ? std::nullopt : std::optional(settings.expire_seconds)};
}

// A ceiling that was lowered later does not hold for what was there before.
bool exceeds_ceiling(const std::vector<dns::Rrset>& rrsets, std::uint32_t ceiling) {
  return std::ranges::any_of(rrsets, [&](const auto& one) { return one.ttl.value() > ceiling; });
}

event::PutZoneSettings first_settings(const dataset::Zone& zone,
                                      const std::vector<dns::Rrset>& rrsets) {
  const bool exceeds = exceeds_ceiling(rrsets, zone.settings().ttl_seconds_ceiling);
  if (!exceeds && zone.settings() == dataset::ZoneSettings{}) return {};
  event::PutZoneSettings settings = all_of(zone.settings());
  if (exceeds) settings.ttl_seconds_ceiling = dns::ttl_seconds_max;
  return settings;
}

bool is_same(const dataset::Zone& a, const dataset::Zone& b) {
  return a.hash() == b.hash() && a.settings() == b.settings() && a.rrset_count() == b.rrset_count();
}

event::ZoneEdits creation(const dataset::Zone& zone, std::vector<dns::Rrset> rrsets) {
  event::ZoneEdits made{dns::Name(zone.name()), event::ExpectAbsent{}, false, zone.hash(), {}};
  made.edits.emplace_back(event::CreateZone{});
  const auto first = first_settings(zone, rrsets);
  if (first != event::PutZoneSettings{}) made.edits.emplace_back(first);
  for (dns::Rrset& rrset : rrsets) made.edits.emplace_back(event::PutRrset{std::move(rrset)});
  const auto last = all_of(zone.settings());
  if (first != event::PutZoneSettings{} && first != last) made.edits.emplace_back(last);
  return made;
}

// The parts of a large zone, the commit behind them.
Changes sequence(const dataset::Zone& zone, event::Expect expect, std::vector<dns::Rrset> rrsets,
                 const event::PutZoneSettings& first, const event::ChangeSet& blank) {
  Changes parts = build_sequence(dns::Name(zone.name()), std::move(expect), std::move(rrsets),
                                 first, zone.hash(), blank);
  const auto last = all_of(zone.settings());
  if (first != event::PutZoneSettings{} && first != last) {
    parts[parts.size() - 2].zones.front().edits.emplace_back(last);
  }
  return parts;
}

event::ChangeSet deletion(const dataset::Zone& zone, event::ChangeSet blank) {
  blank.acknowledged_removals = zone.rrset_count();
  blank.zones.push_back({dns::Name(zone.name()),
                         event::ExpectExactly{zone.seq()},
                         false,
                         std::nullopt,
                         {event::DeleteZone{}}});
  return blank;
}

std::vector<event::CookieSalt> next_salts(std::vector<event::CookieSalt> now,
                                          const std::vector<event::CookieSalt>& target) {
  const bool begins =
      now.size() <= target.size() && std::ranges::equal(now, std::span(target).first(now.size()));
  if (begins) {
    now.push_back(target[now.size()]);
  } else if (target.empty() || (now.size() > 2 || (now.size() == 2 && now[1] != target[0]))) {
    now.pop_back();
  } else if (now.size() == 2) {
    std::swap(now[0], now[1]);
  } else {
    now.push_back(target[0]);
  }
  return now;
}

}  // namespace

Refill::Refill(dataset::Dataset target, RefillTerms terms)
    : target_(std::move(target)), terms_(std::move(terms)), zones_(target_.zones()) {}

std::string Refill::origin_id(const event::Succession& to) {
  return "version " + std::to_string(to.seq) + " " + base::to_hex(to.state_hash);
}

event::ChangeSet Refill::blank() const {
  return {.change_id = event::ChangeId({}),
          .author = std::string(refill_author),
          .author_epoch = event::AuthorEpoch(0),
          .reason = terms_.reason,
          .zones = {},
          .pools = {},
          .origin = event::Origin{terms_.origin_system, origin_id(terms_.succession), 0}};
}

// Who decides the same at the same place gives it the same id: the fold knows twins. Decided at
// another place it is another change: the first may have been rejected.
std::vector<event::ChangeSet> Refill::next(const fold::State& now) {
  Changes made = decide(now.dataset);
  const std::uint64_t epoch =
      std::max<std::uint64_t>(1, now.ledger.epoch_of(std::string(refill_author)));
  std::uint64_t number = 0;
  for (event::ChangeSet& change : made) {
    change.change_id = event::ChangeId({});
    change.author_epoch = event::AuthorEpoch(epoch + (change.succession ? 1 : 0));
    change.min_reader = event::min_reader_of(change);
    base::Writer octets;
    octets.put(schemas::encode(change));
    octets.put_u64(static_cast<std::uint64_t>(now.offset));
    octets.put_u64(number++);
    change.change_id = event::ChangeId(base::xxh3_128(octets.view()));
    change.created_ms = terms_.created_ms;
  }
  return made;
}

std::vector<event::ChangeSet> Refill::decide(const dataset::Dataset& now) {
  while (rounds_ < rounds_max) {
    if (auto made = cookie_salts(now); !made.empty()) return made;
    if (auto made = pools(now); !made.empty()) return made;
    if (auto made = zones(now); !made.empty()) return made;
    if (auto made = leftovers(now); !made.empty()) return made;
    if (auto made = overrides(now); !made.empty()) return made;
    if (auto made = constructions(now); !made.empty()) return made;
    ++rounds_;
    passed_ = 0;
    if (now.version().state_hash == target_.version().state_hash) return succession();
  }
  return {};
}

std::vector<event::ChangeSet> Refill::cookie_salts(const dataset::Dataset& now) const {
  if (now.cookie_salts() == target_.cookie_salts()) return {};
  if (target_.cookie_salts().empty() && now.cookie_salts().size() == 1) return {};  // no way back
  Changes made{blank()};
  made.front().cookie_salts = event::PutCookieSalts{
      now.cookie_salts(), next_salts(now.cookie_salts(), target_.cookie_salts())};
  return made;
}

std::vector<event::ChangeSet> Refill::pools(const dataset::Dataset& now) const {
  Changes made;
  std::size_t endpoints = 0;
  for (const dataset::PoolView& pool : target_.pools()) {
    const auto there = now.find_pool(pool.pool().name);
    if (there && there->pool() == pool.pool()) continue;
    if (made.empty() || endpoints > 1000 || made.back().pools.size() >= 500) {
      made.push_back(blank());
      endpoints = 0;
    }
    made.back().pools.emplace_back(event::PutPool{pool.pool()});
    endpoints += pool.pool().endpoints.size();
  }
  return made;
}

std::vector<event::ChangeSet> Refill::zones(const dataset::Dataset& now) {
  event::ChangeSet small = blank();
  std::size_t octets = 0, edits = 0;
  for (; passed_ < zones_.size(); ++passed_) {
    const dataset::Zone& zone = zones_[passed_];
    if (const auto there = now.find_zone(zone.name())) {
      if (is_same(*there, zone)) continue;
      if (small.zones.empty()) return {deletion(*there, blank())};  // and looks at it again
      break;
    }
    auto rrsets = zone.rrsets();
    std::size_t size = 0;
    for (const dns::Rrset& rrset : rrsets) size += estimate_octets(rrset);
    const bool is_large = size > refill_octets_wanted || rrsets.size() > edits_wanted;
    if (is_large && small.zones.empty()) {
      ++passed_;
      const auto first = first_settings(zone, rrsets);
      return sequence(zone, event::ExpectAbsent{}, std::move(rrsets), first, blank());
    }
    edits += rrsets.size() + 3;
    octets += size + 64;
    const bool full = octets > refill_octets_wanted || edits > edits_wanted;
    if (!small.zones.empty() && (is_large || full)) break;
    small.zones.push_back(creation(zone, std::move(rrsets)));
  }
  return small.zones.empty() ? Changes{} : Changes{std::move(small)};
}

// What another one left that had another target.
std::vector<event::ChangeSet> Refill::leftovers(const dataset::Dataset& now) const {
  Changes made;
  for (const dataset::Zone& zone : now.zones()) {
    if (!target_.find_zone(zone.name())) made.push_back(deletion(zone, blank()));
  }
  if (!made.empty()) return made;
  for (const dataset::PoolView& pool : now.pools()) {
    if (target_.find_pool(pool.pool().name)) continue;
    made.push_back(blank());
    made.back().pools.emplace_back(event::DeletePool{pool.pool().name});
  }
  return made;
}

std::vector<event::ChangeSet> Refill::overrides(const dataset::Dataset& now) const {
  event::ChangeSet change = blank();
  for (const event::Override& one : target_.overrides()) {
    if (now.find_override(one.pool, one.endpoint) == one) continue;
    change.pools.emplace_back(event::PutOverride{one});
    if (change.pools.size() == 500) break;
  }
  if (!change.pools.empty()) return {std::move(change)};
  for (const event::Override& one : now.overrides()) {
    if (target_.find_override(one.pool, one.endpoint)) continue;
    change.pools.emplace_back(event::DeleteOverride{one.pool, one.endpoint});
    if (change.pools.size() == 500) break;
  }
  return change.pools.empty() ? Changes{} : Changes{std::move(change)};
}

// A large import was on its way: the rest of it is sent by its controller.
std::vector<event::ChangeSet> Refill::constructions(const dataset::Dataset& now) const {
  for (const dataset::Zone& zone : target_.constructions()) {
    const auto there = now.find_construction(zone.name());
    if (there && there->hash() == zone.hash() && there->rrset_count() == zone.rrset_count()) {
      continue;
    }
    auto rrsets = zone.rrsets();
    if (!rrsets.empty()) {
      auto first = first_settings(zone, rrsets);
      if (first == event::PutZoneSettings{}) first = all_of(zone.settings());
      Changes parts = sequence(zone, event::ExpectAny{}, std::move(rrsets), first, blank());
      parts.pop_back();
      return parts;
    }
    Changes made{blank()};
    made.front().zones.push_back({dns::Name(zone.name()),
                                  event::ExpectAny{},
                                  true,
                                  std::nullopt,
                                  {event::BeginConstruction{}, all_of(zone.settings())}});
    return made;
  }
  for (const dataset::Zone& zone : now.constructions()) {  // begun anew it is empty
    if (target_.find_construction(zone.name()) || zone.rrset_count() == 0) continue;
    Changes made{blank()};
    made.front().zones.push_back({dns::Name(zone.name()),
                                  event::ExpectAny{},
                                  true,
                                  std::nullopt,
                                  {event::BeginConstruction{}}});
    return made;
  }
  return {};
}

std::vector<event::ChangeSet> Refill::succession() const {
  Changes made{blank()};
  made.front().succession = terms_.succession;
  return made;
}

}  // namespace tidemark::producer
