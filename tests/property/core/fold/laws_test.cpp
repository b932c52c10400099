// Laws of the fold (style: determinism, idempotence, atomicity, totality, hash, sharing).
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/fold/fold.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::fold {
namespace {

using Changes = std::vector<event::ChangeSet>;

State fresh(std::uint64_t seed) {
  return State::empty(dataset::Lineage({3, 4}), dataset::HashSeed(seed));
}

// Random ChangeSets are mostly rejected; this makes zones that they can act on.
event::ChangeSet make_zone(const dns::Name& zone, std::uint64_t id) {
  return {.change_id = event::ChangeId({77, id}),
          .author = "law",
          .author_epoch = event::AuthorEpoch(0),
          .zones = {{zone,
                     event::ExpectAny{},
                     false,
                     {},
                     {event::CreateZone{}, event::PutRrset{support::soa_of(zone, 1)},
                      event::PutRrset{support::ns_of(zone)}}}}};
}

event::ChangeSet make_change(std::uint64_t id) {
  const auto zone = *support::zone_name();
  auto edits = *rc::gen::container<std::vector<event::PutRrset>>(
      4, rc::gen::map(support::rrset_in(zone),
                      [](dns::Rrset rrset) { return event::PutRrset{std::move(rrset)}; }));
  event::ZoneEdits zone_edits{zone, event::ExpectAny{}, false, {}, {}};
  for (auto& edit : edits) {
    if (*rc::gen::element(0, 1, 2, 3, 4, 5, 6, 7) == 0) {
      zone_edits.edits.emplace_back(event::DeleteRrset{edit.rrset.owner, edit.rrset.type});
    } else {
      zone_edits.edits.emplace_back(std::move(edit));
    }
    if (*rc::gen::element(0, 1) == 0) break;
  }
  return {.change_id = event::ChangeId({78, id}),
          .author = "law",
          .author_epoch = event::AuthorEpoch(0),
          .zones = {zone_edits}};
}

event::ChangeSet step_of_cookies(std::uint64_t id) {
  event::ChangeSet change{.change_id = event::ChangeId({79, id}),
                          .author = "law",
                          .author_epoch = event::AuthorEpoch(0),
                          .zones = {}};
  change.cookie_salts = *support::cookie_salts();
  change.min_reader = event::min_reader_of(change);
  return change;
}

Changes history() {
  Changes changes;
  std::set<dns::Name> zones;
  for (int i = 0; i < 6; ++i) zones.insert(*support::zone_name());
  std::uint64_t id = 0;
  for (const dns::Name& zone : zones) changes.push_back(make_zone(zone, ++id));
  const int count = *rc::gen::inRange(25, 60);
  for (int i = 0; i < count; ++i) {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1:  changes.push_back(*support::change_set()); break;
      case 2:  changes.push_back(step_of_cookies(++id)); break;
      default: changes.push_back(make_change(++id)); break;
    }
  }
  return changes;
}

RC_GTEST_PROP(FoldLaws, StateHashIsTheSameFromScratchAfterEveryChange, ()) {
  State state = fresh(1);
  std::int64_t offset = 0;
  for (const auto& change : history()) {
    step(state, change, offset++);
    RC_ASSERT(state.dataset.recompute_state_hash() == state.dataset.version().state_hash);
  }
  RC_CLASSIFY(state.accepted > 5, "more than five accepted");
}

RC_GTEST_PROP(FoldLaws, HashSeedAndRetentionChangeNothing, ()) {
  State one = fresh(1), other = fresh(0xfeedface);
  std::vector<dataset::Dataset> retained;
  std::int64_t offset = 0;
  for (const auto& change : history()) {
    step(one, change, offset);
    step(other, change, offset++);
    retained.push_back(other.dataset);
    if (*rc::gen::inRange(0, 3) == 0) retained.erase(retained.begin());
    RC_ASSERT(one.dataset.version() == other.dataset.version());
  }
  RC_ASSERT(one.ledger == other.ledger);
}

RC_GTEST_PROP(FoldLaws, ARetainedDatasetNeverChanges, ()) {
  State state = fresh(5);
  std::vector<std::pair<dataset::Dataset, dataset::StateHash>> retained;
  std::int64_t offset = 0;
  for (const auto& change : history()) {
    step(state, change, offset++);
    retained.emplace_back(state.dataset, state.dataset.version().state_hash);
    if (retained.size() > 4) {
      const auto victim = *rc::gen::inRange<std::size_t>(0, retained.size());
      retained.erase(retained.begin() + static_cast<std::ptrdiff_t>(victim));
    }
    for (const auto& [dataset, hash] : retained) RC_ASSERT(dataset.recompute_state_hash() == hash);
  }
}

RC_GTEST_PROP(FoldLaws, TwinsChangeNothing, ()) {
  State once = fresh(1), twice = fresh(1);
  std::int64_t offset = 0;
  for (const auto& change : history()) {
    step(once, change, offset);
    step(twice, change, offset);
    step(twice, change, offset++);
  }
  RC_ASSERT(once.dataset.version() == twice.dataset.version());
  RC_ASSERT(once.ledger == twice.ledger);
}

RC_GTEST_PROP(FoldLaws, ARejectedChangeLeavesEveryObjectAsItWas, ()) {
  State state = fresh(1);
  std::int64_t offset = 0;
  for (const auto& change : history()) {
    const auto version = state.dataset.version();
    std::set<const void*> before;
    for (const auto& zone : state.dataset.zones()) {
      before.insert(zone.identity());
      zone.for_each_chunk([&](const void* chunk) { before.insert(chunk); });
    }
    if (!std::holds_alternative<Rejected>(step(state, change, offset++))) continue;
    RC_ASSERT(state.dataset.version() == version);
    for (const auto& zone : state.dataset.zones()) {
      RC_ASSERT(before.contains(zone.identity()));
      zone.for_each_chunk([&](const void* chunk) { RC_ASSERT(before.contains(chunk)); });
    }
  }
}

RC_GTEST_PROP(FoldLaws, EveryZoneThatIsServedHasSoaAndNs, ()) {
  State state = fresh(1);
  std::int64_t offset = 0;
  for (const auto& change : history()) step(state, change, offset++);
  for (const auto& zone : state.dataset.zones()) {
    RC_ASSERT(zone.apex().has(dns::RrType::Soa));
    RC_ASSERT(zone.apex().owns_ns());
    std::uint64_t rrsets = 0;
    zone.for_each_node([&](const dataset::Node& node) {
      rrsets += node.rrset_count();
      RC_ASSERT(node.rrset_count() > 0 || node.children() > 0);
    });
    RC_ASSERT(rrsets == zone.rrset_count());
  }
}

RC_GTEST_PROP(FoldLaws, ALedgerSurvivesItsOctets, ()) {
  State state = fresh(1);
  std::int64_t offset = 0;
  for (auto change : history()) {
    change.author_epoch = event::AuthorEpoch(*rc::gen::inRange<std::uint64_t>(0, 4));
    step(state, change, offset++);
  }
  const auto back = Ledger::from_octets(state.ledger.to_octets());
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == state.ledger);
}

RC_GTEST_PROP(FoldLaws, PreviewSaysWhatStepThenDoes, ()) {
  State state = fresh(1);
  std::int64_t offset = 0;
  for (const auto& change : history()) {
    const Judgement said = preview(state, change);
    const Judgement did = step(state, change, offset++);
    RC_ASSERT(said.index() == did.index());
    if (const auto* accepted = std::get_if<Accepted>(&did)) {
      RC_ASSERT(std::get<Accepted>(said).version == accepted->version);
      RC_ASSERT(std::get<Accepted>(said).zones == accepted->zones);
    }
  }
}

}  // namespace
}  // namespace tidemark::fold
