// A whole edge in this process: a SQLite log in a temporary folder, sockets on ports that the
// system chooses.
#include "dns-edge/app/edge_node.hpp"

#include <chrono>
#include <filesystem>
#include <functional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

#include "core/dns/message.hpp"
#include "dns-edge/serve/workers.hpp"
#include "net/http_client.hpp"
#include "schemas/codec.hpp"
#include "tests/support/life.hpp"
#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/definitions.hpp"
#include "topics/sqlite_log.hpp"

namespace tidemark::edge {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::name;

class Edge : public ::testing::Test {
 protected:
  Edge() {
    settings.log.path = folder.path() + "/tide.log";
    settings.dataset = "main";
    settings.state_folder = folder.path() + "/state";
    settings.listen = {*net::parse_address("127.0.0.1:0")};
    settings.admin = *net::parse_address("127.0.0.1:0");
    settings.node = "edge-1";
    settings.workers = 2;
  }

  void make_log() {
    auto log = topics::SqliteLog::open(settings.log.path);
    ASSERT_TRUE(log.has_value()) << log.error().trail;
    ASSERT_TRUE((*log)->create(*topics::default_topics("main")).has_value());
  }
  void append(const std::vector<event::ChangeSet>& changes) {
    auto log = topics::SqliteLog::open(settings.log.path);
    std::vector<log::Draft> drafts;
    for (const auto& change : changes) drafts.push_back(support::draft(change));
    support::append(**log, "main.changes", drafts);
  }

  void start() {
    auto started = EdgeNode::start(
        io, settings,
        {.remark = [this](Severity, const std::string& line) { told += line + "\n"; },
         .failed = [this](const std::string& why) { failure = why; }});
    ASSERT_TRUE(started.has_value()) << started.error().trail;
    node = *std::move(started);
  }
  void stop() {
    node.reset();
    io.restart();
    io.poll();
  }

  bool until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io.restart();
      io.run_one_for(20ms);
    }
    return true;
  }

  // First address of `owner`, as text; empty: no answer with one.
  std::string ask(const char* owner) {
    const auto where = node->addresses();
    if (where.empty()) return "";
    asio::io_context client;
    asio::ip::udp::socket socket(client, asio::ip::udp::v4());
    const timeval wait{5, 0};
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    socket.send_to(asio::buffer(dns::make_query(7, name(owner), dns::RrType::A, 1232)),
                   {asio::ip::address_v4::loopback(), where[0].port});
    base::Bytes reply(1232);
    const auto got = ::recv(socket.native_handle(), reply.data(), reply.size(), 0);
    if (got <= 0) return "";
    const auto message =
        dns::read_message(base::ByteView(reply).first(static_cast<std::size_t>(got)));
    if (!message || message->answer.empty()) return "";
    const auto& octets = message->answer[0].rdata;
    return std::to_string(octets[0]) + "." + std::to_string(octets[3]);
  }

  net::HttpResponse get(const std::string& page) {
    net::HttpCall call;
    call.url = *net::parse_url("http://" + net::to_text(node->admin_address()) + page);
    const auto response = net::fetch(std::move(call), 5s);
    EXPECT_TRUE(response.has_value()) << (response ? "" : response.error().trail);
    return response ? *response : net::HttpResponse{};
  }
  bool ready() {
    return until([this] { return get("/readyz").status == 200; });
  }

  std::vector<event::NodeReport> reports() {
    auto log = topics::SqliteLog::open(settings.log.path);
    auto source = (*log)->source("main.fleet");
    EXPECT_TRUE((*source)->start(log::Offset(0)).has_value());
    std::vector<event::NodeReport> all;
    for (;;) {
      const auto drained = (*source)->drain(1000);
      if (!drained || drained->records.empty()) return all;
      for (const auto& record : drained->records) {
        all.push_back(*schemas::decode_node_report(record.value));
      }
    }
  }

  const dns::Name zone = name("example.org.");
  const dns::Name www = name("www.example.org.");
  topics::TemporaryFolder folder;
  EdgeSettings settings;
  asio::io_context io;
  std::string told, failure;
  std::unique_ptr<EdgeNode> node;
};

