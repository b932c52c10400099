// Counters of one worker: plain numbers with one writer, read by whoever reports them.
//
// Invariants  Only the owning worker adds. No counter ever falls.
// Threads     add(): the one worker. value(): any.
// Cost        add(): a load and a store, no locked instruction; a worker's counters share no cache
//             line with another's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/dns/types.hpp"

namespace tidemark::edge {

class Counter {
 public:
  void add(std::uint64_t more = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

enum class RateClass : std::uint8_t { Answer, Error, Tcp };  // each has limits of its own

struct alignas(128) WorkerCounters {
  static constexpr std::size_t rcodes = 24;  // up to BADCOOKIE
  static constexpr std::size_t rate_classes = 3;

  Counter udp_queries, tcp_queries;
  Counter silent;  // no answer is owed: responses, stubs, source port 0
  Counter truncated;
  std::array<Counter, rcodes> responses;  // by RCODE
  Counter udp_octets_in, udp_octets_out;
  Counter udp_send_errors;           // datagrams that the system did not take
  Counter batches;                   // receive calls that brought something
  Counter tcp_accepted, tcp_closed;  // the difference is open now
  Counter tcp_refused_node_full, tcp_refused_source_full, tcp_refused_descriptors;
  Counter tcp_timeouts, tcp_displaced;  // closed: too slow or idle; longest idle when full

  std::array<Counter, rate_classes> rate_limited;      // by RateClass
  std::array<Counter, rate_classes> rate_would_limit;  // the same in dry-run
  Counter rate_slipped;                                // limited, and sent short
  Counter rate_exempt_by_cookie, rate_exempt_by_address;

  // The version that answers come from: seq of the last Snapshot that a batch was answered from.
  // While the worker sleeps it holds none: its next batch takes the newest.
  static constexpr std::uint64_t asleep = ~std::uint64_t{0};
  std::atomic<std::uint64_t> seq_seen{asleep};

  void count_response(dns::Rcode rcode) noexcept {
    const auto index = static_cast<std::size_t>(rcode);
    if (index < rcodes) responses[index].add();
  }
};

}  // namespace tidemark::edge
