// For how long a node has not heard from the control plane.
#include "dns-edge/app/staleness.hpp"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

class StalenessTest : public ::testing::Test {
 protected:
  std::int64_t wall_ms() { return clock.wall().count(); }
  consumer::FeederStatus live(std::int64_t heartbeat_ms) {
    consumer::FeederStatus status;
    status.state = event::NodeState::Live;
    status.heartbeat_ms = heartbeat_ms;
    return status;
  }
  consumer::FeederStatus cut_off() {
    consumer::FeederStatus status;
    status.state = event::NodeState::Live;
    status.log_reachable = false;
    return status;
  }
  support::ManualClock clock;
};

TEST_F(StalenessTest, HeartbeatsKeepANodeFresh) {
  Staleness staleness(clock, -1);
  for (int i = 0; i < 50; ++i) {
    clock.advance(5s);
    EXPECT_LE(staleness.look(live(wall_ms())), 0s) << i;
  }
  EXPECT_FALSE(staleness.take_remark());
}

TEST_F(StalenessTest, ALogThatNobodyWritesToIsStaleToo) {
  Staleness staleness(clock, -1);
  (void)staleness.look(live(wall_ms()));
  const auto last = live(wall_ms());
  clock.advance(59s);
  EXPECT_EQ(staleness.look(last), 59s);
  EXPECT_FALSE(staleness.take_remark());
  clock.advance(2s);
  EXPECT_EQ(staleness.look(last), 61s);
  EXPECT_TRUE(staleness.take_remark());
  EXPECT_FALSE(staleness.take_remark());
  (void)staleness.look(live(wall_ms()));
  EXPECT_TRUE(staleness.take_remark()) << "heard again";
}

TEST_F(StalenessTest, WithoutAnyHeartbeatEverFollowingIsEnough) {
  Staleness staleness(clock, -1);
  for (int i = 0; i < 10; ++i) {
    clock.advance(60s);
    EXPECT_EQ(staleness.look(live(-1)), 0s);
  }
  clock.advance(60s);
  EXPECT_EQ(staleness.look(cut_off()), 60s);
}

TEST_F(StalenessTest, ARestoredNodeIsAsOldAsWhatItHolds) {
  Staleness staleness(clock, wall_ms() - 600'000);
  EXPECT_EQ(staleness.look(cut_off()), 600s);
  clock.advance(10s);
  EXPECT_EQ(staleness.look(cut_off()), 610s);
  EXPECT_EQ(staleness.look(live(wall_ms() - 300'000)), 300s) << "the newest that was there";
  clock.advance(1s);
  EXPECT_EQ(staleness.look(live(wall_ms())), 0s);
}

TEST_F(StalenessTest, AWrongWallClockIsForgottenWithTheNextHeartbeat) {
  const std::int64_t log_ms = wall_ms() - 3'600'000;  // our clock is an hour ahead
  Staleness staleness(clock, -1);
  EXPECT_EQ(staleness.look(live(log_ms)), 0s) << "nothing older than our start is known of us";
  clock.advance(5s);
  EXPECT_EQ(staleness.look(live(log_ms + 5000)), 0s);
  Staleness behind(clock, wall_ms() + 3'600'000);
  EXPECT_EQ(behind.look(cut_off()), 0s);
}

}  // namespace
}  // namespace tidemark::edge
