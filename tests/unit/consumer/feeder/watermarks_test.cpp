// A ring under watermarks: which decision counts, what a node of it serves.
#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/pinned_rig.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const dns::Name zone = name("example.org.");

log::Draft mark_draft(const event::Watermark& mark, const std::string& controller = "c1") {
  log::Draft draft;
  draft.key = watermark_key(mark.ring, controller);
  draft.value = schemas::encode(event::ControlRecord(mark));
  return draft;
}
event::Watermark up_to(std::uint64_t seq, std::uint64_t number, const std::string& ring = "eu") {
  return {.ring = ring, .seq = seq, .reason = "soaked", .author = "c1", .number = number};
}
event::Watermark stop_at(std::uint64_t seq, std::uint64_t number) {
  event::Watermark mark = up_to(seq, number);
  mark.stopped_change = {0, 7};
  return mark;
}
event::Watermark released(std::uint64_t number) {
  event::Watermark mark = up_to(1, number);
  mark.released = true;
  return mark;
}

log::Record record_of(const log::Draft& draft, std::int64_t offset) {
  log::Record record{.offset = log::Offset(offset), .appended = log::AppendTime(1000 + offset)};
  record.key = draft.key;
  record.value = draft.value;
  record.tombstone = draft.tombstone;
  return record;
}

TEST(Watermarks, TheHighestNumberCountsWhateverComesLast) {
  ControlView view;
  EXPECT_TRUE(view.apply(record_of(mark_draft(up_to(5, 3), "a"), 0)));
  EXPECT_TRUE(view.apply(record_of(mark_draft(up_to(9, 2), "b"), 1)));
  ASSERT_NE(view.watermark_of("eu"), nullptr);
  EXPECT_EQ(view.watermark_of("eu")->mark.seq, 5u) << "b slept, and lost";
  EXPECT_TRUE(view.apply(record_of(mark_draft(up_to(9, 4), "b"), 2)));
  EXPECT_EQ(view.watermark_of("eu")->mark.seq, 9u);
  EXPECT_EQ(view.watermark_of("us"), nullptr);
}

TEST(Watermarks, OfOneNumberTheStopCountsThenTheFirstInTheLog) {
  ControlView view;
  EXPECT_TRUE(view.apply(record_of(mark_draft(up_to(9, 3), "a"), 0)));
  EXPECT_TRUE(view.apply(record_of(mark_draft(up_to(8, 3), "b"), 1)));
  EXPECT_EQ(view.watermark_of("eu")->mark.seq, 9u);
  EXPECT_TRUE(view.apply(record_of(mark_draft(stop_at(4, 3), "c"), 2)));
  EXPECT_EQ(view.watermark_of("eu")->mark.seq, 4u);
}

TEST(Watermarks, WhatIsNoSoundDecisionIsSkipped) {
  ControlView view;
  auto wrong_ring = mark_draft(up_to(5, 1));
  wrong_ring.key = "watermark/us/c1";
  EXPECT_FALSE(view.apply(record_of(wrong_ring, 0)));
  auto no_controller = mark_draft(up_to(5, 1));
  no_controller.key = "watermark/eu";
  EXPECT_FALSE(view.apply(record_of(no_controller, 1)));
  EXPECT_FALSE(view.apply(record_of(mark_draft(up_to(0, 1)), 2))) << "a ring that serves nothing";
  EXPECT_TRUE(view.apply(record_of(mark_draft(up_to(5, 1, "a/b")), 3))) << "a slash in a name";
  EXPECT_EQ(view.skipped(), 3u);
  EXPECT_EQ(view.watermarks().size(), 1u);
}

// Whatever compaction has taken away (any records that are not the newest of their key), every
// reader sees the same decision.
TEST(Watermarks, ACompactedTopicSaysTheSame) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 500; ++round) {
    std::vector<log::Record> records;
    for (std::int64_t offset = 0; offset < 12; ++offset) {
      const std::string controller(1, static_cast<char>('a' + random() % 3));
      event::Watermark mark = up_to(1 + random() % 9, 1 + random() % 5);
      if (random() % 4 == 0) mark.stopped_change = {0, 7};
      if (random() % 5 == 0) mark.released = true;
      log::Draft draft = mark_draft(mark, controller);
      if (random() % 8 == 0) {
        draft.value.clear();
        draft.tombstone = true;
      }
      records.push_back(record_of(draft, offset));
    }
    ControlView whole, compacted;
    for (const auto& record : records) whole.apply(record);
    // A tombstone may go once nothing older of its key is left.
    std::set<std::string> forgotten;
    const auto is_newest = [&](std::size_t i) {
      return std::none_of(records.begin() + static_cast<std::ptrdiff_t>(i) + 1, records.end(),
                          [&](const log::Record& later) { return later.key == records[i].key; });
    };
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (is_newest(i) && records[i].tombstone && random() % 2 == 0) {
        forgotten.insert(records[i].key);
      }
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (forgotten.contains(records[i].key)) continue;
      if (is_newest(i) || random() % 2 == 0) compacted.apply(records[i]);
    }
    EXPECT_EQ(whole.watermarks(), compacted.watermarks()) << "round " << round;
  }
}

class RingTest : public ::testing::Test {
 protected:
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
  void say(const event::Watermark& mark, const std::string& controller = "c1") {
    append(log_, control_topic, {mark_draft(mark, controller)});
  }

  std::shared_ptr<log::MemoryStore> store_ = make_store();
  log::MemoryLog log_{store_};
  std::uint64_t written_ = 0;
};

