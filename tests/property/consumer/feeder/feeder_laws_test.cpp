// The laws of one log and many readers: determinism, twins, restoring.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/feeder_rig.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

struct Outcome {
  dataset::Version version;
  std::int64_t offset;
  base::Sha256 chain;
  std::uint64_t accepted, rejected, undecodable, twins;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
std::ostream& operator<<(std::ostream& out, const Outcome& of) {
  return out << "seq " << of.version.seq.value() << " "
             << base::to_hex(of.version.state_hash.value()) << " offset " << of.offset << " "
             << of.accepted << "/" << of.rejected << "/" << of.undecodable << "/" << of.twins;
}

Outcome outcome_of(const Feeder& feeder) {
  const fold::State& state = feeder.state();
  return {state.dataset.version(), state.offset,      state.chain, state.accepted,
          state.rejected,          state.undecodable, state.twins};
}

std::shared_ptr<log::MemoryStore> store_of(const std::vector<log::Draft>& drafts) {
  auto store = make_store();
  log::MemoryLog log(store);
  append(log, changes_topic, drafts);
  return store;
}

Outcome full_fold(const std::vector<log::Draft>& drafts) {
  FeederRig rig(store_of(drafts));
  rig.settle();
  RC_ASSERT(rig.state() == event::NodeState::Live);
  RC_ASSERT(rig.version().state_hash == rig.feeder.state().dataset.recompute_state_hash());
  return outcome_of(rig.feeder);
}

// Law 2. However the records come in, and whatever the process' secret: one outcome.
RC_GTEST_PROP(FeederLaws, AnyBatchingGivesTheSameState, ()) {
  const auto drafts = *life(1, 40);
  const Outcome expected = full_fold(drafts);
  auto store = make_store();
  FeederRig rig(store, std::nullopt, *rc::gen::arbitrary<std::uint64_t>(),
                *rc::gen::inRange<std::size_t>(1, 5));
  for (std::size_t at = 0; at < drafts.size();) {
    const auto count = *rc::gen::inRange<std::size_t>(1, drafts.size() - at + 1);
    const auto from = drafts.begin() + static_cast<std::ptrdiff_t>(at);
    append(rig.log, changes_topic, {from, from + static_cast<std::ptrdiff_t>(count)});
    at += count;
    switch (*rc::gen::inRange(0, 4)) {
      case 0: rig.log.lose_connection(); break;
      case 1:
        rig.log.go_offline();
        rig.run();
        rig.log.go_online();
        break;
      case 2:  break;  // the next batch comes before anybody looked
      default: rig.settle();
    }
  }
  rig.settle();
  RC_ASSERT(outcome_of(rig.feeder) == expected);
}

// Law 3. A record appended again leaves the state, and moves the chain.
RC_GTEST_PROP(FeederLaws, TwinsChangeNothingButTheChain, ()) {
  const auto drafts = *life(1, 30);
  const Outcome once = full_fold(drafts);
  auto repeated = drafts;
  const auto again = *rc::gen::inRange<std::size_t>(0, drafts.size());
  const auto later = *rc::gen::inRange<std::size_t>(again, drafts.size()) + 1;
  repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(later), drafts[again]);
  const Outcome twice = full_fold(repeated);
  RC_ASSERT(twice.version == once.version);
  RC_ASSERT(twice.accepted == once.accepted);
  RC_ASSERT(twice.rejected == once.rejected);
  RC_ASSERT(twice.chain != once.chain);
  RC_ASSERT(twice.offset == once.offset + 1);
}

// Law 4. The file at k, then the tail, is the full fold; the file at k is that of any other node.
RC_GTEST_PROP(FeederLaws, RestoreAndTailIsTheFullFold, ()) {
  const auto drafts = *life(2, 40);
  const Outcome expected = full_fold(drafts);
  const auto k = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(1, drafts.size()));
  auto store = store_of({drafts.begin(), drafts.begin() + k});
  base::Bytes file;
  {
    FeederRig before(store);
    before.settle();
    file = serialize(before.feeder.contents());
  }
  auto contents = parse(file, lineage_of("tests"), dataset::HashSeed(5));
  RC_ASSERT(contents.has_value());
  RC_ASSERT(serialize(*contents) == file);
  FeederRig after(store, *std::move(contents), 5);
  append(after.log, changes_topic, {drafts.begin() + k, drafts.end()});
  after.settle();
  RC_ASSERT(after.state() == event::NodeState::Live);
  RC_ASSERT(outcome_of(after.feeder) == expected);
  RC_ASSERT(after.feeder.state().ledger.to_octets().size() > 0u);
  FeederRig other(store, std::nullopt, 77);
  other.settle();
  RC_ASSERT(serialize(other.feeder.contents()) == serialize(after.feeder.contents()));
}

// I5. Whatever was cut off and grew in its place: nothing of it is applied unseen. Either the node
// stands where it stood, or the new log begins with all that it had folded.
RC_GTEST_PROP(FeederLaws, AnotherHistoryIsNeverApplied, ()) {
  const auto drafts = *life(2, 20);
  const auto others = *life(0, 20);
  const auto cut = *rc::gen::inRange<std::size_t>(0, drafts.size());
  FeederRig rig(store_of(drafts));
  rig.settle();
  const Outcome before = outcome_of(rig.feeder);
  if (cut == 0 && *rc::gen::arbitrary<bool>()) {
    rig.log.store().recreate(changes_topic);
  } else {
    rig.log.store().truncate(changes_topic, log::Offset(static_cast<std::int64_t>(cut)));
  }
  append(rig.log, changes_topic, others);
  rig.settle();
  std::vector<log::Draft> now(drafts.begin(), drafts.begin() + static_cast<std::ptrdiff_t>(cut));
  now.insert(now.end(), others.begin(), others.end());
  const bool same_last = now.size() >= drafts.size() &&
                         now[drafts.size() - 1].value == drafts.back().value &&
                         now[drafts.size() - 1].key == drafts.back().key;
  if (same_last) return;  // the overlap read cannot tell: the chain in reports does
  RC_ASSERT(rig.state() == event::NodeState::Diverged);
  RC_ASSERT(outcome_of(rig.feeder) == before);
  RC_ASSERT(rig.feeder.status().needs_bootstrap);
}

// What is offered is always a state of the one history, and never goes back.
RC_GTEST_PROP(FeederLaws, OffersOnlyStatesOfTheHistoryInOrder, ()) {
  const auto drafts = *life(1, 40);
  auto store = make_store();
  std::vector<dataset::Version> states;
  {
    FeederRig rig(store);
    for (const log::Draft& draft : drafts) {
      append(rig.log, changes_topic, {draft});
      rig.settle();
      states.push_back(rig.version());
    }
  }
  FeederRig rig(store, std::nullopt, 3, 2);
  std::uint64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    rig.feeder.step();
    rig.clock.advance(std::chrono::microseconds(*rc::gen::inRange(0, 2000)));
    const auto snapshot = rig.feeder.take_snapshot();
    if (!snapshot) continue;
    const dataset::Version version = snapshot->dataset.version();
    RC_ASSERT(version.seq.value() >= last);
    RC_ASSERT(std::ranges::find(states, version) != states.end());
    last = version.seq.value();
  }
  RC_ASSERT(last == states.back().seq.value());
}

}  // namespace
}  // namespace tidemark::consumer
