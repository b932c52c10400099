// Pins over HTTP: what is refused, when one is accepted, who is waited for; and the rollback of
// zones.
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

class PinsApi : public ::testing::Test {
 protected:
  PinsApi() {
    EXPECT_EQ(rig.import_basic().status(), 200u);
    put_www("192.0.2.2");
    put_www("192.0.2.3");
  }
  void put_www(const std::string& address) {
    const auto reply = rig.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                                R"({"ttl": 60, "rdata": [")" + address + R"("]})");
    EXPECT_EQ(reply.status(), 200u) << reply.response->body;
  }
  Reply pin(const std::string& scope, const std::string& body) {
    return rig.call("POST", "/v1/pins/" + scope, body, {{"Tidemark-Author", "alice"}});
  }
  event::NodeReport edge(const std::string& node, std::uint64_t active, std::uint64_t pinned) {
    return {.node = node,
            .ring = "eu",
            .lineage = {},
            .staged_seq = rig.seq(),
            .active_seq = active,
            .state_hash = {},
            .build = {},
            .dns_listen = {},
            .admin_listen = {},
            .nacks = {},
            .pin_scope = pinned == 0 ? "" : "fleet",
            .pin_seq = pinned};
  }
  ApiRig rig;
};

TEST_F(PinsApi, APinIsAcceptedOnceItIsReadBackFromTheLog) {
  const auto reply = pin("fleet", R"({"seq": 1, "reason": "look first"})");
  ASSERT_EQ(reply.status(), 200u) << reply.response->body;
  EXPECT_EQ(reply.body().at("pin").as_object().at("author"), "alice");
  const auto* pinned = rig.feeder.control().pin_of("fleet");
  ASSERT_NE(pinned, nullptr);
  EXPECT_EQ(pinned->pin, (event::Pin{"fleet", 1, "alice", "look first"}));
  const auto listed = rig.call("GET", "/v1/pins").body().at("pins").as_array();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].as_object().at("held"), true);
  EXPECT_EQ(rig.call("GET", "/v1/status").body().at("pins").as_array().size(), 1u);
}

TEST_F(PinsApi, WithoutTheLogNothingIsPinned) {
  rig.store->fail_next_append(support::control_topic, log::AppendFault::NotPersisted);
  const auto later = rig.send("POST", "/v1/pins/fleet", R"({"seq": 1})");
  rig.run();
  EXPECT_EQ(later->status(), 0u);
  rig.pass(std::chrono::milliseconds(500));
  EXPECT_EQ(later->status(), 200u) << "it is sent again";

  rig.store->stall(support::control_topic);
  const auto never = rig.send("POST", "/v1/pins/fleet", R"({"seq": 2})");
  rig.pass(std::chrono::milliseconds(2500));
  EXPECT_EQ(never->status(), 503u);
}

TEST_F(PinsApi, WhatCannotBeMeantIsRefused) {
  const std::string other(32, '0');
  EXPECT_EQ(pin("fleet", R"({"seq": 4})").status(), 422u) << "the future";
  EXPECT_EQ(pin("fleet", R"({"seq": 0})").status(), 400u);
  EXPECT_EQ(pin("fleet", R"({})").status(), 400u);
  EXPECT_EQ(pin("fleet", R"({"seq": 1, "lineage": ")" + other + "\"}").status(), 422u);
  EXPECT_EQ(pin("fleet", R"({"seq": 1, "state_hash": ")" + other + "\"}").status(), 422u);
  EXPECT_EQ(pin("ring:", R"({"seq": 1})").status(), 400u);
  EXPECT_EQ(pin("all", R"({"seq": 1})").status(), 400u);
  EXPECT_EQ(rig.call("DELETE", "/v1/pins/fleet").status(), 404u);
  EXPECT_TRUE(rig.feeder.control().pins().empty());
}

TEST_F(PinsApi, AWaitEndsWhenEveryLiveEdgeObeys) {
  rig.report(edge("e1", 3, 0));
  rig.report(edge("e2", 3, 0));
  const auto reply = rig.send("POST", "/v1/pins/fleet", R"({"seq": 2})", {{"Prefer", "wait=5"}});
  rig.run();
  EXPECT_EQ(reply->status(), 0u);
  rig.report(edge("e1", 2, 2));
  rig.run();
  EXPECT_EQ(reply->status(), 0u);
  rig.report(edge("e2", 2, 2));
  rig.run();
  ASSERT_EQ(reply->status(), 200u);
  EXPECT_EQ(reply->body().at("acked"), true);
}

TEST_F(PinsApi, APinThatNobodyObeysIsNotObeyed) {
  rig.report(edge("e1", 3, 0));
  const auto reply =
      rig.send("POST", "/v1/pins/ring:typo?unseen=1", R"({"seq": 2})", {{"Prefer", "wait=1"}});
  rig.run();
  EXPECT_EQ(reply->status(), 0u);
  rig.pass(std::chrono::milliseconds(1200));
  ASSERT_EQ(reply->status(), 200u);
  EXPECT_EQ(reply->body().at("acked"), false);
  EXPECT_EQ(reply->body().at("warnings").as_array().at(0),
            "no edge of ring:typo has reported yet; rings are: eu");
  EXPECT_TRUE(pin("ring:eu", R"({"seq": 2})").body().at("warnings").as_array().empty());
}

