// The input is what a client sends over a TCP connection to the edge (a socket pair, the session
// that workers use): the octets come in two pieces, cut where the first two octets of the input
// say.
#include <array>
#include <atomic>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "core/dns/message.hpp"
#include "dns-edge/serve/tcp_service.hpp"
#include "tests/fuzz/answering.hpp"
#include "tests/fuzz/message_walk.hpp"
#include "tests/fuzz/world.hpp"

using namespace tidemark;

namespace {

constexpr std::size_t length_octets = 2;

// Everything around a session that outlives it.
struct Node {
  boost::asio::io_context io{1};  // making one costs more than a conversation
  edge::WorkerCounters counters;
  std::atomic<std::uint32_t> stale_seconds{0};
  edge::PublishedSnapshot published{
      std::make_unique<const consumer::Snapshot>(fuzz::snapshot_of(fuzz::seeded_world(1))), 1};
  edge::RateSettings rate{.mode = edge::RateMode::Off, .counters = 64};
  edge::Replier replier{published, 0, edge::AnswerSettings{}, rate, 1, stale_seconds, counters};
  edge::TcpLimits limits;
  edge::TcpCensus census{4, 4};
  edge::TcpService service{io, replier, counters, limits, census};
};

class Conversation {
 public:
  explicit Conversation(Node& node) : io_(node.io) {
    std::array<int, 2> ends{};
    TIDEMARK_CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "a pair of sockets");
    client_ = ends[1];
    edge::TcpSession::Socket socket(io_);
    socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
    const net::IpAddress source{net::IpAddress::Family::V4, {192, 0, 2, 1}};
    TIDEMARK_CHECK(node.census.enter(source) == edge::TcpCensus::Entry::Admitted, "it has room");
    const edge::Client client{edge::Transport::Tcp, {192, 0, 2, 1}, 4};
    std::make_shared<edge::TcpSession>(node.service, std::move(socket), source, client)->start();
  }
  ~Conversation() { ::close(client_); }

  void send(base::ByteView octets) {
    while (!octets.empty()) {
      const auto sent = ::send(client_, octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent <= 0 && !run_and_receive()) return;  // it closed
      if (sent > 0) octets = octets.subspan(static_cast<std::size_t>(sent));
    }
    run_and_receive();
  }
  // All replies, once the client has nothing more to say.
  base::ByteView finish() {
    ::shutdown(client_, SHUT_WR);
    TIDEMARK_CHECK(!run_and_receive(), "a connection without a client ends");
    return received_;
  }

 private:
  // Until nothing moves; false: the other end closed.
  bool run_and_receive() {
    for (;;) {
      io_.restart();
      const bool moved = io_.poll() != 0;
      std::array<std::uint8_t, 16384> room;
      const auto got = ::recv(client_, room.data(), room.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
      if (got > 0) received_.insert(received_.end(), room.begin(), room.begin() + got);
      if (!moved && got < 0) return true;
    }
  }

  boost::asio::io_context& io_;
  int client_ = -1;
  base::Bytes received_;
};

// One reply a whole message, in order, until one that deserves none.
void check_replies(base::ByteView sent, base::ByteView received) {
  base::Reader queries(sent), replies(received);
  while (const auto octets = queries.take_u16()) {
    const auto query = queries.take(*octets);
    if (!query || query->size() < dns::header_octets || ((*query)[2] & 0x80) != 0) break;
    const auto length = replies.take_u16();
    const auto reply = length ? replies.take(*length) : std::nullopt;
    TIDEMARK_CHECK(reply.has_value(), "a query that came whole gets its reply");
    fuzz::check_reply(*query, *reply, false);
  }
  TIDEMARK_CHECK(replies.at_end(), "no reply without a query");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < length_octets) return 0;
  static Node node;
  const base::ByteView sent = base::ByteView(octets, size).subspan(length_octets);
  const std::size_t cut = std::min<std::size_t>(base::load_u16(octets), sent.size());
  {
    Conversation conversation(node);
    conversation.send(sent.first(cut));
    conversation.send(sent.subspan(cut));
    check_replies(sent, conversation.finish());
  }
  TIDEMARK_CHECK(node.census.connections() == 0, "a connection that ended has left");
  return 0;
}
