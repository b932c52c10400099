// The fixture of the HTTP tests: a server and a client on one io_context, over loopback.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "net/http_server.hpp"

namespace tidemark::net {

using boost::asio::ip::tcp;
using boost::system::error_code;
constexpr std::chrono::seconds deadline{
    20};  // of every wait: reached only when something is broken

inline SocketAddress loopback(std::uint16_t port = 0) {
  return {parse_ip("127.0.0.1").value(), port};
}

// A server whose requests are kept for the test, or answered by `responder`.
class Http : public ::testing::Test {
 protected:
  void serve(HttpLimits limits = {}) {
    auto listening = HttpServer::listen(io, loopback(), std::move(limits),
                                        [this](HttpRequest request, Respond respond) {
                                          ++requests;
                                          responder(std::move(request), std::move(respond));
                                        });
    ASSERT_TRUE(listening) << listening.error().trail;
    server = *std::move(listening);
  }
  HttpCall call(std::string target, std::string method = "GET", std::string body = "") {
    HttpCall made;
    made.url = {Url::Scheme::Http, "127.0.0.1", server->local_port(), std::move(target)};
    made.method = std::move(method);
    made.body = std::move(body);
    return made;
  }
  template <class Condition>
  void run_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition() && std::chrono::steady_clock::now() < end)
      io.run_one_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(condition());
  }
  base::Result<HttpResponse> ask(HttpCall asked) {
    std::optional<base::Result<HttpResponse>> outcome;
    const Ongoing exchange = fetch(io, std::move(asked), deadline,
                                   [&](base::Result<HttpResponse> r) { outcome = std::move(r); });
    run_until([&] { return outcome.has_value(); });
    return outcome ? *std::move(outcome) : base::fail(base::Errc::Unavailable, "no outcome");
  }
  // What the server sends to these octets until it closes the connection.
  std::string raw(const std::string& octets) {
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), server->local_port()});
    boost::asio::write(socket, boost::asio::buffer(octets));
    std::string answer;
    bool closed = false;
    boost::asio::async_read(socket, boost::asio::dynamic_buffer(answer),
                            [&](const error_code&, std::size_t) { closed = true; });
    run_until([&] { return closed; });
    return answer;
  }

  boost::asio::io_context io{1};
  int requests = 0;
  Responder responder = [](HttpRequest request, Respond respond) {
    respond({.content_type = "text/plain",
             .body = request.method + " " + request.target + "\n" + request.body,
             .shared = std::nullopt,
             .headers = {{"X-Path", std::to_string(request.path.size())}}});
  };
  std::unique_ptr<HttpServer> server;
};

}  // namespace tidemark::net
