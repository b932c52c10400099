#include "core/fold/footprints.hpp"

#include <gtest/gtest.h>

namespace tidemark::fold {
namespace {

class FootprintsOfALife : public ::testing::Test {
 protected:
  // A record that changes nothing: position and chain move, the version does not.
  void pass() {
    base::Sha256 record{};
    record[0] = static_cast<std::uint8_t>(++records_);
    advance(state_, state_.offset + 1, record);
    own_.note(state_);
  }
  event::Heartbeat said() const {
    event::Heartbeat beat{.controller = "c1", .number = 1};
    const Footprint at = footprint_of(state_);
    beat.seq = at.seq;
    beat.state_hash = at.state_hash;
    beat.offset = at.offset;
    beat.chain = at.chain;
    return beat;
  }

  State state_ = State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(1));
  Footprints own_{4};
  int records_ = 0;
};

TEST_F(FootprintsOfALife, RemembersTheNewestOnesOnly) {
  own_.note(state_);
  EXPECT_FALSE(own_.newest()) << "nothing is folded yet";
  for (int i = 0; i < 6; ++i) pass();
  EXPECT_EQ(own_.oldest()->offset, 2);
  EXPECT_EQ(own_.newest()->offset, 5);
  EXPECT_FALSE(own_.at_offset(1));
  EXPECT_FALSE(own_.at_offset(6));
  EXPECT_EQ(own_.at_offset(4)->offset, 4);
  EXPECT_EQ(own_.at_seq(0)->offset, 5) << "the last record with that seq";
  EXPECT_FALSE(own_.at_seq(1));
}

TEST_F(FootprintsOfALife, BeginsAnewWhereRecordsDoNotFollow) {
  pass();
  state_.offset = 40;
  pass();
  EXPECT_EQ(own_.oldest()->offset, 41);
}

TEST_F(FootprintsOfALife, ComparesAtAnEqualPlaceOnly) {
  pass();
  const event::Heartbeat early = said();
  pass();
  EXPECT_EQ(compare(own_, early), Agreement::Same);
  EXPECT_EQ(compare(own_, event::Heartbeat{.controller = "old", .number = 3}), Agreement::Unknown);
  event::Heartbeat ahead = early;
  ahead.offset = 7;
  EXPECT_EQ(compare(own_, ahead), Agreement::Unknown);
}

TEST_F(FootprintsOfALife, TellsAnotherHistoryFromAnotherState) {
  pass();
  event::Heartbeat other = said();
  other.state_hash.low ^= 1;
  EXPECT_EQ(compare(own_, other), Agreement::StateDiffers);
  EXPECT_EQ(compare_state(own_, other.seq, other.state_hash), Agreement::StateDiffers);
  other = said();
  other.seq += 1;
  EXPECT_EQ(compare(own_, other), Agreement::StateDiffers);
  other = said();
  other.chain[31] ^= 1;
  EXPECT_EQ(compare(own_, other), Agreement::HistoryDiffers);
  EXPECT_EQ(compare_history(own_, other.offset, other.chain), Agreement::HistoryDiffers);
  EXPECT_EQ(compare_history(own_, said().offset, said().chain), Agreement::Same);
}

}  // namespace
}  // namespace tidemark::fold
