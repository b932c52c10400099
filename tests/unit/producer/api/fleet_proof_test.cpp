// A controller that compares edges with itself, by their reports and by their pages of hashes.
#include "producer/api/fleet_proof.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "consumer/proof/hash_page.hpp"
#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;
using fold::Agreement;
using support::name;
namespace json = boost::json;

std::vector<log::Draft> history(std::uint32_t mail_address) {
  return {
      support::draft(support::create_zone(1, name("example."))),
      support::draft(support::put(2, name("example."), support::a_record(name("www.example."), 1))),
      support::gibberish(),
      support::draft(support::put(3, name("example."),
                                  support::a_record(name("mail.example."), mail_address)))};
}

class Proving : public ::testing::Test {
 protected:
  Proving() {
    support::append(controller.log, support::changes_topic, history(7));
    controller.settle();
    support::append(edge.log, support::changes_topic, history(8));
    edge.settle();
  }
  // As a node reports that holds this.
  static event::NodeReport report_of(const fold::State& state, std::string node = "edge1") {
    const fold::Footprint at = fold::footprint_of(state);
    event::NodeReport report;
    report.node = std::move(node);
    report.state = event::NodeState::Live;
    report.lineage = state.dataset.version().lineage.value();
    report.staged_seq = report.active_seq = at.seq;
    report.state_hash = at.state_hash;
    report.offset = at.offset;
    report.chain = at.chain;
    return report;
  }
  void hear(const event::NodeReport& report) {
    log::Record record{.offset = log::Offset(0), .appended = log::AppendTime(++fleet_ms)};
    record.key = report.node;
    record.value = schemas::encode(report);
    ASSERT_TRUE(fleet.apply(record));
  }
  json::object get(const std::string& target, unsigned status = 200) {
    std::optional<net::HttpResponse> response;
    net::HttpRequest request;
    request.method = "GET";
    request.target = target;
    request.path = net::parse_target(target)->path;
    request.query = net::parse_target(target)->query;
    proof.take(request, net::Respond([&](net::HttpResponse given) { response = given; }));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!response && std::chrono::steady_clock::now() < deadline) {
      io.restart();
      io.run_one_for(20ms);
    }
    EXPECT_TRUE(response);
    EXPECT_EQ(response->status, status) << response->body;
    return json::parse(response->body).as_object();
  }
  // The admin listener of a node with this Dataset.
  std::string serve(const dataset::Dataset& dataset) {
    auto listening = net::HttpServer::listen(
        io, *net::parse_address("127.0.0.1:0"), {},
        [this, dataset](const net::HttpRequest& request, net::Respond respond) {
          if (request.path.back() != "version") {
            return respond(consumer::hash_page(dataset, request));
          }
          net::HttpResponse version;
          version.body = json::serialize(json::object{{"node", served_as}});
          respond(std::move(version));
        });
    EXPECT_TRUE(listening.has_value());
    server = *std::move(listening);
    return net::to_text(server->local_address());
  }

  boost::asio::io_context io;
  support::FeederRig controller{support::make_store()}, edge{support::make_store()};
  FleetView fleet{controller.clock};
  FleetProof proof{{io, controller.clock, controller.feeder, fleet}};
  std::unique_ptr<net::HttpServer> server;
  std::string served_as = "edge1";
  std::int64_t fleet_ms = 1000;
};

TEST_F(Proving, AgreesWithANodeThatHoldsTheSame) {
  const event::NodeReport same = report_of(controller.feeder.state());
  EXPECT_EQ(prove(same, controller.feeder).agreement, Agreement::Same);
  hear(same);
  EXPECT_TRUE(proof.step().empty());
  EXPECT_TRUE(get("/v1/fleet/diverged").at("nodes").as_array().empty());
}

TEST_F(Proving, DoesNotKnowOfPlacesThatItDoesNotRemember) {
  event::NodeReport ahead = report_of(controller.feeder.state());
  ahead.offset += 10;
  ahead.active_seq += 10;
  EXPECT_EQ(prove(ahead, controller.feeder).agreement, Agreement::Unknown);
}

