// Held changes over HTTP: who may decide, what is made, and what a decision on another controller
// does to it.
#include <set>

#include "net/token.hpp"
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::milliseconds;

constexpr int hosts = 20;

std::string large_zone() {
  std::string text = basic_zone;
  for (int i = 0; i < hosts; ++i) text += "h" + std::to_string(i) + " A 192.0.2.1\n";
  return text;
}

ApiRig::Headers by(const std::string& name) { return {{"Tidemark-Author", name}}; }

std::string change_id(const Reply& reply) {
  return std::string(reply.body().at("change_id").as_string());
}

class HeldApi : public ::testing::Test {
 protected:
  HeldApi() { EXPECT_EQ(rig.call("PUT", zone, large_zone()).status(), 200u); }
  // Alice wants the small zone: the guard would stop it.
  std::string hold(ApiRig& at, const ApiRig::Headers& headers = by("alice")) {
    const Reply reply = at.call("PUT", zone + "?hold=1&reason=tidy", basic_zone, headers);
    EXPECT_EQ(reply.status(), 201u) << reply.response->body;
    return reply.status() == 201 ? std::string(reply.body().at("held").as_string()) : "";
  }
  std::string hold() { return hold(rig); }
  Reply decide(ApiRig& at, const std::string& id, const std::string& what, const std::string& who) {
    return at.call("POST", "/v1/held/" + id + "/" + what, R"({"reason": "looked at it"})", by(who));
  }
  Reply decide(const std::string& id, const std::string& what, const std::string& who) {
    return decide(rig, id, what, who);
  }
  json::object show(const std::string& id) {
    const Reply reply = rig.call("GET", "/v1/held/" + id);
    EXPECT_EQ(reply.status(), 200u) << reply.response->body;
    return reply.body();
  }
  Reply set(const std::string& owner, const std::string& address) {
    return rig.call("PUT", zone + "/rrsets/" + owner + "/A",
                    R"({"ttl": 60, "rdata": [")" + address + R"("]})");
  }
  std::size_t rrsets() {
    return rig.feeder.state().dataset.find_zone(support::name("example.org."))->rrset_count();
  }

  const std::string zone = "/v1/zones/example.org";
  ApiRig rig;
};

TEST_F(HeldApi, WhatAGuardStopsIsKeptAndMadeOnceSomebodyElseApproves) {
  const std::string id = hold();
  EXPECT_EQ(rig.seq(), 1u) << "nothing is changed";
  const json::object held = show(id);
  EXPECT_EQ(held.at("state"), "open");
  EXPECT_EQ(held.at("author"), "alice");
  EXPECT_EQ(held.at("reason"), "tidy");
  EXPECT_EQ(held.at("standing"), "fits");
  EXPECT_EQ(held.at("removals"), hosts);
  EXPECT_EQ(held.at("diff").as_object().at("lines").as_array().size(), std::size_t{hosts});
  EXPECT_NE(std::string(held.at("refusal").as_string()).find("removes 20 of 24"), std::string::npos)
      << held.at("refusal");
  EXPECT_EQ(rig.call("GET", "/v1/held").body().at("held").as_array().size(), 1u);

  EXPECT_EQ(decide(id, "approve", "alice").status(), 403u);
  EXPECT_EQ(decide(id, "approve", "Alice").status(), 403u);
  EXPECT_EQ(rig.seq(), 1u);
  const Reply approved = decide(id, "approve", "bob");
  ASSERT_EQ(approved.status(), 200u) << approved.response->body;
  EXPECT_EQ(approved.body().at("state"), "approved");
  EXPECT_EQ(change_id(approved), id);
  EXPECT_EQ(rrsets(), 4u);
  const auto change = rig.call("GET", "/v1/changes/" + id).body();
  EXPECT_EQ(change.at("author"), "alice");
  EXPECT_EQ(change.at("reason").as_string(),
            "tidy (held change " + id + ", approved by bob: looked at it)");

  const json::object after = show(id);
  EXPECT_EQ(after.at("state"), "approved");
  EXPECT_EQ(after.at("made"), true);
  EXPECT_EQ(after.at("closed_by"), "bob");
  EXPECT_EQ(decide(id, "approve", "carol").status(), 200u) << "idempotent";
  EXPECT_EQ(decide(id, "reject", "carol").status(), 409u);
  EXPECT_EQ(rig.seq(), 2u);
}

