#include "cli/dns_question.hpp"

#include <array>
#include <cerrno>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/bytes.hpp"

namespace tidemark::cli {

namespace {

constexpr std::uint16_t question_id = 0x7d3a;

base::Bytes question(const dns::Name& name, dns::RrType type) {
  base::Writer out;
  out.put_u16(question_id);
  out.put_u16(0);  // QUERY, recursion not desired
  out.put_u16(1);  // QDCOUNT
  for (int i = 0; i < 3; ++i) out.put_u16(0);
  out.put(name.wire());
  out.put_u16(static_cast<std::uint16_t>(type));
  out.put_u16(static_cast<std::uint16_t>(dns::RrClass::In));
  return std::move(out).take();
}

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

}  // namespace

std::optional<DnsReply> ask_dns(std::uint16_t port, const dns::Name& name, dns::RrType type,
                                std::chrono::milliseconds patience) {
  const Descriptor open{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (open.value < 0) return std::nullopt;
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
  if (connect(open.value, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    return std::nullopt;
  }
  const base::Bytes asked = question(name, type);
  if (send(open.value, asked.data(), asked.size(), 0) < 0) return std::nullopt;
  pollfd come{.fd = open.value, .events = POLLIN, .revents = 0};
  if (poll(&come, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
  std::array<std::uint8_t, 4096> reply{};
  const ssize_t got = recv(open.value, reply.data(), reply.size(), 0);
  constexpr ssize_t header_octets = 12;
  if (got < header_octets || reply[0] != asked[0] || reply[1] != asked[1]) return std::nullopt;
  return DnsReply{static_cast<std::uint8_t>(reply[3] & 0x0fU),
                  static_cast<std::uint16_t>(reply[6] << 8U | reply[7])};
}

}  // namespace tidemark::cli
