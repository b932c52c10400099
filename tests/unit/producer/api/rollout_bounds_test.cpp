// What stops a roll-out beside complaints and rates: churn, and trouble in the last ring; and what
// a controller knows of changes that it folded before it was started again.
#include "producer/api/churn.hpp"
#include "producer/api/history_scribe.hpp"
#include "producer/api/rollout.hpp"
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;

RolloutSettings three_rings() {
  return {.rings = {{.name = "canary", .soak = 10s, .late = 0s},
                    {.name = "eu", .soak = 20s, .late = 0s},
                    {.name = "us", .soak = 10s, .late = 0s}},
          .bounds = {.answers_min = 50}};
}

// A fleet that obeys: each node activates what its ring may, in each round.
class RolloutBoundsApi : public ::testing::Test {
 protected:
  struct Node {
    std::string name, ring;
    std::uint64_t active = 0;
    bool alive = true;
    base::U128 instance{0, 1};
    std::uint64_t answers = 0, servfail = 0, nxdomain = 0;
    std::vector<event::Nack> nacks{};
    std::uint64_t most = 0;  // ever activated
  };
  RolloutBoundsApi() {
    EXPECT_EQ(rig.import_basic().status(), 200u);
    change("192.0.2.2");
    go(45s);  // the rings are gated from the first version on; all have the second
  }
  std::uint64_t change(const std::string& address, const std::string& how = "",
                       const std::string& zone = "example.org") {
    const auto reply = rig.call("PUT", "/v1/zones/" + zone + "/rrsets/www/A" + how,
                                R"({"ttl": 60, "rdata": [")" + address + R"("]})");
    EXPECT_EQ(reply.status(), 200u) << reply.response->body;
    return rig.seq();
  }
  void report(Node& node) {
    const auto* mark = rig.feeder.control().watermark_of(node.ring);
    node.active = mark != nullptr && !mark->mark.released ? mark->mark.seq : rig.seq();
    node.most = std::max(node.most, node.active);
    const auto held = rig.feeder.version_at(dataset::Seq(node.active));
    rig.report({.node = node.name,
                .ring = node.ring,
                .lineage = {},
                .staged_seq = rig.seq(),
                .active_seq = node.active,
                .state_hash = held ? held->version().state_hash.value() : base::U128{},
                .build = {},
                .dns_listen = {},
                .admin_listen = {},
                .nacks = node.nacks,
                .instance = node.instance,
                .answers = node.answers,
                .servfail = node.servfail,
                .nxdomain = node.nxdomain});
  }
  void go(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds gone{0}; gone < time; gone += 500ms) {
      for (Node* node : {&canary, &canary2, &eu, &us}) {
        if (node->alive) report(*node);
      }
      rig.fleet_ms += 500;
      rig.pass(500ms);
    }
  }
  std::uint64_t mark_of(const std::string& ring) {
    const auto* mark = rig.feeder.control().watermark_of(ring);
    return mark == nullptr || mark->mark.released ? 0 : mark->mark.seq;
  }
  json::object stop() {
    const auto body = rig.call("GET", "/v1/rollout").body();
    return body.at("stop").is_object() ? body.at("stop").as_object() : json::object();
  }
  std::string address() {
    const auto body = rig.call("GET", "/v1/zones/example.org/rrsets/www/A").body();
    return std::string(body.at("rdata").as_array()[0].as_string());
  }
  ApiRig rig{support::make_store(), nullptr, {}, three_rings()};
  Node canary{"c1", "canary"}, canary2{"c2", "canary"}, eu{"e1", "eu"}, us{"u1", "us"};
};

// A zone of so many names, all of one address.
std::string many_names(int names, const std::string& address) {
  std::string text =
      "$TTL 300\n@ SOA ns.a.test. h.a.test. 7 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n";
  for (int i = 0; i < names; ++i) text += "n" + std::to_string(i) + " A " + address + "\n";
  return text;
}

TEST_F(RolloutBoundsApi, AChangeOfMostAnswersStopsAtTheFirstRing) {
  ASSERT_EQ(rig.call("PUT", "/v1/zones/a.test", many_names(200, "192.0.2.7")).status(), 200u);
  go(60s);
  ASSERT_EQ(us.active, rig.seq());
  const auto good = rig.seq();
  ASSERT_EQ(rig.call("PUT", "/v1/zones/a.test", many_names(200, "192.0.2.66")).status(), 200u);
  go(3s);
  ASSERT_FALSE(stop().empty());
  EXPECT_NE(stop().at("reason").as_string().find("churn: 9"), json::string::npos)
      << stop().at("reason");
  EXPECT_EQ(eu.most, good);
  const auto now = rig.call("GET", "/v1/zones/a.test/rrsets/n5/A").body();
  EXPECT_EQ(now.at("rdata").as_array()[0], "192.0.2.7") << "reverted";
}

