#include "core/fold/fold.hpp"

#include <optional>
#include <set>

#include "core/fold/cookie_rules.hpp"
#include "core/fold/pool_rules.hpp"
#include "core/fold/succession_rules.hpp"
#include "core/fold/zone_judging.hpp"

namespace tidemark::fold {

namespace {

std::optional<Rejected> check_limits(const event::ChangeSet& change) {
  if (change.fold_version != event::fold_version_supported) {
    return Rejected{Reason::FoldVersion, "fold_version " + std::to_string(change.fold_version) +
                                             " is not in force at this position"};
  }
  if (change.min_reader < event::min_reader_of(change)) {
    return Rejected{Reason::Malformed, "min_reader is too low for what the ChangeSet holds"};
  }
  if (change.zones.empty() && change.pools.empty() && !change.cookie_salts && !change.succession) {
    return Rejected{Reason::Malformed, "the ChangeSet holds no edit"};
  }
  if (change.author.empty() || change.author.size() > event::author_octets_max) {
    return Rejected{Reason::LimitExceeded, "author: 1-255 octets"};
  }
  if (change.reason.size() > event::reason_octets_max) {
    return Rejected{Reason::LimitExceeded, "reason: at most 4096 octets"};
  }
  std::size_t edits = change.pools.size();
  std::set<dns::Name> zones;
  for (const event::ZoneEdits& zone : change.zones) {
    edits += zone.edits.size();
    if (zone.edits.empty()) {
      return Rejected{Reason::Malformed, "zone " + zone.zone.to_text() + ": no edit"};
    }
    if (!zones.insert(zone.zone).second) {
      return Rejected{Reason::Malformed, "zone " + zone.zone.to_text() + " occurs twice"};
    }
  }
  if (edits > event::edits_max) {
    return Rejected{Reason::LimitExceeded, "more than 65536 edits in one ChangeSet"};
  }
  return std::nullopt;
}

std::optional<Rejected> check_author(const Ledger& ledger, const event::ChangeSet& change) {
  const std::uint64_t epoch = change.author_epoch.value();
  if (epoch == 0) return std::nullopt;
  const std::uint64_t highest = ledger.epoch_of(change.author);
  if (epoch < highest) {
    return Rejected{Reason::StaleAuthor, "author " + change.author + " has moved on to epoch " +
                                             std::to_string(highest) + "; this is of epoch " +
                                             std::to_string(epoch)};
  }
  if (highest == 0 && ledger.author_count() >= authors_max) {
    return Rejected{Reason::LimitExceeded, "more than 65536 authors with an epoch"};
  }
  return std::nullopt;
}

std::optional<Rejected> check_guard(const event::ChangeSet& change,
                                    const std::vector<ZoneJudging>& zones) {
  std::uint64_t removed = 0;
  const ZoneJudging* over = nullptr;
  for (const ZoneJudging& zone : zones) {
    removed += zone.removed();
    if (over == nullptr && zone.over_limit()) over = &zone;
  }
  if (change.acknowledged_removals) {
    if (*change.acknowledged_removals == removed) return std::nullopt;
    return Rejected{Reason::RemovalGuard, "removes " + std::to_string(removed) + " RRsets, " +
                                              std::to_string(*change.acknowledged_removals) +
                                              " were acknowledged: acknowledge exactly " +
                                              std::to_string(removed)};
  }
  if (over == nullptr) return std::nullopt;
  return Rejected{Reason::RemovalGuard, "zone " + over->zone().to_text() + ": removes " +
                                            std::to_string(over->removed()) + " of " +
                                            std::to_string(over->rrsets_before()) +
                                            " RRsets: to mean it, acknowledge exactly " +
                                            std::to_string(removed)};
}

std::optional<Rejected> apply_pools(dataset::Editor& editor, const event::ChangeSet& change,
                                    bool deletions) {
  for (const event::PoolEdit& edit : change.pools) {
    if (is_deletion(edit) != deletions) continue;
    if (auto broken = apply(editor, edit)) return broken;
  }
  return std::nullopt;
}

std::optional<Rejected> check_before(const dataset::Editor& editor, const Ledger& ledger,
                                     const event::ChangeSet& change) {
  if (auto broken = check_limits(change)) return broken;
  if (auto broken = check_author(ledger, change)) return broken;
  for (const event::ZoneEdits& zone : change.zones) {
    if (auto broken = check_expectation(editor, zone)) return broken;
  }
  return std::nullopt;
}

std::optional<Twin> find_twin(const State& state, const event::ChangeSet& change) {
  if (auto first = state.ledger.find(change.change_id)) return Twin{std::move(*first)};
  return std::nullopt;
}

}  // namespace

std::variant<std::vector<ZoneOutcome>, Rejected> evolve(dataset::Editor& editor,
                                                        const Ledger& ledger,
                                                        const event::ChangeSet& change) {
  if (auto broken = check_before(editor, ledger, change)) return *std::move(broken);
  if (change.succession) {
    if (auto broken = apply_succession(editor, change)) return *std::move(broken);
    return std::vector<ZoneOutcome>{};
  }
  if (change.cookie_salts) {
    if (auto broken = apply(editor, *change.cookie_salts)) return *std::move(broken);
  }
  if (auto broken = apply_pools(editor, change, false)) return *std::move(broken);
  std::vector<ZoneJudging> zones;
  zones.reserve(change.zones.size());
  for (const event::ZoneEdits& edits : change.zones) {
    ZoneJudging& zone = zones.emplace_back(editor, edits);
    if (auto broken = zone.apply_edits()) return *std::move(broken);
    if (auto broken = zone.check_afterwards()) return *std::move(broken);
  }
  if (auto broken = check_guard(change, zones)) return *std::move(broken);
  if (auto broken = apply_pools(editor, change, true)) return *std::move(broken);
  std::vector<ZoneOutcome> outcomes;
  for (ZoneJudging& zone : zones) {
    if (auto broken = zone.settle()) return *std::move(broken);
    if (auto outcome = zone.outcome()) outcomes.push_back(*std::move(outcome));
  }
  return outcomes;
}

Judgement step(State& state, const event::ChangeSet& change, std::int64_t offset) {
  if (auto twin = find_twin(state, change)) {
    ++state.twins;
    return *std::move(twin);
  }
  Remembered remembered{change.change_id, offset, 0, std::nullopt};
  Judgement judgement = Rejected{Reason::Malformed, {}};
  {
    dataset::Editor editor(state.dataset);
    auto evolved = evolve(editor, state.ledger, change);
    if (auto* rejected = std::get_if<Rejected>(&evolved)) {
      remembered.reason = rejected->reason;
      judgement = std::move(*rejected);
    } else {
      state.dataset = std::move(editor).finish();
      remembered.seq = state.dataset.version().seq.value();
      judgement = Accepted{state.dataset.version(), std::get<0>(std::move(evolved))};
    }
  }
  ++(remembered.reason ? state.rejected : state.accepted);
  state.ledger.note(remembered);
  if (state.ledger.epoch_of(change.author) != 0 || state.ledger.author_count() < authors_max) {
    state.ledger.note_epoch(change.author, change.author_epoch.value());
  }
  return judgement;
}

Judgement preview(const State& state, const event::ChangeSet& change) {
  if (auto twin = find_twin(state, change)) return *std::move(twin);
  dataset::Editor editor(state.dataset);
  auto evolved = evolve(editor, state.ledger, change);
  if (auto* rejected = std::get_if<Rejected>(&evolved)) return std::move(*rejected);
  // The state hash is part of what the caller wants to know: finish() would publish a generation.
  return Accepted{{state.dataset.version().lineage, editor.next_seq(), editor.state_hash()},
                  std::get<0>(std::move(evolved))};
}

void advance(State& state, std::int64_t offset, const base::Sha256& record_hash) {
  base::Sha256Stream chain;
  chain.update(state.chain);
  chain.update(record_hash);
  state.chain = chain.finish();
  state.last_record = record_hash;
  state.offset = offset;
}

}  // namespace tidemark::fold
