// Worker: one thread that answers: its sockets, its buffers, its Reader, its counters.
//
// UDP is drained in batches: all replies of one come from one Snapshot. Between batches the thread
// sleeps without holding any. Nothing that a query needs
// is shared with other workers but the published Snapshot.
//
// Threads   Made and destroyed by Workers; run() is the thread; stop() from any thread.
// Requires  The PublishedSnapshot and the settings outlive it.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "dns-edge/serve/counters.hpp"
#include "dns-edge/serve/replier.hpp"
#include "dns-edge/serve/settings.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "dns-edge/serve/tcp_service.hpp"
#include "dns-edge/serve/udp_batch.hpp"

namespace tidemark::edge {

class Worker {
 public:
  // `shared` is what all workers of a node have in common; it outlives them.
  struct Shared {
    TcpCensus& census;
    const std::atomic<std::uint32_t>& stale_seconds;
    std::uint64_t rate_seed;
  };
  Worker(const ServeSettings& settings, PublishedSnapshot& published, std::size_t index,
         const Shared& shared);

  // Before run(). Bound sockets of one address.
  void add(Socket udp, Socket tcp, const net::SocketAddress& address);
  void run();
  void stop();  // answers what was received, then run() returns
  const WorkerCounters& counters() const noexcept { return counters_; }

 private:
  using UdpSocket = boost::asio::ip::udp::socket;
  void wait(UdpSocket& socket);
  void drain(UdpSocket& socket) noexcept;
  bool answer_batch(int socket) noexcept;
  std::uint64_t answer_group(std::size_t first, std::size_t end) noexcept;

  WorkerCounters counters_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> running_;
  Replier replier_;
  UdpBatch batch_;
  std::array<Client, udp_batch_datagrams> clients_;  // of the batch
  std::array<RateTable::Source, udp_batch_datagrams> sources_;
  std::vector<std::unique_ptr<UdpSocket>> udp_;
  TcpService tcp_;
};

}  // namespace tidemark::edge