TEST_F(RolloutBoundsApi, NewNamesAndFewChangesAreNoChurn) {
  ASSERT_EQ(rig.call("PUT", "/v1/zones/a.test", many_names(200, "192.0.2.7")).status(), 200u);
  go(60s);
  ASSERT_EQ(rig.call("PUT", "/v1/zones/a.test", many_names(900, "192.0.2.7")).status(), 200u);
  change("192.0.2.3");
  go(60s);
  EXPECT_TRUE(stop().empty()) << stop();
  EXPECT_EQ(us.active, rig.seq());
}

TEST_F(RolloutBoundsApi, TroubleInTheLastRingTakesAllBack) {
  const auto bad = change("192.0.2.66");
  go(36s);
  ASSERT_EQ(us.active, bad);
  us.instance.low = 7;  // it crashed before it soaked
  go(4s);
  ASSERT_FALSE(stop().empty());
  EXPECT_NE(stop().at("reason").as_string().find("u1 ended"), json::string::npos)
      << stop().at("reason");
  EXPECT_EQ(address(), "192.0.2.2");
  go(60s);
  EXPECT_EQ(us.active, rig.seq());
  EXPECT_EQ(eu.active, rig.seq());
}

TEST_F(RolloutBoundsApi, WhatSoakedInTheLastRingIsNotBlamed) {
  const auto seq = change("192.0.2.3");
  go(60s);
  ASSERT_EQ(us.active, seq);
  us.instance.low = 7;
  go(10s);
  EXPECT_TRUE(stop().empty()) << stop();
  EXPECT_EQ(address(), "192.0.2.3");
}

TEST_F(RolloutBoundsApi, AControllerThatWasStartedAgainKnowsAManualChange) {
  const auto seq = change("192.0.2.3", "?rollout=manual");
  go(2s);
  ASSERT_TRUE(rig.history.settle(5s));
  rig.crash();
  go(60s);
  EXPECT_EQ(mark_of("eu"), 2u) << "it waits for a person still";
  const auto rings = rig.call("GET", "/v1/rollout").body().at("rings").as_array();
  EXPECT_NE(rings[1].as_object().at("waits_for").as_string().find("class manual"),
            json::string::npos)
      << rings[1];
  EXPECT_EQ(rig.call("POST", "/v1/rollout/eu/promote", R"({"reason": "seen"})").status(), 200u);
  go(2s);
  EXPECT_EQ(mark_of("eu"), seq);
}

TEST_F(RolloutBoundsApi, ANodeIsReleasedBesideTheRings) {
  EXPECT_EQ(rig.call("POST", "/v1/rollout/node:c1/release", R"({"reason": "mended"})").status(),
            200u);
  const auto* mark = rig.feeder.control().watermark_of("node:c1");
  ASSERT_NE(mark, nullptr);
  EXPECT_TRUE(mark->mark.released);
  const auto body = rig.call("GET", "/v1/rollout").body();
  EXPECT_TRUE(body.at("others").as_array().empty()) << "it is no ring";
  EXPECT_EQ(rig.call("GET", "/metrics").response->body.find("node:c1"), std::string::npos);
  EXPECT_EQ(rig.call("POST", "/v1/rollout/node:c1/promote", "{}").status(), 404u);
  const auto seq = change("192.0.2.3");
  go(60s);
  EXPECT_EQ(us.active, seq) << "the rings are not touched by it";
}

TEST(HistoryLines, TellTheClassOfAChange) {
  event::ChangeSet change = support::create_zone(1, support::name("a.test."));
  const auto plain = history_lines(change);
  EXPECT_EQ(rollout_class_of(plain), event::RolloutClass::Standard);
  for (const auto one : {event::RolloutClass::Manual, event::RolloutClass::Expedite}) {
    change.rollout = one;
    EXPECT_EQ(rollout_class_of(history_lines(change)), one);
    EXPECT_EQ(history_lines(change).size(), plain.size() + 1);
  }
  EXPECT_EQ(rollout_class_of({}), event::RolloutClass::Standard);
}

}  // namespace
}  // namespace tidemark::producer