TEST_F(PinsApi, TheEndOfAPinWaitsForEdgesThatAreBehind) {
  ASSERT_EQ(pin("fleet", R"({"seq": 2})").status(), 200u);
  auto behind = edge("e1", 2, 2);
  behind.staged_seq = 2;
  rig.report(behind);
  const auto reply = rig.send("DELETE", "/v1/pins/fleet");
  rig.run();
  EXPECT_NE(rig.feeder.control().pin_of("fleet"), nullptr) << "a rollback may be on its way to e1";
  rig.report(edge("e1", 2, 2));
  rig.run();
  EXPECT_EQ(reply->status(), 200u);
  EXPECT_EQ(rig.feeder.control().pin_of("fleet"), nullptr);
}

TEST_F(PinsApi, SomebodyElsesPinIsNotEndedByMistake) {
  ASSERT_EQ(pin("fleet", R"({"seq": 2})").status(), 200u);
  EXPECT_EQ(rig.call("DELETE", "/v1/pins/fleet?own=1", {}, {{"Tidemark-Author", "bob"}}).status(),
            409u);
  EXPECT_EQ(rig.call("DELETE", "/v1/pins/fleet?own=1", {}, {{"Tidemark-Author", "alice"}}).status(),
            200u);
}

class RollbackApi : public PinsApi {
 protected:
  Reply roll_back(const std::string& to, const std::string& query = {}) {
    return rig.call("POST", "/v1/zones/example.org/rollback" + query, R"({"to": ")" + to + "\"}");
  }
  std::string www() {
    return json::serialize(
        rig.call("GET", "/v1/zones/example.org/rrsets/www/A").body().at("rdata"));
  }
  std::uint32_t serial() {
    return rig.feeder.state().dataset.find_zone(support::name("example.org."))->serial().value();
  }
};

TEST_F(RollbackApi, AZoneIsWhatItWasWithAHigherSerial) {
  const std::uint32_t before = serial();
  const auto shown = roll_back("2", "?dry_run=1");
  ASSERT_EQ(shown.status(), 200u) << shown.response->body;
  EXPECT_EQ(www(), R"(["192.0.2.3"])") << "a dry run changes nothing";
  EXPECT_EQ(shown.body().at("diff").as_object().at("changed"), 1);
  ASSERT_EQ(roll_back("2").status(), 200u);
  EXPECT_EQ(www(), R"(["192.0.2.2"])");
  EXPECT_EQ(serial(), before + 1);
  EXPECT_EQ(rig.seq(), 4u) << "a new version; history stays";
  EXPECT_EQ(roll_back("2").body().at("changed"), false);
  EXPECT_EQ(roll_back("3").status(), 200u) << "and forward again";
  EXPECT_EQ(www(), R"(["192.0.2.3"])");
}

TEST_F(RollbackApi, AChangeNamesItsVersionAndTheOneBefore) {
  const auto changes = rig.call("GET", "/v1/changes").body().at("changes").as_array();
  const std::string newest(changes.at(0).as_object().at("change_id").as_string());
  ASSERT_EQ(roll_back("before:" + newest).status(), 200u);
  EXPECT_EQ(www(), R"(["192.0.2.2"])");
  ASSERT_EQ(roll_back(newest).status(), 200u);
  EXPECT_EQ(www(), R"(["192.0.2.3"])");
}

TEST_F(RollbackApi, ATimeNamesTheLastVersionUntilThen) {
  ASSERT_EQ(roll_back("2030-01-01T00:00:00Z").status(), 200u);
  EXPECT_EQ(www(), R"(["192.0.2.3"])");
  EXPECT_EQ(roll_back("1970-01-01T00:00:00Z").status(), 404u) << "before the first change";
}

TEST_F(RollbackApi, WhatNobodyKnowsIsNamed) {
  EXPECT_EQ(roll_back("9").status(), 422u);
  EXPECT_EQ(roll_back("0").status(), 422u);
  EXPECT_EQ(roll_back("yesterday").status(), 400u);
  EXPECT_EQ(roll_back("before:7").status(), 400u);
  EXPECT_EQ(roll_back(std::string(32, 'a')).status(), 404u);
}

TEST_F(RollbackApi, TheGuardCountsWhatWouldGoAway) {
  const std::uint64_t small = rig.seq();
  std::string zone = basic_zone;
  for (int i = 0; i < 40; ++i) zone += "n" + std::to_string(i) + " A 192.0.2.9\n";
  ASSERT_EQ(rig.call("PUT", "/v1/zones/example.org", zone).status(), 200u);
  const auto refused = roll_back(std::to_string(small));
  ASSERT_EQ(refused.status(), 403u);
  EXPECT_EQ(refused.error().at("acknowledge_removals"), 40);
  EXPECT_EQ(roll_back(std::to_string(small), "?acknowledge_removals=40").status(), 200u);
}

TEST_F(RollbackApi, AZoneThatCameLaterGoesAndOneThatWentComesBack) {
  const std::uint64_t first = rig.seq();
  ASSERT_EQ(rig.call("PUT", "/v1/zones/other.example", basic_zone).status(), 200u);
  ASSERT_EQ(rig.call("DELETE", "/v1/zones/example.org?acknowledge_removals=4").status(), 200u);
  const auto all =
      rig.call("GET", "/v1/rollback?to=" + std::to_string(first)).body().at("zones").as_array();
  ASSERT_EQ(all.size(), 2u) << json::serialize(all);
  EXPECT_EQ(all[0].as_object().at("rollback"), "removed");
  EXPECT_EQ(all[1].as_object().at("rollback"), "created");
  ASSERT_EQ(roll_back(std::to_string(first)).status(), 200u);
  EXPECT_EQ(www(), R"(["192.0.2.3"])");
}

}  // namespace
}  // namespace tidemark::producer
