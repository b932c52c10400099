// A node under pins: what it serves, what it goes on folding, what it remembers.
#include <gtest/gtest.h>

#include "tests/support/pinned_rig.hpp"

namespace tidemark::consumer {
namespace {

using event::NodeState;
using namespace tidemark::support;

const dns::Name zone = name("example.org.");

class PinsTest : public ::testing::Test {
 protected:
  // Versions 1 to `count`.
  void changes_to(std::uint64_t count) {
    std::vector<log::Draft> drafts;
    for (; written_ < count; ++written_) {
      drafts.push_back(written_ == 0 ? draft(create_zone(1, zone))
                                     : draft(put(10 + written_, zone,
                                                 a_record(*zone.child("www"),
                                                          static_cast<std::uint32_t>(written_)))));
    }
    append(log_, changes_topic, drafts);
  }
  void say(const log::Draft& draft) { append(log_, control_topic, {draft}); }

  std::shared_ptr<log::MemoryStore> store_ = make_store();
  log::MemoryLog log_{store_};
  std::uint64_t written_ = 0;
};

TEST_F(PinsTest, AnOldVersionIsServedWhileTheFoldGoesOn) {
  PinnedRig rig(store_);
  changes_to(5);
  rig.settle();
  EXPECT_EQ(rig.take(), 5u);
  say(pin_draft("fleet", 3));
  EXPECT_TRUE(rig.feeder.step().pin_changed);
  EXPECT_EQ(rig.take(), 3u) << "in the very step that read it";
  EXPECT_EQ(rig.served->dataset.version().state_hash, rig.hashes.at(3));
  changes_to(9);
  rig.settle();
  EXPECT_EQ(rig.folded(), 9u);
  EXPECT_EQ(rig.take(), 3u);
  EXPECT_TRUE(rig.feeder.status().pin_held);
  EXPECT_EQ(rig.feeder.status().pin_trouble, "");
  say(unpin_draft("fleet"));
  rig.settle();
  EXPECT_EQ(rig.take(), 9u);
  EXPECT_FALSE(rig.feeder.status().pin);
}

TEST_F(PinsTest, WhatNobodyCouldSeeIsNotOfferedAgain) {
  PinnedRig rig(store_);
  changes_to(4);
  say(pin_draft("fleet", 2));
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  const auto* before = rig.served.get();
  changes_to(6);
  rig.settle();
  EXPECT_EQ(rig.served.get(), before) << "what nobody could see is not offered again";
}

event::ChangeSet pool_of(std::uint64_t number, const std::vector<std::string>& endpoints) {
  event::ChangeSet change = change_numbered(number);
  event::Pool pool{.name = "web", .endpoints = {}, .check = {}};
  for (const std::string& id : endpoints) {
    pool.endpoints.push_back({id, {event::Address::Family::V4, {192, 0, 2, 1}}});
  }
  change.pools.push_back(event::PutPool{pool});
  return change;
}
event::HealthFrame seen(std::uint64_t number, const std::string& up, const std::string& down) {
  event::HealthFrame frame{.prober = "p", .number = number, .full = true, .observations = {}};
  frame.observations.push_back({"web", up, event::Observed::Up, ""});
  frame.observations.push_back({"web", down, event::Observed::Down, ""});
  return frame;
}
std::uint64_t up_mask(const Snapshot& snapshot) {
  return snapshot.health.masks(snapshot.dataset.find_pool(std::string_view("web"))->slot()).up;
}

// The mask's bits are places in the pool of the version that is served, not of the newest one.
TEST_F(PinsTest, TodaysHealthIsFrozenWithTheVersionThatIsServed) {
  PinnedRig rig(store_);
  append(log_, changes_topic, {draft(create_zone(1, zone)), draft(pool_of(2, {"a", "b"}))});
  append(log_, health_topic, {draft(seen(1, "a", "b"))});
  rig.settle();
  EXPECT_EQ(up_mask(*rig.served), 0b01u);
  say(pin_draft("fleet", 2));
  append(log_, changes_topic, {draft(pool_of(3, {"b", "a"}))});
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  EXPECT_EQ(up_mask(*rig.served), 0b01u);
  append(log_, health_topic, {draft(seen(2, "b", "a"))});
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  EXPECT_EQ(up_mask(*rig.served), 0b10u) << "a flip under the pin";
  say(unpin_draft("fleet"));
  rig.settle();
  EXPECT_EQ(rig.take(), 3u);
  EXPECT_EQ(up_mask(*rig.served), 0b01u);
}

TEST_F(PinsTest, AVersionThatIsNotFoldedYetIsWaitedFor) {
  PinnedRig rig(store_);
  changes_to(4);
  rig.settle();
  say(pin_draft("node:n1", 7));
  rig.settle();
  changes_to(6);
  rig.settle();
  EXPECT_EQ(rig.take(), 4u);
  EXPECT_EQ(rig.feeder.status().pin_trouble, "");
  changes_to(9);
  rig.settle();
  EXPECT_EQ(rig.take(), 7u);
}

TEST_F(PinsTest, AVersionThatIsNotHeldAnyMoreLeavesTheNodeWhereItIsUntilItIsProvided) {
  PinnedRig rig(store_, std::nullopt, std::nullopt, 3);
  changes_to(8);
  rig.settle();
  say(pin_draft("ring:eu", 2));
  rig.settle();
  changes_to(9);
  rig.settle();
  EXPECT_EQ(rig.take(), 8u);
  EXPECT_NE(rig.feeder.status().pin_trouble.find("version 2 is not held"), std::string::npos)
      << rig.feeder.status().pin_trouble;

  auto other_store = make_store();
  FeederRig other(other_store);
  log::MemoryLog other_log(other_store);
  append(other_log, changes_topic,
         {draft(create_zone(1, zone)), draft(put(11, zone, a_record(*zone.child("www"), 1)))});
  other.settle();
  rig.feeder.provide(from_disk(other.feeder.contents()).state.dataset);
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  EXPECT_EQ(rig.served->dataset.version().state_hash, rig.hashes.at(2));
  EXPECT_EQ(rig.feeder.status().pin_trouble, "");
}

TEST_F(PinsTest, ThePinnedVersionIsHeldHoweverManyComeAfterIt) {
  PinnedRig rig(store_, std::nullopt, std::nullopt, 3);
  changes_to(4);
  rig.settle();
  say(pin_draft("fleet", 3));
  rig.settle();
  changes_to(40);
  rig.settle();
  EXPECT_EQ(rig.take(), 3u);
  EXPECT_FALSE(rig.feeder.version_at(dataset::Seq(30)));
  EXPECT_TRUE(rig.feeder.version_at(dataset::Seq(39)));
}

TEST_F(PinsTest, ANewNodeDoesNotRunAheadOfAPinnedFleet) {
  changes_to(5000);  // more than it holds: the version is caught in passing
  say(pin_draft("fleet", 2));
  PinnedRig rig(store_);
  while (rig.feeder.step().more) EXPECT_LE(rig.take(), 2u);
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  EXPECT_EQ(rig.folded(), 5000u);
}

TEST_F(PinsTest, ANodeThatRestartsUnderAPinServesItWithTheLogAway) {
  PinnedRig first(store_);
  changes_to(6);
  say(pin_draft("fleet", 4));
  first.settle();
  auto pinned = first.feeder.version_at(dataset::Seq(4));
  ASSERT_TRUE(pinned);

  PinnedRig again(store_, from_disk(first.feeder.contents()),
                  RestoredPin{{"fleet", 4, "alice", "look first"}, *pinned});
  again.log.go_offline();
  again.settle();
  EXPECT_EQ(again.take(), 4u);
  EXPECT_EQ(again.folded(), 6u);
  changes_to(7);
  again.log.go_online();
  again.settle();
  EXPECT_EQ(again.take(), 4u);
  EXPECT_EQ(again.folded(), 7u);
  say(unpin_draft("fleet"));
  again.settle();
  EXPECT_EQ(again.take(), 7u);
}

TEST_F(PinsTest, AnUnpinnedNodeGoesForwardOnlyOnceItHasCaughtUp) {
  PinnedRig first(store_);
  changes_to(6);
  first.settle();
  auto pinned = first.feeder.version_at(dataset::Seq(4));
  const auto contents = from_disk(first.feeder.contents());
  changes_to(3000);
  PinnedRig again(store_, contents, RestoredPin{{"fleet", 4, "alice", "look first"}, *pinned});
  for (int i = 0; i < 100 && again.feeder.node_state() != NodeState::Live; ++i) {
    EXPECT_TRUE(again.take() == 4u) << again.take();
    again.feeder.step();
  }
  again.settle();
  EXPECT_EQ(again.take(), 3000u);
}

TEST_F(PinsTest, ALostConnectionDoesNotUnpin) {
  PinnedRig rig(store_);
  changes_to(5);
  say(pin_draft("fleet", 3));
  rig.settle();
  rig.log.lose_connection();
  for (int i = 0; i < 5; ++i) {
    rig.feeder.step();
    EXPECT_EQ(rig.take(), 3u);
  }
  rig.settle();
  store_->compact(control_topic);
  EXPECT_EQ(rig.take(), 3u);
}

TEST_F(PinsTest, WhatIsOnlyNeededByOlderVersionsIsCounted) {
  PinnedRig rig(store_);
  changes_to(2);
  rig.settle();
  const std::size_t before = rig.feeder.status().retained_octets;
  changes_to(50);
  rig.settle();
  const auto status = rig.feeder.status();
  EXPECT_EQ(status.retained_versions, 50u);
  EXPECT_GT(status.retained_octets, before);

  PinnedRig lean(store_, std::nullopt, std::nullopt, 1);
  lean.settle();
  lean.take();
  EXPECT_LT(lean.feeder.status().retained_octets, status.retained_octets / 10);
}

}  // namespace
}  // namespace tidemark::consumer