TEST_F(HeldApi, AnyChangeIsHeldOnWish) {
  const Reply held = rig.call("PUT", zone + "/rrsets/www/A?hold=1",
                              R"({"ttl": 60, "rdata": ["192.0.2.9"]})", by("alice"));
  ASSERT_EQ(held.status(), 201u) << held.response->body;
  EXPECT_EQ(held.body().at("refusal"), "");
  const Reply pool =
      rig.call("PUT", "/v1/pools/web?hold=1",
               R"({"endpoints": [{"id": "a", "address": "192.0.2.1"}]})", by("alice"));
  ASSERT_EQ(pool.status(), 201u) << pool.response->body;
  EXPECT_EQ(rig.seq(), 1u);
  for (const Reply& one : {held, pool}) {
    const Reply made = decide(std::string(one.body().at("held").as_string()), "approve", "bob");
    EXPECT_EQ(made.status(), 200u) << made.response->body;
  }
  EXPECT_EQ(rig.seq(), 3u);
  EXPECT_EQ(rig.call("GET", "/v1/pools/web").status(), 200u);
  const Reply nothing = rig.call("PUT", zone + "/rrsets/www/A?hold=1",
                                 R"({"ttl": 60, "rdata": ["192.0.2.9"]})", by("alice"));
  EXPECT_EQ(nothing.status(), 200u) << "it is so already";
  EXPECT_EQ(rig.call("GET", zone + "?hold=1").status(), 400u);
  EXPECT_EQ(rig.call("PUT", zone + "?hold=1", basic_zone + "bad A 1.2.3\n").status(), 422u);
}

TEST_F(HeldApi, OtherNamesOfTheZoneMayChangeMeanwhile) {
  const std::string id = hold();
  ASSERT_EQ(set("new", "192.0.2.70").status(), 200u);
  EXPECT_EQ(show(id).at("standing"), "fits");
  ASSERT_EQ(decide(id, "approve", "bob").status(), 200u);
  EXPECT_EQ(rrsets(), 5u) << "what came meanwhile stays";
}

TEST_F(HeldApi, WhatItNamesHasChangedThenItIsOutdated) {
  const std::string id = hold();
  ASSERT_EQ(set("h3", "192.0.2.70").status(), 200u);
  const json::object shown = show(id);
  EXPECT_EQ(shown.at("standing"), "outdated");
  EXPECT_EQ(shown.at("why"), "h3.example.org. A is not what it was at version 1");
  EXPECT_EQ(shown.at("diff").as_object().at("removed"), hosts) << "of the zone as it is now";
  const Reply refused = decide(id, "approve", "bob");
  EXPECT_EQ(refused.status(), 409u);
  EXPECT_EQ(refused.error().at("code"), "outdated");
  EXPECT_EQ(rig.seq(), 2u);
  EXPECT_EQ(show(id).at("state"), "open");
  EXPECT_EQ(decide(id, "reject", "bob").status(), 200u);
}

TEST_F(HeldApi, AZoneToDeleteMustBeExactlyWhatItWas) {
  const Reply held = rig.call("DELETE", zone + "?hold=1", {}, by("alice"));
  ASSERT_EQ(held.status(), 201u) << held.response->body;
  const std::string id(held.body().at("held").as_string());
  EXPECT_EQ(show(id).at("removals"), hosts + 4);
  ASSERT_EQ(set("new", "192.0.2.70").status(), 200u);
  EXPECT_EQ(decide(id, "approve", "bob").status(), 409u);
  EXPECT_TRUE(rig.feeder.state().dataset.find_zone(support::name("example.org.")));
}

