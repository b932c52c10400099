#include "dns-edge/admin/probe.hpp"

#include <array>
#include <chrono>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/dns/message.hpp"

namespace tidemark::edge {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using asio::ip::udp;

constexpr std::chrono::milliseconds period{1000};
constexpr std::chrono::milliseconds period_until_first{50};  // a fresh node is ready soon
constexpr auto fresh_for = 3 * period;

// A socket bound to all addresses is asked on the loopback.
udp::endpoint endpoint_of(const net::SocketAddress& address) {
  if (address.ip.family == net::IpAddress::Family::V4) {
    asio::ip::address_v4::bytes_type octets;
    std::copy_n(address.ip.octets.begin(), octets.size(), octets.begin());
    const asio::ip::address_v4 ip(octets);
    return {ip.is_unspecified() ? asio::ip::address_v4::loopback() : ip, address.port};
  }
  const asio::ip::address_v6 ip(address.ip.octets);
  return {ip.is_unspecified() ? asio::ip::address_v6::loopback() : ip, address.port};
}

}  // namespace

struct Probe::Inner : std::enable_shared_from_this<Inner> {
  Inner(asio::io_context& io, std::function<std::vector<net::SocketAddress>()> bound)
      : addresses(std::move(bound)), timer(io), socket(io) {}

  void wait() {
    timer.expires_after(last ? period : period_until_first);
    timer.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->stopped) return;
      self->ask();
      self->wait();
    });
  }

  void ask() {
    const auto bound = addresses();
    if (bound.empty()) return;
    server = endpoint_of(bound[number % bound.size()]);
    error_code error;
    socket.close(error);  // the question before this one had its time
    socket.open(server.protocol(), error);
    if (error) return;
    const auto query = dns::make_query(++number, dns::Name::root(), dns::RrType::Soa, 0);
    // Not connected: an edge on a SQLite log may not connect() anywhere (dns-edge/sandbox).
    socket.send_to(asio::buffer(query), server, 0, error);
    if (!error) listen();
  }

  void listen() {
    socket.async_receive_from(asio::buffer(reply), sender,
                              [self = shared_from_this()](error_code error, std::size_t octets) {
                                if (error) return;
                                if (!self->is_answer(octets)) return self->listen();
                                self->last = Clock::now();
                              });
  }

  bool is_answer(std::size_t octets) const {
    return sender == server && octets >= dns::header_octets &&
           base::load_u16(reply.data()) == number;
  }

  std::function<std::vector<net::SocketAddress>()> addresses;
  asio::steady_timer timer;
  udp::socket socket;
  udp::endpoint server, sender;
  std::array<std::uint8_t, 512> reply{};
  std::uint16_t number = 0;
  std::optional<Clock::time_point> last;
  bool stopped = false;
};

Probe::Probe(asio::io_context& io, std::function<std::vector<net::SocketAddress>()> addresses)
    : inner_(std::make_shared<Inner>(io, std::move(addresses))) {}

Probe::~Probe() { stop(); }

void Probe::start() { inner_->wait(); }

void Probe::stop() {
  inner_->stopped = true;
  error_code ignored;
  inner_->timer.cancel();
  inner_->socket.close(ignored);
}

bool Probe::answered() const noexcept {
  return inner_->last && Clock::now() - *inner_->last < fresh_for;
}

}  // namespace tidemark::edge
