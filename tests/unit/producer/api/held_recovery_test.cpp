// Held changes after a crash and after the log lost its end; and what an Idempotency-Key binds.
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

ApiRig::Headers by(const std::string& name) { return {{"Tidemark-Author", name}}; }

const std::string www = "/v1/zones/example.org/rrsets/www/A";
std::string rdata(const std::string& address) {
  return R"({"ttl": 60, "rdata": [")" + address + R"("]})";
}

class HeldRecovery : public ::testing::Test {
 protected:
  HeldRecovery() {
    EXPECT_EQ(rig.import_basic().status(), 200u);
    const Reply reply = rig.call("PUT", www + "?hold=1", rdata("192.0.2.9"), by("alice"));
    EXPECT_EQ(reply.status(), 201u) << reply.response->body;
    id = std::string(reply.body().at("held").as_string());
  }
  Reply decide(const std::string& what, const std::string& who) {
    return rig.call("POST", "/v1/held/" + id + "/" + what, {}, by(who));
  }
  json::object show() { return rig.call("GET", "/v1/held/" + id).body(); }
  // Bob's approval is in the log, then his controller crashed.
  void approve_and_crash() {
    event::Proposal approved = rig.feeder.control().proposal_of(*base::u128_from_hex(id))->proposal;
    approved.state = event::ProposalState::Approved;
    approved.closed_by = "bob";
    log::Draft draft{.key = consumer::held_key(approved.id)};
    draft.value = schemas::encode(event::ControlRecord(approved));
    const auto sink = *rig.log.sink(support::control_topic);
    ASSERT_TRUE(sink->append(log::Ticket(1), std::move(draft)));
    rig.run();
    ASSERT_EQ(show().at("made"), false);
  }
  ApiRig rig;
  std::string id;
};

TEST_F(HeldRecovery, AnApprovedOneThatIsNotMadeAndOutdatedCanBeRejected) {
  approve_and_crash();
  EXPECT_EQ(decide("reject", "carol").status(), 409u) << "it fits: bob's word stands";
  ASSERT_EQ(rig.call("PUT", www, rdata("192.0.2.70")).status(), 200u);
  ASSERT_EQ(decide("reject", "carol").status(), 200u);
  EXPECT_EQ(show().at("state"), "rejected");
  EXPECT_EQ(decide("approve", "carol").status(), 409u);
  EXPECT_EQ(rig.seq(), 2u);
}

TEST_F(HeldRecovery, ApprovingAnOutdatedOneOpensItAgain) {
  approve_and_crash();
  ASSERT_EQ(rig.call("PUT", www, rdata("192.0.2.70")).status(), 200u);
  const Reply refused = decide("approve", "carol");
  EXPECT_EQ(refused.status(), 409u);
  EXPECT_EQ(refused.error().at("code"), "outdated");
  rig.run();
  EXPECT_EQ(show().at("state"), "open");
  EXPECT_EQ(decide("reject", "alice").status(), 200u) << "its author withdraws it";
}

TEST_F(HeldRecovery, AProposalIsNotLostWithTheEndOfTheLog) {
  rig.store->truncate(support::control_topic, log::Offset(0));
  rig.log.lose_connection();
  rig.run();
  ASSERT_EQ(rig.call("GET", "/v1/held").body().at("held").as_array().size(), 1u);
  ASSERT_EQ(decide("approve", "bob").status(), 200u);
  EXPECT_EQ(rig.seq(), 2u);
}

TEST_F(HeldRecovery, AnIdempotencyKeyBindsThatAChangeIsHeld) {
  ApiRig::Headers headers = by("alice");
  headers.emplace_back("Idempotency-Key", "k1");
  const std::string body = rdata("192.0.2.11");
  const Reply held = rig.call("PUT", www + "?hold=1", body, headers);
  ASSERT_EQ(held.status(), 201u) << held.response->body;
  EXPECT_EQ(rig.call("PUT", www + "?hold=1", body, headers).body().at("held"),
            held.body().at("held"))
      << "the same again";
  const Reply unheld = rig.call("PUT", www, body, headers);
  EXPECT_EQ(unheld.status(), 422u) << unheld.response->body;
  EXPECT_NE(unheld.error().at("message").as_string().find("hold"), json::string::npos);
  EXPECT_EQ(rig.seq(), 1u) << "nobody approved it";

  headers.back().second = "k2";
  ASSERT_EQ(rig.call("PUT", www, body, headers).status(), 200u);
  const Reply late = rig.call("PUT", www + "?hold=1", body, headers);
  EXPECT_EQ(late.status(), 422u) << late.response->body;
  EXPECT_EQ(rig.call("PUT", www + "?hold=0", body, headers).status(), 200u) << "no difference";
}

TEST_F(HeldRecovery, AHeldChangeKeepsItsClassOfRollout) {
  const Reply held =
      rig.call("PUT", www + "?hold=1&rollout=manual", rdata("192.0.2.12"), by("alice"));
  ASSERT_EQ(held.status(), 201u);
  id = std::string(held.body().at("held").as_string());
  ASSERT_EQ(decide("approve", "bob").status(), 200u);
  const auto source = *rig.log.source(support::changes_topic);
  ASSERT_TRUE(source->start(log::Offset(0)));
  const log::Record record = source->drain(100)->records.back();
  EXPECT_EQ(schemas::decode_change_set(record.value)->rollout, event::RolloutClass::Manual);
}

}  // namespace
}  // namespace tidemark::producer
