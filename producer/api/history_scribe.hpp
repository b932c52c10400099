// HistoryScribe: writes judged changes into the history index in a thread of its own, so that
// neither an index nor a zone that goes away with a million names holds the controller's loop.
//
// What comes in waits in memory, in order. The thread takes all that waits, writes it in one
// transaction (of transaction_edits_max at most) and commits: one change alone is there at once,
// many come cheap. Its owner stops folding while is_full().
//
// A crash loses what waits, never more: the position is written with the rows. The owner makes
// nothing durable that goes further than the index (settle()).
//
// Invariants  committed() never falls, and never goes beyond what was given.
// Threads     add, skip, is_full: one, the owner's. settle, committed, failure: any.
// Errors      failure(): the writer's; nothing is written afterwards.
// Cost        add(): a copy of the change.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/history/history_writer.hpp"
#include "core/base/result.hpp"

namespace tidemark::producer {

constexpr std::size_t waiting_edits_max = 200'000;     // in memory: some 50 MiB
constexpr std::size_t transaction_edits_max = 20'000;  // about 0.5 s of work
constexpr std::size_t edit_lines_max = 200;            // kept of one change, for people

// What a change wanted, a line an edit; first its roll-out class, if that is not standard. A
// controller that starts reads the class of older changes from there.
std::vector<std::string> history_lines(const event::ChangeSet& change);
event::RolloutClass rollout_class_of(const std::vector<std::string>& lines);

// One record, as the feeder's hook or its `skipped` gives it, kept.
struct WaitingRecord {
  std::int64_t offset;
  std::int64_t appended_ms = 0;
  std::optional<event::ChangeSet> change{};  // none: undecodable
  std::optional<fold::Judgement> judgement{};
};
WaitingRecord to_waiting(const consumer::FoldedChange& folded);

class HistoryScribe {
 public:
  explicit HistoryScribe(consumer::HistoryWriter writer);
  ~HistoryScribe();  // writes what waits
  HistoryScribe(const HistoryScribe&) = delete;
  HistoryScribe& operator=(const HistoryScribe&) = delete;

  void add(WaitingRecord record);
  bool is_full() const;
  std::int64_t taken() const noexcept { return taken_; }  // offset of the last one given
  std::int64_t committed() const noexcept { return committed_; }
  // Waits until all that was given before is committed; false: not within that time, or never.
  bool settle(std::chrono::nanoseconds within);
  std::optional<std::string> failure() const;
  void abandon();  // what waits is not worth writing any more

 private:
  void work();
  base::Result<void> write(const std::vector<WaitingRecord>& records);
  std::vector<WaitingRecord> next_group();

  consumer::HistoryWriter writer_;  // the thread's
  std::atomic<std::int64_t> taken_, committed_;

  mutable std::mutex lock_;  // of what follows
  std::condition_variable arrived_, written_;
  std::deque<WaitingRecord> waiting_;
  std::size_t waiting_edits_ = 0;
  std::optional<std::string> failure_;
  bool stop_ = false;
  std::thread thread_;  // last: it sees all of the above
};

}  // namespace tidemark::producer
