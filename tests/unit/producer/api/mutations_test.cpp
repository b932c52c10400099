// Mutations, from the request to the answer: who is told what, and when.
#include <set>

#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string www = "/v1/zones/example.org/rrsets/www/A";

std::string rdata(const std::string& address) {
  return R"({"ttl": 60, "rdata": [")" + address + R"("]})";
}

TEST(Mutations, AnswerWithTheJudgementOfTheOwnFold) {
  ApiRig rig;
  const Reply reply = rig.import_basic();
  ASSERT_EQ(reply.status(), 200u) << reply.response->body;
  const json::object body = reply.body();
  EXPECT_TRUE(body.at("changed").as_bool());
  EXPECT_EQ(body.at("offset").to_number<int>(), 0);
  EXPECT_EQ(body.at("version").at("seq").to_number<int>(), 1);
  EXPECT_EQ(body.at("version").at("state_hash").as_string().size(), 32u);
  const json::value& zone = body.at("zones").at("example.org.");
  EXPECT_EQ(zone.at("serial").to_number<int>(), 7);
  EXPECT_EQ(zone.at("seq").to_number<int>(), 1);
  EXPECT_EQ(zone.at("hash").as_string().size(), 32u);
  EXPECT_EQ(body.at("diff").at("added").to_number<int>(), 4);
}

TEST(Mutations, NoChangeIsNoEvent) {
  ApiRig rig;
  rig.import_basic();
  const Reply again = rig.import_basic();
  EXPECT_EQ(again.status(), 200u);
  EXPECT_FALSE(again.body().at("changed").as_bool());
  EXPECT_FALSE(again.body().contains("change_id"));
  EXPECT_EQ(again.body().at("version").at("seq").to_number<int>(), 1);
  EXPECT_EQ(rig.appended(), 1u);
}

TEST(Mutations, ADryRunAppendsNothing) {
  ApiRig rig;
  const Reply reply = rig.call("PUT", "/v1/zones/example.org?dry_run=1", basic_zone);
  ASSERT_EQ(reply.status(), 200u);
  EXPECT_TRUE(reply.body().at("dry_run").as_bool());
  EXPECT_EQ(reply.body().at("diff").at("lines").as_array().size(), 4u);
  EXPECT_EQ(rig.appended(), 0u);
  EXPECT_TRUE(rig.outbox.entries().empty());
}

TEST(Mutations, RrsetsByAbsoluteRelativeAndApexName) {
  ApiRig rig;
  rig.import_basic();
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.7")).status(), 200u);
  for (const auto* name : {"www", "www.example.org", "www.example.org."}) {
    const Reply got = rig.call("GET", "/v1/zones/example.org./rrsets/" + std::string(name) + "/a");
    ASSERT_EQ(got.status(), 200u) << name;
    EXPECT_EQ(got.body().at("rdata").as_array().at(0).as_string(), "192.0.2.7");
    EXPECT_EQ(got.response->headers.get("ETag"), "\"2\"");
  }
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org/rrsets/@/TXT", R"({"ttl":5,"rdata":["\"x\""]})")
                .status(),
            200u);
  EXPECT_EQ(rig.call("GET", "/v1/zones/example.org/rrsets/example.org/TXT").status(), 200u);
  EXPECT_EQ(rig.call("DELETE", www).status(), 200u);
  EXPECT_EQ(rig.call("DELETE", www).status(), 404u);
  EXPECT_EQ(rig.call("GET", www).status(), 404u);
}

TEST(Mutations, AnAbsentTtlKeepsTheOldOne) {
  ApiRig rig;
  rig.import_basic();
  EXPECT_EQ(rig.call("PUT", www, R"({"rdata":["192.0.2.8"]})").status(), 200u);
  EXPECT_EQ(rig.call("GET", www).body().at("ttl").to_number<int>(), 300);
  EXPECT_EQ(
      rig.call("PUT", "/v1/zones/example.org/rrsets/new/A", R"({"rdata":["192.0.2.8"]})").status(),
      422u);
}

