// The race is lost without guards, and won with them.
#include "cli/demo_stale_plan.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(StalePlan, EmptiesTheNameWithoutGuardsAndIsRejectedWithThem) {
  const std::string told = tell_stale_plan();
  const std::size_t second = told.find("As controllers write them");
  ASSERT_NE(second, std::string::npos);
  const std::string without = told.substr(0, second), with = told.substr(second);
  EXPECT_NE(without.find("applies plan 1: accepted"), std::string::npos) << told;
  EXPECT_NE(without.find("answers nothing"), std::string::npos) << told;
  EXPECT_NE(with.find("applies plan 1: rejected: zone-changed"), std::string::npos) << told;
  EXPECT_NE(with.find("deletes all addresses: rejected: removal-guard"), std::string::npos) << told;
  EXPECT_NE(with.find("answers 192.0.2.1, plan 2"), std::string::npos) << told;
}

}  // namespace
}  // namespace tidemark::cli
