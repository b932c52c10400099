// Routes, rights, selectors, reads and the forms of errors.
#include <set>

#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

TEST(Routes, WhatIsNotThereAndWhatIsNotAllowed) {
  ApiRig rig;
  EXPECT_EQ(rig.call("GET", "/").status(), 404u);
  EXPECT_EQ(rig.call("GET", "/v2/zones").status(), 404u);
  EXPECT_EQ(rig.call("GET", "/v1/zones/absent.example").status(), 404u);
  const Reply wrong = rig.call("POST", "/v1/zones/example.org", basic_zone);
  EXPECT_EQ(wrong.status(), 405u);
  EXPECT_EQ(wrong.response->headers.get("Allow"), "GET, PUT, PATCH, DELETE");
  EXPECT_EQ(rig.call("DELETE", "/v1/zones").status(), 405u);
}

TEST(Routes, AnUnknownOrRepeatedParameterChangesNothing) {
  ApiRig rig;
  rig.import_basic();
  for (const auto* query :
       {"?dryrun=1", "?dry-run=1", "?acknowledge_removal=7", "?dry_run=0&dry_run=1", "?limit=1"}) {
    const Reply reply =
        rig.call("DELETE", std::string("/v1/zones/example.org/rrsets/www/A") + query);
    EXPECT_EQ(reply.status(), 400u) << query << reply.response->body;
    EXPECT_FALSE(reply.body().at("error").at("remedy").as_string().empty());
  }
  EXPECT_EQ(rig.call("GET", "/v1/zones/example.org/rrsets/www/A").status(), 200u);
  EXPECT_EQ(rig.call("GET", "/v1/zones?zone=example.org").status(), 400u);
  EXPECT_EQ(rig.appended(), 1u);
}

TEST(Routes, AnEmptyOrWildSelectorNeverMatchesAll) {
  ApiRig rig;
  rig.import_basic();
  const std::size_t before = rig.appended();
  const std::vector<std::pair<std::string, std::string>> selectors{
      {"DELETE", "/v1/zones/*"},
      {"DELETE", "/v1/zones/*.org"},
      {"DELETE", "/v1/zones/bad..name"},
      {"DELETE", "/v1/zones//rrsets/www/A"},
      {"DELETE", "/v1/zones/example.org/rrsets//A"},
      {"DELETE", "/v1/zones/example.org/rrsets/www/*"},
      {"DELETE", "/v1/zones/example.org/rrsets/www/ANY"},
      {"DELETE", "/v1/pools/*"},
      {"DELETE", "/v1/pools/web/endpoints/*/override"},
      {"GET", "/v1/changes?zone="},
      {"GET", "/v1/changes?name="},
      {"GET", "/v1/changes?author="},
      {"GET", "/v1/changes?limit=0"},
      {"GET", "/v1/changes?since=yesterday"},
      {"GET", "/v1/changes/xyz"}};
  for (const auto& [method, target] : selectors) {
    const Reply reply = rig.call(method, target);
    EXPECT_EQ(reply.status(), 400u) << method << " " << target;
    EXPECT_EQ(reply.error().at("code").as_string(), "bad-request");
  }
  for (const auto* body : {"", "null", "[]", "{}", R"({"edits": null})", R"({"edits": [], "x": 1})",
                           R"({"edits": {}})", R"({"edits": [)"}) {
    EXPECT_EQ(rig.call("PATCH", "/v1/zones/example.org", body).status(), 400u) << body;
  }
  EXPECT_EQ(rig.appended(), before);
}

TEST(Routes, MediaTypesAndSizes) {
  ApiRig rig;
  EXPECT_EQ(rig.call("PUT", "/v1/zones/example.org", basic_zone, {{"Content-Type", "image/png"}})
                .status(),
            415u);
  EXPECT_EQ(
      rig.call("PATCH", "/v1/zones/example.org", "{}", {{"Content-Type", "text/dns"}}).status(),
      415u);
  EXPECT_EQ(rig.call("PUT", "/v1/pools/web", std::string(small_body_octets_max + 1, ' ')).status(),
            413u);
  const Reply as_json = rig.call("PUT", "/v1/zones/example.org",
                                 R"({"rrsets": [{"name": "@", "type": "SOA", "ttl": 60,
           "rdata": ["ns.example.org. admin.example.org. 1 2 3 4 5"]},
          {"name": "@", "type": "NS", "ttl": 60, "rdata": ["ns.example.net."]}]})",
                                 {{"Content-Type", "application/json; charset=utf-8"}});
  EXPECT_EQ(as_json.status(), 200u) << as_json.response->body;
}