TEST(Mutations, ASingleLabelInRdataIsNoTopLevelDomain) {
  ApiRig rig;
  rig.import_basic();
  const auto put = [&rig](const std::string& type, const std::string& text) {
    return rig.call("PUT", "/v1/zones/example.org/rrsets/new/" + type,
                    json::serialize(json::object{{"ttl", 60}, {"rdata", json::array{text}}}));
  };
  const Reply refused = put("MX", "10 mail");
  ASSERT_EQ(refused.status(), 422u) << refused.response->body;
  EXPECT_EQ(refused.error().at("object").as_string(), "new.example.org. MX");
  EXPECT_EQ(refused.error().at("message").as_string(),
            "rdata[0]: mail has no final dot; names in RDATA are absolute: write "
            "mail.example.org.");
  EXPECT_EQ(put("SRV", "1 2 53 @").status(), 422u);
  EXPECT_EQ(put("HTTPS", "1 svc alpn=h2").status(), 422u);
  EXPECT_EQ(put("CNAME", "www").status(), 422u);
  const Reply patched = rig.call("PATCH", "/v1/zones/example.org", R"({"edits": [
    {"op": "put", "name": "a", "type": "MX", "ttl": 60, "rdata": ["10 mail"]}]})");
  EXPECT_EQ(patched.status(), 422u);
  EXPECT_EQ(patched.error().at("details").at(0).at("owner").as_string(), "a.example.org.");
  EXPECT_EQ(rig.appended(), 1u);

  EXPECT_EQ(put("MX", "10 mail.").status(), 200u);  // on purpose
  EXPECT_EQ(put("MX", "0 .").status(), 200u);
  EXPECT_EQ(put("MX", "10 mail.example.org").status(), 200u);
  EXPECT_EQ(put("TXT", "mail").status(), 200u);
}

TEST(Mutations, APatchIsAllOrNothing) {
  ApiRig rig;
  rig.import_basic();
  const Reply bad = rig.call("PATCH", "/v1/zones/example.org", R"({"edits": [
    {"op": "put", "name": "a", "type": "A", "ttl": 60, "rdata": ["192.0.2.300"]},
    {"op": "put", "name": "b", "type": "A", "ttl": 60, "rdata": ["192.0.2.3"]},
    {"op": "delete", "name": "www", "type": "ANY"}]})");
  ASSERT_EQ(bad.status(), 422u);
  EXPECT_EQ(bad.error().at("details").as_array().size(), 2u);
  EXPECT_EQ(rig.appended(), 1u);
  const Reply good = rig.call("PATCH", "/v1/zones/example.org", R"({"edits": [
    {"op": "put", "name": "b", "type": "A", "ttl": 60, "rdata": ["192.0.2.3"]},
    {"op": "delete", "name": "www", "type": "A"}],
    "settings": {"ttl_seconds_ceiling": 1000}, "reason": "tidy"})");
  ASSERT_EQ(good.status(), 200u) << good.response->body;
  EXPECT_EQ(rig.appended(), 2u);
  const auto zone = rig.call("GET", "/v1/zones/example.org").body();
  EXPECT_EQ(zone.at("settings").at("ttl_seconds_ceiling").to_number<int>(), 1000);
  EXPECT_EQ(zone.at("settings").at("removal_percent_max").to_number<int>(), 30);
  EXPECT_EQ(rig.call("GET", "/v1/changes").body().at("changes").at(0).at("reason").as_string(),
            "tidy");
}

TEST(Mutations, InvalidInputNamesEveryPlace) {
  ApiRig rig;
  const Reply text =
      rig.call("PUT", "/v1/zones/example.org", basic_zone + "bad A 192.0.2.256\nworse AAAA no\n");
  ASSERT_EQ(text.status(), 422u);
  const auto details = text.error().at("details").as_array();
  ASSERT_EQ(details.size(), 2u);
  EXPECT_EQ(details[0].at("line").to_number<int>(), 6);
  EXPECT_EQ(details[1].at("line").to_number<int>(), 7);
  const Reply rules = rig.call("PUT", "/v1/zones/example.org",
                               basic_zone + "www CNAME ns\nold 700000 A 192.0.2.1\n");
  ASSERT_EQ(rules.status(), 422u);
  EXPECT_EQ(rules.error().at("details").as_array().size(), 2u) << rules.response->body;
  EXPECT_EQ(rules.error().at("code").as_string(), "invalid");
  EXPECT_EQ(rig.appended(), 0u);
}

