// Workers over real sockets on the loopback interface, and clients. Ports are chosen by the system.
#pragma once

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
#include "dns-edge/serve/workers.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {

namespace asio = boost::asio;
using base::Bytes;
using support::Question;

constexpr std::string_view test_zone = R"($ORIGIN example.org.
@   60 SOA ns1 hostmaster 7 7200 900 1209600 60
@   60 NS  ns1
ns1 60 A   192.0.2.53
www 60 A   192.0.2.1
)";

inline std::string big_zone() {
  std::string zone = "$ORIGIN big.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
  for (int i = 0; i < 100; ++i) {
    zone += "many 60 TXT \"" + std::to_string(i) + std::string(200, 'x') + "\"\n";
  }
  return zone;
}

inline std::unique_ptr<const consumer::Snapshot> copy_of(consumer::Snapshot snapshot) {
  return std::make_unique<const consumer::Snapshot>(std::move(snapshot));
}

inline asio::ip::address to_asio(const net::SocketAddress& address) {
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

inline net::SocketAddress loopback(const char* text = "127.0.0.1:0") {
  return *net::parse_address(text);
}

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
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(holds());
  }

  support::DnsWorld world;
  ServeSettings settings;
  std::unique_ptr<PublishedSnapshot> published;
  std::unique_ptr<Workers> serving;
};

}  // namespace tidemark::edge
