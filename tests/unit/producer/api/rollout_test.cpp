// The roll-out: who gets what when, what stops it, what is undone; and what people may order.
#include "producer/api/rollout.hpp"

#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;

RolloutSettings three_rings() {
  return {.rings = {{.name = "canary", .soak = 10s, .late = 0s},
                    {.name = "eu", .soak = 20s, .late = 0s},
                    {.name = "us", .soak = 0s, .late = 0s}},
          .bounds = {.answers_min = 50}};
}

// A fleet that obeys: each node activates what its ring may, in each round.
class RolloutApi : public ::testing::Test {
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
  RolloutApi() {
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
  void leave(base::U128 instance) {  // the last report of a process of c1 that ends in order
    event::NodeReport last{.node = "c1",
                           .ring = "canary",
                           .lineage = {},
                           .state_hash = {},
                           .build = {},
                           .dns_listen = {},
                           .admin_listen = {},
                           .nacks = {},
                           .instance = instance};
    last.state = event::NodeState::Cold;
    log::Record record{.offset = log::Offset(0), .appended = log::AppendTime(++rig.fleet_ms)};
    record.key = "c1";
    record.value = schemas::encode(last);
    EXPECT_TRUE(rig.fleet.apply(record));
  }
  ApiRig rig{support::make_store(), nullptr, {}, three_rings()};
  Node canary{"c1", "canary"}, canary2{"c2", "canary"}, eu{"e1", "eu"}, us{"u1", "us"};
};

TEST_F(RolloutApi, RingsGetAChangeOneAfterTheOther) {
  EXPECT_EQ(mark_of("eu"), 2u);
  EXPECT_EQ(mark_of("us"), 2u);
  const auto seq = change("192.0.2.3");
  go(8s);
  EXPECT_EQ(canary.active, seq);
  EXPECT_EQ(eu.active, 2u) << "the canary soaks";
  go(5s);
  EXPECT_EQ(eu.active, seq);
  EXPECT_EQ(us.active, 2u);
  go(15s);
  EXPECT_EQ(us.active, 2u);
  go(8s);
  EXPECT_EQ(us.active, seq);
  EXPECT_TRUE(stop().empty());
}

TEST_F(RolloutApi, AStreamOfChangesFlowsOn) {
  for (int i = 0; i < 60; ++i) {
    change("192.0.3." + std::to_string(i + 1));
    go(1s);
  }
  EXPECT_GT(us.active, 20u) << "no change waits for those behind it";
  EXPECT_LT(us.active, eu.active);
  EXPECT_LT(eu.active, canary.active);
}

TEST_F(RolloutApi, ANackStopsAtTheFirstRingAndIsReverted) {
  const auto bad = change("192.0.2.66");
  go(2s);
  const auto offset = static_cast<std::int64_t>(rig.appended()) - 1;
  canary.nacks.push_back({offset, {}, "cannot be decoded"});
  go(3s);  // and it goes on complaining: a report lists the newest ones
  EXPECT_EQ(address(), "192.0.2.2") << "reverted";
  EXPECT_GT(rig.seq(), bad);
  EXPECT_EQ(stop().at("undone"), true);
  EXPECT_EQ(eu.most, 2u);
  go(60s);
  EXPECT_EQ(us.active, rig.seq()) << "the revert takes the usual way";
  EXPECT_EQ(eu.active, rig.seq());
  const auto history = rig.call("GET", "/v1/changes?limit=1").body().at("changes").as_array();
  EXPECT_EQ(history[0].as_object().at("author"), "rollout");
}

TEST_F(RolloutApi, ARiseOfNxdomainStopsIt) {
  for (Node* node : {&canary, &canary2, &eu, &us}) {
    node->answers = 1000;
    node->nxdomain = 10;
  }
  go(1s);
  for (Node* node : {&canary, &canary2, &eu, &us}) node->answers += 1000;
  go(1s);
  change("192.0.2.66");
  go(1s);
  canary.answers += 400;
  canary.nxdomain += 100;
  go(3s);
  ASSERT_FALSE(stop().empty());
  EXPECT_NE(stop().at("reason").as_string().find("NXDOMAIN"), json::string::npos)
      << stop().at("reason");
  EXPECT_EQ(address(), "192.0.2.2");
  EXPECT_EQ(eu.most, 2u);
}

TEST_F(RolloutApi, AFewAnswersAndASteadyRateSayNothing) {
  for (Node* node : {&canary, &canary2}) {
    node->answers = 1000;
    node->nxdomain = 300;
  }
  go(1s);
  for (Node* node : {&canary, &canary2}) {
    node->answers += 1000;
    node->nxdomain += 300;
  }
  go(1s);
  const auto seq = change("192.0.2.3");
  go(1s);
  canary.answers += 1000;
  canary.nxdomain += 310;
  go(12s);
  EXPECT_TRUE(stop().empty()) << stop();
  EXPECT_EQ(eu.active, seq);
}

TEST_F(RolloutApi, ANodeThatFallsSilentAfterItActivatedStopsIt) {
  change("192.0.2.66");
  go(2s);
  canary.alive = false;
  go(8s);
  ASSERT_FALSE(stop().empty());
  EXPECT_NE(stop().at("reason").as_string().find("c1 is silent"), json::string::npos);
  EXPECT_EQ(address(), "192.0.2.2");
  EXPECT_EQ(eu.most, 2u);
}

TEST_F(RolloutApi, ANodeThatStartsAnewAfterItActivatedStopsIt) {
  change("192.0.2.66");
  go(2s);
  canary.instance.low = 2;
  go(7s);
  ASSERT_FALSE(stop().empty());
  EXPECT_EQ(address(), "192.0.2.2");
  EXPECT_EQ(eu.most, 2u);
}

TEST_F(RolloutApi, ANodeThatLeftInOrderMayComeBack) {
  const auto seq = change("192.0.2.3");
  go(2s);
  leave(canary.instance);
  canary.alive = false;
  go(8s);
  EXPECT_TRUE(stop().empty()) << stop();
  canary.alive = true;
  canary.instance.low = 3;
  go(12s);
  EXPECT_TRUE(stop().empty()) << stop();
  EXPECT_EQ(eu.active, seq);
}

TEST_F(RolloutApi, AProcessThatTakesOverFromOneThatLivesIsNoCrash) {
  const auto seq = change("192.0.2.3");
  go(2s);
  for (int i = 0; i < 20; ++i) {  // both report
    canary.instance.low = i % 2 == 0 ? 2 : 1;
    go(500ms);
  }
  EXPECT_TRUE(stop().empty()) << stop();
  canary.instance.low = 2;
  leave({0, 1});
  go(14s);
  EXPECT_TRUE(stop().empty()) << stop();
  EXPECT_EQ(eu.active, seq);
}

TEST_F(RolloutApi, ANodeOfAnotherHashIsWaitedForAndNothingIsReverted) {
  change("192.0.2.3");
  canary2.alive = false;
  for (int i = 0; i < 30; ++i) {
    canary.active = rig.seq();
    go(500ms);
    rig.report({.node = "c2",
                .ring = "canary",
                .lineage = {},
                .active_seq = rig.seq(),
                .state_hash = {1, 2},
                .build = {},
                .dns_listen = {},
                .admin_listen = {},
                .nacks = {},
                .instance = {0, 1}});
    rig.pass(500ms);
  }
  EXPECT_EQ(mark_of("eu"), 2u);
  EXPECT_TRUE(stop().empty());
  EXPECT_EQ(address(), "192.0.2.3");
}

TEST_F(RolloutApi, ALaterRingsTroubleTakesItAndThoseBeforeBack) {
  change("192.0.2.66");
  go(14s);
  EXPECT_EQ(eu.active, 3u);
  eu.instance.low = 9;
  go(5s);
  EXPECT_EQ(mark_of("eu"), 2u);
  go(3s);
  EXPECT_EQ(address(), "192.0.2.2");
  EXPECT_EQ(us.most, 2u);
}

TEST_F(RolloutApi, WhatIsExpeditedGoesAtOnceIfNothingWaitsBeforeIt) {
  const auto seq = change("192.0.2.3", "?rollout=expedite");
  go(2s);
  EXPECT_EQ(us.active, seq);
  change("192.0.2.4");
  const auto late = change("192.0.2.5", "?rollout=expedite");
  go(2s);
  EXPECT_EQ(us.active, seq) << "a version contains all before it";
  go(50s);
  EXPECT_EQ(us.active, late);
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org/rrsets/www/A?rollout=fast",
                     R"({"rdata": ["192.0.2.1"]})")
                .status(),
            400u);
}