TEST_F(HeldApi, ARejectedOneStaysRejected) {
  const std::string id = hold();
  const Reply rejected = decide(id, "reject", "bob");
  ASSERT_EQ(rejected.status(), 200u) << rejected.response->body;
  EXPECT_EQ(decide(id, "reject", "carol").status(), 200u) << "idempotent";
  const Reply late = decide(id, "approve", "carol");
  EXPECT_EQ(late.status(), 409u);
  EXPECT_EQ(late.error().at("message"), "it is rejected already, by bob");
  EXPECT_EQ(show(id).at("closed_reason"), "looked at it");
  EXPECT_EQ(rig.seq(), 1u);
}

TEST_F(HeldApi, TheSameKeyHoldsOnce) {
  const ApiRig::Headers keyed{{"Tidemark-Author", "alice"}, {"Idempotency-Key", "k1"}};
  EXPECT_EQ(hold(rig, keyed), hold(rig, keyed));
  EXPECT_EQ(rig.call("GET", "/v1/held").body().at("held").as_array().size(), 1u);
}

TEST_F(HeldApi, UnknownOnesAndWrongFormsAreNamed) {
  EXPECT_EQ(rig.call("GET", "/v1/held/" + std::string(32, 'a')).status(), 404u);
  EXPECT_EQ(rig.call("GET", "/v1/held/7").status(), 400u);
  EXPECT_EQ(decide(std::string(32, 'a'), "approve", "bob").status(), 404u);
  const std::string id = hold();
  EXPECT_EQ(rig.call("POST", "/v1/held/" + id + "/approve", R"({"why": 1})").status(), 400u);
  EXPECT_EQ(rig.call("POST", "/v1/held/" + id + "/approve?hold=1").status(), 400u);
}

TEST_F(HeldApi, WithoutTheLogNothingIsHeldOrDecided) {
  const std::string id = hold();
  rig.store->stall(support::control_topic);
  const auto held = rig.send("PUT", zone + "?hold=1", basic_zone, by("alice"));
  const auto approved = rig.send("POST", "/v1/held/" + id + "/approve", {}, by("bob"));
  rig.pass(milliseconds(2500));
  EXPECT_EQ(held->status(), 503u);
  EXPECT_EQ(approved->status(), 503u);
  EXPECT_EQ(rig.seq(), 1u) << "no change before its approval is in the log";
}

TEST_F(HeldApi, AnApprovalThatWasNotMadeIsFinishedByAnother) {
  const std::string id = hold();
  event::Proposal approved = rig.feeder.control().proposal_of(*base::u128_from_hex(id))->proposal;
  approved.state = event::ProposalState::Approved;
  approved.closed_by = "bob";
  log::Draft draft{.key = consumer::held_key(approved.id)};
  draft.value = schemas::encode(event::ControlRecord(approved));
  const auto sink = *rig.log.sink(support::control_topic);
  ASSERT_TRUE(sink->append(log::Ticket(1), std::move(draft)));  // then its controller crashed
  rig.run();
  const json::object shown = show(id);
  EXPECT_EQ(shown.at("state"), "approved");
  EXPECT_EQ(shown.at("made"), false);
  EXPECT_EQ(decide(id, "approve", "alice").status(), 403u);
  ASSERT_EQ(decide(id, "approve", "carol").status(), 200u);
  EXPECT_EQ(rig.seq(), 2u);
  EXPECT_NE(std::string(rig.call("GET", "/v1/changes/" + id).body().at("reason").as_string())
                .find("approved by bob"),
            std::string::npos)
      << "the first decision stands";
}

