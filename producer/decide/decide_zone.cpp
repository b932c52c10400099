#include "producer/decide/decide_zone.hpp"

#include <algorithm>
#include <map>

#include "producer/decide/admission.hpp"
#include "producer/decide/sequence.hpp"
#include "producer/decide/zone_difference.hpp"

namespace tidemark::producer {
namespace {

std::string missing(const dns::Name& name) { return "zone " + name.to_text() + " does not exist"; }

// Without a condition of the client: exactly the state that was decided on.
event::Expect expect_for(const ZoneView& zone, const Signature& signature) {
  if (signature.expect) return *signature.expect;
  if (!zone.exists()) return event::ExpectAbsent{};
  return event::ExpectExactly{zone.expected_seq()};
}

// The client's own condition, judged early: the fold would say the same.
void check_condition(const dns::Name& name, const ZoneView& zone, const Signature& signature,
                     Problems& problems) {
  if (zone.is_under_construction()) {
    problems.add({fold::Reason::ZoneChanged, "a large import of zone " + name.to_text() +
                                                 " is on its way: try again once it is judged"});
  }
  if (!signature.expect) return;
  if (std::holds_alternative<event::ExpectAbsent>(*signature.expect) && zone.exists()) {
    problems.add({fold::Reason::ZoneExists, "zone " + name.to_text() + " exists already"});
  }
  const auto* exactly = std::get_if<event::ExpectExactly>(&*signature.expect);
  if (exactly == nullptr) return;
  if (!zone.exists()) {
    problems.add({fold::Reason::ZoneMissing, missing(name)});
  } else if (exactly->seq != zone.expected_seq()) {
    problems.add({fold::Reason::ZoneChanged,
                  "zone " + name.to_text() + " is at seq " +
                      std::to_string(zone.expected_seq().value()) + ", not at " +
                      std::to_string(exactly->seq.value()) + ": read it again and decide anew"});
  }
}

// The removal guard of the fold, with the figure that the client needs.
void check_guard(const dns::Name& name, const ZoneView& zone, std::uint64_t removed,
                 const Signature& signature, Problems& problems) {
  const dataset::ZoneSettings settings = zone.settings();
  std::string message = std::to_string(removed) + " of " + std::to_string(zone.rrset_count()) +
                        " RRsets of " + name.to_text() + " would go away";
  if (signature.acknowledged_removals) {
    if (*signature.acknowledged_removals == removed) return;
    message += ", " + std::to_string(*signature.acknowledged_removals) + " were acknowledged";
  } else {
    if (zone.rrset_count() < settings.removal_rrsets_min ||
        removed * 100 <= zone.rrset_count() * settings.removal_percent_max) {
      return;
    }
    message += ", more than " + std::to_string(settings.removal_percent_max) + " percent";
  }
  problems.add({.rule = fold::Reason::RemovalGuard,
                .message = message + ": to mean it, acknowledge exactly " + std::to_string(removed),
                .removals = removed});
}

// A zone that holds more than SOA and NS goes only on purpose, however small it is. The fold does
// not ask for it: this is for people.
void check_deletion(const dns::Name& name, const ZoneView& zone, std::uint64_t removed,
                    const Signature& signature, Problems& problems) {
  constexpr std::uint64_t bare = 2;
  if (!problems.empty() || signature.acknowledged_removals || removed <= bare) return;
  problems.add({.rule = fold::Reason::RemovalGuard,
                .message = "zone " + name.to_text() + " would go away with its " +
                           std::to_string(zone.rrset_count()) +
                           " RRsets: to mean it, acknowledge exactly " + std::to_string(removed),
                .removals = removed});
}

void check_pools(const Base& base, const Diff& diff, Problems& problems) {
  for (const auto& one : diff.rrsets) {
    if (!one.after || one.after->type != dns::RrType::Pool) continue;
    if (one.after->rdata.size() != 1) {
      problems.add({fold::Reason::PoolRule, "names one pool", one.after->owner, one.after->type});
      continue;
    }
    const std::string_view pool = base::as_text(one.after->rdata.front());
    if (expected_pool(base, pool)) continue;
    problems.add({fold::Reason::PoolMissing, "there is no pool " + std::string(pool),
                  one.after->owner, one.after->type});
  }
}

bool canonical_first(const dns::Rrset& a, const dns::Rrset& b) {
  const auto left = base::as_text(a.owner.wire()), right = base::as_text(b.owner.wire());
  return left != right ? left < right : a.type < b.type;
}

// The whole zone with the difference applied; owners side by side.
std::vector<dns::Rrset> whole(const ZoneView& zone, const Diff& diff) {
  std::map<std::pair<dns::Name, dns::RrType>, const std::optional<dns::Rrset>*> edited;
  for (const auto& one : diff.rrsets) {
    const dns::Rrset& either = one.after ? *one.after : *one.before;
    edited.emplace(std::pair(either.owner, either.type), &one.after);
  }
  std::vector<dns::Rrset> rrsets;
  for (dns::Rrset& rrset : zone.rrsets()) {
    if (!edited.contains({rrset.owner, rrset.type})) rrsets.push_back(std::move(rrset));
  }
  for (const auto& [key, after] : edited) {
    if (*after) rrsets.push_back(**after);
  }
  std::ranges::sort(rrsets, canonical_first);
  return rrsets;
}

std::expected<Plan, Problems> plan_of(const Base& decided_on, const dns::Name& name,
                                      const ZoneView& zone, const ZoneDifference& difference,
                                      const Signature& signature, Problems problems) {
  check_pools(decided_on, difference.diff(), problems);
  const bool nothing = difference.empty() && zone.exists();
  if (!nothing) check_guard(name, zone, difference.diff().removed(), signature, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  Plan plan{.diff = difference.diff()};
  if (nothing) return plan;

  event::ChangeSet change = signed_change(signature);
  const event::Expect expect = expect_for(zone, signature);
  std::vector<event::ZoneEdit> edits = difference.edits();
  if (!zone.exists()) edits.insert(edits.begin(), event::CreateZone{});
  change.zones = {{name, expect, false, std::nullopt, std::move(edits)}};
  if (!is_too_large(change)) {
    plan.change_sets.push_back(std::move(change));
  } else {
    change.zones.clear();  // the parts copy it: it must not hold the zone
    const auto live = decided_on.dataset.find_zone(name);
    std::vector<dns::Rrset> rrsets = whole(zone, plan.diff);
    std::optional<base::U128> hash_after;
    if (zone.is_as_folded() && !std::holds_alternative<event::ExpectAny>(expect)) {
      hash_after = zone_hash_of(rrsets, live ? std::optional(live->serial()) : std::nullopt);
    }
    plan.change_sets =
        build_sequence(name, expect, std::move(rrsets), plan.diff.settings, hash_after, change);
  }
  return plan;
}

}  // namespace

std::expected<Plan, Problems> decide_replace(const Base& base, const ReplaceZone& wish,
                                             const Signature& signature) {
  const ZoneView zone(base, wish.zone);
  Problems problems;
  check_condition(wish.zone, zone, signature, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  check_zone(wish.zone, zone.settings().ttl_seconds_ceiling, wish.rrsets, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return plan_of(base, wish.zone, zone, ZoneDifference::to_whole(zone, wish.rrsets), signature,
                 std::move(problems));
}

std::expected<Plan, Problems> decide_edit(const Base& base, const EditZone& wish,
                                          const Signature& signature) {
  const ZoneView zone(base, wish.zone);
  Problems problems;
  check_condition(wish.zone, zone, signature, problems);
  if (problems.empty() && !zone.exists()) {
    problems.add({fold::Reason::ZoneMissing, missing(wish.zone)});
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  const ZoneDifference difference = ZoneDifference::to_edited(zone, wish, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return plan_of(base, wish.zone, zone, difference, signature, std::move(problems));
}

std::expected<Plan, Problems> decide_remove(const Base& base, const RemoveZone& wish,
                                            const Signature& signature) {
  const ZoneView zone(base, wish.zone);
  Problems problems;
  check_condition(wish.zone, zone, signature, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  Plan plan;
  if (!zone.exists()) return plan;
  for (dns::Rrset& rrset : zone.rrsets()) plan.diff.rrsets.push_back({std::move(rrset), {}});
  check_guard(wish.zone, zone, plan.diff.removed(), signature, problems);
  check_deletion(wish.zone, zone, plan.diff.removed(), signature, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  event::ChangeSet change = signed_change(signature);
  change.zones = {
      {wish.zone, expect_for(zone, signature), false, std::nullopt, {event::DeleteZone{}}}};
  plan.change_sets.push_back(std::move(change));
  return plan;
}

}  // namespace tidemark::producer