TEST(Mutations, TheGuardTellsTheExactCount) {
  ApiRig rig;
  std::string many = basic_zone;
  for (int i = 0; i < 20; ++i) many += "h" + std::to_string(i) + " A 192.0.2.1\n";
  ASSERT_EQ(rig.call("PUT", "/v1/zones/example.org", many).status(), 200u);
  const Reply refused = rig.call("PUT", "/v1/zones/example.org", basic_zone);
  ASSERT_EQ(refused.status(), 403u);
  EXPECT_EQ(refused.error().at("code").as_string(), "guard");
  EXPECT_EQ(refused.error().at("acknowledge_removals").to_number<int>(), 20);
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org?acknowledge_removals=19", basic_zone).status(),
            403u);
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org?acknowledge_removals=20", basic_zone).status(),
            200u);
}

TEST(Mutations, ConditionsOfTheClient) {
  ApiRig rig;
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.2"), {{"If-Match", "*"}}).status(), 412u);
  rig.import_basic();
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org", basic_zone, {{"If-None-Match", "*"}}).status(),
            412u);
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.2"), {{"If-Match", "\"9\""}}).status(), 412u);
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.2"), {{"If-Match", "\"1\""}}).status(), 200u);
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.3"), {{"If-Match", "1"}}).status(), 400u);
  EXPECT_EQ(rig.call("PUT", www, rdata("192.0.2.3"), {{"If-Match", "*"}}).status(), 200u);
}

TEST(Mutations, OfTwoControllersTheFirstInTheLogWins) {
  auto store = support::make_store();
  ApiRig one(store), two(store);
  one.import_basic();
  two.run();
  auto slow = two.send("PUT", www, rdata("192.0.2.66"));
  // `two` has decided; before it can append, `one` is through.
  ASSERT_EQ(two.outbox.entries().size(), 1u);
  EXPECT_EQ(one.call("PUT", www, rdata("192.0.2.77")).status(), 200u);
  two.run();
  ASSERT_EQ(slow->status(), 409u);
  EXPECT_EQ(slow->error().at("details").at(0).at("rule").as_string(), "zone-changed");
  EXPECT_EQ(two.call("GET", www).body().at("rdata").at(0).as_string(), "192.0.2.77");
  one.run();
  EXPECT_EQ(one.feeder.state().dataset.version(), two.feeder.state().dataset.version());
}

// Two clients, two controllers, one RRset, every order of steps: one 200 and one 409 or 412, and
// what the winner wrote stands on both.
TEST(Mutations, NoUpdateIsLostInARace) {
  auto store = support::make_store();
  ApiRig one(store), two(store);
  ASSERT_EQ(one.import_basic().status(), 200u);
  support::SeededRandom dice(5);
  for (int round = 0; round < 60; ++round) {
    two.run();
    one.run();
    const std::string seq = "\"" + std::to_string(one.seq()) + "\"";
    const std::string mine = "192.0.2." + std::to_string(round + 10);
    const std::string theirs = "198.51.100." + std::to_string(round + 10);
    auto a = one.send("PUT", www, rdata(mine), {{"If-Match", seq}});
    auto b = two.send("PUT", www, rdata(theirs), {{"If-Match", seq}});
    for (int step = 0; step < 8; ++step) (dice.next() % 2 == 0 ? one : two).run();
    one.run();
    two.run();
    one.run();
    const std::multiset<unsigned> statuses{a->status(), b->status()};
    ASSERT_EQ(statuses, (std::multiset<unsigned>{200, 412})) << "round " << round;
    const std::string winner = a->status() == 200 ? mine : theirs;
    for (ApiRig* rig : {&one, &two}) {
      EXPECT_EQ(rig->call("GET", www).body().at("rdata").as_array(), json::array{winner});
    }
  }
}

