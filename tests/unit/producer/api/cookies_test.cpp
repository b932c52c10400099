// The roll-over of cookie salts by the API.
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

class Cookies : public ::testing::Test {
 protected:
  Reply step(const std::string& action) {
    return rig.call("POST", "/v1/cookies", R"({"action": ")" + action + R"(", "reason": "roll"})");
  }
  std::vector<std::string> salts() {
    std::vector<std::string> all;
    const Reply got = rig.call("GET", "/v1/cookies");
    EXPECT_EQ(got.status(), 200u);
    const json::object body = got.body();  // lives as long as the loop over it
    for (const auto& salt : body.at("salts").as_array()) all.emplace_back(salt.as_string());
    return all;
  }
  ApiRig rig;
};

TEST_F(Cookies, RollOverInThreeStages) {
  EXPECT_TRUE(salts().empty());
  const Reply first = step("add");
  ASSERT_EQ(first.status(), 200u) << first.response->body;
  EXPECT_TRUE(first.body().at("changed").as_bool());
  const auto one = salts();
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].size(), 32u);
  ASSERT_EQ(step("add").status(), 200u);
  const auto two = salts();
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0], one[0]);
  EXPECT_NE(two[1], one[0]);
  ASSERT_EQ(step("promote").status(), 200u);
  EXPECT_EQ(salts(), (std::vector{two[1], two[0]}));
  ASSERT_EQ(step("drop").status(), 200u);
  EXPECT_EQ(salts(), std::vector{two[1]});
  EXPECT_EQ(rig.seq(), 4u);
}

TEST_F(Cookies, WhatWouldBreakTheFleetIsRefusedAndSaysWhatToDo) {
  for (const char* action : {"promote", "drop"}) {
    EXPECT_EQ(step(action).status(), 422u);
    EXPECT_EQ(rig.seq(), 0u);
  }
  step("add");
  EXPECT_EQ(step("promote").status(), 422u);
  const Reply last = step("drop");
  EXPECT_EQ(last.status(), 422u);
  EXPECT_NE(last.response->body.find("cookie-rule"), std::string::npos) << last.response->body;
  step("add");
  step("add");
  EXPECT_EQ(salts().size(), 3u);
  EXPECT_EQ(step("add").status(), 422u);
  EXPECT_EQ(salts().size(), 3u);
}

TEST_F(Cookies, OtherBodiesAreRefused) {
  EXPECT_EQ(step("replace").status(), 400u);
  for (const char* body : {"{}", "[]", R"({"action": 1})", R"({"action": "add", "salt": "00"})"}) {
    EXPECT_EQ(rig.call("POST", "/v1/cookies", body).status(), 400u) << body;
  }
  EXPECT_EQ(rig.call("PUT", "/v1/cookies", "{}").status(), 405u);
  EXPECT_TRUE(salts().empty());
}

TEST_F(Cookies, TheAuditShowsThem) {
  step("add");
  const Reply changes = rig.call("GET", "/v1/changes");
  EXPECT_NE(changes.response->body.find("put cookie salts " + salts()[0]), std::string::npos)
      << changes.response->body;
}

TEST_F(Cookies, ADryRunChangesNothing) {
  const Reply reply =
      rig.call("POST", "/v1/cookies?dry_run=1", R"({"action": "add", "reason": "look"})");
  EXPECT_EQ(reply.status(), 200u) << reply.response->body;
  EXPECT_TRUE(salts().empty());
}

TEST_F(Cookies, ExpiryOfAZoneIsASetting) {
  rig.import_basic();
  const Reply reply =
      rig.call("PATCH", "/v1/zones/example.org",
               R"({"settings": {"expire_seconds": 86400}, "reason": "hidden primary"})");
  ASSERT_EQ(reply.status(), 200u) << reply.response->body;
  const auto zone = rig.call("GET", "/v1/zones/example.org").body();
  EXPECT_EQ(zone.at("settings").at("expire_seconds").to_number<int>(), 86400);
}

}  // namespace
}  // namespace tidemark::producer