TEST(Held, ClosedOnesAreForgottenAndOpenOnesGrowStale) {
  const auto now = std::make_shared<std::int64_t>(1000);
  const auto store = std::make_shared<log::MemoryStore>(
      log::MemoryStoreSettings{.now = [now] { return log::AppendTime(++*now); }});
  log::TopicSettings changes, health, control;
  changes.name = support::changes_topic;
  health.name = support::health_topic;
  control.name = support::control_topic;
  control.cleanup = log::Cleanup::Compact;
  ASSERT_TRUE(store->create({changes, health, control}));
  ApiRig rig(store);
  const auto hold = [&rig](const std::string& zone) {
    const Reply reply = rig.call("PUT", "/v1/zones/" + zone + "?hold=1",
                                 "@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns\n", by("alice"));
    EXPECT_EQ(reply.status(), 201u) << reply.response->body;
    return std::string(reply.body().at("held").as_string());
  };
  const std::string closed = hold("a.example"), open = hold("b.example");
  ASSERT_EQ(rig.call("POST", "/v1/held/" + closed + "/reject", {}, by("bob")).status(), 200u);
  *now += std::chrono::milliseconds(std::chrono::hours(8 * 24)).count();
  log::Draft beat{.key = "heartbeat/c1"};
  beat.value = schemas::encode(event::ControlRecord(event::Heartbeat{"c1", 1}));
  ASSERT_TRUE((*rig.log.sink(support::control_topic))->append(log::Ticket(1), std::move(beat)));
  rig.pass(std::chrono::seconds(61));
  const auto left = rig.call("GET", "/v1/held").body().at("held").as_array();
  ASSERT_EQ(left.size(), 1u) << json::serialize(left);
  EXPECT_EQ(left[0].as_object().at("id").as_string(), open);
  EXPECT_EQ(left[0].as_object().at("stale"), true);
}

// Both orders of the log, and every interleaving of the steps of two controllers.
class HeldOnTwo : public HeldApi {
 protected:
  HeldOnTwo() { two.run(); }
  void settle(std::uint64_t seed) {
    support::SeededRandom dice(seed);
    for (int step = 0; step < 8; ++step) (dice.next() % 2 == 0 ? rig : two).run();
    for (int step = 0; step < 3; ++step) {
      rig.run();
      two.run();
    }
  }
  ApiRig two{rig.store};
};

TEST_F(HeldOnTwo, TwoApprovalsAtOnceMakeOneChange) {
  for (std::uint64_t round = 0; round < 12; ++round) {
    ASSERT_EQ(rig.call("PUT", zone, large_zone()).status(), 200u);
    const std::string id = hold();
    two.run();
    const std::uint64_t before = rig.seq();
    const auto a = rig.send("POST", "/v1/held/" + id + "/approve", {}, by("bob"));
    const auto b = two.send("POST", "/v1/held/" + id + "/approve", {}, by("carol"));
    settle(round);
    ASSERT_EQ(a->status(), 200u) << a->response->body;
    ASSERT_EQ(b->status(), 200u) << b->response->body;
    EXPECT_EQ(change_id(*a), change_id(*b));
    EXPECT_EQ(rig.seq(), before + 1) << "round " << round;
    EXPECT_EQ(rig.feeder.state().dataset.version(), two.feeder.state().dataset.version());
    EXPECT_EQ(rig.feeder.control().proposals(), two.feeder.control().proposals());
  }
}

TEST_F(HeldOnTwo, OfAnApprovalAndARejectionTheFirstStands) {
  for (std::uint64_t round = 0; round < 12; ++round) {
    ASSERT_EQ(rig.call("PUT", zone, large_zone()).status(), 200u);
    const std::string id = hold();
    two.run();
    const std::uint64_t before = rig.seq();
    const auto approve = rig.send("POST", "/v1/held/" + id + "/approve", {}, by("bob"));
    const auto reject = two.send("POST", "/v1/held/" + id + "/reject", {}, by("carol"));
    settle(round);
    const std::multiset<unsigned> statuses{approve->status(), reject->status()};
    ASSERT_EQ(statuses, (std::multiset<unsigned>{200, 409})) << "round " << round;
    EXPECT_EQ(rig.seq(), before + (approve->status() == 200 ? 1 : 0));
    // Whoever reads only the newest record of each key reads the decision that stands.
    rig.store->compact(support::control_topic);
    ApiRig late(rig.store);
    const auto* read = late.feeder.control().proposal_of(*base::u128_from_hex(id));
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->proposal.state, approve->status() == 200 ? event::ProposalState::Approved
                                                             : event::ProposalState::Rejected);
  }
}

