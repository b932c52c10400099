// Performance checklist, line 1: between a datagram in and its answer out nothing is allocated.
// This binary counts the allocations of all its threads; the client below makes none either.
#include <array>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/dns/message.hpp"
#include "dns-edge/serve/workers.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {
namespace {

constexpr int warm_up = 500;
constexpr int rounds = 5'000;

// One query after the other; false if a reply does not come.
bool ask_all(int socket, const std::vector<base::Bytes>& queries, int times) {
  std::array<std::uint8_t, 2048> reply;
  for (int i = 0; i < times; ++i) {
    for (const base::Bytes& query : queries) {
      if (::send(socket, query.data(), query.size(), 0) < 0) return false;
      if (::recv(socket, reply.data(), reply.size(), 0) <= 0) return false;
    }
  }
  return true;
}

int connected_to(const net::SocketAddress& address) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  const timeval wait{5, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(address.port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* any = static_cast<const sockaddr*>(static_cast<const void*>(&server));
  return ::connect(socket, any, sizeof server) == 0 ? socket : -1;
}

void expect_no_allocation(RateMode mode) {
  support::DnsWorld world;
  world.zone(
      "$ORIGIN a.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nc CNAME ns\n"
      "*.w A 192.0.2.2\ncut NS ns.cut\nns.cut A 192.0.2.3\nd DNAME w\n");
  PublishedSnapshot published(std::make_unique<const consumer::Snapshot>(world.snapshot()), 1);
  const auto serving = Workers::open(
      {.listen = {*net::parse_address("127.0.0.1:0")}, .rate = {.mode = mode}}, published);
  ASSERT_TRUE(serving.has_value());
  std::vector<base::Bytes> queries;
  for (const char* name : {"ns.a.test.", "no.a.test.", "c.a.test.", "x.w.a.test.", "x.cut.a.test.",
                           "x.d.a.test.", "not.hosted."}) {
    queries.push_back(support::to_wire({.name = name, .payload = std::uint16_t{1232}}));
    queries.push_back(support::to_wire({.name = name, .type = dns::RrType::Any}));
  }
  const int socket = connected_to((*serving)->addresses()[0]);
  ASSERT_GE(socket, 0);
  ASSERT_TRUE(ask_all(socket, queries, warm_up));
  const std::uint64_t before = support::allocations.load();
  const bool answered = ask_all(socket, queries, rounds);
  const std::uint64_t after = support::allocations.load();
  ::close(socket);
  EXPECT_TRUE(answered);
  EXPECT_EQ(after - before, 0u) << "in " << rounds * queries.size() << " queries";
}

TEST(Allocation, NoneBetweenADatagramAndItsAnswer) { expect_no_allocation(RateMode::DryRun); }

TEST(Allocation, NoneBetweenADatagramAndItsLimitedAnswer) { expect_no_allocation(RateMode::On); }

}  // namespace
}  // namespace tidemark::edge
