// Replier: a worker's way from message to reply: its Reader, the settings, its counters.
//
// begin_batch() takes the newest Snapshot and the time; every reply until the next one comes from
// them.
//
// Threads  The one worker.
#pragma once

#include <atomic>
#include <chrono>
#include <span>

#include "consumer/snapshot/published.hpp"
#include "consumer/snapshot/snapshot.hpp"
#include "dns-edge/answer/respond.hpp"
#include "dns-edge/serve/counters.hpp"

namespace tidemark::edge {

using PublishedSnapshot = consumer::Published<consumer::Snapshot>;

class Replier {
 public:
  // `stale_seconds` is Moment's; its owner sets it now and then.
  Replier(PublishedSnapshot& published, std::size_t index, const AnswerSettings& settings,
          const std::atomic<std::uint32_t>& stale_seconds, WorkerCounters& counters)
      : reader_(published, index),
        settings_(settings),
        stale_seconds_(stale_seconds),
        counters_(counters) {}

  void begin_batch() noexcept {
    snapshot_ = &reader_.current();
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    now_.unix_seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(since_1970).count());
    now_.stale_seconds = stale_seconds_.load(std::memory_order_relaxed);
    counters_.seq_seen.store(snapshot_->dataset.version().seq.value(), std::memory_order_release);
  }
  // Requires begin_batch() since the last sleep().
  std::size_t reply(base::ByteView message, const Client& client,
                    std::span<std::uint8_t> out) noexcept {
    const Reply made = respond(message, client, now_, *snapshot_, settings_, out);
    (client.transport == Transport::Udp ? counters_.udp_queries : counters_.tcp_queries).add();
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
  const std::atomic<std::uint32_t>& stale_seconds_;
  WorkerCounters& counters_;
  const consumer::Snapshot* snapshot_ = nullptr;
  Moment now_;
};

}  // namespace tidemark::edge
