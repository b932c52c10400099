// Replier: a worker's way from message to reply: its Reader, the settings, its rate limits, its
// counters.
//
// begin_batch() takes the newest Snapshot and the time; every reply until the next one comes from
// them.
//
// Threads  The one worker.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <span>

#include "consumer/snapshot/published.hpp"
#include "consumer/snapshot/snapshot.hpp"
#include "dns-edge/answer/respond.hpp"
#include "dns-edge/serve/counters.hpp"
#include "dns-edge/serve/rate_limiter.hpp"

namespace tidemark::edge {

using PublishedSnapshot = consumer::Published<consumer::Snapshot>;

// So many look-ups wait for memory together. With more of them what the first ones asked for is
// pushed out of the first-level cache before it is used.
constexpr std::size_t reply_group_datagrams = 16;

class Replier {
 public:
  // `stale_seconds` is Moment's; its owner sets it now and then.
  Replier(PublishedSnapshot& published, std::size_t index, const AnswerSettings& settings,
          const RateSettings& rate, std::uint64_t seed,
          const std::atomic<std::uint32_t>& stale_seconds, WorkerCounters& counters)
      : reader_(published, index),
        settings_(settings),
        limiter_(rate, seed, steady_now(), counters),
        stale_seconds_(stale_seconds),
        counters_(counters) {}

  RateLimiter& limiter() noexcept { return limiter_; }

  void begin_batch() noexcept {
    snapshot_ = &reader_.current();
    limiter_.begin_batch(steady_now());
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    now_.unix_seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(since_1970).count());
    now_.stale_seconds = stale_seconds_.load(std::memory_order_relaxed);
    counters_.seq_seen.store(snapshot_->dataset.version().seq.value(), std::memory_order_release);
  }
  // Datagrams go through in groups, each step for all of them (respond.hpp).
  // `index` is the place in the group.
  void begin(std::size_t index, base::ByteView message) noexcept {
    arrivals_[index].begin(message, *snapshot_);
  }
  void probe(std::size_t index) noexcept { arrivals_[index].probe(); }
  void prefetch(std::size_t index) const noexcept { arrivals_[index].prefetch(); }
  void settle(std::size_t index) noexcept { arrivals_[index].settle(*snapshot_); }
  void prefetch_next(std::size_t index) const noexcept { arrivals_[index].prefetch_next(); }
  // Each requires begin_batch() since the last sleep(). 0 octets: silence.
  std::size_t reply_udp(std::size_t index, const Client& client, const RateTable::Source& source,
                        std::span<std::uint8_t> out) noexcept {
    counters_.udp_queries.add();
    const Arrival& arrival = arrivals_[index];
    Reply made = respond(arrival, client, now_, *snapshot_, settings_, out);
    if (made.octets == 0) {
      counters_.silent.add();
      return 0;
    }
    switch (limiter_.judge(client, source, made)) {
      case RateLimiter::Verdict::Whole:   break;
      case RateLimiter::Verdict::Nothing: return 0;
      case RateLimiter::Verdict::Limited:
        made = respond_limited(arrival, client, now_, *snapshot_, settings_, out);
    }
    count(made);
    return made.octets;
  }
  std::size_t reply_tcp(base::ByteView message, const Client& client,
                        std::chrono::milliseconds idle, std::span<std::uint8_t> out) noexcept {
    counters_.tcp_queries.add();
    // RFC 7828: what is told is what holds now.
    settings_.tcp_idle_deciseconds = static_cast<std::uint16_t>(idle.count() / 100);
    const Reply made = respond(message, client, now_, *snapshot_, settings_, out);
    if (made.octets == 0) {
      counters_.silent.add();
      return 0;
    }
    count(made);
    return made.octets;
  }
  void sleep() noexcept {
    snapshot_ = nullptr;
    counters_.seq_seen.store(WorkerCounters::asleep, std::memory_order_release);
    reader_.go_offline();
  }

 private:
  static std::chrono::milliseconds steady_now() noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  void count(const Reply& made) noexcept {
    counters_.count_response(made.rcode);
    if (made.truncated) counters_.truncated.add();
  }

  PublishedSnapshot::Reader reader_;
  AnswerSettings settings_;  // its own copy
  RateLimiter limiter_;
  const std::atomic<std::uint32_t>& stale_seconds_;
  WorkerCounters& counters_;
  const consumer::Snapshot* snapshot_ = nullptr;
  Moment now_;
  std::array<Arrival, reply_group_datagrams> arrivals_;
};

}  // namespace tidemark::edge
