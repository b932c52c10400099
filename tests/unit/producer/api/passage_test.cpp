// Pin, roll back, unpin where rings gate the versions: no ring serves what was taken back.
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

// One node a ring, which does what `control` says.
class PassageApi : public ::testing::Test {
 protected:
  struct Node {
    std::string name, ring;
    std::uint64_t active = 0;
    std::set<std::uint64_t> served{};
  };
  PassageApi() {
    EXPECT_EQ(rig.import_basic().status(), 200u);
    good = change("192.0.2.1");
    go(60s);
    EXPECT_EQ(mark_of("us"), good);
    bad = change("192.0.2.66");
  }
  std::uint64_t change(const std::string& address, const std::string& owner = "www") {
    const auto reply = rig.call("PUT", "/v1/zones/example.org/rrsets/" + owner + "/A",
                                R"({"ttl": 60, "rdata": [")" + address + R"("]})");
    EXPECT_EQ(reply.status(), 200u) << reply.response->body;
    return rig.seq();
  }
  void report(Node& node) {
    const consumer::ControlView& control = rig.feeder.control();
    const auto* pin = control.pin_for(node.name, node.ring);
    const auto* mark = control.watermark_of(node.ring);
    node.active = pin != nullptr                            ? pin->pin.seq
                  : mark != nullptr && !mark->mark.released ? mark->mark.seq
                                                            : rig.seq();
    node.served.insert(node.active);
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
                .nacks = {},
                .pin_scope = pin != nullptr ? pin->pin.scope : "",
                .pin_seq = pin != nullptr ? pin->pin.seq : 0});
  }
  void report_all() {
    for (Node* node : {&canary, &eu, &us}) report(*node);
  }
  void go(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds gone{0}; gone < time; gone += 500ms) {
      report_all();
      rig.fleet_ms += 500;
      rig.pass(500ms);
    }
    report_all();
  }
  std::uint64_t mark_of(const std::string& ring) {
    const auto* mark = rig.feeder.control().watermark_of(ring);
    return mark == nullptr || mark->mark.released ? 0 : mark->mark.seq;
  }
  void pin(const std::string& scope = "fleet") {
    const auto reply =
        rig.call("POST", "/v1/pins/" + scope, R"({"seq": )" + std::to_string(good) + "}");
    ASSERT_EQ(reply.status(), 200u) << reply.response->body;
    go(1s);
    for (Node* node : {&canary, &eu, &us}) node->served.clear();
  }
  std::uint64_t roll_back(const std::string& query = {}) {
    const auto reply = rig.call("POST", "/v1/zones/example.org/rollback" + query,
                                R"({"to": ")" + std::to_string(good) + "\"}");
    EXPECT_EQ(reply.status(), 200u) << reply.response->body;
    return rig.seq();
  }
  Reply unpin(const std::string& query, const std::string& scope = "fleet") {
    const auto reply = rig.send("DELETE", "/v1/pins/" + scope + query);
    for (int i = 0; i < 10 && !reply->response; ++i) go(500ms);
    return *reply;
  }

  ApiRig rig{support::make_store(), nullptr, {}, three_rings()};
  Node canary{"c1", "canary"}, eu{"e1", "eu"}, us{"u1", "us"};
  std::uint64_t good = 0, bad = 0;
};

TEST_F(PassageApi, NoRingServesWhatWasRolledBackOnceThePinEnds) {
  go(60s);
  ASSERT_EQ(mark_of("us"), bad) << "it has reached every ring";
  pin();
  const std::uint64_t revert = roll_back();
  go(1s);
  const auto reply = unpin("");
  ASSERT_EQ(reply.status(), 200u) << reply.response->body;
  go(60s);
  for (const Node* node : {&canary, &eu, &us}) {
    EXPECT_EQ(node->active, revert) << node->name;
    EXPECT_FALSE(node->served.contains(bad)) << node->name;
  }
}

TEST_F(PassageApi, WhoEndsThePinNamesTheRevertAndAnyControllerSeesToIt) {
  go(60s);
  pin();
  const std::uint64_t revert = roll_back("?rollout=standard");  // another controller's, say
  ASSERT_EQ(mark_of("us"), bad);
  EXPECT_EQ(unpin("?past=" + std::to_string(revert + 1)).status(), 422u) << "the future";
  const auto reply = unpin("?past=" + std::to_string(revert));
  ASSERT_EQ(reply.status(), 200u) << reply.response->body;
  EXPECT_EQ(mark_of("eu"), revert);
  EXPECT_EQ(mark_of("us"), revert);
  go(60s);
  for (const Node* node : {&canary, &eu, &us}) {
    EXPECT_FALSE(node->served.contains(bad)) << node->name;
    EXPECT_EQ(node->active, revert);
  }
}

TEST_F(PassageApi, ARingThatNeverHadItIsNotGivenIt) {
  go(12s);
  ASSERT_EQ(mark_of("eu"), bad);
  ASSERT_EQ(mark_of("us"), good);
  pin();
  const std::uint64_t revert = roll_back();
  ASSERT_EQ(unpin("?past=" + std::to_string(revert)).status(), 200u);
  go(1s);
  EXPECT_EQ(eu.active, revert);
  EXPECT_EQ(us.active, good) << "what it has is sound; the revert soaks before it";
  go(60s);
  EXPECT_EQ(us.active, revert);
  EXPECT_FALSE(us.served.contains(bad));
}

TEST_F(PassageApi, APlainEndOfAPinKeepsTheRingsAndSaysSo) {
  go(60s);
  pin();
  change("192.0.2.7", "other");
  const auto reply = unpin("");
  ASSERT_EQ(reply.status(), 200u);
  EXPECT_EQ(mark_of("eu"), bad) << "nothing was taken back: what it had it serves";
  EXPECT_EQ(reply.body().at("warnings").as_array().size(), 2u) << reply.response->body;
}

TEST_F(PassageApi, TheEndOfARingsPinTakesThatRingAlone) {
  go(60s);
  pin("ring:eu");
  const std::uint64_t revert = roll_back("?rollout=standard");
  ASSERT_EQ(unpin("?past=" + std::to_string(revert), "ring:eu").status(), 200u);
  EXPECT_EQ(mark_of("eu"), revert);
  EXPECT_EQ(mark_of("us"), bad) << "it was not pinned: whoever rolled back saw it served";
}

TEST_F(PassageApi, WithoutAPinARevertGoesRingByRingAndTheAnswerSaysSo) {
  go(60s);
  const auto reply = rig.call("POST", "/v1/zones/example.org/rollback",
                              R"({"to": ")" + std::to_string(good) + "\"}");
  ASSERT_EQ(reply.status(), 200u);
  EXPECT_EQ(reply.body().at("warnings").as_array().size(), 2u) << reply.response->body;
  go(2s);
  EXPECT_EQ(mark_of("eu"), bad);
}

TEST_F(PassageApi, APinDoesNotEndWhileTheRingsCannotBeMoved) {
  go(60s);
  pin();
  const std::uint64_t revert = roll_back("?rollout=standard");
  canary.name = "c9";  // c1 is silent: a stop
  rig.store->stall(support::control_topic);
  const auto reply = rig.send("DELETE", "/v1/pins/fleet?past=" + std::to_string(revert));
  rig.pass(5s);
  EXPECT_EQ(reply->status(), 503u);
  rig.store->unstall(support::control_topic);
  rig.pass(2s);
  EXPECT_NE(rig.feeder.control().pin_of("fleet"), nullptr) << "it is not ended later either";
}

}  // namespace
}  // namespace tidemark::producer
