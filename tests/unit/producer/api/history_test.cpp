// The past over HTTP: what was, who made it so, where two versions differ.
#include <map>

#include <gtest/gtest.h>

#include "producer/api/history_builder.hpp"
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

// Versions: 1 the zone, 2 www moves (ann: "move to new rack"), 3 www goes, 4 mail comes.
class Past : public testing::Test {
 protected:
  Past() {
    rig.import_basic();
    put("www", "192.0.2.9", "move%20to%20new%20rack", "ann");
    rig.call("DELETE", "/v1/zones/example.org/rrsets/www/A?reason=gone");
    put("mail", "192.0.2.7", "new", "bob");
  }
  void put(const std::string& owner, const std::string& address, const std::string& reason,
           const std::string& author) {
    const Reply made =
        rig.call("PUT", "/v1/zones/example.org/rrsets/" + owner + "/A?reason=" + reason,
                 R"({"ttl": 60, "rdata": [")" + address + R"("]})", {{"Tidemark-Author", author}});
    EXPECT_EQ(made.status(), 200u);
    ids.emplace_back(made.body().at("change_id").as_string());
  }
  json::object get(const std::string& target) {
    const Reply reply = rig.call("GET", target);
    EXPECT_EQ(reply.status(), 200u) << target << " " << reply.response->body;
    return reply.status() == 200 ? reply.body() : json::object{};
  }
  std::vector<std::uint64_t> seqs(const std::string& filter) {
    std::vector<std::uint64_t> all;
    const json::object answer = get("/v1/history?" + filter);
    for (const json::value& one : answer.at("changes").as_array()) {
      all.push_back(one.at("seq").to_number<std::uint64_t>());
    }
    return all;
  }
  using Seqs = std::vector<std::uint64_t>;

  ApiRig rig;
  std::vector<std::string> ids;
};

// It would stay in the log for ever and break every page that shows it.
TEST_F(Past, AReasonOrAnAuthorThatIsNoUtf8IsRefused) {
  const std::string body = R"({"ttl": 60, "rdata": ["192.0.2.8"]})";
  const std::string target = "/v1/zones/example.org/rrsets/ftp/A?reason=";
  EXPECT_EQ(rig.call("PUT", target + "caf%e9", body).status(), 400u);
  EXPECT_EQ(rig.call("PUT", target + "x", body, {{"Tidemark-Author", "Ren\xe9"}}).status(), 400u);
  EXPECT_EQ(rig.call("PUT", target + "caf%c3%a9", body).status(), 200u);
}

TEST_F(Past, ChangesAreFilteredAndPaged) {
  EXPECT_EQ(seqs("zone=example.org"), (Seqs{4, 3, 2, 1}));
  EXPECT_EQ(seqs("zone=example.com"), Seqs{});
  EXPECT_EQ(seqs("name=www.example.org"), (Seqs{3, 2, 1}));
  EXPECT_EQ(seqs("name=www.example.org&type=AAAA"), Seqs{});
  EXPECT_EQ(seqs("name=www.example.org&type=A&zone=example.org"), (Seqs{3, 2, 1}));
  EXPECT_EQ(seqs("author=ann"), Seqs{2});
  EXPECT_EQ(seqs("text=NEW"), (Seqs{4, 2}));
  EXPECT_EQ(seqs("since=seq:3"), (Seqs{4, 3}));
  EXPECT_EQ(seqs("until=" + ids[0]), (Seqs{2, 1}));
  const json::object page = get("/v1/history?limit=3");
  EXPECT_EQ(page.at("changes").as_array().size(), 3u);
  EXPECT_EQ(seqs("limit=3&before=" + json::serialize(page.at("next"))), Seqs{1});
  EXPECT_EQ(page.at("index").at("seq"), 4);
  EXPECT_TRUE(get("/v1/history?limit=4").at("next").is_null());
}