TEST_F(HeldOnTwo, AChangeThatLosesInTheLogLeavesItOpenAndApprovable) {
  const std::string id = hold();
  two.run();
  const auto approve = two.send("POST", "/v1/held/" + id + "/approve", {}, by("bob"));
  for (int i = 0; i < 10 && two.outbox.entries().empty(); ++i) {
    two.feeder.step();
    (void)two.writer->step(&two.feeder.control());
    two.api->held_desk().step();
  }
  ASSERT_EQ(two.outbox.entries().size(), 1u) << "decided, and not in the log yet";
  ASSERT_EQ(set("new", "192.0.2.70").status(), 200u);
  settle(1);
  EXPECT_EQ(approve->status(), 409u);
  EXPECT_EQ(show(id).at("state"), "open");
  const Reply again = decide(id, "approve", "bob");
  ASSERT_EQ(again.status(), 200u) << again.response->body;
  EXPECT_NE(change_id(again), id) << "a rejected change_id is judged for ever";
  EXPECT_EQ(rrsets(), 5u);
  two.run();
  EXPECT_EQ(change_id(decide(two, id, "approve", "carol")), change_id(again)) << "made once";
}

class HeldByTokens : public ::testing::Test {
 protected:
  static net::Tokens tokens() {
    std::string text;
    text += net::token_line("alices", {"alice", {"read", "write", "approve"}});
    text += net::token_line("bobs", {"bob", {"read", "write"}});
    text += net::token_line("carols", {"carol", {"read", "approve"}});
    return net::Tokens::parse(text).value();
  }
  static ApiRig::Headers with(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
  }
  std::string hold(const std::string& token, ApiRig::Headers more = {}) {
    more.emplace_back("Authorization", "Bearer " + token);
    const Reply reply = rig.call("PUT", "/v1/zones/example.org?hold=1", basic_zone, more);
    EXPECT_EQ(reply.status(), 201u) << reply.response->body;
    return std::string(reply.body().at("held").as_string());
  }
  Reply decide(const std::string& id, const std::string& what, const std::string& token) {
    return rig.call("POST", "/v1/held/" + id + "/" + what, {}, with(token));
  }
  net::Tokens known = tokens();
  ApiRig rig{support::make_store(), &known};
};

TEST_F(HeldByTokens, TheScopeApproveOfAnotherPersonIsNeeded) {
  const std::string id = hold("alices");
  EXPECT_EQ(decide(id, "approve", "alices").status(), 403u) << "her own";
  EXPECT_EQ(decide(id, "approve", "bobs").status(), 403u) << "no scope";
  EXPECT_EQ(decide(id, "reject", "bobs").status(), 403u) << "neither his nor his scope";
  EXPECT_EQ(decide(id, "approve", "unknown").status(), 401u);
  EXPECT_EQ(rig.seq(), 0u);
  EXPECT_EQ(decide(id, "approve", "carols").status(), 200u);
  EXPECT_EQ(rig.seq(), 1u);
}

TEST_F(HeldByTokens, WhoSpeaksForOthersIsStillTheSamePerson) {
  const std::string id =
      hold("alices", {{"Tidemark-Origin", "git:1234"}, {"Tidemark-Author", "dave"}});
  EXPECT_EQ(decide(id, "approve", "alices").status(), 403u);
  EXPECT_EQ(rig.call("POST", "/v1/held/" + id + "/approve", {},
                     {{"Authorization", "Bearer alices"},
                      {"Tidemark-Origin", "git:1"},
                      {"Tidemark-Author", "eve"}})
                .status(),
            403u);
  EXPECT_EQ(decide(id, "approve", "carols").status(), 200u);
}

TEST_F(HeldByTokens, AnAuthorTakesItBack) {
  const std::string id = hold("bobs");
  EXPECT_EQ(decide(id, "reject", "bobs").status(), 200u);
  EXPECT_EQ(decide(id, "approve", "carols").status(), 409u);
}

}  // namespace
}  // namespace tidemark::producer
