// Replier: a worker's way from message to reply: its Reader, the settings, its counters.
//
// begin_batch() takes the newest Snapshot; every reply until the next one comes from it.
//
// Threads  The one worker.
#pragma once

#include <span>

#include "consumer/snapshot/published.hpp"
#include "consumer/snapshot/snapshot.hpp"
#include "dns-edge/answer/respond.hpp"
#include "dns-edge/serve/counters.hpp"

namespace tidemark::edge {

using PublishedSnapshot = consumer::Published<consumer::Snapshot>;

class Replier {
 public:
  Replier(PublishedSnapshot& published, std::size_t index, const AnswerSettings& settings,
          WorkerCounters& counters)
      : reader_(published, index), settings_(settings), counters_(counters) {}

  void begin_batch() noexcept {
    snapshot_ = &reader_.current();
    counters_.seq_seen.store(snapshot_->dataset.version().seq.value(), std::memory_order_release);
  }
  // Requires begin_batch() since the last sleep().
  std::size_t reply(base::ByteView message, Transport transport,
                    std::span<std::uint8_t> out) noexcept {
    const Reply made = respond(message, transport, *snapshot_, settings_, out);
    (transport == Transport::Udp ? counters_.udp_queries : counters_.tcp_queries).add();
    if (made.octets == 0) {
      counters_.silent.add();
      return 0;
    }
    counters_.count_response(made.rcode);
    if (made.truncated) counters_.truncated.add();
    return made.octets;
  }
  void sleep() noexcept {
    snapshot_ = nullptr;
    counters_.seq_seen.store(WorkerCounters::asleep, std::memory_order_release);
    reader_.go_offline();
  }

 private:
  PublishedSnapshot::Reader reader_;
  const AnswerSettings& settings_;
  WorkerCounters& counters_;
  const consumer::Snapshot* snapshot_ = nullptr;
};

}  // namespace tidemark::edge