TEST_F(Past, AChangeTellsWhatItDid) {
  const json::object change = get("/v1/history?author=ann").at("changes").at(0).as_object();
  EXPECT_EQ(change.at("change_id").as_string(), ids[0]);
  EXPECT_EQ(change.at("reason").as_string(), "move to new rack");
  EXPECT_EQ(change.at("edits"), (json::array{"put www.example.org. 60 IN A 192.0.2.9"}));
  const json::array wanted{json::object{{"zone", "example.org."},
                                        {"name", "www.example.org."},
                                        {"type", "A"},
                                        {"before", {{"ttl", 300}, {"rdata", {"192.0.2.1"}}}},
                                        {"after", {{"ttl", 60}, {"rdata", {"192.0.2.9"}}}}}};
  EXPECT_EQ(change.at("differences").as_array(), wanted);
  EXPECT_EQ(change.at("more_differences"), false);
  const json::object cut = get("/v1/history?until=1&differences=2").at("changes").at(0).as_object();
  EXPECT_EQ(cut.at("differences").as_array().size(), 2u);
  EXPECT_EQ(cut.at("more_differences"), true);
}

TEST_F(Past, BlameNamesTheChangeThatMadeEachRrsetSo) {
  const json::object blame = get("/v1/blame/example.org");
  std::map<std::string, std::uint64_t> made;
  for (const json::value& line : blame.at("lines").as_array()) {
    made[std::string(line.at("name").as_string()) + " " +
         std::string(line.at("type").as_string())] =
        line.at("change").at("seq").to_number<std::uint64_t>();
  }
  EXPECT_EQ(made, (std::map<std::string, std::uint64_t>{{"example.org. NS", 1},
                                                        {"example.org. SOA", 1},
                                                        {"mail.example.org. A", 4},
                                                        {"ns.example.org. A", 1}}));
  const json::object page = get("/v1/blame/example.org?limit=3");
  EXPECT_EQ(get("/v1/blame/example.org?after=" + json::serialize(page.at("next")))
                .at("lines")
                .as_array()
                .size(),
            1u);
  EXPECT_EQ(rig.call("GET", "/v1/blame/example.com").status(), 404u);
}

TEST_F(Past, DiffIsPagedInOrder) {
  const json::object all = get("/v1/diff?from=1&to=latest");
  ASSERT_EQ(all.at("differences").as_array().size(), 2u);
  EXPECT_EQ(all.at("differences").at(0).at("name").as_string(), "mail.example.org.");
  EXPECT_FALSE(all.at("differences").at(1).as_object().contains("after"));
  const json::object first = get("/v1/diff?from=1&limit=1");
  EXPECT_EQ(first.at("next").as_string(), "example.org./mail.example.org./A");
  const json::object second = get("/v1/diff?from=1&limit=1&after=example.org./mail.example.org./A");
  EXPECT_EQ(second.at("differences").as_array(), (json::array{all.at("differences").at(1)}));
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_TRUE(get("/v1/diff?from=2&to=2").at("differences").as_array().empty());
  // The other way round it is the opposite.
  EXPECT_FALSE(get("/v1/diff?from=4&to=1").at("differences").at(0).as_object().contains("after"));
}

TEST_F(Past, PoolsAreComparedToo) {
  rig.call("PUT", "/v1/pools/web", R"({"endpoints": [{"id": "a", "address": "192.0.2.1"}]})");
  const json::object diff = get("/v1/diff?from=4&to=5");
  ASSERT_EQ(diff.at("pools").as_array().size(), 1u);
  EXPECT_EQ(diff.at("pools").at(0).at("object").as_string(), "pool web");
  EXPECT_FALSE(diff.at("pools").at(0).as_object().contains("before"));
  EXPECT_EQ(get("/v1/show?at=5").at("pools").as_array().size(), 1u);
  EXPECT_EQ(get("/v1/show?at=4").at("pools").as_array().size(), 0u);
}

TEST_F(Past, AnyVersionIsShown) {
  const auto address = [&](const std::string& at) {
    const json::array found =
        get("/v1/show?name=www.example.org&type=A&at=" + at).at("rrsets").as_array();
    return found.empty() ? "" : std::string(found.at(0).at("rdata").at(0).as_string());
  };
  EXPECT_EQ(address("1"), "192.0.2.1");
  EXPECT_EQ(address("2"), "192.0.2.9");
  EXPECT_EQ(address(ids[0]), "192.0.2.9");
  EXPECT_EQ(address("latest"), "");
  const Reply zone =
      rig.call("GET", "/v1/show?zone=example.org&at=1", {}, {{"Accept", "text/dns"}});
  EXPECT_EQ(zone.response->content_type, "text/dns");
  EXPECT_NE(zone.response->body.find("www.example.org. 300 IN A 192.0.2.1"), std::string::npos)
      << zone.response->body;
  EXPECT_EQ(get("/v1/show?at=0").at("zones").as_array().size(), 0u);
  EXPECT_EQ(get("/v1/versions?zone=example.org&from=1").at("versions"), (json::array{2, 3, 4}));
}