TEST(Routes, AZoneReadsBackAsItWasWritten) {
  ApiRig rig;
  rig.import_basic();
  const Reply text = rig.call("GET", "/v1/zones/example.org", {}, {{"Accept", "text/dns"}});
  EXPECT_EQ(text.response->content_type, "text/dns");
  EXPECT_EQ(text.response->headers.get("ETag"), "\"1\"");
  EXPECT_FALSE(
      rig.call("PUT", "/v1/zones/example.org", text.response->body).body().at("changed").as_bool());
  const auto zone = rig.call("GET", "/v1/zones/EXAMPLE.org.").body();
  EXPECT_EQ(zone.at("rrset_count").to_number<int>(), 4);
  for (const auto& rrset : zone.at("rrsets").as_array()) {
    EXPECT_FALSE(rrset.at("name").as_string().empty());
    EXPECT_FALSE(rrset.at("type").as_string().empty());
    EXPECT_FALSE(rrset.at("rdata").as_array().empty());
  }
  EXPECT_EQ(rig.call("GET", "/v1/zones").body().at("zones").as_array().size(), 1u);
}

TEST(Routes, TheAuditTellsWhoWhatWhenWhy) {
  ApiRig rig;
  rig.import_basic();
  rig.call("PUT", "/v1/zones/example.org/rrsets/www/A?reason=move",
           R"({"ttl": 60, "rdata": ["192.0.2.9"]})", {{"Tidemark-Author", "ann"}});
  rig.call("DELETE", "/v1/zones/example.org/rrsets/www/A", {}, {{"Tidemark-Reason", "gone"}});
  const auto all = rig.call("GET", "/v1/changes").body().at("changes").as_array();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].at("reason").as_string(), "gone");
  EXPECT_EQ(all[1].at("author").as_string(), "ann");
  EXPECT_EQ(all[1].at("edits").as_array(), json::array{"put www.example.org. 60 IN A 192.0.2.9"});
  const auto count = [&](const std::string& filter) {
    return rig.call("GET", "/v1/changes?" + filter).body().at("changes").as_array().size();
  };
  EXPECT_EQ(count("author=ann"), 1u);
  EXPECT_EQ(count("zone=example.org"), 3u);
  EXPECT_EQ(count("zone=example.com"), 0u);
  EXPECT_EQ(count("name=ns.example.org"), 1u);
  EXPECT_EQ(count("since=1"), 1u);
  EXPECT_EQ(count("limit=2"), 2u);
  const std::string id(all[1].at("change_id").as_string());
  EXPECT_EQ(rig.call("GET", "/v1/changes/" + id).body(), all[1].as_object());
  EXPECT_EQ(rig.call("GET", "/v1/changes/" + std::string(32, '0')).status(), 404u);
}

TEST(Routes, TokensDecideWhoMayDoWhat) {
  const std::string file = net::token_line("reader-token", {"rita", {"read"}}) + "\n" +
                           net::token_line("writer-token", {"walt", {"read", "write"}}) + "\n";
  net::Tokens tokens = net::Tokens::parse(file).value();
  ApiRig rig(support::make_store(), &tokens);
  const ApiRig::Headers reader{{"Authorization", "Bearer reader-token"}};
  const ApiRig::Headers writer{{"Authorization", "Bearer writer-token"}};
  struct Row {
    const char* method;
    const char* target;
    bool writes;
  };
  const std::vector<Row> rows{{"GET", "/v1/status", false},
                              {"GET", "/v1/zones", false},
                              {"GET", "/v1/health", false},
                              {"GET", "/v1/fleet", false},
                              {"GET", "/v1/changes", false},
                              {"PUT", "/v1/zones/example.org", true},
                              {"PATCH", "/v1/zones/example.org", true},
                              {"DELETE", "/v1/zones/example.org", true},
                              {"PUT", "/v1/zones/example.org/rrsets/a/A", true},
                              {"DELETE", "/v1/zones/example.org/rrsets/a/A", true},
                              {"PUT", "/v1/pools/web", true},
                              {"DELETE", "/v1/pools/web", true},
                              {"PUT", "/v1/pools/web/endpoints/a/override", true},
                              {"DELETE", "/v1/pools/web/endpoints/a/override", true}};
  for (const Row& row : rows) {
    EXPECT_EQ(rig.call(row.method, row.target).status(), 401u) << row.target;
    EXPECT_EQ(rig.call(row.method, row.target, {}, {{"Authorization", "Bearer x"}}).status(), 401u);
    const unsigned status = rig.call(row.method, row.target, "{", reader).status();
    if (row.writes) {
      EXPECT_EQ(status, 403u) << row.method << " " << row.target;
    } else {
      EXPECT_EQ(status, 200u) << row.target;
    }
  }
  EXPECT_EQ(rig.appended(), 0u);
  ApiRig::Headers forged = writer;
  forged.emplace_back("Tidemark-Author", "somebody-else");
  ASSERT_EQ(rig.call("PUT", "/v1/zones/example.org", basic_zone, forged).status(), 200u);
  EXPECT_EQ(rig.call("GET", "/v1/changes", {}, reader)
                .body()
                .at("changes")
                .at(0)
                .at("author")
                .as_string(),
            "walt");
  forged.emplace_back("Tidemark-Origin", "git:ab");
  ASSERT_EQ(rig.call("DELETE", "/v1/zones/example.org/rrsets/www/A", {}, forged).status(), 200u);
  EXPECT_EQ(rig.call("GET", "/v1/changes", {}, reader)
                .body()
                .at("changes")
                .at(0)
                .at("author")
                .as_string(),
            "walt for somebody-else");
}

