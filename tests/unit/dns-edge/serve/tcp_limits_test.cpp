// What a TCP client may take of a node: time, places, buffers.
#include <thread>

#include "dns-edge/serve/tcp_service.hpp"
#include "tests/unit/dns-edge/serve/serving.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

TEST_F(Serving, AnIdleOrSlowTcpConnectionIsClosed) {
  settings.tcp.idle = 200ms;
  settings.tcp.message = 200ms;
  open();
  TcpClient idle(address());
  EXPECT_TRUE(idle.receive().empty());
  TcpClient slow(address());
  slow.send({0});
  EXPECT_TRUE(slow.receive().empty());
  EXPECT_EQ(serving->counters(0).tcp_timeouts.value(), 2u);
}

TEST_F(Serving, WhenMoreThanHalfOfThePlacesAreTakenIdlenessIsShort) {
  settings.tcp.connections_max = 4;
  settings.tcp.idle = 600s;
  settings.tcp.idle_when_full = 200ms;
  open();
  TcpClient first(address()), second(address()), third(address());
  EXPECT_TRUE(first.receive().empty()) << "closed";
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  EXPECT_TRUE(second.ask(query) && third.ask(query)) << "half is left, and may stay";
  EXPECT_EQ(serving->counters(0).tcp_timeouts.value(), 1u);
}

TEST_F(Serving, WhenPlacesAreTakenTheLongestIdleConnectionGivesWay) {
  settings.tcp.connections_max = 2;
  open();
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  TcpClient first(address()), second(address());
  second.send(query);
  EXPECT_FALSE(second.receive().empty());
  TcpClient third(address());
  third.send(query);
  EXPECT_FALSE(third.receive().empty());
  EXPECT_TRUE(first.receive().empty()) << "closed";
  second.send(query);
  EXPECT_FALSE(second.receive().empty());
}

TEST_F(Serving, AnOctetOfAMessageHoldsNoPlace) {
  settings.tcp.connections_max = 2;
  settings.tcp.message = 60s;
  open();
  TcpClient first(address()), second(address());
  first.send({0});
  second.send({0});
  UdpClient(address()).ask({.name = "www.example.org."});  // the octets came before this
  TcpClient third(address());
  EXPECT_TRUE(third.ask(TcpClient::framed(support::to_wire({.name = "www.example.org."}))));
  EXPECT_TRUE(first.receive().empty()) << "closed";
  EXPECT_EQ(serving->counters(0).tcp_displaced.value(), 1u);
  EXPECT_EQ(serving->counters(0).tcp_refused_node_full.value(), 0u);
}

TEST_F(Serving, OneSourceHasOnlySoManyConnections) {
  settings.tcp.connections_per_source_max = 1;
  open();
  TcpClient first(address()), second(address());
  EXPECT_TRUE(second.receive().empty());
  EXPECT_EQ(serving->counters(0).tcp_refused_source_full.value(), 1u);
}

TEST_F(Serving, TheLimitsOfConnectionsAreTheNodesNotAWorkers) {
  settings.tcp.connections_per_source_max = 3;
  open(2);
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  std::vector<std::unique_ptr<TcpClient>> clients;
  int served = 0;
  for (int i = 0; i < 12; ++i) {  // spread over both workers by their ports
    clients.push_back(std::make_unique<TcpClient>(address()));
    served += clients.back()->ask(query) ? 1 : 0;
  }
  EXPECT_EQ(served, 3);
  EXPECT_EQ(serving->counters(0).tcp_refused_source_full.value() +
                serving->counters(1).tcp_refused_source_full.value(),
            9u);
}

TEST_F(Serving, ADepartedConnectionLeavesItsPlace) {
  settings.tcp.connections_per_source_max = 1;
  open();
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  for (int i = 0; i < 50; ++i) {
    TcpClient client(address());
    // The one before may not have been noticed as gone yet.
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    bool served = client.ask(query);
    while (!served && std::chrono::steady_clock::now() < deadline) {
      served = TcpClient(address()).ask(query);
    }
    ASSERT_TRUE(served) << i;
    if (i % 2 == 0) client.reset();
  }
  wait_for([&] { return open_connections() == 0; });
}

TEST_F(Serving, AMessageHasItsTimeHoweverManySegmentsItComesIn) {
  settings.tcp.message = 300ms;
  settings.tcp.idle = 60s;
  open();
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  TcpClient client(address());
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  std::size_t sent = 0;
  // An octet now and then, never the last: no segment gives it more time.
  while (client.is_open() && std::chrono::steady_clock::now() < deadline) {
    if (sent + 1 < query.size()) client.try_send({query[sent++]});
    std::this_thread::sleep_for(20ms);  // the pace of the attack, not a synchronisation
  }
  EXPECT_FALSE(client.is_open());
  EXPECT_EQ(serving->counters(0).tcp_timeouts.value(), 1u);
}

TEST_F(Serving, AClientThatNeverReadsIsCutOffAndHeldSmall) {
  settings.tcp.message = 300ms;
  settings.tcp.idle = 60s;
  open();
  const Bytes query =
      TcpClient::framed(support::to_wire({.name = "many.big.test.", .type = dns::RrType::Txt}));
  TcpClient client(address());
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  std::size_t sent = 0;
  while (client.is_open() && std::chrono::steady_clock::now() < deadline) {
    client.try_send(query);
    ++sent;
  }
  EXPECT_EQ(serving->counters(0).tcp_timeouts.value(), 1u);
  // A reply is 21 KiB: what the output limit and the system's buffers hold, and no more.
  EXPECT_LT(serving->counters(0).tcp_queries.value(), 400u) << "of " << sent;
}

TEST_F(Serving, ASourceThatHadItsServiceTimeIsClosed) {
  settings.rate.mode = RateMode::On;
  settings.rate.tcp_us_per_second = 1;
  open();
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  TcpClient client(address());
  int answered = 0;
  while (answered < 10'000 && client.ask(query)) ++answered;
  EXPECT_LT(answered, 10'000);
  EXPECT_GE(serving->counters(0).rate_limited[static_cast<std::size_t>(RateClass::Tcp)].value(),
            1u);
}

}  // namespace
}  // namespace tidemark::edge
