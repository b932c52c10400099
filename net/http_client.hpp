// Asking over HTTP/1.1, plain or TLS: asynchronous for probers and snapshot transfer, blocking for
// the command line. Redirects are not followed. One connection an exchange.
//
// Errors  Unavailable: not connected, closed early, timed out, TLS not accepted; trail "URL: what
//         was being done: why". Unknown: the same, once a request that changes something had been
//         sent: it may or may not have happened. TooLarge: the response.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "net/address.hpp"
#include "net/http.hpp"
#include "net/url.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::net {

struct HttpCall {
  Url url;
  std::string method = "GET";
  HttpHeaders headers;  // Host and Content-Length are made here, and Host may be given
  std::string body;
  // Dials this instead of what the URL names: a prober asks each endpoint for the same host.
  std::optional<SocketAddress> connect_to;
  bool verify_tls = true;
  std::string ca_file;  // PEM; empty: the system's
  std::size_t response_octets_max = 32 * 1024 * 1024;
  bool status_only = false;  // ends after the header: a health check needs no body
};

// Something under way. Destroyed, it ends, and its callback is never called.
class [[nodiscard]] Ongoing {
 public:
  class Operation {
   public:
    virtual ~Operation() = default;
    virtual void cancel() noexcept = 0;
  };

  Ongoing() = default;  // nothing is under way
  explicit Ongoing(std::shared_ptr<Operation> operation) : operation_(std::move(operation)) {}
  Ongoing(Ongoing&&) noexcept = default;
  Ongoing& operator=(Ongoing&& other) noexcept;
  ~Ongoing() { cancel(); }
  void cancel() noexcept;

 private:
  std::shared_ptr<Operation> operation_;  // shared with the io_context's pending operations
};

using OnResponse = std::function<void(base::Result<HttpResponse>)>;
using OnConnected = std::function<void(base::Result<void>)>;

// The callback comes once, on the io_context's thread, never from inside this call.
// Requires  The Ongoing ends before the io_context.
Ongoing fetch(boost::asio::io_context& io, HttpCall call, std::chrono::milliseconds deadline,
              OnResponse on_response);

// Whether something accepts connections there; the connection is closed at once.
Ongoing tcp_connect(boost::asio::io_context& io, const SocketAddress& address,
                    std::chrono::milliseconds deadline, OnConnected on_connected);

// Waits for the response. (A name server that does not answer may delay it beyond the deadline.)
[[nodiscard]] base::Result<HttpResponse> fetch(HttpCall call, std::chrono::milliseconds deadline);

}  // namespace tidemark::net
