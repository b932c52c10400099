#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"
#include "core/dns/message.hpp"
#include "loadtest/propagation/measure.hpp"

namespace tidemark::loadtest {

namespace {

constexpr auto deadline = std::chrono::seconds(10);
constexpr int reply_wait_ms = 50;
// Between two rounds. Asking without a pause would take the cores that the log and the fleet need
// here; the price is that a change is seen up to this much late.
constexpr std::chrono::microseconds pause{250};

// True if `reply` answers query `id` and ends in the four octets of `address`.
bool holds(base::ByteView reply, std::uint16_t id, std::uint32_t address) {
  return reply.size() > dns::header_octets + 4 && base::load_u16(reply.data()) == id &&
         base::load_u16(reply.data() + 6) == 1 &&
         base::load_u32(reply.data() + reply.size() - 4) == address;
}

}  // namespace

Edges::Edges(const std::vector<std::uint16_t>& ports, std::size_t sockets_per_edge) {
  for (const std::uint16_t port : ports) {
    for (std::size_t i = 0; i < sockets_per_edge; ++i) {
      const int one = ::socket(AF_INET, SOCK_DGRAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      TIDEMARK_CHECK(
          ::connect(one, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0,
          "a UDP socket connects");
      sockets_.push_back(one);
    }
  }
}

Edges::~Edges() {
  for (const int one : sockets_) ::close(one);
}

Micros Edges::wait_for(const dns::Name& owner, std::uint32_t address, Clock::time_point begin) {
  std::vector<int> open = sockets_;
  std::uint16_t id = static_cast<std::uint16_t>(queries_);
  while (Clock::now() - begin < deadline) {
    const base::Bytes query = dns::make_query(++id, owner, dns::RrType::A, 0);
    std::vector<pollfd> waiting;
    for (const int one : open) {
      ++queries_;
      if (::send(one, query.data(), query.size(), 0) > 0) waiting.push_back({one, POLLIN, 0});
    }
    while (!waiting.empty() && ::poll(waiting.data(), waiting.size(), reply_wait_ms) > 0) {
      for (pollfd& one : waiting) {
        if ((one.revents & POLLIN) == 0) continue;
        std::uint8_t reply[1500];
        const ssize_t got = ::recv(one.fd, reply, sizeof reply, 0);
        if (got < 2 || base::load_u16(reply) != id) continue;
        if (holds({reply, static_cast<std::size_t>(got)}, id, address)) std::erase(open, one.fd);
        one.fd = -1;
      }
      std::erase_if(waiting, [](const pollfd& one) { return one.fd < 0; });
    }
    if (open.empty()) return micros_since(begin);
    std::this_thread::sleep_for(pause);
  }
  return -1;
}

}  // namespace tidemark::loadtest
