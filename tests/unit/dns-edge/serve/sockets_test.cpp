#include "dns-edge/serve/sockets.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace tidemark::edge {
namespace {

net::SocketAddress loopback() { return *net::parse_address("127.0.0.1:0"); }

// Shared sockets that ask the system for any port get one another's: 3,000 of them about 150 times.
TEST(Sockets, APortThatIsFoundFreeIsNobodys) {
  std::vector<Socket> held;
  std::set<std::uint16_t> ports;
  constexpr std::size_t nodes = 400;
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto free = find_free(loopback());
    ASSERT_TRUE(free.has_value()) << free.error().trail;
    auto udp = open_udp(*free, Sharing::Shared);
    ASSERT_TRUE(udp.has_value()) << udp.error().trail;
    held.push_back(*std::move(udp));
    ports.insert(free->port);
  }
  EXPECT_EQ(ports.size(), nodes);
}

TEST(Sockets, AnAddressThatAnotherSharesIsNotFree) {
  const auto address = *find_free(loopback());
  const auto udp = open_udp(address, Sharing::Shared);
  ASSERT_TRUE(udp.has_value());
  EXPECT_FALSE(check_free(address).has_value());
  const auto other = *find_free(loopback());
  const auto tcp = open_tcp(other, Sharing::Shared);
  ASSERT_TRUE(tcp.has_value());
  EXPECT_FALSE(check_free(other).has_value());
  EXPECT_TRUE(open_tcp(other, Sharing::Shared).has_value());
}

}  // namespace
}  // namespace tidemark::edge
