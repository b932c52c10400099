// What the workers of one node are told at start; nothing of it changes while they run.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "dns-edge/answer/settings.hpp"
#include "dns-edge/serve/rate_limiter.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "net/address.hpp"

namespace tidemark::edge {

struct TcpLimits {                                  // RFC 7766, 9210
  std::size_t connections_max = 1024;               // of the node: all workers together
  std::size_t connections_per_source_max = 25;      // of one /32 or /56, likewise
  std::chrono::milliseconds idle{10'000};           // since the last whole message
  std::chrono::milliseconds idle_when_full{2'000};  // while more than half of the places are taken
  std::chrono::milliseconds message{500};  // from a message's first octet to its last, each way
  // Never taken by connections: for the log, files and the admin listener.
  std::size_t descriptors_reserved = 64;
};

// Of one connection. No more is read while as much waits to be taken.
constexpr std::size_t tcp_output_octets_max = 128 * 1024;
constexpr std::size_t tcp_in_flight_max = 128;  // messages
// What the system may hold of one connection besides, each way; it doubles the number.
constexpr int tcp_buffer_octets = 32 * 1024;

struct ServeSettings {
  std::vector<net::SocketAddress> listen;  // UDP and TCP each; port 0: any, the same for both
  std::size_t workers = 1;
  // Shared: beside another process of the same user that has the addresses, until that one ends.
  Sharing addresses = Sharing::Alone;
  AnswerSettings answers{};
  RateSettings rate{};
  TcpLimits tcp{};
};

constexpr int listen_backlog = 1024;  // connections that a worker has not accepted yet
constexpr std::size_t workers_max = 256;
constexpr int receive_buffer_octets = 4 * 1024 * 1024;  // net.core.rmem_max may cap it

}  // namespace tidemark::edge
