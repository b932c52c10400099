#include "net/http_server.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "core/base/check.hpp"
#include "net/http_session.hpp"

namespace tidemark::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

Respond& Respond::operator=(Respond&& other) noexcept {
  if (this != &other) {
    drop();
    answer_ = std::exchange(other.answer_, nullptr);
  }
  return *this;
}

void Respond::operator()(HttpResponse response) {
  TIDEMARK_CHECK(answer_ != nullptr, "a request is answered once");
  std::exchange(answer_, nullptr)(std::move(response));
}

void Respond::drop() noexcept {
  if (answer_) std::exchange(answer_, nullptr)(error_response(500, "nobody answered this request"));
}

SocketAddress from_endpoint(const tcp::endpoint& endpoint) {
  SocketAddress address;
  address.port = endpoint.port();
  if (endpoint.address().is_v4()) {
    std::ranges::copy(endpoint.address().to_v4().to_bytes(), address.ip.octets.begin());
  } else {
    address.ip.family = IpAddress::Family::V6;
    address.ip.octets = endpoint.address().to_v6().to_bytes();
  }
  return address;
}

tcp::endpoint to_endpoint(const SocketAddress& address) {
  namespace ip = boost::asio::ip;
  if (address.ip.family == IpAddress::Family::V6) {
    return {ip::address_v6(address.ip.octets), address.port};
  }
  ip::address_v4::bytes_type octets{};
  std::copy_n(address.ip.octets.begin(), octets.size(), octets.begin());
  return {ip::address_v4(octets), address.port};
}

// The listening socket. Shared with its pending operations alone, which outlive a destroyed server
// until the io_context has told them of it.
struct HttpServer::Door : std::enable_shared_from_this<HttpServer::Door> {
  Door(boost::asio::io_context& io, HttpLimits limits, Responder responder)
      : acceptor(io), pause(io), deadline(io), sessions(std::make_shared<HttpSessions>()) {
    sessions->limits = std::move(limits);
    sessions->responder = std::make_shared<const Responder>(std::move(responder));
  }

  error_code open(const SocketAddress& address);
  void accept();
  void on_accept(const error_code& error, tcp::socket socket);
  bool displace();  // false: each connection is being answered
  void close_all();
  void tell_stopped();

  tcp::acceptor acceptor;
  boost::asio::steady_timer pause, deadline;
  std::shared_ptr<HttpSessions> sessions;
  std::function<void()> stopped;
};

error_code HttpServer::Door::open(const SocketAddress& address) {
  const tcp::endpoint endpoint = to_endpoint(address);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  return error;
}

void HttpServer::Door::accept() {
  acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    self->on_accept(error, std::move(socket));
  });
}

void HttpServer::Door::on_accept(const error_code& error, tcp::socket socket) {
  if (!acceptor.is_open()) return;
  if (error) {  // out of descriptors, or the client has gone: a pause keeps it from spinning
    constexpr std::chrono::milliseconds accept_pause{100};
    pause.expires_after(accept_pause);
    pause.async_wait([self = shared_from_this()](const error_code& ended) {
      if (!ended && self->acceptor.is_open()) self->accept();
    });
    return;
  }
  error_code ignored;
  if (sessions->all.size() >= sessions->limits.connections_max && !displace()) {
    static constexpr std::string_view full =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    socket.non_blocking(true, ignored);
    socket.write_some(boost::asio::buffer(full), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  } else {
    socket.set_option(tcp::no_delay(true), ignored);
    auto session = make_session(std::move(socket), sessions);
    sessions->all.insert(session);
    session->start();
  }
  accept();
}

bool HttpServer::Door::displace() {
  std::shared_ptr<HttpSession> longest;
  std::chrono::steady_clock::time_point since;
  for (const auto& session : sessions->all) {
    const auto waits = session->waits_since();
    if (!waits || (longest && since <= *waits)) continue;
    longest = session;
    since = *waits;
  }
  if (!longest) return false;
  longest->close();
  return true;
}

void HttpServer::Door::close_all() {
  const auto open_sessions = sessions->all;  // close() takes them out of the set
  for (const auto& session : open_sessions) session->close();
}

void HttpServer::Door::tell_stopped() {
  deadline.cancel();
  if (stopped) std::exchange(stopped, nullptr)();
}

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen(boost::asio::io_context& io,
                                                             const SocketAddress& address,
                                                             HttpLimits limits,
                                                             Responder responder) {
  auto door = std::make_shared<Door>(io, std::move(limits), std::move(responder));
  if (const error_code error = door->open(address)) {
    return base::fail(base::Errc::Unavailable,
                      "listen on " + to_text(address) + ": " + error.message());
  }
  door->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(door)));
}

HttpServer::~HttpServer() {
  error_code ignored;
  door_->acceptor.close(ignored);
  door_->pause.cancel();
  door_->deadline.cancel();
  door_->stopped = nullptr;
  door_->sessions->emptied = nullptr;
  door_->sessions->stopping = true;
  door_->close_all();
  door_->sessions->responder = nullptr;
}

SocketAddress HttpServer::local_address() const {
  error_code ignored;
  return from_endpoint(door_->acceptor.local_endpoint(ignored));
}

std::size_t HttpServer::connections() const { return door_->sessions->all.size(); }

void HttpServer::stop(std::chrono::milliseconds deadline, std::function<void()> stopped) {
  error_code ignored;
  door_->acceptor.close(ignored);
  door_->pause.cancel();
  door_->stopped = std::move(stopped);
  door_->sessions->stopping = true;
  door_->deadline.expires_after(deadline);
  door_->deadline.async_wait([door = door_](const error_code& ended) {
    if (!ended) door->close_all();
  });
  const auto open_sessions = door_->sessions->all;
  for (const auto& session : open_sessions) session->finish();
  if (door_->sessions->all.empty()) return door_->tell_stopped();
  door_->sessions->emptied = [door = door_] { door->tell_stopped(); };
}

}  // namespace tidemark::net
