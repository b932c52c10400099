// What waits is bounded, comes in order, and is whole or not there.
#include "producer/api/history_scribe.hpp"

#include <gtest/gtest.h>

#include "consumer/history/history.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::seconds;

constexpr dataset::Lineage lineage{base::U128{1, 2}};

struct Scribe : ::testing::Test {
  const topics::TemporaryFolder folder;
  const std::string path = folder.file("history");
  fold::State state = fold::State::empty(lineage, dataset::HashSeed(1));
  const dns::Name zone = support::name("example.org.");
  std::int64_t offset = 0;

  std::unique_ptr<HistoryScribe> open() {
    return std::make_unique<HistoryScribe>(consumer::HistoryWriter::open(path, lineage).value());
  }
  WaitingRecord next() {
    const auto number = static_cast<std::uint64_t>(offset);
    auto change = offset == 0
                      ? support::create_zone(number, zone)
                      : support::put(number, zone,
                                     support::a_record(*zone.child("h" + std::to_string(offset)),
                                                       static_cast<std::uint32_t>(offset)));
    auto judgement = fold::step(state, change, offset);
    return {offset++, 1000, std::move(change), std::move(judgement)};
  }
};

TEST_F(Scribe, WritesInOrderAndSettles) {
  const auto scribe = open();
  EXPECT_EQ(scribe->taken(), -1);
  for (int i = 0; i < 500; ++i) scribe->add(next());
  scribe->add({.offset = offset++});  // undecodable
  EXPECT_TRUE(scribe->settle(seconds(60)));
  EXPECT_EQ(scribe->committed(), offset - 1);
  auto history = consumer::History::open(path).value();
  EXPECT_EQ(history.position().value(), (consumer::HistoryPosition{offset - 1, 500, 0}));
  EXPECT_EQ(history.zone_at(zone, 500)->rrsets.size(),
            history.zone_at(zone, 1)->rrsets.size() + 499);
}

TEST_F(Scribe, IsFullWhileNobodyCanWriteAndGoesOnAfterwards) {
  const auto scribe = open();
  WaitingRecord many = next();
  auto& edits = many.change->zones.front().edits;
  edits.assign(waiting_edits_max / 2, edits.front());
  many.judgement = fold::Rejected{};
  auto blocker = topics::SqliteFile::open(path, topics::SqliteFile::Mode::Existing).value();
  {
    auto held = topics::SqliteTransaction::begin(blocker).value();
    for (int i = 0; i < 3; ++i) {  // the first one may be in its hands already
      many.offset = offset++;
      scribe->add(many);
    }
    EXPECT_TRUE(scribe->is_full());
    EXPECT_FALSE(scribe->settle(std::chrono::milliseconds(1)));
  }
  EXPECT_TRUE(scribe->settle(seconds(120)));
  EXPECT_FALSE(scribe->is_full());
  EXPECT_EQ(scribe->committed(), offset - 1);
}

TEST_F(Scribe, EndsWithEverythingWritten) {
  {
    const auto scribe = open();
    for (int i = 0; i < 200; ++i) scribe->add(next());
  }
  EXPECT_EQ(open()->committed(), offset - 1);
}

TEST_F(Scribe, WhatIsGivenUpIsNotWritten) {
  const auto scribe = open();
  for (int i = 0; i < 20; ++i) scribe->add(next());
  ASSERT_TRUE(scribe->settle(seconds(60)));
  scribe->abandon();
  scribe->add(next());
  EXPECT_FALSE(scribe->settle(seconds(1)));
  EXPECT_EQ(scribe->committed(), 19);
}

TEST_F(Scribe, SaysWhyItEnded) {
  {
    (void)open();
  }
  const auto scribe = open();
  topics::SqliteFile::open(path, topics::SqliteFile::Mode::Existing)
      .value()
      .run("DROP TABLE changes")
      .value();
  scribe->add(next());
  EXPECT_FALSE(scribe->settle(seconds(30)));
  ASSERT_TRUE(scribe->failure().has_value());
  EXPECT_NE(scribe->failure()->find(path), std::string::npos) << *scribe->failure();
}

}  // namespace
}  // namespace tidemark::producer
