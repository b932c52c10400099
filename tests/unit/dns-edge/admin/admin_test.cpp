#include "dns-edge/admin/admin.hpp"

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

class AdminListener : public ::testing::Test {
 protected:
  AdminListener() {
    auto started = Admin::start(*net::parse_address("127.0.0.1:0"), ports());
    EXPECT_TRUE(started.has_value());
    admin = *std::move(started);
  }
  AdminPorts ports() { return {status, workers, newest, answers}; }
  net::HttpResponse get(const std::string& page, std::string method = "GET") {
    net::HttpCall call;
    call.url = *net::parse_url("http://" + net::to_text(admin->address()) + page);
    call.method = std::move(method);
    const auto response = net::fetch(std::move(call), 5s);
    EXPECT_TRUE(response.has_value()) << (response ? "" : response.error().trail);
    return response ? *response : net::HttpResponse{};
  }
  bool comes_to(const std::string& page, unsigned code) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (get(page).status != code) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }

  Guarded<EdgeStatus> status;
  Guarded<const Workers*> workers{nullptr};
  NewestSnapshot newest;
  AnswerSettings answers;
  std::unique_ptr<Admin> admin;
};

TEST_F(AdminListener, IsNotReadyBeforeAVersionIsHeldAndSaysWhy) {
  EXPECT_EQ(get("/livez").status, 200u);
  status.with([](EdgeStatus& now) { now.detail = "waiting for the log"; });
  const auto response = get("/readyz");
  EXPECT_EQ(response.status, 503u);
  EXPECT_NE(response.body.find("waiting for the log"), std::string::npos) << response.body;
}

TEST_F(AdminListener, ReadinessNeedsAnAnswerToItsOwnQuestion) {
  support::DnsWorld world;
  world.zone("$ORIGIN a.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.b.test.\n");
  PublishedSnapshot published(std::make_unique<const consumer::Snapshot>(world.snapshot()), 1);
  auto serving = Workers::open({.listen = {*net::parse_address("127.0.0.1:0")}}, published);
  ASSERT_TRUE(serving.has_value());
  workers.with([&](const Workers*& shown) { shown = serving->get(); });
  status.with([&](EdgeStatus& now) {
    now.snapshot_held = true;
    now.listen = (*serving)->addresses();
    now.active_seq = 1;
  });
  EXPECT_TRUE(comes_to("/readyz", 200));
  EXPECT_NE(get("/version").body.find("\"workers\":[1]"), std::string::npos);

  workers.with([](const Workers*& shown) { shown = nullptr; });
  (*serving)->stop();  // nobody answers any more
  EXPECT_TRUE(comes_to("/readyz", 503));
}

TEST_F(AdminListener, AnAnswerExplainsItself) {
  support::DnsWorld world;
  world.zone("$ORIGIN a.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.b.test.\nwww 60 A 192.0.2.1\n");
  newest.with([&](auto& at) { at = world.snapshot(); });
  const auto response =
      get("/why?name=WWW.a.test&type=A&client=2001:db8::1&transport=tcp&dnssec=1");
  EXPECT_EQ(response.status, 200u) << response.body;
  EXPECT_EQ(response.content_type, "application/json");
  for (const char* part :
       {R"("name":"www.a.test.","type":"A","transport":"tcp","client":"2001:db8::1","dnssec":true)",
        R"("kind":"zone","name":"www.a.test.","at":"a.test.")", R"("status":"NOERROR")",
        R"("answer":["www.a.test. 60 IN A 192.0.2.1"])", R"("octets_max":65535)"}) {
    EXPECT_NE(response.body.find(part), std::string::npos) << part << "\n" << response.body;
  }
}

TEST_F(AdminListener, AnEdgeWithoutASnapshotCannotExplain) {
  status.with([](EdgeStatus& now) { now.detail = "waiting for the log"; });
  const auto response = get("/why?name=www.a.test&type=A");
  EXPECT_EQ(response.status, 503u);
  EXPECT_NE(response.body.find("no verified snapshot yet"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("COLD: waiting for the log"), std::string::npos) << response.body;
}

TEST_F(AdminListener, WhatIsWrongWithAQuestionIsNamed) {
  support::DnsWorld world;
  newest.with([&](auto& at) { at = world.snapshot(); });
  const std::pair<const char*, const char*> cases[] = {
      {"type=A", "name: is missing"},
      {"name=www.a.test", "type: is missing"},
      {"name=a..b&type=A", "name: a..b: "},
      {"name=a&type=NONSENSE", "type: NONSENSE is no record type"},
      {"name=a&type=AXFR", "type: AXFR is a meta type"},
      {"name=a&type=A&client=here", "client: "},
      {"name=a&type=A&transport=quic", "transport: is udp or tcp"},
      {"name=a&type=A&dnssec=yes", "dnssec: is 0 or 1"},
      {"name=a&type=A&payload=65536", "payload: "},
      {"name=a&type=A&at=5", "at: is no parameter"},
  };
  for (const auto& [query, complaint] : cases) {
    const auto response = get(std::string("/why?") + query);
    EXPECT_EQ(response.status, 400u) << query;
    EXPECT_NE(response.body.find(complaint), std::string::npos) << response.body;
  }
}

TEST_F(AdminListener, OtherPagesAndMethodsAreRefused) {
  EXPECT_EQ(get("/").status, 404u);
  EXPECT_EQ(get("/metrics/more").status, 404u);
  EXPECT_EQ(get("/version", "POST").status, 405u);
}

TEST_F(AdminListener, IdleConnectionsKeepNobodyOut) {
  namespace ip = boost::asio::ip;
  boost::asio::io_context io;
  const ip::tcp::endpoint there(ip::make_address("127.0.0.1"), admin->address().port);
  std::vector<ip::tcp::socket> idle;
  for (int i = 0; i < 100; ++i) {  // more than there are places
    idle.emplace_back(io).connect(there);
  }
  EXPECT_EQ(get("/livez").status, 200u);
}

TEST_F(AdminListener, ATakenAddressIsAnError) {
  const auto second = Admin::start(admin->address(), ports());
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().trail.find(net::to_text(admin->address())), std::string::npos)
      << second.error().trail;
}

}  // namespace
}  // namespace tidemark::edge