TEST_F(Past, WhatIsWrongWithAQuestionIsSaid) {
  const std::vector<std::pair<std::string, unsigned>> rows{
      {"/v1/history?zone=", 400},
      {"/v1/history?type=A", 400},
      {"/v1/history?limit=0", 400},
      {"/v1/history?limit=1001", 400},
      {"/v1/history?since=yesterday", 400},
      {"/v1/history?colour=red", 400},
      {"/v1/history?limit=1&limit=2", 400},
      {"/v1/history?until=99", 404},
      {"/v1/diff", 400},
      {"/v1/diff?from=99", 404},
      {"/v1/diff?from=1&after=x", 400},
      {"/v1/show?name=a.&zone=b.", 400},
      {"/v1/show?name=www.example.net", 404},
      {"/v1/show?zone=example.org&at=0", 404},
      {"/v1/show?zone=example.org&at=" + std::string(32, '0'), 404}};
  for (const auto& [target, status] : rows) {
    const Reply reply = rig.call("GET", target);
    EXPECT_EQ(reply.status(), status) << target << " " << reply.response->body;
  }
}

TEST_F(Past, WithoutAnIndexServiceGoesOn) {
  remove_index(rig.folder.file("history.sqlite"));
  EXPECT_EQ(rig.call("GET", "/v1/history").status(), 503u);
  put("still", "192.0.2.5", "works", "ann");
  EXPECT_EQ(rig.call("GET", "/v1/zones/example.org/rrsets/still/A").status(), 200u);
}

// One rule for all questions: docs/http-api.md, "Times".
TEST_F(Past, ATimeAskedOfAZoneIsWhenItsChangesWereMade) {
  const auto import = [&](const std::string& ttl, const std::string& time) {
    std::string zone(basic_zone);
    zone.insert(zone.find('\n') + 1, "moved " + ttl + " A 192.0.2.1\n");
    zone.insert(0, "$ORIGIN example.net.\n");
    const Reply put = rig.call("PUT", "/v1/zones/example.net", zone,
                               {{"Tidemark-Origin", "git:" + ttl}, {"Tidemark-Origin-Time", time}});
    ASSERT_EQ(put.status(), 200u) << put.response->body;
  };
  import("10", "2017-01-01T00:00:00Z");
  import("20", "2018-01-01T00:00:00Z");
  const std::uint64_t first = rig.seq() - 1, second = rig.seq();
  const auto version = [&](const std::string& query, const char* side) {
    return get("/v1/versions?" + query).at(side).to_number<std::uint64_t>();
  };
  EXPECT_EQ(version("zone=example.net&to=2017-06-01", "to"), first);
  EXPECT_EQ(version("name=moved.example.net&to=2018-06-01", "to"), second);
  // The log of this test began in 1970, so its clock has all of it behind.
  EXPECT_EQ(version("zone=example.net&to=2017-06-01&by=log", "to"), second);
  EXPECT_EQ(version("to=2017-06-01", "to"), second) << "everything: the log's clock";
  EXPECT_EQ(rig.call("GET", "/v1/versions?by=calendar").status(), 400u);

  const auto diff = get("/v1/diff?zone=example.net&from=2017-06-01&to=2018-06-01");
  ASSERT_EQ(diff.at("differences").as_array().size(), 1u);
  EXPECT_EQ(diff.at("differences").at(0).at("name").as_string(), "moved.example.net.");
  EXPECT_EQ(get("/v1/diff?from=2017-06-01&to=2018-06-01").at("differences").as_array().size(), 0u);
  EXPECT_EQ(seqs("zone=example.net&until=2017-06-01"), Seqs{first});
  EXPECT_EQ(seqs("zone=example.net&until=2017-06-01&by=log"), (Seqs{second, first}));

  const Reply back = rig.call("POST", "/v1/zones/example.net/rollback?dry_run=1",
                              R"({"to": "2017-06-01T00:00:00Z"})");
  ASSERT_EQ(back.status(), 200u) << back.response->body;
  EXPECT_NE(back.response->body.find("moved.example.net. 10"), std::string::npos)
      << back.response->body;
}

}  // namespace
}  // namespace tidemark::producer
