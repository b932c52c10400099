// What survives a crash, an outage and a broken disk; who is told what meanwhile.
#include "tests/unit/producer/api/api_rig.hpp"
#include "topics/sqlite_file.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string www = "/v1/zones/example.org/rrsets/www/A";

std::string rdata(const std::string& address) {
  return R"({"ttl": 60, "rdata": [")" + address + R"("]})";
}

TEST(Durability, AnUnreachableLogIsAnswered202AndNothingIsLost) {
  ApiRig rig;
  rig.import_basic();
  rig.log.go_offline();
  rig.run();
  auto first = rig.send("PUT", www, rdata("192.0.2.21"));
  auto second = rig.send("PUT", "/v1/zones/example.org/rrsets/b/A", rdata("192.0.2.22"));
  auto back = rig.send("PUT", www, rdata("192.0.2.1"));
  rig.run();
  EXPECT_EQ(first->status(), 0u) << "it may still come back in time";
  rig.pass(seconds(3));
  for (const auto& reply : {first, second, back}) {
    ASSERT_EQ(reply->status(), 202u);
    const auto url = reply->response->headers.get("Location");
    ASSERT_TRUE(url);
    EXPECT_EQ(rig.call("GET", std::string(*url)).body().at("state").as_string(), "pending");
  }
  rig.log.go_online();
  rig.pass(seconds(10));
  EXPECT_TRUE(rig.outbox.entries().empty());
  for (const auto& reply : {first, second, back}) {
    const auto url = std::string(*reply->response->headers.get("Location"));
    EXPECT_EQ(rig.call("GET", url).body().at("state").as_string(), "accepted");
  }
  EXPECT_EQ(rig.call("GET", www).body().at("rdata").at(0).as_string(), "192.0.2.1");
  EXPECT_EQ(rig.call("GET", "/v1/zones/example.org/rrsets/b/A").status(), 200u);
}

// What is refused is never made; what may be made is pending, and has an id.
TEST(Durability, WhileTheLogIsAnotherOneWhatWasStoredIsPendingAndNewChangesAreNeverMade) {
  ApiRig rig;
  rig.import_basic();
  rig.log.go_offline();
  rig.run();
  const auto stored = rig.send("PUT", www, rdata("192.0.2.21"));
  rig.pass(seconds(3));
  ASSERT_EQ(stored->status(), 202u);
  rig.store->truncate(support::changes_topic, log::Offset(0));
  rig.log.go_online();
  rig.pass(seconds(3));
  ASSERT_EQ(rig.feeder.node_state(), event::NodeState::Diverged);
  const Reply fate = rig.call("GET", std::string(*stored->response->headers.get("Location")));
  ASSERT_EQ(fate.status(), 200u) << fate.response->body;
  EXPECT_EQ(fate.body().at("state"), "pending");
  const auto refused = rig.send("PUT", "/v1/zones/example.org/rrsets/b/A", rdata("192.0.2.22"));
  rig.pass(seconds(3));
  EXPECT_EQ(refused->status(), 503u);
  EXPECT_EQ(rig.outbox.entries().size(), 1u);
}

TEST(Durability, AFullOutboxIs503) {
  ApiRig rig(support::make_store(), nullptr, {.entries_max = 1});
  rig.import_basic();
  rig.log.go_offline();
  rig.run();
  rig.send("PUT", www, rdata("192.0.2.21"));
  const Reply full = rig.call("PUT", "/v1/zones/example.org/rrsets/b/A", rdata("192.0.2.22"));
  ASSERT_EQ(full.status(), 503u);
  EXPECT_EQ(full.error().at("code").as_string(), "outbox-full");
}

TEST(Durability, AnIdempotencyKeyGivesTheFirstAnswer) {
  ApiRig rig;
  const ApiRig::Headers key{{"Idempotency-Key", "k1"}};
  const Reply first = rig.call("PUT", "/v1/zones/example.org", basic_zone, key);
  ASSERT_EQ(first.status(), 200u);
  rig.call("DELETE", www);
  const Reply again = rig.call("PUT", "/v1/zones/example.org", basic_zone, key);
  EXPECT_EQ(again.status(), 200u);
  EXPECT_EQ(again.body().at("change_id"), first.body().at("change_id"));
  EXPECT_EQ(rig.call("GET", www).status(), 404u) << "it was not done twice";
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org", basic_zone + "x A 192.0.2.9\n", key).status(),
            422u);
}

