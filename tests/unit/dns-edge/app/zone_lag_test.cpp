// Which zones are served older than they are folded.
#include "dns-edge/app/zone_lag.hpp"

#include <gtest/gtest.h>

#include "tests/support/life.hpp"

namespace tidemark::edge {
namespace {

using namespace tidemark::support;

const dns::Name one = name("one.test."), two = name("two.test.");

TEST(ZoneLag, CountsFromTheFirstChangeThatIsNotServed) {
  ZoneLag lag;
  lag.folded(create_zone(1, one), 1, 1'000);
  lag.folded(create_zone(2, two), 2, 5'000);
  lag.folded(put(3, one, a_record(*one.child("www"), 1)), 3, 9'000);
  lag.folded(put(4, one, a_record(*one.child("www"), 2)), 4, 11'000);
  EXPECT_EQ(lag.look(4, 60'000).zones, 0u);
  const auto behind = lag.look(2, 60'000);
  ASSERT_EQ(behind.zones, 1u);
  EXPECT_EQ(behind.latest[0].zone, "one.test.");
  EXPECT_EQ(behind.latest[0].seconds, 51u);
  const auto pinned_back = lag.look(1, 60'000);
  ASSERT_EQ(pinned_back.zones, 2u);
  EXPECT_EQ(pinned_back.latest[0].zone, "two.test.") << "the latest first";
  EXPECT_EQ(pinned_back.latest[0].seconds, 55u);
}

TEST(ZoneLag, ShowsSoManyAndForgetsTheOldest) {
  ZoneLag lag;
  constexpr std::uint64_t zones = 2 * zone_changes_max;
  for (std::uint64_t i = 1; i <= zones; ++i) {
    lag.folded(create_zone(i, name(("z" + std::to_string(i) + ".test.").c_str())), i, 1'000);
  }
  const auto behind = lag.look(0, 2'000);
  EXPECT_EQ(behind.zones, zone_changes_max);
  EXPECT_EQ(behind.latest.size(), late_zones_shown);
  lag.folded(create_zone(1, one), 1, 1'000);
  EXPECT_EQ(lag.look(0, 2'000).zones, 1u) << "another history";
}

}  // namespace
}  // namespace tidemark::edge
