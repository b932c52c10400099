// How far a change is, whom a client waits for, and what is told as it happens.
#include "producer/api/progress.hpp"

#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

class ProgressApi : public ::testing::Test {
 protected:
  ProgressApi() {
    const auto reply = rig.import_basic();
    id = std::string(reply.body().at("change_id").as_string());
  }
  void hear(const std::string& node, std::uint64_t active, const std::string& ring = "eu") {
    rig.report({.node = node,
                .ring = ring,
                .lineage = {},
                .staged_seq = active,
                .active_seq = active,
                .state_hash = {},
                .build = {},
                .dns_listen = {},
                .admin_listen = {},
                .nacks = {}});
  }
  json::object progress(const std::string& on = "all") {
    return rig.call("GET", "/v1/changes/" + id + "/progress?on=" + on).body();
  }
  ApiRig rig;
  std::string id;
};

TEST(WaitTargets, AreReadAndNothingElse) {
  EXPECT_EQ(parse_wait_target("all"), WaitTarget{});
  EXPECT_EQ(parse_wait_target("90%")->percent, 90u);
  EXPECT_EQ(parse_wait_target("ring:eu")->ring, "eu");
  for (const char* wrong : {"", "0%", "101%", "%", "ring:", "most", "90", "-1%", "9x%", "All"}) {
    EXPECT_FALSE(parse_wait_target(wrong)) << wrong;
  }
}

TEST_F(ProgressApi, TimesAreThoseOfTheLogAndStragglersHaveNames) {
  hear("n1", 0);
  hear("n2", 0);
  auto body = progress();
  EXPECT_EQ(body.at("reached"), false);
  EXPECT_EQ(body.at("stragglers").as_array().size(), 2u);
  EXPECT_TRUE(body.at("times_ms").as_object().at("first").is_null());
  hear("n1", 1);
  rig.fleet_ms += 500;
  body = progress("50%25");
  EXPECT_EQ(body.at("reached"), true);
  EXPECT_EQ(body.at("serving"), 1);
  hear("n2", 1);
  body = progress();
  EXPECT_EQ(body.at("reached"), true);
  EXPECT_TRUE(body.at("stragglers").as_array().empty());
  const auto& times = body.at("times_ms").as_object();
  EXPECT_EQ(times.at("all").as_int64() - times.at("first").as_int64(), 501);
  EXPECT_EQ(times.at("half"), times.at("first"));
  EXPECT_EQ(times.at("p99"), times.at("all"));
}

TEST_F(ProgressApi, ARingWithoutALiveEdgeIsNotReached) {
  hear("n1", 1, "canary");
  EXPECT_EQ(progress("ring:canary").at("reached"), true);
  EXPECT_EQ(progress("ring:eu&unseen=1").at("reached"), false);
  EXPECT_EQ(rig.call("GET", "/v1/changes/" + id + "/progress?on=most").status(), 400u);
  EXPECT_EQ(rig.call("GET", "/v1/changes/" + std::string(32, 'a') + "/progress").status(), 404u);
}

TEST_F(ProgressApi, WhomNobodyLiveServesIsNotServed) {
  EXPECT_EQ(progress().at("reached"), false) << "no edge has reported";
  hear("n1", 1);
  EXPECT_EQ(progress().at("reached"), true);
  rig.clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(progress().at("reached"), false) << "the only one is silent";
  EXPECT_EQ(progress().at("silent").as_array().size(), 1u);
}

TEST_F(ProgressApi, AnEdgeThatHoldsSomethingElseDoesNotServeIt) {
  hear("n1", 1);
  hear("n2", 1);
  rig.fleet.differs = [](const event::NodeReport& report) {
    return report.node == "n2" ? std::string("read other records") : std::string();
  };
  const auto body = progress();
  EXPECT_EQ(body.at("reached"), false);
  EXPECT_EQ(body.at("serving"), 1);
  const auto& straggler = body.at("stragglers").as_array().at(0).as_object();
  EXPECT_EQ(straggler.at("node"), "n2");
  EXPECT_EQ(straggler.at("why"), "read other records");
  EXPECT_EQ(progress("50%25").at("reached"), true);
}

TEST_F(ProgressApi, APinIsNamedAsWhatHoldsAnEdge) {
  rig.report({.node = "n1",
              .ring = "eu",
              .lineage = {},
              .active_seq = 0,
              .state_hash = {},
              .build = {},
              .dns_listen = {},
              .admin_listen = {},
              .nacks = {},
              .pin_scope = "ring:eu",
              .pin_seq = 7});
  const auto straggler = progress().at("stragglers").as_array().at(0).as_object();
  EXPECT_EQ(straggler.at("pin_scope"), "ring:eu");
  EXPECT_EQ(straggler.at("pin_seq"), 7);
}

// The log was cut below what this controller folded: what it remembers may be gone.
TEST_F(ProgressApi, AControllerThatDoesNotFollowTheLogVouchesForNothing) {
  hear("n1", 1);
  EXPECT_EQ(progress().at("reached"), true);
  const auto pending = rig.send("PUT", "/v1/zones/example.org/rrsets/www/A",
                                R"({"ttl": 60, "rdata": ["192.0.2.9"]})", {{"Prefer", "wait=3"}});
  rig.run();
  EXPECT_EQ(pending->status(), 0u);
  rig.store->truncate(support::changes_topic, log::Offset(0));
  rig.pass(std::chrono::seconds(2));
  ASSERT_EQ(rig.feeder.node_state(), event::NodeState::Diverged);
  hear("n1", 2);
  auto body = progress();
  EXPECT_EQ(body.at("state"), "unknown");
  EXPECT_EQ(body.at("reached"), false);
  EXPECT_EQ(body.at("controller").as_object().at("state"), "DIVERGED");
  EXPECT_NE(body.at("controller").as_object().at("detail"), "");
  id = std::string(32, 'a');
  EXPECT_EQ(progress().at("state"), "unknown") << "not 404: it may be in what was not read";
  hear("n1", 2);
  rig.pass(std::chrono::seconds(2));
  ASSERT_EQ(pending->status(), 200u);
  EXPECT_EQ(pending->body().at("acked"), false);
  EXPECT_EQ(rig.call("GET", "/v1/fleet").body().at("state"), "DIVERGED");
}