TEST(Durability, AnIdempotencyKeySurvivesACrash) {
  ApiRig rig;
  rig.import_basic();
  const ApiRig::Headers key{{"Idempotency-Key", "k3"}};
  rig.log.go_offline();
  rig.run();
  rig.send("PUT", www, rdata("192.0.2.51"), key);
  rig.pass(milliseconds(100));  // committed
  rig.crash();
  ASSERT_EQ(rig.outbox.entries().size(), 1u);
  const Reply pending = rig.call("PUT", www, rdata("192.0.2.51"), key);
  EXPECT_EQ(pending.status(), 0u) << "it joins the change of before the crash";
  rig.log.go_online();
  rig.pass(seconds(3));
  const Reply done = rig.call("PUT", www, rdata("192.0.2.51"), key);
  ASSERT_EQ(done.status(), 200u);
  EXPECT_EQ(done.response->headers.get("Idempotent-Replayed"), "true");
  EXPECT_EQ(rig.seq(), 2u);
}

TEST(Durability, ARepeatedRequestJoinsTheOneUnderWay) {
  ApiRig rig;
  rig.import_basic();
  const ApiRig::Headers key{{"Idempotency-Key", "k2"}};
  auto first = rig.send("PUT", www, rdata("192.0.2.31"), key);
  auto again = rig.send("PUT", www, rdata("192.0.2.31"), key);
  rig.run();
  ASSERT_EQ(first->status(), 200u);
  ASSERT_EQ(again->status(), 200u);
  EXPECT_EQ(rig.appended(), 2u);
}

// The points at which a controller may die, in the order of producer/publish/outbox.hpp.
class Crash : public ::testing::Test {
 protected:
  Crash() { rig.import_basic(); }
  std::string answer() {
    const Reply got = rig.call("GET", www);
    return std::string(got.body().at("rdata").at(0).as_string());
  }
  // What the next commit meets: a disk that is full.
  void break_disk() {
    ASSERT_TRUE(
        other().run("CREATE TRIGGER full BEFORE INSERT ON entries "
                    "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"));
  }
  void mend_disk() { ASSERT_TRUE(other().run("DROP TRIGGER full")); }
  topics::SqliteFile other() {
    return *topics::SqliteFile::open(rig.folder.file("outbox"), topics::SqliteFile::Mode::Existing);
  }

  ApiRig rig;
  const ApiRig::Headers key{{"Idempotency-Key", "k"}};
};

TEST_F(Crash, TakenAndNotSentIsNothing) {
  const auto lost = rig.send("PUT", www, rdata("192.0.2.9"), key);
  EXPECT_EQ(lost->status(), 0u) << "nobody was told";
  rig.crash();
  rig.run();
  EXPECT_EQ(rig.appended(), 1u);
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.9"), key).status(), 200u);
  EXPECT_EQ(rig.appended(), 2u);
}

TEST_F(Crash, SentAndNotCommittedIsAcceptedOnceAndKnownByItsKey) {
  const auto lost = rig.send("PUT", www, rdata("192.0.2.9"), key);
  rig.publisher->step();
  EXPECT_EQ(rig.appended(), 2u) << "in the log before it is on the disk";
  EXPECT_EQ(lost->status(), 0u) << "nobody was told";
  rig.crash();
  EXPECT_TRUE(rig.outbox.entries().empty());
  rig.run();
  EXPECT_EQ(answer(), "192.0.2.9");

  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.10")).status(), 200u);  // somebody else
  const Reply again = rig.call("PUT", www, rdata("192.0.2.9"), key);
  ASSERT_EQ(again.status(), 200u) << again.response->body;
  EXPECT_EQ(again.body().at("offset").to_number<int>(), 1);
  EXPECT_EQ(again.body().at("version").at("seq").to_number<int>(), 2);
  EXPECT_EQ(answer(), "192.0.2.10") << "it is not done a second time";
  EXPECT_EQ(rig.appended(), 3u);
}

