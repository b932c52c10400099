// Workers over real sockets on the loopback interface. Ports are chosen by the system.
#include "dns-edge/serve/workers.hpp"

#include <array>
#include <atomic>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <poll.h>

#include "core/dns/message.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {
namespace {

namespace asio = boost::asio;
using base::Bytes;
using support::Question;
using namespace std::chrono_literals;

constexpr std::string_view test_zone = R"($ORIGIN example.org.
@   60 SOA ns1 hostmaster 7 7200 900 1209600 60
@   60 NS  ns1
ns1 60 A   192.0.2.53
www 60 A   192.0.2.1
)";

std::string big_zone() {
  std::string zone = "$ORIGIN big.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
  for (int i = 0; i < 100; ++i) {
    zone += "many 60 TXT \"" + std::to_string(i) + std::string(200, 'x') + "\"\n";
  }
  return zone;
}

std::unique_ptr<const consumer::Snapshot> copy_of(consumer::Snapshot snapshot) {
  return std::make_unique<const consumer::Snapshot>(std::move(snapshot));
}

asio::ip::address to_asio(const net::SocketAddress& address) {
  return asio::ip::make_address(net::to_text(address.ip));
}

// A client with a socket of its own; a reply that does not come ends the test with a failure.
class UdpClient {
 public:
  explicit UdpClient(const net::SocketAddress& server)
      : socket_(io_), server_(to_asio(server), server.port) {
    socket_.open(server_.protocol());
    const timeval wait{5, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  }
  void send(const Bytes& query) { socket_.send_to(asio::buffer(query), server_); }
  Bytes receive() {
    Bytes reply(65535);
    const auto got = ::recv(socket_.native_handle(), reply.data(), reply.size(), 0);
    reply.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return reply;
  }
  dns::Message ask(const Question& question) {
    send(support::to_wire(question));
    auto message = dns::read_message(receive());
    EXPECT_TRUE(message.has_value());
    return message ? *std::move(message) : dns::Message{};
  }

 private:
  asio::io_context io_;
  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint server_;
};

class TcpClient {
 public:
  explicit TcpClient(const net::SocketAddress& server) : socket_(io_) {
    socket_.connect({to_asio(server), server.port});
    const timeval wait{5, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  }
  void send(const Bytes& octets) { asio::write(socket_, asio::buffer(octets)); }
  static Bytes framed(const Bytes& query) {
    base::Writer out;
    out.put_u16(static_cast<std::uint16_t>(query.size()));
    out.put(query);
    return std::move(out).take();
  }
  bool ask(const Bytes& framed_query) {
    try_send(framed_query);
    return !receive().empty();
  }
  // Sends what can be sent now.
  void try_send(const Bytes& octets) {
    ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  void finish() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
  void reset() {  // RST
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }
  // Told by the system, without taking what waits to be read.
  bool is_open() {
    pollfd watched{socket_.native_handle(), POLLRDHUP, 0};
    return poll(&watched, 1, 0) == 0;
  }
  // Empty when the server closed.
  Bytes receive() {
    Bytes length = take(2);
    if (length.size() < 2) return {};
    return take(base::load_u16(length.data()));
  }

 private:
  Bytes take(std::size_t octets) {
    Bytes taken(octets);
    std::size_t at = 0;
    while (at < octets) {
      const auto got = ::recv(socket_.native_handle(), taken.data() + at, octets - at, 0);
      if (got <= 0) return {};
      at += static_cast<std::size_t>(got);
    }
    return taken;
  }
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
};

net::SocketAddress loopback(const char* text = "127.0.0.1:0") { return *net::parse_address(text); }

class Serving : public ::testing::Test {
 protected:
  Serving() { world.zone(test_zone).zone(big_zone()); }

  void open(std::size_t workers = 1, std::vector<net::SocketAddress> listen = {loopback()}) {
    settings.workers = workers;
    settings.listen = std::move(listen);
    published = std::make_unique<PublishedSnapshot>(copy_of(world.snapshot()), workers);
    auto opened = Workers::open(settings, *published);
    ASSERT_TRUE(opened.has_value()) << opened.error().trail;
    serving = *std::move(opened);
  }
  const net::SocketAddress& address(std::size_t index = 0) { return serving->addresses()[index]; }
  std::uint64_t open_connections() const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < serving->size(); ++i) {
      count += serving->counters(i).tcp_accepted.value() - serving->counters(i).tcp_closed.value();
    }
    return count;
  }
  template <class Condition>
  static void wait_for(Condition&& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!holds() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(holds());
  }