TEST(Mutations, DeletingWhatIsNotThereIsTold) {
  ApiRig rig;
  rig.import_basic();
  const Reply reply = rig.call("PATCH", "/v1/zones/example.org",
                               R"({"edits": [{"op": "delete", "name": "no", "type": "A"}]})");
  ASSERT_EQ(reply.status(), 200u);
  EXPECT_FALSE(reply.body().at("changed").as_bool());
  EXPECT_EQ(reply.body().at("warnings").as_array().size(), 1u);
}

TEST(Mutations, OfOneControllerDoNotCollide) {
  ApiRig rig;
  rig.import_basic();
  std::vector<std::shared_ptr<Reply>> replies;
  for (int i = 0; i < 5; ++i) {
    replies.push_back(rig.send("PUT", "/v1/zones/example.org/rrsets/n" + std::to_string(i) + "/A",
                               rdata("192.0.2.9")));
  }
  for (int i = 0; i < 5; ++i) rig.run();
  for (const auto& reply : replies) EXPECT_EQ(reply->status(), 200u);
  EXPECT_EQ(rig.seq(), 6u);
}

TEST(Mutations, WaitAnswersWhenEveryLiveEdgeServesIt) {
  ApiRig rig;
  rig.import_basic();
  rig.report("edge1", 1);
  rig.report("edge2", 1);
  auto reply = rig.send("PUT", www, rdata("192.0.2.41"), {{"Prefer", "wait=10"}});
  rig.run();
  EXPECT_EQ(reply->status(), 0u);
  rig.report("edge1", 2);
  rig.run();
  EXPECT_EQ(reply->status(), 0u);
  rig.report("edge2", 2);
  rig.run();
  ASSERT_EQ(reply->status(), 200u);
  EXPECT_TRUE(reply->body().at("acked").as_bool());
  EXPECT_EQ(reply->body().at("edges").as_array().size(), 2u);
}

TEST(Mutations, WaitNamesTheStragglersWhenTimeIsOver) {
  ApiRig rig;
  rig.import_basic();
  rig.report("edge1", 1);
  rig.report("edge2", 1);
  auto reply = rig.send("PUT", www, rdata("192.0.2.42"), {{"Prefer", "wait=3"}});
  rig.run();
  rig.report("edge1", 2);
  rig.pass(milliseconds(3100));
  ASSERT_EQ(reply->status(), 200u);
  EXPECT_FALSE(reply->body().at("acked").as_bool());
  EXPECT_EQ(reply->body().at("stragglers").as_array(), json::array{"edge2"});
}

TEST(Mutations, AnEdgeThatIsSilentIsNotWaitedFor) {
  ApiRig rig;
  rig.import_basic();
  rig.report("edge1", 1);
  auto reply = rig.send("PUT", www, rdata("192.0.2.43"), {{"Prefer", "wait=20"}});
  rig.run();
  EXPECT_EQ(reply->status(), 0u);
  rig.pass(seconds(6));
  EXPECT_EQ(reply->status(), 0u) << "nobody serves it";
  rig.fleet_ms += 7000;
  rig.report("edge2", 2);
  rig.run();
  ASSERT_EQ(reply->status(), 200u);
  EXPECT_TRUE(reply->body().at("acked").as_bool());
  EXPECT_EQ(reply->body().at("edges").as_array(), json::array{"edge2"});
}

TEST(Mutations, WhoWaitsAtTheEndIsAnswered) {
  ApiRig rig;
  rig.import_basic();
  rig.log.go_offline();
  rig.run();
  auto reply = rig.send("PUT", www, rdata("192.0.2.44"));
  rig.api->desk().close();
  EXPECT_EQ(reply->status(), 202u);
}

// While another pool is under way the fold is not asked first; a record that no node can read must
// not come of it.
TEST(Mutations, APoolThatNoRecordCarriesIsRefusedWhateverIsUnderWay) {
  ApiRig rig;
  const auto sound = R"({"endpoints": [{"id": "a", "address": "192.0.2.1"}]})";
  const std::string unsound =
      R"({"endpoints": [{"id": ")" + std::string(64, 'b') + R"(", "address": "192.0.2.1"}]})";
  const auto first = rig.send("PUT", "/v1/pools/web", sound);
  const auto second = rig.send("PUT", "/v1/pools/api", unsound);
  rig.run();
  EXPECT_EQ(first->status(), 200u);
  ASSERT_EQ(second->status(), 422u);
  EXPECT_NE(second->response->body.find("endpoint id: 1-63"), std::string::npos);
  EXPECT_EQ(rig.appended(), 1u);
}

