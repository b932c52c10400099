#include "dns-edge/serve/tcp_service.hpp"

#include <algorithm>
#include <ctime>
#include <limits>

#include <boost/asio/error.hpp>
#include <sys/resource.h>

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

// What of the process's descriptors connections may take: numbers below this.
int descriptors_for_connections(std::size_t reserved) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  const std::uint64_t all = std::min<std::uint64_t>(limit.rlim_cur, 1u << 30);
  return static_cast<int>(all - std::min<std::uint64_t>(reserved, all / 4));
}

// Of this thread's work, not of the time that it waited for a core.
std::chrono::nanoseconds thread_time() noexcept {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

}  // namespace

TcpService::ServiceTime::ServiceTime(TcpService& service, const Client& client)
    : service_(service), client_(client), begin_(thread_time()) {}

TcpService::ServiceTime::~ServiceTime() {
  service_.replier_.limiter().charge(client_, thread_time() - begin_);
}

TcpService::TcpService(asio::io_context& io, Replier& replier, WorkerCounters& counters,
                       const TcpLimits& limits, TcpCensus& census)
    : io_(io),
      replier_(replier),
      counters_(counters),
      limits_(limits),
      census_(census),
      descriptors_max_(descriptors_for_connections(limits.descriptors_reserved)),
      reply_room_(dns::message_octets_max),
      deadlines_(io) {}

void TcpService::accept_on(Socket listening, const net::SocketAddress& address) {
  const auto protocol =
      address.ip.family == IpAddress::Family::V4 ? asio::ip::tcp::v4() : asio::ip::tcp::v6();
  doors_.push_back(std::make_unique<Door>(io_, protocol, listening.release()));
  accept(*doors_.back());
}

void TcpService::accept(Door& door) {
  door.acceptor.async_accept([this, &door](error_code error, TcpSession::Socket socket) {
    if (stopping_ || error == asio::error::operation_aborted) return;
    if (lacks_descriptors(error) || (!error && is_reserved(socket.native_handle()))) {
      counters_.tcp_refused_descriptors.add();
      displace();
      return accept_later(door);
    }
    if (!error) admit(std::move(socket));
    accept(door);
  });
}

void TcpService::accept_later(Door& door) {
  door.pause.expires_after(accept_pause);
  door.pause.async_wait([this, &door](error_code error) {
    if (!error && !stopping_) accept(door);
  });
}

bool TcpService::is_reserved(int descriptor) const noexcept {
  return descriptor >= descriptors_max_;
}

void TcpService::admit(TcpSession::Socket socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error || peer.port() == 0) return;  // closes it
  const IpAddress source = source_of(peer.address());
  if (!enter(source)) return;
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  counters_.tcp_accepted.add();
  sessions_.push_back(
      std::make_shared<TcpSession>(*this, std::move(socket), source, client_at(peer.address())));
  sessions_.back()->start();
  if (!watching_) watch_deadlines();
}

bool TcpService::enter(const IpAddress& source) {
  TcpCensus::Entry entry = census_.enter(source);
  if (entry == TcpCensus::Entry::NodeFull && displace()) entry = census_.enter(source);
  if (entry == TcpCensus::Entry::NodeFull) counters_.tcp_refused_node_full.add();
  if (entry == TcpCensus::Entry::SourceFull) counters_.tcp_refused_source_full.add();
  return entry == TcpCensus::Entry::Admitted;
}

bool TcpService::displace() {
  std::shared_ptr<TcpSession> longest;
  for (const auto& session : sessions_) {
    if (!session->is_waiting()) continue;
    if (!longest || session->quiet_since() < longest->quiet_since()) longest = session;
  }
  if (!longest) return false;
  counters_.tcp_displaced.add();
  longest->close();
  return true;
}

std::chrono::milliseconds TcpService::idle_limit() const noexcept {
  return census_.is_more_than_half_full() ? limits_.idle_when_full : limits_.idle;
}

bool TcpService::begin_batch(const Client& client) noexcept {
  replier_.begin_batch();
  return replier_.limiter().may_serve(client);
}

base::ByteView TcpService::reply(base::ByteView message, const Client& client) noexcept {
  const std::size_t octets = replier_.reply_tcp(message, client, idle_limit(), reply_room_);
  return base::ByteView(reply_room_).first(octets);
}

void TcpService::forget(const TcpSession& session) {
  counters_.tcp_closed.add();
  census_.leave(session.source());
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
  const auto all = sessions_;  // close() takes them out
  for (const auto& session : all) {
    if (!session->overdue(now, limits_, census_.is_more_than_half_full())) continue;
    counters_.tcp_timeouts.add();
    session->close();
  }
}

// Who has connected may have asked.
void TcpService::accept_waiting(Door& door) {
  error_code error;
  door.acceptor.non_blocking(true, error);
  for (int left = listen_backlog; left > 0; --left) {
    TcpSession::Socket socket(io_);
    door.acceptor.accept(socket, error);
    if (error || is_reserved(socket.native_handle())) return;
    admit(std::move(socket));
  }
}

void TcpService::stop() {
  for (const auto& door : doors_) accept_waiting(*door);
  stopping_ = true;
  error_code ignored;
  for (const auto& door : doors_) {
    door->acceptor.close(ignored);
    door->pause.cancel();
  }
  const auto all = sessions_;
  for (const auto& session : all) session->finish();
  if (sessions_.empty()) deadlines_.cancel();
}

}  // namespace tidemark::edge
