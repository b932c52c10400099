// Names that people say wrong, or give twice: rings and nodes that are not there, a version behind
// the watermark, two edges of one name.
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;

class NamesApi : public ::testing::Test {
 protected:
  NamesApi() {
    const auto reply = rig.import_basic();
    id = std::string(reply.body().at("change_id").as_string());
    hear("e1", "eu");
    hear("c1", "canary");
  }
  void hear(const std::string& node, const std::string& ring, std::uint64_t instance = 1) {
    rig.fleet_ms += 500;
    rig.report({.node = node,
                .ring = ring,
                .lineage = {},
                .staged_seq = rig.seq(),
                .active_seq = ring == "eu" ? 0 : rig.seq(),
                .state_hash = {},
                .build = {},
                .dns_listen = {},
                .admin_listen = {},
                .nacks = {},
                .instance = {0, instance}});
    rig.run();
  }
  std::vector<std::string> node_events() {
    std::vector<std::string> all;
    const auto page = rig.call("GET", "/v1/events?limit=1000").body();
    for (const json::value& one : page.at("events").as_array()) {
      if (one.at("event") != "node") continue;
      all.emplace_back(one.at("data").at("what").as_string());
    }
    return all;
  }
  ApiRig rig;
  std::string id;
};

TEST_F(NamesApi, AScopeThatNobodyReportedIsRefusedUnlessItIsMeant) {
  const auto refused = rig.call("POST", "/v1/pins/ring:eus", R"({"seq": 1})");
  ASSERT_EQ(refused.status(), 422u);
  EXPECT_NE(refused.error().at("message").as_string().find("known rings: canary, eu"),
            json::string::npos)
      << refused.error().at("message");
  EXPECT_EQ(rig.call("POST", "/v1/pins/node:e9", R"({"seq": 1})").status(), 422u);
  EXPECT_TRUE(rig.feeder.control().pins().empty());
  EXPECT_EQ(rig.call("POST", "/v1/pins/ring:eus?unseen=1", R"({"seq": 1})").status(), 200u);
  EXPECT_EQ(rig.call("POST", "/v1/pins/ring:eu", R"({"seq": 1})").status(), 200u);
  EXPECT_EQ(rig.call("POST", "/v1/pins/node:e1", R"({"seq": 1})").status(), 200u);
}

TEST_F(NamesApi, NobodyWaitsForARingThatIsNotThere) {
  const std::string progress = "/v1/changes/" + id + "/progress?on=ring:";
  EXPECT_EQ(rig.call("GET", progress + "eus").status(), 422u);
  EXPECT_EQ(rig.call("GET", progress + "eus&unseen=1").status(), 200u);
  const ApiRig::Headers headers{{"Prefer", "wait=5"}, {"Tidemark-Wait-On", "ring:eus"}};
  const std::string www = "/v1/zones/example.org/rrsets/www/A";
  EXPECT_EQ(rig.call("DELETE", www, {}, headers).status(), 422u);
  EXPECT_EQ(rig.call("GET", www).status(), 200u) << "nothing is changed";
}

TEST_F(NamesApi, ProgressOnARingIsThatOfTheRing) {
  const std::string progress = "/v1/changes/" + id + "/progress?on=";
  EXPECT_EQ(rig.call("GET", progress + "all").body().at("live"), 2);
  const auto eu = rig.call("GET", progress + "ring:eu").body();
  EXPECT_EQ(eu.at("live"), 1);
  EXPECT_EQ(eu.at("serving"), 0);
  EXPECT_EQ(rig.call("GET", progress + "ring:canary").body().at("serving"), 1);
}

TEST_F(NamesApi, ANameSharedByTwoEdgesIsToldOnce) {
  for (int i = 0; i < 20; ++i) hear("e1", "eu", i % 2 == 0 ? 2 : 1);
  const auto during = node_events();
  EXPECT_EQ(std::ranges::count(during, "name shared"), 1);
  EXPECT_LE(std::ranges::count(during, "started"), 1) << "before it was known to be two";
  for (int i = 0; i < 20; ++i) hear("e1", "eu", 1);
  const auto after = node_events();
  EXPECT_EQ(std::ranges::count(after, "name shared"), 1);
  EXPECT_EQ(std::ranges::count(after, "name no longer shared"), 1);
  EXPECT_LE(after.size(), during.size() + 2);
}

TEST(Promote, AWatermarkDoesNotGoBack) {
  ApiRig rig(support::make_store(), nullptr, {},
             {.rings = {{.name = "canary", .soak = 10s, .late = 0s},
                        {.name = "eu", .soak = 0s, .late = 0s}}});
  rig.import_basic();
  rig.pass(1s);
  ASSERT_EQ(rig.call("PUT", "/v1/zones/other.example", basic_zone).status(), 200u);
  const auto promote = [&rig](const std::string& seq) {
    return rig.call("POST", "/v1/rollout/eu/promote", R"({"seq": )" + seq + R"(, "reason": "x"})");
  };
  ASSERT_EQ(promote("2").status(), 200u);
  const auto back = promote("1");
  EXPECT_EQ(back.status(), 422u);
  EXPECT_NE(back.error().at("remedy").as_string().find("tidemark pin 1 --ring eu"),
            json::string::npos);
  EXPECT_EQ(rig.feeder.control().watermark_of("eu")->mark.seq, 2u);
}

}  // namespace
}  // namespace tidemark::producer
