// TcpCensus: how many TCP connections a node has, and whose: what its workers share about TCP.
//
// Invariants  Never more than `connections_max` are in, of one source never more than
//             `per_source_max`, whichever workers they are with.
// Threads     Any. enter() and leave() take a lock: once a connection, never for a query.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "net/address.hpp"

namespace tidemark::edge {

class TcpCensus {
 public:
  enum class Entry : std::uint8_t { Admitted, NodeFull, SourceFull };

  TcpCensus(std::size_t connections_max, std::size_t per_source_max)
      : connections_max_(connections_max), per_source_max_(per_source_max) {}

  // `source`: what counts as one, an IPv4 address or an IPv6 /56.
  Entry enter(const net::IpAddress& source);
  void leave(const net::IpAddress& source);  // who was admitted

  std::size_t connections() const noexcept { return connections_.load(std::memory_order_relaxed); }
  bool is_more_than_half_full() const noexcept { return connections() * 2 > connections_max_; }

 private:
  const std::size_t connections_max_, per_source_max_;
  std::atomic<std::size_t> connections_{0};  // written under the lock
  std::mutex lock_;
  std::map<net::IpAddress, std::size_t> of_source_;  // ordered: nobody can make it slow
};

}  // namespace tidemark::edge
