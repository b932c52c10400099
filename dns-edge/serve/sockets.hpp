// Opening the sockets of DNS: options that Asio does not know, and errors that say what to do.
//
// Errors  Unavailable, naming protocol, address, the system's words and the remedy.
#pragma once

#include "core/base/result.hpp"
#include "net/address.hpp"

namespace tidemark::edge {

// A file descriptor of its owner.
class Socket {
 public:
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int descriptor() const noexcept { return descriptor_; }
  int release() noexcept;

 private:
  int descriptor_;
};

enum class Sharing : std::uint8_t {
  Alone,   // fails if anybody else has the address: tells whether it is free
  Shared,  // SO_REUSEPORT: one socket a worker
};

// Bound, non-blocking; path MTU is never probed or believed (no fragments by ICMP from strangers).
base::Result<Socket> open_udp(const net::SocketAddress& address, Sharing sharing);
base::Result<Socket> open_tcp(const net::SocketAddress& address, Sharing sharing);  // listening
net::SocketAddress local_address(const Socket& socket);

// Both protocols of one address may be bound now. Port 0 always may. Nobody can connect meanwhile.
base::Result<void> check_free(const net::SocketAddress& address);
// The same, with port 0 made a port that nobody has. The system, asked for any port for a shared
// socket, may give one that another process of this user shares: half of its clients would come.
base::Result<net::SocketAddress> find_free(const net::SocketAddress& address);

}  // namespace tidemark::edge
