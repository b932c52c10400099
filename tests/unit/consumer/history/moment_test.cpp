// The words by which people name a version.
#include "consumer/history/moment.hpp"

#include <gtest/gtest.h>

#include "consumer/history/history_writer.hpp"
#include "core/base/time_text.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::consumer {
namespace {

constexpr std::int64_t now_ms = 1'800'000'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

Moment read(std::string_view text) { return parse_moment(text, now_ms).value(); }

TEST(Moment, EveryFormIsRead) {
  EXPECT_EQ(read("17"), Moment(AtSeq{17}));
  EXPECT_EQ(read("seq:17"), Moment(AtSeq{17}));
  EXPECT_EQ(read("latest"), Moment(Latest{}));
  EXPECT_EQ(read("now"), Moment(Latest{}));
  EXPECT_EQ(read("2026-01-31T12:00:00Z"),
            Moment(AtTime{*base::rfc3339_to_ms("2026-01-31T12:00:00Z")}));
  EXPECT_EQ(read("2026-01-31"), Moment(AtTime{*base::rfc3339_to_ms("2026-01-31T00:00:00Z")}));
  EXPECT_EQ(read("2h"), Moment(AtTime{now_ms - 2 * hour_ms}));
  EXPECT_EQ(read("3d ago"), Moment(AtTime{now_ms - 72 * hour_ms}));
  EXPECT_EQ(read("1h30m ago"), Moment(AtTime{now_ms - hour_ms * 3 / 2}));
  const event::ChangeId id(base::U128{1, 2});
  EXPECT_EQ(read("00000000000000010000000000000002"), Moment(id));
  EXPECT_EQ(read("change:00000000000000010000000000000002"), Moment(id));
}

TEST(Moment, WhatIsNoneIsNamedTogetherWithTheForms) {
  for (const std::string_view text :
       {"", " ", "yesterday", "seq:", "seq:-1", "-1", "2x", "h", "ago", "2026-13-01", "change:12",
        "99999999999999999999", "999999999999w", "0000000000000001000000000000000g"}) {
    const auto moment = parse_moment(text, now_ms);
    ASSERT_FALSE(moment.has_value()) << text;
    EXPECT_NE(moment.error().trail.find("\"" + std::string(text) + "\""), std::string::npos);
    EXPECT_NE(moment.error().trail.find("seq:123"), std::string::npos);
  }
}

class MomentInAHistory : public testing::Test {
 protected:
  MomentInAHistory() {
    auto writer = HistoryWriter::open(path, lineage).value();
    fold::State state = fold::State::empty(lineage, dataset::HashSeed(1));
    const dns::Name zone = support::name("example.org.");
    for (std::uint64_t i = 0; i < 3; ++i) {
      // The second one is rejected: the zone is there.
      const event::ChangeSet change =
          i < 2 ? support::create_zone(i, zone)
                : support::put(i, zone, support::a_record(*zone.child("www"), 1));
      const auto offset = static_cast<std::int64_t>(i);
      const auto judgement = fold::step(state, change, offset);
      EXPECT_TRUE(writer.add({offset, 1000 * (offset + 1), change, judgement, {"a", "b"}}));
      ids.push_back(change.change_id);
    }
    EXPECT_TRUE(writer.commit().has_value());
  }

  const dataset::Lineage lineage{base::U128{1, 2}};
  topics::TemporaryFolder folder;
  const std::string path = folder.file("history");
  std::vector<event::ChangeId> ids;
};

TEST_F(MomentInAHistory, IsAVersion) {
  History history = History::open(path).value();
  EXPECT_EQ(seq_of(Latest{}, history).value(), 2u);
  EXPECT_EQ(seq_of(AtSeq{1}, history).value(), 1u);
  EXPECT_EQ(seq_of(AtTime{999}, history).value(), 0u);
  EXPECT_EQ(seq_of(AtTime{1000}, history).value(), 1u);
  EXPECT_EQ(seq_of(AtTime{2500}, history).value(), 1u);
  EXPECT_EQ(seq_of(AtTime{9000}, history).value(), 2u);
  EXPECT_EQ(seq_of(ids[2], history).value(), 2u);
  EXPECT_EQ(seq_of(AtSeq{3}, history).error().code, base::Errc::OutOfRange);
  EXPECT_EQ(seq_of(ids[1], history).error().code, base::Errc::NotFound);
  EXPECT_EQ(seq_of(event::ChangeId(base::U128{9, 9}), history).error().code, base::Errc::NotFound);
}

}  // namespace
}  // namespace tidemark::consumer