TEST_F(RingTest, ANodeServesTheWatermarksVersionAndFoldsOn) {
  PinnedRig rig(store_);
  changes_to(3);
  rig.settle();
  say(up_to(3, 1));
  changes_to(6);
  rig.settle();
  EXPECT_EQ(rig.folded(), 6u);
  EXPECT_EQ(rig.take(), 3u);
  EXPECT_TRUE(rig.feeder.status().watermark_held);
  say(up_to(5, 2));
  rig.settle();
  EXPECT_EQ(rig.take(), 5u);
  EXPECT_EQ(rig.served->dataset.version().state_hash, rig.hashes.at(5));
  say(up_to(2, 1, "us"));
  rig.settle();
  EXPECT_EQ(rig.take(), 5u) << "another ring's";
}

TEST_F(RingTest, ItGoesFromOneWatermarkToTheNextWithoutWhatLiesBetween) {
  PinnedRig rig(store_);
  changes_to(3);
  rig.settle();
  say(up_to(3, 1));
  rig.settle();
  say(up_to(6, 2));  // ahead of what is folded
  rig.settle();
  std::vector<std::uint64_t> served;
  for (std::uint64_t version = 4; version <= 7; ++version) {
    changes_to(version);
    rig.settle();
    served.push_back(rig.take());
  }
  EXPECT_EQ(served, (std::vector<std::uint64_t>{3, 3, 6, 6}));
}

TEST_F(RingTest, AStopTakesItBackAndAReleaseLetsItGo) {
  PinnedRig rig(store_);
  changes_to(4);
  rig.settle();
  EXPECT_EQ(rig.take(), 4u);
  say(stop_at(2, 1));
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  changes_to(8);
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  say(released(2), "c2");
  rig.settle();
  EXPECT_EQ(rig.take(), 8u);
  EXPECT_FALSE(rig.feeder.status().watermark);
}

TEST_F(RingTest, APinComesBeforeTheWatermark) {
  PinnedRig rig(store_);
  changes_to(6);
  rig.settle();
  say(up_to(4, 1));
  append(log_, control_topic, {pin_draft("node:n1", 2)});
  rig.settle();
  EXPECT_EQ(rig.take(), 2u);
  append(log_, control_topic, {unpin_draft("node:n1")});
  rig.settle();
  EXPECT_EQ(rig.take(), 4u);
}

TEST_F(RingTest, ANodeThatStartsFromNothingActivatesNothingNewer) {
  changes_to(9);
  say(up_to(5, 1));
  PinnedRig rig(store_);
  rig.settle();
  EXPECT_EQ(rig.folded(), 9u);
  EXPECT_EQ(rig.take(), 5u);
  PinnedRig forgetful(store_, std::nullopt, std::nullopt, 1);
  forgetful.settle();
  EXPECT_EQ(forgetful.take(), 5u) << "kept while it was folded, though only one is retained";
}

// A file from elsewhere is newer than the ring may be: better nothing than that.
TEST_F(RingTest, ANodeWithANewerFileAloneServesNothingUntilItMay) {
  PinnedRig source(store_);
  changes_to(7);
  source.settle();
  const SnapshotContents contents = from_disk(source.feeder.contents());
  say(up_to(5, 1));
  store_->retain_from(changes_topic, log::Offset(6));
  PinnedRig rig(store_);
  rig.settle();
  ASSERT_TRUE(rig.feeder.status().needs_bootstrap);
  rig.feeder.bootstrap(from_disk(contents));
  rig.settle();
  EXPECT_EQ(rig.folded(), 7u);
  EXPECT_EQ(rig.take(), 0u);
  changes_to(8);
  say(up_to(8, 2));
  rig.settle();
  EXPECT_EQ(rig.take(), 8u);
}

// Its own snapshot file is of what was folded, newer than what it may serve.
TEST_F(RingTest, ARestartWithoutTheLogServesWhatTheRingHad) {
  PinnedRig first(store_);
  changes_to(7);
  first.settle();
  say(up_to(5, 1));
  first.settle();
  EXPECT_EQ(first.take(), 5u);
  const auto served = first.served->dataset;
  const SnapshotContents contents = from_disk(first.feeder.contents());
  const auto older = from_disk({fold::State{served, {}}, {}, {}, -1, {}}).state.dataset;

  PinnedRig again(store_, from_disk(contents), RestoredPin{{}, older, up_to(5, 1)});
  EXPECT_EQ(again.take(), 5u) << "before the first step";
  PinnedRig behind(store_, from_disk(contents), RestoredPin{{}, older, up_to(6, 1)});
  EXPECT_EQ(behind.take(), 5u) << "an older version that the ring had is as good";
  PinnedRig bare(store_, from_disk(contents), RestoredPin{{}, std::nullopt, up_to(5, 1)});
  EXPECT_EQ(bare.take(), 7u) << "nothing else is there: better this than silence";
  again.settle();
  EXPECT_EQ(again.take(), 5u);
}

TEST_F(RingTest, AVersionThatIsNotHeldAnyMoreIsTold) {
  PinnedRig rig(store_, std::nullopt, std::nullopt, 2);
  changes_to(9);
  rig.settle();
  say(up_to(3, 1));
  rig.settle();
  EXPECT_EQ(rig.take(), 9u);
  EXPECT_NE(rig.feeder.status().watermark_trouble, "");
}

}  // namespace
}  // namespace tidemark::consumer
