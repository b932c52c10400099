#include "cli/hosted_zone.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

std::string zone_of(const char* name) {
  std::vector<dns::Name> zones;
  for (const char* one : {"org.", "example.org.", "sub.example.org.", "ample.net."}) {
    zones.push_back(*dns::Name::parse(one));
  }
  const auto found = longest_suffix(*dns::Name::parse(name), zones);
  return found ? found->to_text() : "";
}

TEST(HostedZone, IsTheLongestSuffixByWholeLabels) {
  EXPECT_EQ(zone_of("www.example.org."), "example.org.");
  EXPECT_EQ(zone_of("a.b.SUB.example.org."), "sub.example.org.");
  EXPECT_EQ(zone_of("sub.example.org."), "sub.example.org.");
  EXPECT_EQ(zone_of("other.org."), "org.");
  EXPECT_EQ(zone_of("example.net."), "");
}

}  // namespace
}  // namespace tidemark::cli