TEST_F(Proving, TellsAnotherStateFromAnotherHistory) {
  event::NodeReport wrong = report_of(controller.feeder.state());
  wrong.state_hash.low ^= 1;
  EXPECT_EQ(prove(wrong, controller.feeder).agreement, Agreement::StateDiffers);
  wrong = report_of(controller.feeder.state());
  wrong.staged_seq -= 1;
  wrong.active_seq = 1'000'000;
  EXPECT_EQ(prove(wrong, controller.feeder).agreement, Agreement::StateDiffers);
  const NodeProof other = prove(report_of(edge.feeder.state()), controller.feeder);
  EXPECT_EQ(other.agreement, Agreement::HistoryDiffers);
  EXPECT_NE(other.text.find("offset 3"), std::string::npos) << other.text;
}

TEST_F(Proving, TellsADifferenceOnceAndItsEnd) {
  event::NodeReport wrong = report_of(controller.feeder.state());
  wrong.state_hash.low ^= 1;
  hear(wrong);
  EXPECT_EQ(proof.step().size(), 1u);
  controller.clock.advance(2s);
  EXPECT_TRUE(proof.step().empty());
  EXPECT_NE(proof.metrics().find("nodes_differing 1\n"), std::string::npos);
  hear(report_of(controller.feeder.state()));
  controller.clock.advance(2s);
  EXPECT_EQ(proof.step().size(), 1u);
  EXPECT_NE(proof.metrics().find("nodes_differing 0\n"), std::string::npos);
}

TEST_F(Proving, NamesZoneOwnerTypeAndBothValues) {
  event::NodeReport wrong = report_of(edge.feeder.state());
  wrong.chain = controller.feeder.state().chain;  // the same records, another state
  wrong.admin_listen = serve(edge.feeder.state().dataset);
  hear(wrong);
  const json::object answer = get("/v1/fleet/diverged");
  const json::object& node = answer.at("nodes").as_array().at(0).as_object();
  EXPECT_EQ(node.at("proof"), "state-differs");
  const json::array& places = node.at("places").as_array();
  ASSERT_EQ(places.size(), 1u) << json::serialize(node);
  const json::object& place = places.at(0).as_object();
  EXPECT_EQ(place.at("zone"), "example.");
  EXPECT_EQ(place.at("name"), "mail.example.");
  EXPECT_EQ(place.at("type"), "A");
  EXPECT_NE(place.at("controller").as_string().find("0.0.0.7"), json::string::npos);
  EXPECT_NE(place.at("node").as_string().find("0.0.0.8"), json::string::npos);
}

TEST_F(Proving, SaysWhenTheNodeCannotBeReachedAndWhatToDo) {
  event::NodeReport wrong = report_of(edge.feeder.state());
  wrong.admin_listen = serve(edge.feeder.state().dataset);
  server.reset();
  hear(wrong);
  const json::object answer = get("/v1/fleet/diverged?node=edge1");
  const json::object& node = answer.at("nodes").as_array().at(0).as_object();
  EXPECT_NE(node.at("trouble").as_string().find("cannot be reached"), json::string::npos);
  EXPECT_NE(node.at("remedy").as_string().find("--edge"), json::string::npos);
  get("/v1/fleet/diverged?node=none", 404);
  get("/v1/fleet/diverged?nodes=x", 400);
}

TEST_F(Proving, NamesANodeThatDoesNotFollowTheLog) {
  event::NodeReport lost = report_of(controller.feeder.state());
  lost.state = event::NodeState::Diverged;
  lost.offset += 5;
  hear(lost);
  EXPECT_EQ(proof.step().size(), 1u);
  const json::object answer = get("/v1/fleet/diverged");
  const json::object& node = answer.at("nodes").as_array().at(0).as_object();
  EXPECT_EQ(node.at("state"), "DIVERGED");
  EXPECT_NE(node.at("text").as_string().find("does not follow"), json::string::npos);
}