TEST_F(Crash, SentIntoALogThatDidNotTakeItIsNothing) {
  rig.store->fail_next_append(support::changes_topic, log::AppendFault::NotPersisted);
  const auto lost = rig.send("PUT", www, rdata("192.0.2.9"), key);
  rig.publisher->step();
  EXPECT_EQ(lost->status(), 0u);
  rig.crash();
  rig.pass(seconds(3));
  EXPECT_EQ(rig.appended(), 1u);
}

TEST_F(Crash, SentWithAnUnknownOutcomeIsNeverDoubled) {
  rig.store->fail_next_append(support::changes_topic, log::AppendFault::UnknownWritten);
  const auto lost = rig.send("PUT", www, rdata("192.0.2.9"), key);
  rig.publisher->step();
  EXPECT_EQ(lost->status(), 0u);
  rig.crash();
  // The client tries again before the controller has read what it sent itself.
  const auto again = rig.send("PUT", www, rdata("192.0.2.9"), key);
  rig.pass(seconds(3));
  ASSERT_EQ(again->status(), 200u);
  EXPECT_EQ(again->body().at("version").at("seq").to_number<int>(), 2);
  EXPECT_EQ(rig.seq(), 2u);
}

TEST_F(Crash, A202IsOnTheDisk) {
  rig.log.go_offline();
  rig.run();
  const auto told = rig.send("PUT", www, rdata("192.0.2.9"));
  rig.pass(seconds(3));
  ASSERT_EQ(told->status(), 202u);
  rig.crash();
  ASSERT_EQ(rig.outbox.entries().size(), 1u);
  rig.log.go_online();
  rig.pass(seconds(3));
  EXPECT_EQ(answer(), "192.0.2.9");
}

TEST_F(Crash, CommittedAndSentIsSentAgainAndAppliedOnce) {
  rig.log.go_offline();
  rig.run();
  rig.send("PUT", www, rdata("192.0.2.9"));
  rig.pass(milliseconds(100));
  rig.crash();
  rig.log.go_online();
  rig.pass(seconds(3));
  rig.crash();  // what was settled was not deleted yet: it may be sent again
  rig.pass(seconds(3));
  EXPECT_EQ(rig.seq(), 2u);
  EXPECT_TRUE(rig.outbox.entries().empty()) << "the ledger knows it";
}

TEST_F(Crash, WhatIsJudgedInTimeIsNeverWritten) {
  rig.call("PUT", www, rdata("192.0.2.9"));
  EXPECT_TRUE(rig.outbox.is_committed());
  EXPECT_EQ(other().number("SELECT count(*) FROM entries").value(), 0);
  rig.log.go_offline();
  rig.run();
  rig.send("PUT", www, rdata("192.0.2.11"));
  rig.run();
  EXPECT_EQ(other().number("SELECT count(*) FROM entries").value(), 0);
  rig.pass(milliseconds(50));
  EXPECT_EQ(other().number("SELECT count(*) FROM entries").value(), 1);
}

TEST_F(Crash, WithoutADiskNobodyIsToldThatAChangeGoesOn) {
  break_disk();
  rig.log.go_offline();
  rig.run();
  const auto first = rig.send("PUT", www, rdata("192.0.2.9"));
  rig.pass(seconds(3));
  ASSERT_EQ(first->status(), 503u);
  EXPECT_NE(first->error().at("message").as_string().find("the disk is full"), std::string::npos);
  EXPECT_FALSE(first->error().at("remedy").as_string().empty());
  const Reply next = rig.call("PUT", "/v1/zones/example.org/rrsets/b/A", rdata("192.0.2.10"));
  ASSERT_EQ(next.status(), 503u) << "the disk is asked first from now on";
  EXPECT_EQ(rig.outbox.entries().size(), 1u);

  mend_disk();
  rig.pass(milliseconds(100));
  EXPECT_TRUE(rig.outbox.is_committed());
  rig.crash();
  rig.log.go_online();
  rig.pass(seconds(3));
  EXPECT_EQ(answer(), "192.0.2.9");
  EXPECT_EQ(rig.call("GET", "/v1/zones/example.org/rrsets/b/A").status(), 404u);
}

TEST_F(Crash, WithoutADiskWhatTheLogHasIsStillDone) {
  break_disk();
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.9")).status(), 200u);
  EXPECT_EQ(answer(), "192.0.2.9");
}

}  // namespace
}  // namespace tidemark::producer
