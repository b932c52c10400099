#include "producer/api/snapshot_rule.hpp"

#include <gtest/gtest.h>

#include "tests/support/life.hpp"

namespace tidemark::producer {
namespace {

using namespace tidemark::support;

// A history of ChangeSets of one RRset each; returns the seqs behind which there are points.
struct History {
  explicit History(SnapshotRuleSettings settings) {
    rule.emplace(settings);
    fold(create_zone(1, zone));
  }

  void fold(const event::ChangeSet& change, std::size_t octets = 1000) {
    const std::int64_t offset = state.offset + 1;
    const fold::Judgement judgement = fold::step(state, change, offset);
    fold::advance(state, offset, base::sha256(base::as_bytes(std::to_string(offset))));
    const bool is_point = rule->is_point(
        {log::Offset(offset), log::AppendTime(now_ms), change, judgement, state, octets});
    if (is_point) points.push_back(state.dataset.version().seq.value());
  }
  void fold_more(std::uint64_t changes, std::size_t octets = 1000) {
    for (std::uint64_t i = 0; i < changes; ++i) {
      const auto number = static_cast<std::uint32_t>(state.offset);
      fold(put(100 + number, zone, a_record(*zone.child("www"), number)), octets);
    }
  }

  const dns::Name zone = name("example.org.");
  std::optional<SnapshotRule> rule;
  fold::State state = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1));
  std::int64_t now_ms = 1000;
  std::vector<std::uint64_t> points;
};

TEST(SnapshotRule, IsBehindEachMultipleOfChanges) {
  History history({.changes = 10, .octets = 0, .log_time = {}});
  history.fold_more(30);
  EXPECT_EQ(history.points, (std::vector<std::uint64_t>{10, 20, 30}));
}

TEST(SnapshotRule, IsNeverBehindARejectedChangeSet) {
  History history({.changes = 1, .octets = 1, .log_time = std::chrono::milliseconds(1)});
  const std::size_t before = history.points.size();
  history.now_ms += 1000;
  history.fold(create_zone(2, history.zone));  // it is there already
  EXPECT_EQ(history.points.size(), before);
}

TEST(SnapshotRule, DrawsByOctetsOnAverage) {
  History history({.changes = 0, .octets = 50'000, .log_time = {}});
  history.fold_more(5000);  // 5 MB: 100 points are due
  EXPECT_GT(history.points.size(), 60u);
  EXPECT_LT(history.points.size(), 140u);
}

TEST(SnapshotRule, ARecordAsLargeAsThePeriodIsAlwaysAPoint) {
  History history({.changes = 0, .octets = 50'000, .log_time = {}});
  history.points.clear();
  history.fold_more(5, 50'001);
  EXPECT_EQ(history.points.size(), 5u);
}

TEST(SnapshotRule, WhoBeginsInTheMiddleFindsTheSamePoints) {
  const SnapshotRuleSettings settings{.changes = 64, .octets = 20'000, .log_time = {}};
  History from_the_start(settings), from_the_middle(settings);
  from_the_start.fold_more(300);
  from_the_middle.fold_more(100);
  from_the_middle.rule.emplace(settings);  // a restart
  from_the_middle.points.clear();
  from_the_middle.fold_more(200);
  std::erase_if(from_the_start.points, [](std::uint64_t seq) { return seq <= 101; });
  EXPECT_GT(from_the_start.points.size(), 5u);
  EXPECT_EQ(from_the_middle.points, from_the_start.points);
}

TEST(SnapshotRule, IsBehindTheFirstOfAPeriodOfLogTime) {
  History history({.changes = 0, .octets = 0, .log_time = std::chrono::seconds(10)});
  history.now_ms = 9'999;
  history.fold_more(2);  // seqs 2, 3
  EXPECT_TRUE(history.points.empty());
  history.now_ms = 10'000;
  history.fold_more(2);  // 4, 5
  history.now_ms = 35'000;
  history.fold_more(1);  // 6
  EXPECT_EQ(history.points, (std::vector<std::uint64_t>{4, 6}));
}

TEST(SnapshotRule, MayBeSwitchedOff) {
  History history({.changes = 0, .octets = 0, .log_time = {}});
  history.fold_more(50, 1'000'000);
  EXPECT_TRUE(history.points.empty());
}

}  // namespace
}  // namespace tidemark::producer
