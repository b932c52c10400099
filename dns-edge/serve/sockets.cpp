#include "dns-edge/serve/sockets.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns-edge/serve/settings.hpp"

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;
using net::IpAddress;
using net::SocketAddress;

constexpr int port_attempts = 16;  // for a port that is free for UDP and TCP

union SystemAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t to_system(const SocketAddress& address, SystemAddress& out) noexcept {
  std::memset(&out, 0, sizeof out);
  if (address.ip.family == IpAddress::Family::V4) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(address.port);
    std::memcpy(&out.v4.sin_addr, address.ip.octets.data(), 4);
    return sizeof out.v4;
  }
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(address.port);
  std::memcpy(&out.v6.sin6_addr, address.ip.octets.data(), 16);
  return sizeof out.v6;
}

std::string remedy(int error) {
  switch (error) {
    case EADDRINUSE:
      return "; another process has it: stop that one, or listen elsewhere (--listen)";
    case EACCES:
      return "; ports below 1024 need CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities), or "
             "listen on a higher port";
    case EADDRNOTAVAIL: return "; this machine does not have that address: see `ip address`";
    case EMFILE:        return "; raise the limit of open files (ulimit -n)";
    default:            return "";
  }
}

std::unexpected<base::Error> failed(const char* protocol, const SocketAddress& address,
                                    const char* call) {
  const int error = errno;
  return base::fail(Errc::Unavailable, std::string(protocol) + " " + net::to_text(address) + ": " +
                                           call + ": " + std::strerror(error) + remedy(error));
}

bool set(int descriptor, int level, int option, int value) noexcept {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

bool is_unspecified(const IpAddress& ip) noexcept { return ip == IpAddress{ip.family, {}}; }

bool set_sharing(int descriptor, const SocketAddress& address, Sharing sharing) noexcept {
  if (sharing == Sharing::Shared && !set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) return false;
  return address.ip.family == IpAddress::Family::V4 ||
         set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

// A wildcard socket must answer from the address that was asked.
bool set_datagram(int descriptor, const SocketAddress& address) noexcept {
  set(descriptor, SOL_SOCKET, SO_RCVBUF, receive_buffer_octets);  // as much as the system allows
  const bool tell = is_unspecified(address.ip);
  if (address.ip.family == IpAddress::Family::V4) {
    return set(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT) &&
           (!tell || set(descriptor, IPPROTO_IP, IP_PKTINFO, 1));
  }
  return set(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) &&
         (!tell || set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
}

Result<Socket> open(int type, const char* protocol, const SocketAddress& address, Sharing sharing) {
  const int family = address.ip.family == IpAddress::Family::V4 ? AF_INET : AF_INET6;
  Socket socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int descriptor = socket.descriptor();
  if (descriptor < 0) return failed(protocol, address, "socket");
  const bool datagram = type == SOCK_DGRAM;
  // A restarted node must not wait for the old connections to fade. Connections take the sizes of
  // their buffers from here: who never reads holds little.
  if (!datagram && !(set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) &&
                     set(descriptor, SOL_SOCKET, SO_SNDBUF, tcp_buffer_octets) &&
                     set(descriptor, SOL_SOCKET, SO_RCVBUF, tcp_buffer_octets))) {
    return failed(protocol, address, "setsockopt");
  }
  if (!set_sharing(descriptor, address, sharing) ||
      (datagram && !set_datagram(descriptor, address))) {
    return failed(protocol, address, "setsockopt");
  }
  SystemAddress system;
  const socklen_t octets = to_system(address, system);
  if (bind(descriptor, &system.any, octets) != 0) return failed(protocol, address, "bind");
  return socket;
}

// Bound for a moment, never listening: a client that looks whether the server is there finds it
// when it is.
Result<SocketAddress> try_both(const SocketAddress& address) {
  TIDEMARK_TRY(const Socket udp, open(SOCK_DGRAM, "UDP", address, Sharing::Alone));
  const SocketAddress bound = local_address(udp);
  TIDEMARK_TRY_VOID(open(SOCK_STREAM, "TCP", bound, Sharing::Alone));
  return bound;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

int Socket::release() noexcept { return std::exchange(descriptor_, -1); }

Result<Socket> open_udp(const SocketAddress& address, Sharing sharing) {
  return open(SOCK_DGRAM, "UDP", address, sharing);
}

Result<Socket> open_tcp(const SocketAddress& address, Sharing sharing) {
  TIDEMARK_TRY(Socket socket, open(SOCK_STREAM, "TCP", address, sharing));
  if (::listen(socket.descriptor(), listen_backlog) != 0) return failed("TCP", address, "listen");
  return socket;
}

SocketAddress local_address(const Socket& socket) {
  SystemAddress system;
  socklen_t octets = sizeof system;
  SocketAddress address;
  if (getsockname(socket.descriptor(), &system.any, &octets) != 0) return address;
  if (system.any.sa_family == AF_INET) {
    address.port = ntohs(system.v4.sin_port);
    std::memcpy(address.ip.octets.data(), &system.v4.sin_addr, 4);
    return address;
  }
  address.ip.family = IpAddress::Family::V6;
  address.port = ntohs(system.v6.sin6_port);
  std::memcpy(address.ip.octets.data(), &system.v6.sin6_addr, 16);
  return address;
}

Result<SocketAddress> find_free(const SocketAddress& address) {
  Result<SocketAddress> found = try_both(address);
  for (int i = 1; !found && address.port == 0 && i < port_attempts; ++i) found = try_both(address);
  return found;
}

Result<void> check_free(const SocketAddress& address) {
  if (address.port == 0) return {};
  TIDEMARK_TRY_VOID(try_both(address));
  return {};
}

}  // namespace tidemark::edge