TEST_F(RolloutApi, WhatIsManualWaitsForAPersonInEachRing) {
  const auto seq = change("192.0.2.3", "?rollout=manual");
  change("192.0.2.4");
  go(60s);
  EXPECT_EQ(mark_of("eu"), 2u);
  const auto reply = rig.call("POST", "/v1/rollout/eu/promote",
                              R"({"seq": )" + std::to_string(seq) + R"(, "reason": "seen"})",
                              {{"Tidemark-Author", "alice"}});
  EXPECT_EQ(reply.status(), 200u) << reply.response->body;
  go(1s);
  EXPECT_GE(eu.active, seq);
  EXPECT_EQ(mark_of("us"), 2u);
}

TEST_F(RolloutApi, BreakGlassLetsARingGoUntilItIsResumed) {
  change("192.0.2.3");
  EXPECT_EQ(rig.call("POST", "/v1/rollout/us/release", R"({"reason": "fire"})").status(), 200u);
  go(1s);
  EXPECT_EQ(us.active, 3u);
  EXPECT_EQ(eu.active, 2u);
  EXPECT_EQ(rig.call("POST", "/v1/rollout/us/resume", R"({"reason": "out"})").status(), 200u);
  change("192.0.2.4");
  go(2s);
  EXPECT_EQ(us.active, 3u);
  EXPECT_EQ(rig.call("POST", "/v1/rollout/mars/release", "{}").status(), 404u);
  EXPECT_EQ(rig.call("POST", "/v1/rollout/canary/promote", "{}").status(), 422u);
  EXPECT_EQ(rig.call("POST", "/v1/rollout/us/promote", R"({"seq": 99})").status(), 422u);
  EXPECT_EQ(rig.call("POST", "/v1/rollout/us/forward", "{}").status(), 404u);
}

