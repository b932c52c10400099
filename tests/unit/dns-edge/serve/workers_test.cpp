// Workers: addresses, counters, start and end, publishing under load.
#include "dns-edge/serve/workers.hpp"

#include <atomic>
#include <thread>

#include "dns-edge/serve/sockets.hpp"
#include "tests/unit/dns-edge/serve/serving.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

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

TEST_F(Serving, TakesOverFromWhoHasTheAddressesWithoutAnUnansweredQuestion) {
  open(2);
  ServeSettings later = settings;
  later.listen = {address()};
  later.addresses = Sharing::Shared;
  EXPECT_TRUE(check_addresses_free(later.listen, Sharing::Shared).has_value());
  const net::SocketAddress asked = address();
  std::vector<std::unique_ptr<UdpClient>> clients;  // many ports: the system spreads them over both
  for (int i = 0; i < 32; ++i) clients.push_back(std::make_unique<UdpClient>(asked));
  const auto ask_all = [&] {
    for (const auto& client : clients) {
      EXPECT_EQ(client->ask({.name = "www.example.org."}).answer.size(), 1u);
    }
  };
  ask_all();
  PublishedSnapshot for_second(copy_of(world.snapshot()), 2);
  const auto second = Workers::open(later, for_second);
  ASSERT_TRUE(second.has_value()) << second.error().trail;
  ask_all();
  EXPECT_GT((*second)->counters(0).udp_queries.value() + (*second)->counters(1).udp_queries.value(),
            0u);
  for (const auto& client : clients) client->send(support::to_wire({.name = "www.example.org."}));
  serving->stop();  // what it has received it answers
  for (const auto& client : clients) EXPECT_FALSE(client->receive().empty());
  ask_all();
  TcpClient tcp(asked);
  tcp.send(TcpClient::framed(support::to_wire({.name = "www.example.org."})));
  EXPECT_FALSE(tcp.receive().empty());
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
