// An imported past is found by the time that its import told, zone by zone.
#include <gtest/gtest.h>

#include "consumer/history/history.hpp"
#include "consumer/history/history_writer.hpp"
#include "consumer/history/moment.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::consumer {
namespace {

TEST(ToldTime, FindsTheVersionOfAZone) {
  const dataset::Lineage lineage{base::U128{1, 2}};
  const topics::TemporaryFolder folder;
  const std::string path = folder.file("history");
  const dns::Name org = support::name("example.org."), net = support::name("example.net.");
  auto writer = HistoryWriter::open(path, lineage).value();
  fold::State state = fold::State::empty(lineage, dataset::HashSeed(1));
  std::int64_t offset = 0;
  const auto add = [&](event::ChangeSet change, std::uint64_t told_ms) {
    if (told_ms != 0) change.origin = event::Origin{"git", "ab", told_ms};
    const auto judgement = fold::step(state, change, offset);
    ASSERT_TRUE(std::holds_alternative<fold::Accepted>(judgement)) << offset;
    ASSERT_TRUE(writer.add({offset, 1'000'000 + offset, change, judgement}));
    ++offset;
  };
  add(support::create_zone(1, org), 1000);
  add(support::create_zone(2, net), 500);
  add(support::put(3, org, support::a_record(*org.child("www"), 1)), 3000);
  add(support::put(4, net, support::a_record(*net.child("www"), 1)), 2000);
  add(support::put(5, org, support::a_record(*org.child("www"), 2)), 0);  // no import
  ASSERT_TRUE(writer.commit().has_value());

  History history = History::open(path).value();
  EXPECT_EQ(history.seq_at(999, org).value(), 0u);
  EXPECT_EQ(history.seq_at(1000, org).value(), 1u);
  EXPECT_EQ(history.seq_at(2999, org).value(), 1u);
  EXPECT_EQ(history.seq_at(3000, org).value(), 3u);
  EXPECT_EQ(history.seq_at(1'000'004, org).value(), 5u);
  EXPECT_EQ(history.seq_at(500, net).value(), 2u);
  EXPECT_EQ(history.seq_at(9000, net).value(), 4u);
  EXPECT_EQ(history.seq_at(9000, support::name("example.com.")).value(), 0u);

  // Of everything a time is the log's; of a zone, or a name in one, when its changes were made.
  const auto at = [&](std::int64_t ms, const Subject& subject) {
    return seq_of(AtTime{ms}, history, subject).value();
  };
  using Kind = Subject::Kind;
  EXPECT_EQ(at(2999, {}), 0u);
  EXPECT_EQ(at(1'000'001, {}), 2u);
  EXPECT_EQ(at(2999, {Kind::Zone, org}), 1u);
  EXPECT_EQ(at(2500, {Kind::Zone, net}), 4u);
  EXPECT_EQ(at(3000, {Kind::Name, *org.child("www")}), 3u);
  EXPECT_EQ(at(999, {Kind::Zone, org}), 0u) << "not there then: what the log says";
  EXPECT_EQ(at(1'000'001, {Kind::Name, support::name("www.example.com.")}), 2u);

  const auto changes = history.changes({.zone = org}).value();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_FALSE(changes[0].origin.has_value());
  const auto between = [&](std::int64_t since, std::int64_t until) {
    return history.changes({.since_ms = since, .until_ms = until}).value().size();
  };
  EXPECT_EQ(between(500, 2000), 3u);
  EXPECT_EQ(between(2001, 1'000'003), 1u);
  EXPECT_EQ(between(1'000'004, 1'000'004), 1u);
  const auto by_log =
      history.changes({.since_ms = 1'000'000, .until_ms = 1'000'002, .by = TimeBy::Log});
  EXPECT_EQ(by_log->size(), 3u);
  EXPECT_EQ(changes[1].origin, (event::Origin{"git", "ab", 3000}));
}

}  // namespace
}  // namespace tidemark::consumer