TEST_F(RolloutApi, WithoutTheLogNothingMovesAndNobodyIsTakenForDead) {
  const auto seq = change("192.0.2.66");
  go(2s);
  rig.log.go_offline();
  for (Node* node : {&canary, &canary2, &eu, &us}) node->alive = false;
  go(60s);
  EXPECT_TRUE(stop().empty()) << stop();
  rig.log.go_online();
  for (Node* node : {&canary, &canary2, &eu, &us}) node->alive = true;
  go(5s);
  EXPECT_EQ(mark_of("eu"), 2u) << "observation begins anew";
  go(10s);
  EXPECT_EQ(mark_of("eu"), seq);
}

TEST_F(RolloutApi, WhatOthersChangedMeanwhileStaysAndInnocentZonesAreNotTouched) {
  const auto other =
      "$TTL 300\n@ SOA ns.a.test. h.a.test. 7 3600 600 86400 60\n@ NS ns\n"
      "ns A 192.0.2.53\nwww A 192.0.2.1\n";
  EXPECT_EQ(rig.call("PUT", "/v1/zones/a.test", other).status(), 200u);
  go(40s);
  ASSERT_EQ(us.active, rig.seq());
  const auto bad = change("192.0.2.66");
  go(2s);
  canary.alive = false;
  go(9s);
  EXPECT_EQ(rig.seq(), bad + 1) << "one zone, one change";
  EXPECT_EQ(address(), "192.0.2.2");
}

TEST_F(RolloutApi, WhatAnotherControllerUndidIsNotStoppedAgain) {
  const auto bad = change("192.0.2.66");
  go(2s);
  const auto offset = static_cast<std::int64_t>(rig.appended()) - 1;
  rig.store->stall(support::changes_topic);  // our own revert does not get through
  canary.nacks.push_back({offset, {}, "cannot be decoded"});
  go(2s);
  ASSERT_EQ(stop().at("undone"), false);
  event::Watermark release{
      .ring = "canary", .seq = bad, .reason = "reverted", .author = "c9", .number = 100};
  release.stopped_change = rig.feeder.control().watermark_of("canary")->mark.stopped_change;
  release.released = true;
  log::Draft draft;
  draft.key = consumer::watermark_key("canary", "c9");
  draft.value = schemas::encode(event::ControlRecord(release));
  support::append(rig.log, support::control_topic, {draft});
  go(3s);
  EXPECT_EQ(stop().at("undone"), true);
}

TEST_F(RolloutApi, ASleepersDecisionChangesNothing) {
  const auto bad = change("192.0.2.66");
  go(2s);
  const auto number = rig.feeder.control().watermark_of("eu")->mark.number;
  canary.alive = false;
  go(8s);
  ASSERT_FALSE(stop().empty());
  // Decided before the stop, written after it, by a controller that slept.
  const event::Watermark late{
      .ring = "eu", .seq = bad, .reason = "soaked", .author = "c9", .number = number + 1};
  log::Draft draft;
  draft.key = consumer::watermark_key("eu", "c9");
  draft.value = schemas::encode(event::ControlRecord(late));
  support::append(rig.log, support::control_topic, {draft});
  rig.run();
  EXPECT_EQ(mark_of("eu"), 2u);
}

}  // namespace
}  // namespace tidemark::producer
