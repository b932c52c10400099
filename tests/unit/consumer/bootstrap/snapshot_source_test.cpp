#include "consumer/bootstrap/snapshot_source.hpp"

#include <gtest/gtest.h>

namespace tidemark::consumer {
namespace {

const std::string hash(64, 'a');

TEST(SnapshotSource, TheBaseStandsBeforeThePages) {
  for (const std::string behind : {"", "/", "/v1/snapshots",
                                   "/v1/snapshots/"
                                   "abc"}) {
    const auto url = base_url("http://edge2.example:8081" + behind);
    ASSERT_TRUE(url.has_value()) << behind;
    EXPECT_EQ(to_text(SnapshotSource{SnapshotSource::Kind::Peer, *url, {}}),
              "http://edge2.example:8081");
  }
  EXPECT_EQ(base_url("https://proxy/tidemark/v1/snapshots")->target, "/tidemark");
  EXPECT_FALSE(base_url("edge2:8081").has_value());
}

TEST(SnapshotSource, ReadsAListingAndLeavesOutWhatNobodyCouldUse) {
  const auto listed = parse_listing(R"({"snapshots":[{"sha256":")" + hash +
                                    R"(","octets":5,"seq":7,"offset":9,"chain":"00","more":[]},)"
                                    R"({"sha256":"AB","octets":5,"seq":7,"offset":9},)"
                                    R"({"sha256":")" +
                                    hash +
                                    R"(","octets":0,"seq":7,"offset":9},)"
                                    R"(7]})");
  ASSERT_TRUE(listed.has_value()) << listed.error().trail;
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().sha256, hash);
  EXPECT_EQ(listed->front().seq, 7u);
  EXPECT_EQ(listed->front().offset, 9);
}

TEST(SnapshotSource, RefusesWhatIsNoListing) {
  for (const std::string text : {"", "[]", "{}", R"({"snapshots":{}})", "<html>"}) {
    EXPECT_FALSE(parse_listing(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tidemark::consumer