  support::DnsWorld world;
  ServeSettings settings;
  std::unique_ptr<PublishedSnapshot> published;
  std::unique_ptr<Workers> serving;
};

TEST_F(Serving, AnswersOverUdpWithTheSameBytesAsInProcess) {
  open();
  const Bytes query = support::to_wire({.name = "www.example.org."});
  UdpClient client(address());
  client.send(query);
  Bytes expected(dns::udp_payload_octets);
  expected.resize(respond(query, {}, {}, world.snapshot(), settings.answers, expected).octets);
  EXPECT_EQ(client.receive(), expected);
}

TEST_F(Serving, AnswersOnEveryAddressOfBothFamilies) {
  open(2, {loopback(), loopback("[::1]:0"), loopback("0.0.0.0:0"), loopback("[::]:0")});
  ASSERT_EQ(serving->addresses().size(), 4u);
  const net::SocketAddress asked[] = {
      address(0), address(1), {loopback().ip, address(2).port}, {address(1).ip, address(3).port}};
  for (const auto& one : asked) {
    EXPECT_EQ(UdpClient(one).ask({.name = "www.example.org."}).answer.size(), 1u);
    TcpClient tcp(one);
    tcp.send(TcpClient::framed(support::to_wire({.name = "www.example.org."})));
    EXPECT_FALSE(tcp.receive().empty());
  }
}

TEST_F(Serving, AWildcardSocketAnswersFromTheAddressThatWasAsked) {
  open(1, {loopback("0.0.0.0:0")});
  asio::io_context io;
  asio::ip::udp::socket socket(io, asio::ip::udp::v4());
  const asio::ip::udp::endpoint asked(asio::ip::make_address("127.0.0.42"), address().port);
  socket.send_to(asio::buffer(support::to_wire({.name = "www.example.org."})), asked);
  const timeval wait{5, 0};
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  sockaddr_in from{};
  socklen_t octets = sizeof from;
  std::array<std::uint8_t, 512> reply;
  ASSERT_GT(recvfrom(socket.native_handle(), reply.data(), reply.size(), 0,
                     static_cast<sockaddr*>(static_cast<void*>(&from)), &octets),
            0);
  EXPECT_EQ(ntohl(from.sin_addr.s_addr), 0x7f00002au);
}

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

class Limited : public Serving {
 protected:
  // Asks so often that the burst is used up, then `more` times.
  std::vector<Bytes> flood(const Bytes& query, int more) {
    UdpClient client(address());
    for (std::uint32_t i = 0; i < settings.rate.burst; ++i) {
      client.send(query);
      EXPECT_FALSE(client.receive().empty());
    }
    std::vector<Bytes> replies;
    for (int i = 0; i < more; ++i) {
      client.send(query);
      replies.push_back(client.receive());
    }
    return replies;
  }
  Limited() { settings.rate = {.mode = RateMode::On, .per_second = 1, .burst = 10}; }
  static constexpr auto answers = static_cast<std::size_t>(RateClass::Answer);
  static constexpr auto errors = static_cast<std::size_t>(RateClass::Error);
};

TEST_F(Limited, ASourceOverItsRateIsToldToComeByTcp) {
  open();
  const Bytes query = support::to_wire({.name = "many.big.test.", .payload = std::uint16_t{1232}});
  for (const Bytes& reply : flood(query, 5)) {
    const auto message = dns::read_message(reply);
    ASSERT_TRUE(message.has_value());
    EXPECT_TRUE((message->flags & dns::flag_tc) != 0);
    EXPECT_TRUE(message->answer.empty() && message->authority.empty());
    EXPECT_LE(reply.size(), query.size()) << "no amplification";
  }
  EXPECT_GE(serving->counters(0).rate_limited[answers].value(), 5u);
  EXPECT_EQ(serving->counters(0).rate_slipped.value(),
            serving->counters(0).rate_limited[answers].value());
}

TEST_F(Limited, InDryRunNothingChangesButTheCounter) {
  settings.rate.mode = RateMode::DryRun;
  open();
  for (const Bytes& reply : flood(support::to_wire({.name = "www.example.org."}), 5)) {
    const auto message = dns::read_message(reply);
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->answer.size(), 1u);
  }
  EXPECT_GE(serving->counters(0).rate_would_limit[answers].value(), 5u);
  EXPECT_EQ(serving->counters(0).rate_limited[answers].value(), 0u);
  EXPECT_EQ(serving->counters(0).rate_slipped.value(), 0u);
}

TEST_F(Limited, ErrorsCountApart) {
  open();
  const auto refused = flood(support::to_wire({.name = "not.hosted."}), 3);
  EXPECT_GE(serving->counters(0).rate_limited[errors].value(), 3u);
  EXPECT_EQ(serving->counters(0).rate_limited[answers].value(), 0u);
  UdpClient client(address());
  EXPECT_EQ(client.ask({.name = "www.example.org."}).answer.size(), 1u) << "its answers are free";
}

TEST_F(Limited, TheAllowListIsNotCounted) {
  settings.rate.allow = {*parse_prefix("127.0.0.0/8")};
  open();
  for (const Bytes& reply : flood(support::to_wire({.name = "www.example.org."}), 5)) {
    EXPECT_EQ(dns::read_message(reply)->answer.size(), 1u);
  }
  EXPECT_EQ(serving->counters(0).rate_limited[answers].value(), 0u);
  EXPECT_EQ(serving->counters(0).rate_exempt_by_address.value(), 15u);
}

