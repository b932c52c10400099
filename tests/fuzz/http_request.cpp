// The input is what a client sends to an HTTP server, over a connection of its own (a socket pair):
// the octets come in two pieces, cut where the first two octets of the input say.
#include <array>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "net/http_session.hpp"

using namespace tidemark;

namespace {

using boost::asio::ip::tcp;

struct Pair {
  Pair() { TIDEMARK_CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "a pair"); }
  std::array<int, 2> ends{};
};

void send_all(int end, base::ByteView octets) {
  if (octets.empty()) return;
  (void)!::send(end, octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void run_ready(boost::asio::io_context& io) {
  io.restart();
  while (io.poll() != 0) {
  }
}

std::shared_ptr<net::HttpSessions> make_sessions(std::size_t& requests) {
  auto sessions = std::make_shared<net::HttpSessions>();
  sessions->limits.header_octets_max = 2048;
  sessions->limits.body_octets_max = 4096;
  sessions->limits.groups.push_back({"/v1/zones/", 8192});
  sessions->responder = std::make_shared<const net::Responder>(
      [&requests](net::HttpRequest request, net::Respond respond) {
        ++requests;
        TIDEMARK_CHECK(request.body.size() <= 8192, "no body above its limit reaches a responder");
        TIDEMARK_CHECK(!request.method.empty(), "a request has a method");
        respond({.status = 200, .body = request.target, .shared = {}, .headers = {}});
      });
  return sessions;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < 2 || size > 60'000) return 0;
  const base::ByteView sent = base::ByteView(octets, size).subspan(2);
  const std::size_t cut = std::min<std::size_t>(base::load_u16(octets), sent.size());
  static boost::asio::io_context io(1);  // making one costs more than all the rest
  Pair pair;
  std::size_t requests = 0;
  const auto sessions = make_sessions(requests);
  tcp::socket socket(io);
  socket.assign(tcp::v4(), pair.ends[0]);
  auto session = net::make_session(std::move(socket), sessions);
  sessions->all.insert(session);
  session->start();
  send_all(pair.ends[1], sent.first(cut));
  run_ready(io);
  send_all(pair.ends[1], sent.subspan(cut));
  ::shutdown(pair.ends[1], SHUT_WR);
  run_ready(io);
  std::array<char, 16> begin{};
  const auto got = ::recv(pair.ends[1], begin.data(), begin.size(), MSG_DONTWAIT);
  TIDEMARK_CHECK(got <= 0 || std::string_view(begin.data(), begin.size()).starts_with("HTTP/1."),
                 "what is answered is HTTP");
  TIDEMARK_CHECK(requests == 0 || got > 0, "a request is answered");
  session->close();
  run_ready(io);
  session.reset();
  TIDEMARK_CHECK(sessions->all.empty(), "a connection that ended is forgotten");
  ::close(pair.ends[1]);
  return 0;
}
