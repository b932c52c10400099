#include "cli/pipeline.hpp"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

ZoneFile file_of(const std::string& records) {
  const std::string text = "$ORIGIN example.org.\n$TTL 60\n" + records;
  return {"test.zone", *dns::read_master_file(text), text};
}
const std::string apex = "@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n";

Outcome load(Pipeline& pipeline, const std::string& records) {
  return pipeline.load(file_of(records), [](std::size_t, std::size_t) {});
}
std::uint64_t seq(const Pipeline& pipeline) {
  return pipeline.state().dataset.version().seq.value();
}

TEST(Pipeline, AFileBecomesTheZone) {
  Pipeline pipeline;
  ASSERT_TRUE(load(pipeline, apex + "www A 192.0.2.2\n"));
  const auto zone = pipeline.state().dataset.find_zone(*dns::Name::parse("example.org."));
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->rrset_count(), 4u);
  EXPECT_EQ(seq(pipeline), 1u);
}

TEST(Pipeline, TheSameFileAgainChangesNothing) {
  Pipeline pipeline;
  ASSERT_TRUE(load(pipeline, apex));
  ASSERT_TRUE(load(pipeline, apex));
  EXPECT_EQ(seq(pipeline), 1u);
}

TEST(Pipeline, AFileThatLosesMostOfAZoneIsMeant) {
  std::string many = apex;
  for (int i = 0; i < 50; ++i) many += "h" + std::to_string(i) + " A 192.0.2.3\n";
  Pipeline pipeline;
  ASSERT_TRUE(load(pipeline, many));
  ASSERT_TRUE(load(pipeline, apex));
  EXPECT_EQ(pipeline.state().dataset.rrset_count(), 3u);
}

TEST(Pipeline, AZoneTooLargeForOneRecordComesInParts) {
  std::string many = apex;
  for (int i = 0; i < 12'000; ++i) many += "h" + std::to_string(i) + " A 192.0.2.3\n";
  Pipeline pipeline;
  std::vector<std::pair<std::size_t, std::size_t>> told;
  ASSERT_TRUE(pipeline.load(
      file_of(many), [&told](std::size_t done, std::size_t all) { told.emplace_back(done, all); }));
  EXPECT_EQ(pipeline.state().dataset.rrset_count(), 12'003u);
  EXPECT_GT(seq(pipeline), 2u);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().first, told.back().second);
}

TEST(Pipeline, ABrokenRuleIsNamedAndNothingChanges) {
  Pipeline pipeline;
  ASSERT_TRUE(load(pipeline, apex));
  const auto loaded = load(pipeline, apex + "www CNAME ns\nwww A 192.0.2.2\n");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().what.find("test.zone: www.example.org."), std::string::npos)
      << loaded.error().what;
  EXPECT_EQ(seq(pipeline), 1u);
}

}  // namespace
}  // namespace tidemark::cli
