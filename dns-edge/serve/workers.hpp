// Workers: all that answers on one node. Bound sockets and their threads from open() to stop().
//
// open() is called when a verified Snapshot is held, not before: an unbound port says nothing, and
// that is the only right answer of a node that knows nothing (dns-answers section 11).
//
// Threads   All calls by one thread; counters may be read by any.
// Requires  `published` has settings.workers Readers, outlives this, and is reclaimed by its owner.
// Errors    open(): Unavailable, naming the address and what to do; then nothing stays open.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/result.hpp"
#include "dns-edge/serve/counters.hpp"
#include "dns-edge/serve/replier.hpp"
#include "dns-edge/serve/settings.hpp"
#include "dns-edge/serve/tcp_census.hpp"
#include "net/address.hpp"

namespace tidemark::edge {

class Worker;

// The addresses do not overlap and may be bound now. At start, so that a mistake is told at once
// and not only when the first Snapshot is there; open() asks again. Shared: others may have them.
base::Result<void> check_addresses_free(const std::vector<net::SocketAddress>& addresses,
                                        Sharing sharing = Sharing::Alone);

class Workers {
 public:
  static base::Result<std::unique_ptr<Workers>> open(ServeSettings settings,
                                                     PublishedSnapshot& published);
  ~Workers();  // stop()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // As bound: with the ports that port 0 became.
  const std::vector<net::SocketAddress>& addresses() const noexcept { return addresses_; }
  std::size_t size() const noexcept { return workers_.size(); }
  // Moment::stale_seconds of the batches to come. Any thread.
  void set_stale_seconds(std::uint32_t seconds) noexcept {
    stale_seconds_.store(seconds, std::memory_order_relaxed);
  }
  std::uint32_t stale_seconds() const noexcept {
    return stale_seconds_.load(std::memory_order_relaxed);
  }
  const WorkerCounters& counters(std::size_t worker) const noexcept;
  void
  stop();  // received queries are answered; then everything is closed and the threads have ended

 private:
  explicit Workers(ServeSettings settings);
  base::Result<void> bind(PublishedSnapshot& published);

  const ServeSettings settings_;
  std::atomic<std::uint32_t> stale_seconds_{0};
  TcpCensus census_;
  std::vector<net::SocketAddress> addresses_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::edge