TEST(Mutations, PoolsKeepWhatIsNotSaid) {
  ApiRig rig;
  const Reply made = rig.call("PUT", "/v1/pools/web", R"({"endpoints": [
      {"id": "a", "address": "192.0.2.1"}, {"id": "b", "address": "2001:db8::1", "weight": 0}],
      "check": {"kind": "http", "port": 80, "path": "/up"}, "floor": 2})");
  ASSERT_EQ(made.status(), 200u) << made.response->body;
  ASSERT_EQ(rig.call("PUT", "/v1/pools/web", R"({"check": {"port": 8080}})").status(), 200u);
  const auto pool = rig.call("GET", "/v1/pools/web").body();
  EXPECT_EQ(pool.at("check").at("port").to_number<int>(), 8080);
  EXPECT_EQ(pool.at("check").at("path").as_string(), "/up");
  EXPECT_EQ(pool.at("floor").to_number<int>(), 2);
  EXPECT_EQ(pool.at("endpoints").at(1).at("weight").to_number<int>(), 0);
  EXPECT_EQ(rig.call("PUT", "/v1/pools/web", R"({"endpoints": []})").status(), 403u);
  EXPECT_EQ(rig.call("PUT", "/v1/pools/web", R"({"chek": {}})").status(), 422u);

  const std::string override_path = "/v1/pools/web/endpoints/a/override";
  EXPECT_EQ(rig.call("PUT", override_path, R"({"state": "down", "reason": "work"})").status(),
            200u);
  const auto health = rig.call("GET", "/v1/health").body();
  const auto& endpoint = health.at("pools").at(0).at("endpoints").at(0);
  EXPECT_FALSE(endpoint.at("up").as_bool());
  EXPECT_EQ(endpoint.at("rule").as_string(), "override");
  EXPECT_EQ(endpoint.at("override").at("reason").as_string(), "work");
  EXPECT_EQ(rig.call("PUT", "/v1/pools/web/endpoints/z/override", R"({"state":"up"})").status(),
            404u);
  EXPECT_EQ(rig.call("DELETE", override_path).status(), 200u);
  EXPECT_EQ(rig.call("DELETE", override_path).status(), 404u);
  EXPECT_EQ(rig.call("DELETE", "/v1/pools/web").status(), 200u);
  EXPECT_EQ(rig.call("GET", "/v1/pools/web").status(), 404u);
}

TEST(Mutations, DeletingAZoneIsGuardedAndTold) {
  ApiRig rig;
  EXPECT_EQ(rig.call("DELETE", "/v1/zones/example.org").status(), 404u);
  rig.import_basic();
  const Reply refused = rig.call("DELETE", "/v1/zones/example.org");
  ASSERT_EQ(refused.status(), 403u) << "small as it is, it holds something";
  EXPECT_EQ(refused.error().at("acknowledge_removals"), 4);
  EXPECT_EQ(rig.call("DELETE", "/v1/zones/example.org?dry_run=1&acknowledge_removals=4")
                .body()
                .at("diff")
                .as_object()
                .at("removed"),
            4);
  const Reply gone = rig.call("DELETE", "/v1/zones/example.org?acknowledge_removals=4");
  ASSERT_EQ(gone.status(), 200u);
  EXPECT_TRUE(gone.body().at("zones").at("example.org.").at("deleted").as_bool());
  const std::string bare = "@ 300 SOA ns.example.net. h 1 2 3 4 5\n@ 300 NS ns.example.net.\n";
  ASSERT_EQ(rig.call("PUT", "/v1/zones/example.org", bare).status(), 200u);
  EXPECT_EQ(rig.call("DELETE", "/v1/zones/example.org").status(), 200u) << "nothing is in it";
}

}  // namespace
}  // namespace tidemark::producer
