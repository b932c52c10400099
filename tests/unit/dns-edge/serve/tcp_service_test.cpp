// The TCP side of workers: framing, pipelines, ends. Its limits: tcp_limits_test.cpp.
#include "dns-edge/serve/tcp_service.hpp"

#include <thread>

#include "dns-edge/serve/sockets.hpp"
#include "tests/unit/dns-edge/serve/serving.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

TEST_F(Serving, ATruncatedAnswerIsWholeOverTcp) {
  open();
  const Question question{
      .name = "many.big.test.", .type = dns::RrType::Txt, .payload = std::uint16_t{4096}};
  const auto udp = UdpClient(address()).ask(question);
  EXPECT_TRUE((udp.flags & dns::flag_tc) != 0);
  TcpClient tcp(address());
  tcp.send(TcpClient::framed(support::to_wire(question)));
  const auto whole = dns::read_message(tcp.receive());
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->answer.size(), 100u);
}

TEST_F(Serving, TcpAnswersPipelinedMessagesInOrderHoweverTheyAreCut) {
  open();
  Bytes all;
  constexpr std::uint16_t messages = 200;  // their replies are several times the output limit
  for (std::uint16_t i = 0; i < messages; ++i) {
    const char* name = i % 8 == 0 ? "many.big.test." : "www.example.org.";
    const Bytes one =
        TcpClient::framed(support::to_wire({.name = name, .type = dns::RrType::Txt, .id = i}));
    all.insert(all.end(), one.begin(), one.end());
  }
  TcpClient tcp(address());
  std::thread writer([&] {
    for (std::size_t at = 0; at < all.size(); at += 37) {
      const auto end = std::min(at + 37, all.size());
      tcp.send(Bytes(all.begin() + static_cast<std::ptrdiff_t>(at),
                     all.begin() + static_cast<std::ptrdiff_t>(end)));
    }
  });
  for (std::uint16_t i = 0; i < messages; ++i) {
    const auto message = dns::read_message(tcp.receive());
    ASSERT_TRUE(message.has_value()) << i;
    ASSERT_EQ(message->id, i);
  }
  writer.join();
}

TEST_F(Serving, ATcpConnectionThatSendsAResponseIsClosed) {
  open();
  TcpClient tcp(address());
  Bytes response = support::to_wire({.name = "www.example.org."});
  response[2] = 0x80;
  tcp.send(TcpClient::framed(response));
  EXPECT_TRUE(tcp.receive().empty());
}

TEST_F(Serving, AHalfClosedConnectionGetsItsReplies) {
  open();
  Bytes two = TcpClient::framed(support::to_wire({.name = "many.big.test.", .id = 1}));
  const Bytes second = TcpClient::framed(support::to_wire({.name = "www.example.org.", .id = 2}));
  two.insert(two.end(), second.begin(), second.end());
  TcpClient client(address());
  client.send(two);
  client.finish();
  EXPECT_FALSE(client.receive().empty());
  EXPECT_FALSE(client.receive().empty());
  EXPECT_TRUE(client.receive().empty()) << "then it ends";
  wait_for([&] { return open_connections() == 0; });
}

TEST_F(Serving, MoreMessagesThanMayBeInFlightAreAllAnswered) {
  settings.rate.mode = RateMode::Off;
  open();
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
  Bytes all;
  for (int i = 0; i < 1000; ++i) all.insert(all.end(), query.begin(), query.end());
  TcpClient client(address());
  client.send(all);
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(client.receive().empty()) << i;
}

TEST_F(Serving, KeepaliveTellsTheTimeoutThatHoldsNow) {
  settings.tcp.connections_max = 4;
  settings.tcp.idle = 10s;
  settings.tcp.idle_when_full = 2s;
  open();
  const Bytes query = support::to_wire(
      {.name = "www.example.org.",
       .payload = std::uint16_t{1232},
       .options = {{static_cast<std::uint16_t>(dns::EdnsOption::TcpKeepalive), {}}}});
  const auto told = [&](TcpClient& client) {
    client.send(TcpClient::framed(query));
    const auto message = dns::read_message(client.receive());
    if (!message) return std::optional<Bytes>();
    return support::option_of(*message, static_cast<std::uint16_t>(dns::EdnsOption::TcpKeepalive));
  };
  TcpClient first(address());
  EXPECT_EQ(told(first), (Bytes{0, 100}));
  TcpClient second(address()), third(address());
  EXPECT_EQ(told(third), (Bytes{0, 20})) << "three of four places are taken";
  EXPECT_EQ(told(first), (Bytes{0, 20}));
}

TEST_F(Serving, AnEndingNodeAnswersThePipelineThatItHasRead) {
  settings.tcp.message = 20s;
  open();
  const Bytes query =
      TcpClient::framed(support::to_wire({.name = "many.big.test.", .type = dns::RrType::Txt}));
  constexpr int messages = 60;  // of 21 KiB each: most of them wait for the client to read
  Bytes all;
  for (int i = 0; i < messages; ++i) all.insert(all.end(), query.begin(), query.end());
  TcpClient client(address());
  client.send(all);
  wait_for([&] { return serving->counters(0).tcp_queries.value() > 0; });
  std::thread ending([&] { serving->stop(); });
  for (int i = 0; i < messages; ++i) EXPECT_FALSE(client.receive().empty()) << i;
  EXPECT_TRUE(client.receive().empty()) << "then it ends";
  ending.join();
}

// The service without its thread: what the system holds and nobody has looked at yet.
class EndingService : public ::testing::Test {
 protected:
  EndingService() {
    auto listening = open_tcp(loopback(), Sharing::Alone);
    EXPECT_TRUE(listening.has_value());
    address = local_address(*listening);
    service.accept_on(*std::move(listening), address);
  }
  static std::unique_ptr<const consumer::Snapshot> snapshot() {
    support::DnsWorld world;
    world.zone(test_zone);
    return copy_of(world.snapshot());
  }
  void expect_answers(TcpClient& client, int count) {
    for (int i = 0; i < count; ++i) ASSERT_FALSE(client.receive().empty()) << i;
    EXPECT_TRUE(client.receive().empty()) << "then it ends";
  }

  asio::io_context io{1};
  WorkerCounters counters;
  std::atomic<std::uint32_t> stale_seconds{0};
  PublishedSnapshot published{snapshot(), 1};
  RateSettings rate{.mode = RateMode::Off, .counters = 64};
  Replier replier{published, 0, AnswerSettings{}, rate, 1, stale_seconds, counters};
  TcpLimits limits;
  TcpCensus census{4, 4};
  TcpService service{io, replier, counters, limits, census};
  net::SocketAddress address;
  const Bytes query = TcpClient::framed(support::to_wire({.name = "www.example.org."}));
};

TEST_F(EndingService, AnswersWhatTheSystemHasReceived) {
  TcpClient client(address);
  while (counters.tcp_accepted.value() == 0) io.run_one();
  constexpr int messages = 300;
  Bytes all;
  for (int i = 0; i < messages; ++i) all.insert(all.end(), query.begin(), query.end());
  all.push_back(0);  // and a message that has only begun
  client.send(all);
  service.stop();
  io.run();
  expect_answers(client, messages);
}

TEST_F(EndingService, AnswersWhoHasConnected) {
  TcpClient asking(address), silent(address);
  asking.send(query);
  service.stop();
  io.run();
  expect_answers(asking, 1);
  expect_answers(silent, 0);
}

}  // namespace
}  // namespace tidemark::edge
