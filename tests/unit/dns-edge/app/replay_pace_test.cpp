#include "dns-edge/app/replay_pace.hpp"

#include <gtest/gtest.h>

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

TEST(ReplayPace, TellsRateAndTimeLeft) {
  ReplayPace pace;
  pace.note(-1, 1001, 10s);
  EXPECT_FALSE(pace.time_left().has_value());
  pace.note(99, 1001, 10s + 1s);
  EXPECT_DOUBLE_EQ(pace.records_per_second(), 100);
  EXPECT_EQ(pace.records_left(), 901);
  EXPECT_EQ(*pace.time_left(), 10s);  // rounded up
}

TEST(ReplayPace, IsMeasuredAnewFromAnotherPlace) {
  ReplayPace pace;
  pace.note(0, 100, 1s);
  pace.note(50, 100, 2s);
  pace.note(10, 100, 3s);  // another state
  EXPECT_DOUBLE_EQ(pace.records_per_second(), 0);
  pace.note(20, 100, 4s);
  EXPECT_DOUBLE_EQ(pace.records_per_second(), 10);
  pace.restart();
  pace.note(90, 100, 5s);
  EXPECT_FALSE(pace.time_left().has_value());
}

TEST(ReplayPace, AtTheEndNothingIsLeft) {
  ReplayPace pace;
  pace.note(9, 10, 1s);
  EXPECT_EQ(*pace.time_left(), 0s);
  pace.note(9, std::nullopt, 2s);
  EXPECT_EQ(pace.records_left(), 0);
}

}  // namespace
}  // namespace tidemark::edge
