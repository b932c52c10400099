#include "dns-edge/serve/tcp_service.hpp"

#include <algorithm>

#include <boost/asio/error.hpp>

#include "core/dns/message.hpp"

namespace tidemark::edge {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using net::IpAddress;

// How often deadlines are looked at: how late a connection is closed at most. Prime: workers do not
// march in step.
constexpr std::chrono::milliseconds deadline_tick{101};
constexpr std::chrono::milliseconds accept_pause{500};  // until descriptors may be free again

// What counts as one source: an IPv4 address, an IPv6 /56.
IpAddress source_of(const asio::ip::address& address) {
  IpAddress source;
  if (address.is_v4()) {
    std::ranges::copy(address.to_v4().to_bytes(), source.octets.begin());
    return source;
  }
  source.family = IpAddress::Family::V6;
  const auto octets = address.to_v6().to_bytes();
  std::copy_n(octets.begin(), 7, source.octets.begin());
  return source;
}

Client client_at(const asio::ip::address& address) {
  Client client{.transport = Transport::Tcp};
  if (address.is_v4()) {
    const auto octets = address.to_v4().to_bytes();
    client.address_octets = octets.size();
    std::ranges::copy(octets, client.address.begin());
  } else {
    client.address = address.to_v6().to_bytes();
    client.address_octets = static_cast<std::uint8_t>(client.address.size());
  }
  return client;
}

bool lacks_descriptors(const error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
         error == asio::error::no_memory || error.value() == ENFILE;
}

}  // namespace

TcpService::TcpService(asio::io_context& io, Replier& replier, WorkerCounters& counters,
                       const TcpLimits& limits, std::size_t places)
    : io_(io),
      replier_(replier),
      counters_(counters),
      limits_(limits),
      places_(places),
      reply_room_(dns::message_octets_max),
      deadlines_(io),
      pause_(io) {}

void TcpService::accept_on(Socket listening, const net::SocketAddress& address) {
  const auto protocol =
      address.ip.family == IpAddress::Family::V4 ? asio::ip::tcp::v4() : asio::ip::tcp::v6();
  acceptors_.push_back(std::make_unique<Acceptor>(io_, protocol, listening.release()));
  accept(*acceptors_.back());
}

void TcpService::accept(Acceptor& acceptor) {
  acceptor.async_accept([this, &acceptor](error_code error, TcpSession::Socket socket) {
    if (stopping_ || error == asio::error::operation_aborted) return;
    if (lacks_descriptors(error)) return pause_accepting(acceptor);
    if (!error) admit(std::move(socket));
    accept(acceptor);
  });
}

void TcpService::pause_accepting(Acceptor& acceptor) {
  counters_.tcp_refused.add();
  pause_.expires_after(accept_pause);
  pause_.async_wait([this, &acceptor](error_code) {
    if (!stopping_) accept(acceptor);
  });
}

void TcpService::admit(TcpSession::Socket socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;
  const IpAddress source = source_of(peer.address());
  const Client client = client_at(peer.address());
  if (peer.port() == 0 || has_too_many(source) || !make_place()) {
    counters_.tcp_refused.add();
    return;  // closes it
  }
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  counters_.tcp_accepted.add();
  sessions_.push_back(std::make_shared<TcpSession>(*this, std::move(socket), source, client));
  sessions_.back()->start();
  if (!watching_) watch_deadlines();
}

bool TcpService::has_too_many(const IpAddress& source) const {
  const auto count = std::ranges::count_if(
      sessions_, [&](const auto& session) { return session->source() == source; });
  return static_cast<std::size_t>(count) >= limits_.connections_per_source_max;
}

bool TcpService::make_place() {
  if (sessions_.size() < places_) return true;
  std::shared_ptr<TcpSession> longest;
  for (const auto& session : sessions_) {
    if (!session->is_idle()) continue;
    if (!longest || session->since() < longest->since()) longest = session;
  }
  if (longest) longest->close();
  return longest != nullptr;
}

base::ByteView TcpService::reply(base::ByteView message, const Client& client) noexcept {
  const std::size_t octets = replier_.reply(message, client, reply_room_);
  return base::ByteView(reply_room_).first(octets);
}

void TcpService::forget(const TcpSession& session) {
  counters_.tcp_closed.add();
  std::erase_if(sessions_, [&](const auto& one) { return one.get() == &session; });
  if (stopping_ && sessions_.empty()) deadlines_.cancel();
}

void TcpService::watch_deadlines() {
  watching_ = !sessions_.empty();
  if (!watching_) return;
  deadlines_.expires_after(deadline_tick);
  deadlines_.async_wait([this](error_code error) {
    if (error) return;
    close_overdue();
    watch_deadlines();
  });
}

void TcpService::close_overdue() {
  const auto now = TcpSession::Clock::now();
  const bool full = sessions_.size() * 2 > places_;
  const auto all = sessions_;  // close() takes them out
  for (const auto& session : all) {
    if (!session->overdue(now, limits_, full)) continue;
    counters_.tcp_timeouts.add();
    session->close();
  }
}

void TcpService::stop() {
  stopping_ = true;
  error_code ignored;
  for (const auto& acceptor : acceptors_) acceptor->close(ignored);
  pause_.cancel();
  const auto all = sessions_;
  for (const auto& session : all) session->close_when_quiet();
  if (sessions_.empty()) deadlines_.cancel();
}

}  // namespace tidemark::edge
