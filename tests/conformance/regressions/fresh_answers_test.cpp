// D30 on the wire: whoever asks after a publish is answered from the new version, by every worker,
// over UDP and over TCP connections that were open before.
//
// There is no memo of answers between the Snapshot and the wire; this holds for one too.
#include <array>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/dns/message.hpp"
#include "dns-edge/serve/workers.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;

std::unique_ptr<const consumer::Snapshot> copy_of(consumer::Snapshot snapshot) {
  return std::make_unique<const consumer::Snapshot>(std::move(snapshot));
}

// One socket that asks for the version; the kernel gives each to one of the workers.
class Asker {
 public:
  Asker(int kind, std::uint16_t port) : kind_(kind), socket_(::socket(AF_INET, kind, 0)) {
    const timeval wait{10, 0};  // a reply that does not come is a failure
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* untyped = &server;
    connected_ = ::connect(socket_, static_cast<const sockaddr*>(untyped), sizeof server) == 0;
  }
  ~Asker() { ::close(socket_); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // The seq that the reply came from; nothing if there was none.
  std::optional<std::uint64_t> ask() {
    Bytes query = support::to_wire(
        {.name = "www.example.org.", .payload = std::uint16_t{1232}, .options = {{65001, {}}}});
    const std::size_t frame = kind_ == SOCK_STREAM ? 2 : 0;
    if (frame != 0) query.insert(query.begin(), {0, static_cast<std::uint8_t>(query.size())});
    if (!connected_ || ::send(socket_, query.data(), query.size(), MSG_NOSIGNAL) < 0) return {};
    std::array<std::uint8_t, 2048> reply;
    const auto got = ::recv(socket_, reply.data(), reply.size(), 0);
    if (got <= static_cast<ssize_t>(frame)) return {};
    const auto octets = base::ByteView(reply).first(static_cast<std::size_t>(got)).subspan(frame);
    const auto message = dns::read_message(octets);
    if (!message) return {};
    const auto version = support::option_of(*message, 65001);
    if (!version || version->size() < 8) return {};
    return base::load_u64(version->data());
  }

 private:
  int kind_;
  int socket_;
  bool connected_ = false;
};

TEST(FreshAnswers, d30_WhoAsksAfterAPublishIsAnsweredFromTheNewVersion) {
  constexpr std::size_t workers = 2;
  support::DnsWorld world;
  const auto publishable = [&world](int serial) {
    world.zone("$ORIGIN example.org.\n@ 60 SOA a b " + std::to_string(serial) +
               " 2 3 4 5\n@ 60 NS ns.else.test.\nwww 60 A 192.0.2.1\n");
    return copy_of(world.snapshot());
  };
  PublishedSnapshot published(publishable(1), workers);
  ServeSettings settings;
  settings.workers = workers;
  settings.listen = {*net::parse_address("127.0.0.1:0")};
  auto serving = Workers::open(settings, published);
  ASSERT_TRUE(serving.has_value()) << serving.error().trail;
  const std::uint16_t port = (*serving)->addresses()[0].port;
  std::vector<std::unique_ptr<Asker>> askers;
  for (int i = 0; i < 24; ++i) {
    askers.push_back(std::make_unique<Asker>(i % 2 == 0 ? SOCK_DGRAM : SOCK_STREAM, port));
  }
  for (int serial = 2; serial < 60; ++serial) {
    published.publish(publishable(serial));
    const std::uint64_t newest = world.dataset().version().seq.value();
    for (const auto& asker : askers) ASSERT_EQ(asker->ask(), newest);
    published.reclaim();
  }
  for (std::size_t i = 0; i < workers; ++i) {
    const WorkerCounters& counted = (*serving)->counters(i);
    EXPECT_GT(counted.udp_queries.value() + counted.tcp_queries.value(), 0u) << "both were asked";
  }
}

}  // namespace
}  // namespace tidemark::edge
