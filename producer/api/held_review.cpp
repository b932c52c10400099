#include "producer/api/held_review.hpp"

#include <algorithm>
#include <map>

#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {

using Then = std::map<std::pair<dns::Name, dns::RrType>, dns::Rrset>;

const event::DeleteZone* deletion_of(const event::ZoneEdits& edits) {
  for (const event::ZoneEdit& edit : edits.edits) {
    if (const auto* gone = std::get_if<event::DeleteZone>(&edit)) return gone;
  }
  return nullptr;
}

bool creates(const event::ZoneEdits& edits) {
  return !edits.edits.empty() && std::holds_alternative<event::CreateZone>(edits.edits.front());
}

Wish wish_of_zone(const event::ZoneEdits& edits) {
  if (deletion_of(edits) != nullptr) return RemoveZone{edits.zone};
  if (creates(edits)) {
    ReplaceZone wish{edits.zone, {}};
    for (const event::ZoneEdit& edit : edits.edits) {
      if (const auto* put = std::get_if<event::PutRrset>(&edit)) wish.rrsets.push_back(put->rrset);
    }
    return wish;
  }
  EditZone wish{edits.zone, {}};
  for (const event::ZoneEdit& edit : edits.edits) {
    if (const auto* put = std::get_if<event::PutRrset>(&edit)) wish.edits.emplace_back(*put);
    if (const auto* gone = std::get_if<event::DeleteRrset>(&edit)) wish.edits.emplace_back(*gone);
    if (const auto* set = std::get_if<event::PutZoneSettings>(&edit)) wish.settings = *set;
  }
  return wish;
}

std::string at_version(std::uint64_t seq) { return "version " + std::to_string(seq); }

// The fold moves serials by itself.
bool is_as_then(const std::optional<dns::Rrset>& now, const dns::Rrset* then) {
  if (!now || then == nullptr) return !now && then == nullptr;
  return *now == *then || (now->type == dns::RrType::Soa && same_but_for_serial(*now, *then));
}

// Of the RRsets that `edits` name; empty: all are as they were.
std::string changed_rrsets(const event::ZoneEdits& edits, std::uint64_t seq,
                           const RollbackPorts& past, const Base& base) {
  const auto known = zone_then(past, edits.zone, seq);
  if (!known) return known.error().message;
  Then then;
  if (*known) {
    for (const dns::Rrset& one : **known) then.emplace(std::pair(one.owner, one.type), one);
  }
  const ZoneView now(base, edits.zone);
  for (const event::ZoneEdit& edit : edits.edits) {
    const auto* put = std::get_if<event::PutRrset>(&edit);
    const auto* gone = std::get_if<event::DeleteRrset>(&edit);
    if (put == nullptr && gone == nullptr) continue;
    const dns::Name& owner = put != nullptr ? put->rrset.owner : gone->owner;
    const dns::RrType type = put != nullptr ? put->rrset.type : gone->type;
    const auto at = then.find(std::pair(owner, type));
    if (is_as_then(now.find(owner, type), at == then.end() ? nullptr : &at->second)) continue;
    return owner.to_text() + " " + dns::to_text(type) + " is not what it was at " + at_version(seq);
  }
  return {};
}

std::string changed_zone(const event::ZoneEdits& edits, std::uint64_t seq,
                         const RollbackPorts& past, const Base& base) {
  const ZoneView now(base, edits.zone);
  const auto* exactly = std::get_if<event::ExpectExactly>(&edits.expect);
  if (!now.exists() || exactly == nullptr || now.expected_seq() == exactly->seq) return {};
  if (deletion_of(edits) != nullptr) {
    return "zone " + edits.zone.to_text() + " is not what it was at " + at_version(seq);
  }
  return changed_rrsets(edits, seq, past, base);
}

// Pools and overrides of then: by the versions that are held, else by the history.
struct PoolsThen {
  std::optional<dataset::Dataset> held;
  std::vector<event::PoolEdit> known{};

  std::optional<event::Pool> pool(const std::string& name) const {
    if (held) {
      const auto found = held->find_pool(name);
      return found ? std::optional(found->pool()) : std::nullopt;
    }
    for (const event::PoolEdit& edit : known) {
      const auto* put = std::get_if<event::PutPool>(&edit);
      if (put != nullptr && put->pool.name == name) return put->pool;
    }
    return std::nullopt;
  }
  std::optional<event::Override> override_of(const std::string& pool,
                                             const std::string& endpoint) const {
    if (held) return held->find_override(pool, endpoint);
    for (const event::PoolEdit& edit : known) {
      const auto* put = std::get_if<event::PutOverride>(&edit);
      if (put != nullptr && put->override_.pool == pool && put->override_.endpoint == endpoint) {
        return put->override_;
      }
    }
    return std::nullopt;
  }
};

