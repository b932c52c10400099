// HttpServer: HTTP/1.1 on one address, on somebody else's io_context, one request of a connection
// at a time.
//
// A request goes to the responder with a Respond, which may be called at once or much later (for
// `Prefer: wait`), always on the io_context's thread. What is malformed, too large or too slow is
// answered here (400, 408 by closing, 413, 431, 503) and never reaches the responder.
//
// When all places are taken, the connection that waits for its request longest gives way to a new
// one: who holds connections open keeps nobody out. 503 if each of them is being answered.
//
// Threads   All calls and callbacks: the thread that runs the io_context.
// Requires  The io_context outlives the server.
// Errors    listen(): Unavailable, with the address and the system's words.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "net/address.hpp"
#include "net/http.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::net {

struct HttpLimits {
  std::size_t header_octets_max = 16 * 1024;
  std::size_t body_octets_max = 32 * 1024 * 1024;
  // For targets that begin with `prefix`, instead of body_octets_max; the first that fits counts.
  struct Group {
    std::string prefix;
    std::size_t body_octets_max;
  };
  std::vector<Group> groups;
  std::size_t connections_max = 1024;
  // How long a connection may wait for its next whole header; bodies get more by their size.
  std::chrono::milliseconds idle = std::chrono::seconds(30);
  std::size_t transfer_octets_per_second_min = 64 * 1024;
};

// Answers one request, once. Dropped unused, it answers 500. Harmless after the client has gone.
class Respond {
 public:
  using Answer = std::function<void(HttpResponse)>;
  explicit Respond(Answer answer) : answer_(std::move(answer)) {}
  Respond(Respond&& other) noexcept : answer_(std::exchange(other.answer_, nullptr)) {}
  Respond& operator=(Respond&& other) noexcept;
  ~Respond() { drop(); }

  void operator()(HttpResponse response);  // Requires: the first call

 private:
  void drop() noexcept;
  Answer answer_;
};

using Responder = std::function<void(HttpRequest, Respond)>;

class HttpServer {
 public:
  // Port 0: any free one, told by local_port().
  [[nodiscard]] static base::Result<std::unique_ptr<HttpServer>> listen(
      boost::asio::io_context& io, const SocketAddress& address, HttpLimits limits,
      Responder responder);
  ~HttpServer();  // closes every connection
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  SocketAddress local_address() const;
  std::uint16_t local_port() const { return local_address().port; }
  std::size_t connections() const;

  // Accepts nobody any more, closes idle connections, lets answers under way finish until the
  // deadline; then calls `stopped`, once: from inside this call if nothing is under way. It may
  // destroy the server.
  void stop(std::chrono::milliseconds deadline, std::function<void()> stopped);

 private:
  struct Door;
  explicit HttpServer(std::shared_ptr<Door> door) : door_(std::move(door)) {}
  std::shared_ptr<Door> door_;
};

}  // namespace tidemark::net
