// Servers on the loopback interface, in every state of health.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "net/http_server.hpp"
#include "producer/prober/target.hpp"

namespace tidemark::probing {

inline const net::SocketAddress any_port{{net::IpAddress::Family::V4, {127, 0, 0, 1}}, 0};

inline std::unique_ptr<net::HttpServer> serve(boost::asio::io_context& io, net::Responder responder,
                                              net::SocketAddress at = any_port) {
  auto server = net::HttpServer::listen(io, at, {}, std::move(responder));
  EXPECT_TRUE(server) << server.error().trail;
  return std::move(*server);
}
inline std::unique_ptr<net::HttpServer> serve_status(boost::asio::io_context& io, unsigned status,
                                                     net::SocketAddress at = any_port) {
  return serve(
      io,
      [status](net::HttpRequest, net::Respond respond) {
        net::HttpResponse response;
        response.status = status;
        respond(std::move(response));
      },
      at);
}

// A port on which nobody listens. (It could be taken by another process in between: very unlikely
// while the tests run.)
inline std::uint16_t closed_port() {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
  return boost::asio::ip::tcp::acceptor(io, any).local_endpoint().port();
}

inline producer::Target target(event::CheckKind kind, std::uint16_t port,
                               std::string endpoint = "a") {
  producer::Target made{
      "web", std::move(endpoint), {event::Address::Family::V4, {127, 0, 0, 1}}, {}};
  made.check.kind = kind;
  made.check.port = port;
  made.check.interval_ms = 100;
  made.check.timeout_ms = 5000;
  return made;
}

// Runs the loop until it holds.
template <class Condition>
bool run_until(boost::asio::io_context& io, Condition holds,
               std::chrono::seconds within = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace tidemark::probing
