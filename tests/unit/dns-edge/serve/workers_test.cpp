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
  EXPECT_EQ(serving->counters(0).tcp_refused.value(), 1u);
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
