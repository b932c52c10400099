// Refilling: writes into a log that was made anew what this controller holds, in a thread of its
// own, beside a feeder that is DIVERGED and serves on (docs/adr, 17).
//
// It folds the log from its beginning, decides what is missing (producer/decide/refill.hpp), sends
// it, waits until its own fold has judged it, and decides again, until a Succession is accepted,
// by whomever it was written. It ends without writing if the log holds a change that no refill
// made, or its beginning is gone. Of two with different targets the older one waits while the log
// moves: it goes on only after a silence.
//
// Threads   Its owner's. The target may be read meanwhile: it is immutable.
// Owns      Its thread, the Source, the Sink.
// Errors    take(): Conflict: the log holds what no refill wrote, or what cannot be made `target`;
//           OutOfRange: its beginning is gone; Unsupported: a record of a newer Tidemark;
//           Unavailable: the log. After each it may be begun again.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "consumer/history/replay.hpp"
#include "consumer/proof/succession.hpp"
#include "core/log/log.hpp"
#include "producer/decide/refill.hpp"

namespace tidemark::producer {

struct RefillOrder {
  std::string dataset;
  dataset::HashSeed seed;
  dataset::Dataset target;
  event::Succession succession;
  std::string source;  // of the CloudEvents
  std::uint64_t created_ms = 0;
  std::chrono::milliseconds silence{60'000};  // before what another one began is taken over
};

class Refilling {
 public:
  Refilling(RefillOrder order, std::unique_ptr<log::Source> changes,
            std::unique_ptr<log::Sink> sink);
  ~Refilling();  // gives up what is not done: it can be gone on with
  Refilling(const Refilling&) = delete;
  Refilling& operator=(const Refilling&) = delete;

  bool is_done() const noexcept { return done_; }
  std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] base::Result<void> take();  // Requires is_done(); once

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Batch = std::span<const event::ChangeSet>;
  base::Result<void> work();
  base::Result<void> read_all();
  base::Result<bool> read_some();  // false: nothing came
  base::Result<void> fold(const log::Record& record);
  base::Result<void> check() const;
  base::Result<void> wait_for_newer();
  base::Result<void> write(Batch changes);
  bool send(Batch changes);
  std::size_t unjudged(Batch changes) const;
  void pause() const;

  const RefillOrder order_;
  std::unique_ptr<log::Source> changes_;
  std::unique_ptr<log::Sink> sink_;
  consumer::Replay replay_;
  consumer::LogOrigins origins_;
  std::uint64_t newer_ = 0;  // parts of another's refill to a newer version
  Time newer_at_{};
  std::uint64_t next_ticket_ = 1;
  bool caught_up_ = false;
  base::Result<void> outcome_;
  std::atomic<bool> stop_{false}, done_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::thread thread_;
};

}  // namespace tidemark::producer
