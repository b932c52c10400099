#include "producer/prober/hysteresis.hpp"

#include <gtest/gtest.h>

namespace tidemark::producer {
namespace {

TEST(Hysteresis, SaysNothingBeforeTheFirstResultWhichDecidesAlone) {
  Hysteresis slow(5, 5);
  EXPECT_FALSE(slow.up());
  EXPECT_TRUE(slow.take(false));
  EXPECT_EQ(slow.up(), false);
}

TEST(Hysteresis, FewerThanFallFailuresInARowNeverFlip) {  // every series of 12 results
  for (unsigned series = 0; series < 4096; ++series) {
    Hysteresis verdict(2, 3);
    verdict.take(true);
    unsigned bad_in_a_row = 0, good_in_a_row = 0;
    bool expected = true;
    for (unsigned i = 0; i < 12; ++i) {
      const bool good = (series >> i & 1) != 0;
      bad_in_a_row = good ? 0 : bad_in_a_row + 1;
      good_in_a_row = good ? good_in_a_row + 1 : 0;
      if (bad_in_a_row >= 3) expected = false;
      if (good_in_a_row >= 2) expected = true;
      const bool before = *verdict.up();
      ASSERT_EQ(verdict.take(good), before != expected) << series;
      ASSERT_EQ(*verdict.up(), expected) << series;
    }
  }
}

TEST(Hysteresis, ZeroMeansOne) {
  Hysteresis verdict(0, 0);
  verdict.take(true);
  EXPECT_TRUE(verdict.take(false));
  EXPECT_TRUE(verdict.take(true));
}

TEST(Hysteresis, StartingOverKeepsTheVerdictUntilTheNextResult) {
  Hysteresis verdict(3, 3);
  verdict.take(true);
  verdict.start_over(2, 2);
  EXPECT_EQ(verdict.up(), true);
  EXPECT_TRUE(verdict.take(false));
  EXPECT_EQ(verdict.up(), false);
  EXPECT_FALSE(verdict.take(true));
  EXPECT_TRUE(verdict.take(true));
}

}  // namespace
}  // namespace tidemark::producer