TEST_F(Proving, ComparesNothingWhileItDoesNotFollowTheLogItself) {
  hear(report_of(edge.feeder.state()));
  controller.log.store().truncate(support::changes_topic, log::Offset(1));
  for (int i = 0; i < 40 && controller.feeder.node_state() != event::NodeState::Diverged; ++i) {
    controller.clock.advance(100ms);
    controller.settle();
  }
  ASSERT_EQ(controller.feeder.node_state(), event::NodeState::Diverged);
  hear(report_of(edge.feeder.state()));
  const json::object answer = get("/v1/fleet/diverged");
  EXPECT_EQ(answer.at("controller").as_object().at("state"), "DIVERGED");
  EXPECT_NE(answer.at("controller").as_object().at("detail"), "");
  const json::object& node = answer.at("nodes").as_array().at(0).as_object();
  EXPECT_EQ(node.at("proof"), "unknown");
  EXPECT_EQ(node.at("text").as_string().find("reports LIVE, version 3, "), 0u)
      << node.at("text").as_string();
  EXPECT_FALSE(node.contains("places"));
}

TEST_F(Proving, ComparesWithNobodyElseThatAnswersThere) {
  event::NodeReport wrong = report_of(edge.feeder.state());
  wrong.admin_listen = serve(edge.feeder.state().dataset);
  served_as = "edge2";
  hear(wrong);
  json::object answer = get("/v1/fleet/diverged?node=edge1");
  json::object node = answer.at("nodes").as_array().at(0).as_object();
  EXPECT_NE(node.at("trouble").as_string().find("another one answers"), json::string::npos);
  EXPECT_FALSE(node.contains("places"));
  wrong.admin_listen = "0.0.0.0:9153";
  hear(wrong);
  answer = get("/v1/fleet/diverged?node=edge1");
  node = answer.at("nodes").as_array().at(0).as_object();
  EXPECT_NE(node.at("trouble").as_string().find("every address"), json::string::npos);
}

TEST_F(Proving, ServesItsOwnHashesOfAnyVersionThatIsHeld) {
  EXPECT_EQ(get("/v1/hashes").at("seq"), 3);
  EXPECT_EQ(get("/v1/hashes?seq=2").at("seq"), 2);
  get("/v1/hashes?seq=17", 404);
  get("/v1/hashes?sequence=17", 400);
}

// A restart changes the instance once; two that live side by side alternate.
TEST_F(Proving, TellsTwoNodesOfOneNameFromARestart) {
  event::NodeReport one = report_of(controller.feeder.state()), two = one;
  one.instance = {1, 1};
  one.admin_listen = "127.0.0.1:1";
  two.instance = {2, 2};
  two.admin_listen = "127.0.0.1:2";
  hear(one);
  hear(two);
  EXPECT_EQ(shared_name_text(fleet.nodes()[0]), "") << "a restart";
  two.active_seq -= 1;
  hear(one);
  hear(two);
  const std::string told = shared_name_text(fleet.nodes()[0]);
  EXPECT_NE(told.find("127.0.0.1:1"), std::string::npos) << told;
  EXPECT_NE(told.find("127.0.0.1:2"), std::string::npos) << told;
  EXPECT_FALSE(proof.step().empty());
  hear(one);
  const auto lineage = dataset::Lineage(one.lineage);
  EXPECT_TRUE(fleet.acknowledgement(lineage, dataset::Seq(3)).edges.empty())
      << "the other one does not serve it";
  EXPECT_EQ(fleet.acknowledgement(lineage, dataset::Seq(2)).edges.size(), 1u) << "they are one";
  fleet_ms += 60'000;
  hear(one);
  hear(one);
  EXPECT_EQ(shared_name_text(fleet.nodes()[0]), "") << "the other one is gone";
}

}  // namespace
}  // namespace tidemark::producer