std::expected<PoolsThen, ApiError> pools_then(std::uint64_t seq, const RollbackPorts& past) {
  if (auto held = past.feeder.version_at(dataset::Seq(seq))) return PoolsThen{std::move(held)};
  auto history = past.history.reader();
  if (!history) return std::unexpected(std::move(history).error());
  auto pools = history->pools_at(seq);
  if (!pools) return std::unexpected(unavailable(pools.error().trail));
  return PoolsThen{std::nullopt, *std::move(pools)};
}

std::string changed_pool(const event::PoolEdit& edit, std::uint64_t seq, const RollbackPorts& past,
                         const Base& base) {
  const auto then = pools_then(seq, past);
  if (!then) return then.error().message;
  const auto differs = [&](const std::string& what, bool same) {
    return same ? std::string() : what + " is not what it was at " + at_version(seq);
  };
  const auto of_pool = [&](const std::string& name) {
    return differs("pool " + name, expected_pool(base, name) == then->pool(name));
  };
  const auto of_override = [&](const std::string& pool, const std::string& endpoint) {
    return differs("override " + pool + "/" + endpoint,
                   expected_override(base, pool, endpoint) == then->override_of(pool, endpoint));
  };
  if (const auto* put = std::get_if<event::PutPool>(&edit)) return of_pool(put->pool.name);
  if (const auto* gone = std::get_if<event::DeletePool>(&edit)) return of_pool(gone->pool);
  if (const auto* put = std::get_if<event::PutOverride>(&edit)) {
    return of_override(put->override_.pool, put->override_.endpoint);
  }
  const auto& cleared = std::get<event::DeleteOverride>(edit);
  return of_override(cleared.pool, cleared.endpoint);
}

std::string changed_since(const event::ChangeSet& held, std::uint64_t seq,
                          const RollbackPorts& past, const Base& base) {
  if (!held.zones.empty()) return changed_zone(held.zones.front(), seq, past, base);
  if (!held.pools.empty()) return changed_pool(held.pools.front(), seq, past, base);
  return {};  // salts tell themselves what they expect
}

// A guard that counts otherwise than at that time: what it counts now, so that people can look.
std::optional<std::uint64_t> other_count(const Problems& problems) {
  const Problem& first = problems.list().front();
  return first.rule == fold::Reason::RemovalGuard ? first.removals : std::nullopt;
}

}  // namespace

std::expected<event::ChangeSet, ApiError> held_change(const event::Proposal& proposal) {
  const std::string object = "held change " + base::to_hex(proposal.id);
  auto change = schemas::decode_change_set(proposal.change);
  if (!change) return std::unexpected(invalid(change.error().trail, object, "reject it"));
  if (change->author != proposal.author ||
      change->zones.size() + change->pools.size() + (change->cookie_salts ? 1 : 0) != 1) {
    return std::unexpected(
        invalid("its record is not one that a controller makes", object, "reject it"));
  }
  return *std::move(change);
}

Wish wish_of(const event::ChangeSet& change) {
  if (!change.zones.empty()) return wish_of_zone(change.zones.front());
  if (change.cookie_salts) return *change.cookie_salts;
  return std::visit([](const auto& edit) { return Wish(edit); }, change.pools.front());
}

Signature signature_of(const event::ChangeSet& held) {
  Signature signature{.change_id = held.change_id,
                      .author = held.author,
                      .reason = held.reason,
                      .created_ms = held.created_ms,
                      .rollout = held.rollout,
                      .acknowledged_removals = held.acknowledged_removals,
                      .origin = held.origin};
  if (!held.zones.empty() && creates(held.zones.front())) {
    signature.expect = event::ExpectAbsent{};
  }
  return signature;
}

Review review(const event::Proposal& proposal, const event::ChangeSet& held,
              const RollbackPorts& past, const Base& base) {
  Review result{.outdated = changed_since(held, proposal.decided_at_seq, past, base)};
  const auto is_outdated = [&result](const std::string& why) {
    if (result.outdated.empty()) result.outdated = why;
  };
  const Wish wish = wish_of(held);
  Signature signature = signature_of(held);
  auto plan = decide(base, wish, signature);
  if (!plan) {
    is_outdated(plan.error().list().front().message);
    if (const auto removals = other_count(plan.error())) {
      signature.acknowledged_removals = removals;
      plan = decide(base, wish, signature);
    }
  }
  if (!plan) return result;
  result.plan = *std::move(plan);
  if (result.plan.change_sets.empty()) {
    is_outdated("nothing is left to do: it is so already");
  } else if (result.plan.change_sets.size() > 1) {
    is_outdated("by now it does not fit into one record");
  } else if (result.outdated.empty() && base.pending.empty()) {
    const auto judged = fold::preview(past.feeder.state(), result.plan.change_sets.front());
    if (const auto* rejected = std::get_if<fold::Rejected>(&judged)) is_outdated(rejected->detail);
  }
  return result;
}

}  // namespace tidemark::producer
