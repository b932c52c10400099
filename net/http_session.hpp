// One connection of an HttpServer. Between the acceptor (http_server.cpp) and Beast
// (http_beast.cpp) only; users include http_server.hpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "net/http_server.hpp"

namespace tidemark::net {

class HttpSession {
 public:
  virtual ~HttpSession() = default;
  virtual void start() = 0;
  virtual void finish() = 0;  // closes when nothing is under way, or after the answer that is
  virtual void close() = 0;
  // Since when a request is awaited, or the rest of one; nothing while one is answered.
  virtual std::optional<std::chrono::steady_clock::time_point> waits_since() const = 0;
};

// What all connections of a server share. It owns them: a connection that waits for its answer has
// no operation that would keep it alive.
struct HttpSessions {
  HttpLimits limits;
  // Shared with the call under way: it may destroy the server.
  std::shared_ptr<const Responder> responder;
  std::unordered_set<std::shared_ptr<HttpSession>> all;
  bool stopping = false;
  std::function<void()> emptied;  // called when the last one goes

  void remove(const std::shared_ptr<HttpSession>& session) {
    all.erase(session);
    if (all.empty() && emptied) std::exchange(emptied, nullptr)();
  }
};

std::shared_ptr<HttpSession> make_session(boost::asio::ip::tcp::socket socket,
                                          std::shared_ptr<HttpSessions> sessions);

SocketAddress from_endpoint(const boost::asio::ip::tcp::endpoint& endpoint);
boost::asio::ip::tcp::endpoint to_endpoint(const SocketAddress& address);

}  // namespace tidemark::net