TEST_F(Edge, IsNotBoundBeforeItHoldsAVersionAndServesTheFirstOne) {
  make_log();
  start();
  EXPECT_EQ(get("/livez").status, 200u);
  EXPECT_EQ(get("/readyz").status, 503u);
  ASSERT_TRUE(until([this] { return get("/version").body.find("LIVE") != std::string::npos; }));
  EXPECT_TRUE(node->addresses().empty());

  append(
      {support::create_zone(1, zone), support::put(2, zone, support::a_record(www, 0xc0000201))});
  ASSERT_TRUE(until([this] { return ask("www.example.org.") == "192.1"; })) << told;
  EXPECT_TRUE(ready());
  const std::string version = get("/version").body;
  EXPECT_NE(version.find("\"seq\":2"), std::string::npos) << version;
  EXPECT_NE(version.find("\"workers\":[2,2]"), std::string::npos) << version;
  const std::string metrics = get("/metrics").body;
  EXPECT_NE(metrics.find("\ntidemark_active_seq 2\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("tidemark_node_state{state=\"LIVE\"} 1"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\ntidemark_ready 1\n"), std::string::npos) << metrics;
  stop();
}

TEST_F(Edge, ReportsTheVersionThatEveryWorkerHasPassedTo) {
  make_log();
  append({support::create_zone(1, zone)});
  start();
  ASSERT_TRUE(until([this] { return !node->addresses().empty(); }));
  append({support::put(2, zone, support::a_record(www, 0xc0000201))});
  ASSERT_TRUE(until([this] {
    const auto all = reports();
    return !all.empty() && all.back().active_seq == 2;
  }));
  const event::NodeReport last = reports().back();
  EXPECT_EQ(last.node, "edge-1");
  EXPECT_EQ(last.state, event::NodeState::Live);
  EXPECT_EQ(last.staged_seq, 2u);
  EXPECT_EQ(last.offset, 1);
  stop();
}

TEST_F(Edge, ServesFromItsFileWithoutTheLogAndCatchesUpWhenItIsBack) {
  make_log();
  append(
      {support::create_zone(1, zone), support::put(2, zone, support::a_record(www, 0xc0000201))});
  start();
  ASSERT_TRUE(until([this] { return ask("www.example.org.") == "192.1"; }));
  stop();

  const std::string path = settings.log.path;
  settings.log.path = folder.path() + "/away.log";  // nothing is there
  start();
  ASSERT_TRUE(until([this] { return ask("www.example.org.") == "192.1"; })) << told;
  EXPECT_TRUE(ready()) << "readiness is local";
  EXPECT_NE(get("/version").body.find("RESTORED"), std::string::npos);

  std::filesystem::copy_file(path, settings.log.path);
  append({support::put(3, zone, support::a_record(www, 0xc0000202))});
  ASSERT_TRUE(until([this] { return ask("www.example.org.") == "192.2"; })) << told;
  EXPECT_NE(get("/version").body.find("LIVE"), std::string::npos);
  stop();
}

TEST_F(Edge, KeepsServingWhenTheLogIsAnotherOne) {
  make_log();
  append(
      {support::create_zone(1, zone), support::put(2, zone, support::a_record(www, 0xc0000201))});
  start();
  ASSERT_TRUE(until([this] { return ask("www.example.org.") == "192.1"; }));
  stop();
  settings.log.path = folder.path() + "/other.log";
  make_log();
  append({support::create_zone(9, name("other.test.")), support::create_zone(10, name("b.test.")),
          support::create_zone(11, name("c.test."))});
  start();
  ASSERT_TRUE(until([this] { return get("/version").body.find("DIVERGED") != std::string::npos; }))
      << told;
  EXPECT_EQ(ask("www.example.org."), "192.1");
  EXPECT_TRUE(ready());
  stop();
}

TEST_F(Edge, ASecondNodeOnTheSameFolderIsRefused) {
  start();
  EdgeSettings second = settings;
  second.listen[0].port = 0;
  const auto started = EdgeNode::start(
      io, second, {.remark = [](Severity, const auto&) {}, .failed = [](const auto&) {}});
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, base::Errc::Conflict);
  EXPECT_NE(started.error().trail.find("another process uses this folder"), std::string::npos);
  stop();
  start();  // the folder is free again
}

TEST_F(Edge, ATakenPortEndsTheStartWithItsName) {
  asio::io_context other;
  asio::ip::udp::socket taken(other, {asio::ip::address_v4::loopback(), 0});
  settings.listen[0].port = taken.local_endpoint().port();
  const auto started = EdgeNode::start(
      io, settings, {.remark = [](Severity, const auto&) {}, .failed = [](const auto&) {}});
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().trail.find("UDP " + net::to_text(settings.listen[0])),
            std::string::npos)
      << started.error().trail;
}

}  // namespace
}  // namespace tidemark::edge