TEST(Routes, AnImportTellsWhereAChangeCameFrom) {
  ApiRig rig;
  const auto put = [&rig](const ApiRig::Headers& headers) {
    return rig.call("PUT", "/v1/zones/example.org", basic_zone, headers).status();
  };
  EXPECT_EQ(put({{"Tidemark-Origin", "git"}}), 400u);
  EXPECT_EQ(put({{"Tidemark-Origin", "git:"}}), 400u);
  EXPECT_EQ(put({{"Tidemark-Origin-Time", "2017-07-14T02:40:00Z"}}), 400u);
  EXPECT_EQ(put({{"Tidemark-Origin", "git:ab"}, {"Tidemark-Origin-Time", "once"}}), 400u);
  EXPECT_EQ(put({{"Tidemark-Origin", "git:" + std::string(513, 'a')}}), 400u);
  EXPECT_EQ(rig.appended(), 0u);
  ASSERT_EQ(
      put({{"Tidemark-Origin", "git:ab:1"}, {"Tidemark-Origin-Time", "2017-07-14T02:40:00Z"}}),
      200u);
  const auto body = rig.call("GET", "/v1/changes").body();
  const auto& origin = body.at("changes").at(0).at("origin");
  EXPECT_EQ(origin.at("system").as_string(), "git");
  EXPECT_EQ(origin.at("id").as_string(), "ab:1");
  EXPECT_EQ(origin.at("time").as_string(), "2017-07-14T02:40:00.000Z");
}

TEST(Routes, TheFleetIsShownWithItsAge) {
  ApiRig rig;
  rig.report("edge1", 1);
  rig.clock.advance(std::chrono::seconds(7));
  const auto node = rig.call("GET", "/v1/fleet").body().at("nodes").at(0);
  EXPECT_EQ(node.at("node").as_string(), "edge1");
  EXPECT_EQ(node.at("age_ms").to_number<int>(), 7000);
  EXPECT_FALSE(node.at("live").as_bool());
}

TEST(Routes, StatusTellsVersionAndLog) {
  ApiRig rig;
  rig.import_basic();
  auto status = rig.call("GET", "/v1/status").body();
  EXPECT_EQ(status.at("state").as_string(), "LIVE");
  EXPECT_EQ(status.at("version").at("seq").to_number<int>(), 1);
  EXPECT_TRUE(status.at("log").at("reachable").as_bool());
  rig.log.go_offline();
  rig.run();
  status = rig.call("GET", "/v1/status").body();
  EXPECT_FALSE(status.at("log").at("reachable").as_bool());
}

TEST(Routes, EveryErrorNamesItsObjectAndARemedy) {
  ApiRig rig;
  rig.import_basic();
  struct Wrong {
    const char *method, *target, *body;
  };
  for (const Wrong& wrong :
       std::initializer_list<Wrong>{{"GET", "/v1/nowhere", ""},
                                    {"POST", "/v1/zones", ""},
                                    {"GET", "/v1/zones/none.example", ""},
                                    {"GET", "/v1/zones/example.org/rrsets/none/A", ""},
                                    {"GET", "/v1/zones/example.org/rrsets/www/NOTYPE", ""},
                                    {"GET", "/v1/pools/none", ""},
                                    {"GET", "/v1/changes?limit=0", ""},
                                    {"GET", "/v1/changes/zz", ""},
                                    {"PUT", "/v1/zones/example.org", "nonsense"},
                                    {"PUT", "/v1/zones/example.org/rrsets/www/A", "{"},
                                    {"PUT", "/v1/pools/web", "[]"},
                                    {"DELETE", "/v1/zones/none.example", ""}}) {
    const Reply reply = rig.call(wrong.method, wrong.target, wrong.body);
    ASSERT_GE(reply.status(), 400u) << wrong.target;
    EXPECT_FALSE(reply.error().at("object").as_string().empty()) << wrong.target;
    EXPECT_FALSE(reply.error().at("remedy").as_string().empty()) << wrong.target;
  }
}

}  // namespace
}  // namespace tidemark::producer
