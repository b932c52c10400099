#include "consumer/proof/descent.hpp"

#include <gtest/gtest.h>

#include "consumer/proof/hash_page.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/fold/fold.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

using dataset::Difference;
using support::name;

class TwoNodes : public ::testing::Test {
 protected:
  struct Node {
    fold::State state = fold::State::empty(lineage_of("tests"), dataset::HashSeed(1));
    std::uint64_t changes = 0;
    void take(event::ChangeSet change) {
      (void)fold::step(state, change, state.offset + 1);
      fold::advance(state, state.offset + 1, {});
    }
    void create(const char* zone) { take(support::create_zone(++changes, name(zone))); }
    void put(const char* zone, const char* owner, std::uint32_t address) {
      take(support::put(++changes, name(zone), support::a_record(name(owner), address)));
    }
  };
  static void fill(Node& node) {
    node.create("a.example.");
    node.create("b.example.");
    for (std::uint32_t i = 0; i < 50; ++i) {
      node.put("b.example.", ("h" + std::to_string(i) + ".b.example.").c_str(), 0xc0000200 + i);
    }
  }
  static std::string page(const Node& node, const std::string& query) {
    net::HttpRequest request;
    request.method = "GET";
    request.query = net::parse_target("/v1/hashes?" + query)->query;
    const auto seq = find_seq(request);
    EXPECT_TRUE(seq.has_value()) << query;
    const auto response = hash_page(node.state.dataset, request);
    EXPECT_EQ(response.status, 200u) << query << response.body;
    return response.body;
  }
  std::vector<Difference> descend(std::uint64_t seq) {
    Descent descent(seq);
    while (const auto query = descent.next()) {
      ++queries;
      const auto given = descent.give(page(left, *query), page(right, *query));
      EXPECT_TRUE(given.has_value()) << given.error().trail;
    }
    complete = descent.is_complete();
    return descent.found();
  }

  Node left, right;
  int queries = 0;
  bool complete = false;
};

TEST_F(TwoNodes, ThatHoldTheSameAreDoneAfterOneQuestion) {
  fill(left);
  fill(right);
  EXPECT_TRUE(descend(52).empty());
  EXPECT_EQ(queries, 1);
}

TEST_F(TwoNodes, DifferInOneRrsetAndItIsNamedWithBothValues) {
  fill(left);
  fill(right);
  left.put("b.example.", "h7.b.example.", 0x0a000001);
  right.put("b.example.", "h7.b.example.", 0x0a000002);
  const auto found = descend(53);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "rrset");
  EXPECT_EQ(found[0].zone, "b.example.");
  EXPECT_EQ(found[0].name, "h7.b.example.");
  EXPECT_EQ(found[0].type, "A");
  EXPECT_NE(found[0].left.find("10.0.0.1"), std::string::npos) << found[0].left;
  EXPECT_NE(found[0].right.find("10.0.0.2"), std::string::npos) << found[0].right;
  EXPECT_EQ(queries, 4);
  EXPECT_TRUE(complete);
}

TEST_F(TwoNodes, DifferInAZoneThatOneOfThemLacks) {
  fill(left);
  fill(right);
  left.create("c.example.");
  right.put("a.example.", "x.a.example.", 1);
  const auto found = descend(53);
  ASSERT_EQ(found.size(), 3u) << "and the SOA of a.example.";
  EXPECT_EQ(found[0].zone, "a.example.");
  EXPECT_EQ(found[2].kind, "zone");
  EXPECT_EQ(found[2].zone, "c.example.");
  EXPECT_TRUE(found[2].right.empty());
}

TEST_F(TwoNodes, ThatDifferEverywhereAreToldApartBySomePlaces) {
  fill(left);
  right.create("a.example.");
  right.create("b.example.");
  for (std::uint32_t i = 0; i < 50; ++i) {
    right.put("b.example.", ("g" + std::to_string(i) + ".b.example.").c_str(), i);
  }
  EXPECT_EQ(descend(52).size(), descent_places_max);
  EXPECT_FALSE(complete);
}

TEST_F(TwoNodes, AreNeverComparedAtUnlikeVersions) {
  fill(left);
  Descent descent(51);
  const std::string body = page(left, *descent.next());
  EXPECT_FALSE(descent.give(body, body).has_value());
  EXPECT_FALSE(descent.next());
  Descent nonsense(52);
  EXPECT_FALSE(nonsense.give(body, "<html>").has_value());
}

TEST_F(TwoNodes, AreComparedInOneProcessToo) {
  fill(left);
  fill(right);
  EXPECT_TRUE(dataset::find_differences(left.state.dataset, right.state.dataset, 16).empty());
  left.put("b.example.", "h7.b.example.", 0x0a000001);
  right.put("b.example.", "h7.b.example.", 0x0a000002);
  const auto found = dataset::find_differences(left.state.dataset, right.state.dataset, 16);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "h7.b.example.");
}

TEST(HashPage, RefusesWhatItDoesNotKnow) {
  net::HttpRequest request;
  request.query = {{"zones", "x"}};
  EXPECT_FALSE(find_seq(request).has_value());
  request.query = {{"seq", "x"}};
  EXPECT_FALSE(find_seq(request).has_value());
  const auto dataset = dataset::Dataset::empty(lineage_of("tests"), dataset::HashSeed(1));
  request.query = {{"group", "256"}};
  EXPECT_EQ(hash_page(dataset, request).status, 400u);
  request.query = {{"zone", "none.example."}};
  EXPECT_EQ(hash_page(dataset, request).status, 404u);
  request.query = {{"zone", "a..b"}};
  EXPECT_EQ(hash_page(dataset, request).status, 400u);
}

}  // namespace
}  // namespace tidemark::consumer
