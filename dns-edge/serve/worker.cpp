#include "dns-edge/serve/worker.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace tidemark::edge {

namespace {

namespace asio = boost::asio;

constexpr int drain_rounds = 8;    // then timers, TCP and the other sockets get their turn
constexpr int last_rounds = 4096;  // more than a full receive buffer; a flood must not hold the end

}  // namespace

Worker::Worker(const ServeSettings& settings, PublishedSnapshot& published, std::size_t index,
               const Shared& shared)
    : running_(io_.get_executor()),
      replier_(published, index, settings.answers, settings.rate, shared.rate_seed,
               shared.stale_seconds, counters_),
      tcp_(io_, replier_, counters_, settings.tcp, shared.census) {}

void Worker::add(Socket udp, Socket tcp, const net::SocketAddress& address) {
  const auto protocol =
      address.ip.family == net::IpAddress::Family::V4 ? asio::ip::udp::v4() : asio::ip::udp::v6();
  udp_.push_back(std::make_unique<UdpSocket>(io_, protocol, udp.release()));
  wait(*udp_.back());
  tcp_.accept_on(std::move(tcp), address);
}

void Worker::run() {
  while (!io_.stopped()) {
    if (io_.poll_one() != 0) continue;
    replier_.sleep();
    io_.run_one();
  }
  replier_.sleep();
}

void Worker::stop() {
  asio::post(io_, [this] {
    boost::system::error_code ignored;
    for (const auto& socket : udp_) {
      for (int round = 0; round < last_rounds && answer_batch(socket->native_handle()); ++round) {
      }
      socket->close(ignored);
    }
    tcp_.stop();
    running_.reset();
  });
}

void Worker::wait(UdpSocket& socket) {
  socket.async_wait(UdpSocket::wait_read, [this, &socket](boost::system::error_code error) {
    if (error) return;
    drain(socket);
    wait(socket);
  });
}

void Worker::drain(UdpSocket& socket) noexcept {
  const int descriptor = socket.native_handle();
  for (int round = 0; round < drain_rounds; ++round) {
    if (!answer_batch(descriptor)) return;
  }
}

// False if the socket had no more than this.
bool Worker::answer_batch(int socket) noexcept {
  const std::size_t received = batch_.receive(socket);
  if (received == 0) return false;
  replier_.begin_batch();
  std::uint64_t octets_in = 0;
  for (std::size_t first = 0; first < received; first += reply_group_datagrams) {
    octets_in += answer_group(first, std::min(received, first + reply_group_datagrams));
  }
  const UdpBatch::Sent sent = batch_.send(socket);
  counters_.batches.add();
  counters_.udp_octets_in.add(octets_in);
  counters_.udp_octets_out.add(sent.octets);
  if (sent.errors != 0) counters_.udp_send_errors.add(sent.errors);
  return received == udp_batch_datagrams;
}

// The octets of the datagrams.
std::uint64_t Worker::answer_group(std::size_t first, std::size_t end) noexcept {
  std::uint64_t octets_in = 0;
  for (std::size_t i = first; i < end; ++i) {
    octets_in += batch_.datagram(i).size();
    clients_[i] = batch_.client(i);
    sources_[i] = replier_.limiter().locate(clients_[i]);
    if (batch_.is_answerable(i)) replier_.begin(i - first, batch_.datagram(i));
  }
  const auto all = [&](auto&& step) {
    for (std::size_t i = first; i < end; ++i) {
      if (batch_.is_answerable(i)) step(i - first);
    }
  };
  all([this](std::size_t i) { replier_.probe(i); });
  all([this](std::size_t i) { replier_.prefetch(i); });
  all([this](std::size_t i) { replier_.settle(i); });
  all([this](std::size_t i) { replier_.prefetch_next(i); });
  for (std::size_t i = first; i < end; ++i) {
    if (!batch_.is_answerable(i)) {
      counters_.silent.add();
      continue;
    }
    batch_.set_reply(i, replier_.reply_udp(i - first, clients_[i], sources_[i], batch_.room(i)));
  }
  return octets_in;
}

}  // namespace tidemark::edge