TEST_F(ProgressApi, AnEdgeThatWasQuickerThanOurFoldCounts) {
  hear("n1", 2);
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                     R"({"ttl": 60, "rdata": ["192.0.2.9"]})")
                .status(),
            200u);
  const Reply changes = rig.call("GET", "/metrics");
  EXPECT_NE(changes.response->body.find("tidemark_change_seconds{edges=\"all\"}"),
            std::string::npos);
}

TEST_F(ProgressApi, PreferWaitHasTheSameTargets) {
  hear("n1", 1, "canary");
  hear("n2", 1);
  const auto put = [&](const std::string& address, const std::string& on) {
    return rig.send("PUT", "/v1/zones/example.org/rrsets/www/A",
                    R"({"ttl": 60, "rdata": [")" + address + R"("]})",
                    {{"Prefer", "wait=10"}, {"Tidemark-Wait-On", on}});
  };
  const auto one = put("192.0.2.7", "ring:canary");
  rig.run();
  EXPECT_EQ(one->status(), 0u);
  hear("n1", 2, "canary");
  rig.run();
  ASSERT_EQ(one->status(), 200u);
  EXPECT_EQ(one->body().at("acked"), true);
  EXPECT_EQ(put("192.0.2.8", "some")->status(), 400u);
}

TEST_F(ProgressApi, ANackIsShownWithItsReason) {
  rig.report({.node = "n1",
              .ring = "eu",
              .lineage = {},
              .active_seq = 0,
              .state_hash = {},
              .build = {},
              .dns_listen = {},
              .admin_listen = {},
              .nacks = {{0, *base::u128_from_hex(id), "cannot be decoded"}}});
  const auto nacks = progress().at("nacks").as_array();
  ASSERT_EQ(nacks.size(), 1u);
  EXPECT_EQ(nacks[0].as_object().at("reason"), "cannot be decoded");
}

TEST_F(ProgressApi, EventsGoOnBehindTheLastOneAndTellWhatIsLost) {
  hear("n1", 1);
  rig.run();
  const auto page = rig.call("GET", "/v1/events").body();
  const auto& listed = page.at("events").as_array();
  ASSERT_EQ(listed.size(), 2u) << "the import, and the node";
  EXPECT_EQ(listed[0].as_object().at("event"), "change");
  EXPECT_EQ(listed[1].as_object().at("data").as_object().at("what"), "appeared");
  const std::string next(page.at("next").as_string());
  EXPECT_TRUE(rig.call("GET", "/v1/events?after=" + next).body().at("events").as_array().empty());
  EXPECT_EQ(rig.call("POST", "/v1/pins/fleet", R"({"seq": 1})").status(), 200u);
  const auto more = rig.call("GET", "/v1/events?after=" + next).body();
  ASSERT_EQ(more.at("events").as_array().size(), 1u);
  EXPECT_EQ(more.at("events").as_array()[0].as_object().at("event"), "hold");
  EXPECT_EQ(more.at("reset"), false);
  EXPECT_EQ(rig.call("GET", "/v1/events?after=0000000000000000-3").body().at("reset"), true);
  rig.clock.advance(std::chrono::seconds(6));
  rig.run();
  const auto silent = rig.call("GET", "/v1/events").body().at("events").as_array();
  EXPECT_EQ(silent.back().as_object().at("data").as_object().at("what"), "silent");
}

struct Listener final : net::BodyStream {
  bool send(std::string octets) override {
    heard += octets;
    return !gone;
  }
  void end() override { gone = true; }
  std::string heard;
  bool gone = false;
};

TEST_F(ProgressApi, AStreamOfEventsResumesByItsLastId) {
  const std::string first_id =
      std::string(rig.call("GET", "/v1/events").body().at("next").as_string());
  const auto reply = rig.call("GET", "/v1/events", {},
                              {{"Accept", "text/event-stream"}, {"Last-Event-ID", first_id}});
  ASSERT_TRUE(reply.response && reply.response->stream);
  EXPECT_EQ(reply.response->content_type, "text/event-stream");
  const auto listener = std::make_shared<Listener>();
  reply.response->stream(listener);
  EXPECT_EQ(listener->heard.find("event:"), std::string::npos);
  hear("n1", 1);
  rig.run();
  EXPECT_NE(listener->heard.find("event: node\ndata: {\"node\":\"n1\""), std::string::npos)
      << listener->heard;
  const auto other = std::make_shared<Listener>();
  rig.call("GET", "/v1/events", {}, {{"Accept", "text/event-stream"}, {"Last-Event-ID", "what-1"}})
      .response->stream(other);
  EXPECT_NE(other->heard.find("event: reset"), std::string::npos);
  listener->gone = true;
  hear("n2", 1);
  rig.run();
  EXPECT_EQ(rig.api->board().event_readers(), 1u) << "who has gone is forgotten";
}

}  // namespace
}  // namespace tidemark::producer
