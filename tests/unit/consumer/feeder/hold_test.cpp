// A node that holds before a version which crashed it.
#include <gtest/gtest.h>

#include "tests/support/pinned_rig.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const dns::Name zone = name("example.org.");

class HoldTest : public ::testing::Test {
 protected:
  void changes_to(std::uint64_t version) {
    for (; written_ < version; ++written_) {
      const std::uint64_t id = written_ + 1;
      append(log_, changes_topic,
             {draft(id == 1 ? create_zone(id, zone)
                            : put(id, zone,
                                  a_record(*zone.child("www"), static_cast<std::uint32_t>(id))))});
    }
  }
  void say(event::Watermark mark) {
    log::Draft draft;
    draft.key = watermark_key(mark.ring, "c1");
    draft.value = schemas::encode(event::ControlRecord(std::move(mark)));
    append(log_, control_topic, {draft});
  }

  std::shared_ptr<log::MemoryStore> store_ = make_store();
  log::MemoryLog log_{store_};
  std::uint64_t written_ = 0;
};

TEST_F(HoldTest, NothingFromThereOnIsFoldedAndTheNodeStaysLive) {
  PinnedRig rig(store_);
  changes_to(3);
  rig.settle();
  rig.feeder.hold({5, 0});
  changes_to(9);
  rig.settle();
  EXPECT_EQ(rig.folded(), 4u);
  EXPECT_EQ(rig.take(), 4u);
  EXPECT_EQ(rig.feeder.node_state(), event::NodeState::Live);
  EXPECT_EQ(rig.feeder.status().hold.before_seq, 5u);

  rig.feeder.hold({});
  rig.settle();
  EXPECT_EQ(rig.take(), 9u) << "what was passed over is read again";
  EXPECT_EQ(rig.feeder.node_state(), event::NodeState::Live);
  EXPECT_EQ(rig.feeder.status().holes, 0u);
}

TEST_F(HoldTest, AnOlderFileIsFoldedUpToTheHold) {
  PinnedRig source(store_);
  changes_to(3);
  source.settle();
  const SnapshotContents contents = from_disk(source.feeder.contents());
  changes_to(9);
  PinnedRig rig(store_, from_disk(contents));
  rig.feeder.hold({7, 0});
  rig.settle();
  EXPECT_EQ(rig.take(), 6u);
  EXPECT_EQ(rig.served->dataset.version().state_hash, rig.hashes.at(6));
}

TEST_F(HoldTest, WithAnEndItFoldsOnAndOffersNothingBetween) {
  PinnedRig rig(store_);
  changes_to(3);
  rig.settle();
  rig.feeder.hold({4, 0});
  changes_to(6);
  rig.settle();
  rig.feeder.hold({4, 8});
  std::vector<std::uint64_t> served;
  for (std::uint64_t version = 6; version <= 9; ++version) {
    changes_to(version);
    rig.settle();
    served.push_back(rig.take());
  }
  EXPECT_EQ(served, (std::vector<std::uint64_t>{3, 3, 8, 9}));
}

TEST_F(HoldTest, AWatermarkOrPinOfAHeldVersionCountsAsTheOneBefore) {
  PinnedRig rig(store_);
  changes_to(3);
  rig.settle();
  say({.ring = "eu", .seq = 3, .reason = "soaked", .author = "c1", .number = 1});
  rig.settle();
  rig.feeder.hold({6, 0});
  changes_to(9);
  say({.ring = "eu", .seq = 9, .reason = "soaked", .author = "c1", .number = 2});
  rig.settle();
  EXPECT_EQ(rig.take(), 5u);
  EXPECT_FALSE(rig.feeder.status().watermark_held);
  append(log_, control_topic, {pin_draft("node:n1", 8)});
  rig.settle();
  EXPECT_EQ(rig.take(), 5u);
  append(log_, control_topic, {pin_draft("node:n1", 4)});
  rig.settle();
  EXPECT_EQ(rig.take(), 4u) << "a pin below the hold is obeyed";
  append(log_, control_topic, {unpin_draft("node:n1")});
  rig.settle();
  rig.feeder.hold({});
  rig.settle();
  EXPECT_EQ(rig.take(), 9u);
}

// Without the guard of the fold a node that starts from nothing would show what lies between.
TEST_F(HoldTest, ANodeThatHoldsNothingYetOffersNothingBetween) {
  changes_to(6);
  PinnedRig rig(store_);
  rig.feeder.hold({4, 9});
  rig.settle();
  EXPECT_EQ(rig.take(), 3u);
  changes_to(9);
  rig.settle();
  EXPECT_EQ(rig.take(), 9u);
}

TEST_F(HoldTest, WhatWasPassedOverMayBeGoneFromTheLog) {
  PinnedRig rig(store_);
  changes_to(3);
  rig.settle();
  rig.feeder.hold({4, 0});
  changes_to(9);
  rig.settle();
  store_->retain_from(changes_topic, log::Offset(6));
  rig.feeder.hold({});
  rig.settle();
  EXPECT_TRUE(rig.feeder.status().needs_bootstrap) << "told, and nothing is skipped";
  EXPECT_EQ(rig.take(), 3u);
}

}  // namespace
}  // namespace tidemark::consumer