TEST_F(Limited, WithSlipTwoEverySecondLimitedReplyIsLost) {
  settings.rate.slip = 2;
  open();
  UdpClient client(address());
  const Bytes query = support::to_wire({.name = "www.example.org."});
  for (int i = 0; i < 30; ++i) client.send(query);
  wait_for([&] { return serving->counters(0).udp_queries.value() == 30; });
  serving->stop();
  const std::uint64_t limited = serving->counters(0).rate_limited[answers].value();
  EXPECT_GE(limited, 15u);
  EXPECT_EQ(serving->counters(0).rate_slipped.value(), limited / 2);
}

TEST_F(Serving, AResponseGetsSilence) {
  open();
  UdpClient client(address());
  Bytes response = support::to_wire({.name = "www.example.org.", .id = 1});
  response[2] = 0x80;
  client.send(response);
  EXPECT_EQ(client.ask({.name = "www.example.org.", .id = 2}).id, 2);
  EXPECT_EQ(serving->counters(0).silent.value(), 1u);
}

TEST_F(Serving, CountersTellWhatWasDone) {
  open();
  UdpClient client(address());
  client.ask({.name = "www.example.org."});
  client.ask({.name = "nope.example.org."});
  client.ask({.name = "not.hosted."});
  serving->stop();
  const WorkerCounters& counters = serving->counters(0);
  EXPECT_EQ(counters.udp_queries.value(), 3u);
  EXPECT_EQ(counters.responses[0].value(), 1u);
  EXPECT_EQ(counters.responses[3].value(), 1u);
  EXPECT_EQ(counters.responses[5].value(), 1u);
  EXPECT_EQ(counters.seq_seen.load(), WorkerCounters::asleep);
}

TEST_F(Serving, ATakenPortIsNamedWithARemedy) {
  open();
  ServeSettings taken = settings;
  taken.listen = {address()};
  const auto second = Workers::open(taken, *published);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().trail.find("UDP " + net::to_text(address())), std::string::npos)
      << second.error().trail;
  EXPECT_NE(second.error().trail.find("another process"), std::string::npos);
  EXPECT_FALSE(check_addresses_free(taken.listen).has_value());
}

TEST_F(Serving, AddressesThatOverlapAreNamed) {
  open();
  const std::string port = ":" + std::to_string(address().port);
  serving.reset();
  for (const char* other : {"127.0.0.1", "0.0.0.0"}) {
    const auto checked = check_addresses_free(
        {*net::parse_address("127.0.0.1" + port), *net::parse_address(other + port)});
    ASSERT_FALSE(checked.has_value());
    EXPECT_NE(checked.error().trail.find("overlap"), std::string::npos) << checked.error().trail;
  }
  EXPECT_TRUE(check_addresses_free(
                  {*net::parse_address("127.0.0.1" + port), *net::parse_address("[::]" + port)})
                  .has_value());
}

TEST_F(Serving, StopLeavesThePortFree) {
  open(2);
  const auto where = serving->addresses();
  TcpClient open_connection(where[0]);
  serving->stop();
  serving.reset();
  EXPECT_TRUE(check_addresses_free(where).has_value());
}

// A publisher flips a thousand Snapshots a second under two busy workers. Each reply is of one
// Snapshot, no worker goes back, and nothing that a worker reads is freed. Run under TSan and ASan.
TEST_F(Serving, PublishingUnderLoadNeverTearsAnAnswer) {
  constexpr int publications = 300;
  open(2);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> answered{0};
  const auto ask_on = [&] {
    UdpClient client(address());
    std::uint32_t newest = 0;
    while (!done.load()) {
      const auto message = client.ask({.name = "flip.test.", .type = dns::RrType::Any});
      if (message.answer.empty()) continue;  // REFUSED: the zone is not there yet
      const auto soa = client.ask({.name = "flip.test.", .type = dns::RrType::Soa});
      ASSERT_EQ(soa.answer.size(), 1u);
      const auto serial =
          base::load_u32(soa.answer[0].rdata.data() + soa.answer[0].rdata.size() - 20);
      EXPECT_GE(serial, newest) << "one flow, one worker: never an older version";
      newest = serial;
      answered.fetch_add(1);
    }
  };
  std::thread one(ask_on), two(ask_on);
  std::size_t kept = 0;
  for (int i = 1; i <= publications; ++i) {
    const std::string serial = std::to_string(i);
    world.zone("$ORIGIN flip.test.\n@ 60 SOA a b " + serial + " 2 3 4 5\n@ 60 NS ns.other.test.\n");
    published->publish(copy_of(world.snapshot()));
    kept = std::max(kept, published->reclaim());
    std::this_thread::sleep_for(1ms);  // the pace of the load, not a synchronisation
  }
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (answered.load() < 20 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  done = true;
  one.join();
  two.join();
  EXPECT_GE(answered.load(), 20u);
  EXPECT_LT(kept, 100u) << "retired Snapshots are freed as workers pass";
  serving->stop();
  EXPECT_EQ(published->reclaim(), 0u);
}

}  // namespace
}  // namespace tidemark::edge
