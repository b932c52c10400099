// HistoryKeeper: keeps the controller's history index (consumer/history) in step with its feeder.
//
//   keeping    each judged change is given to a HistoryScribe, which writes it beside the loop
//   building   the index is missing, damaged, of another format, behind the state that was
//              restored, or of another history: a thread with a Source and a fold of its own writes
//              a new one from the log's beginning, or from the state where that is gone
//   taking over  the new one has come as far as the feeder: its thread ends, while what is folded
//              meanwhile is held; then it takes the place of the old one, and is kept
//
// The index is derived from the log: whatever happens to it is told and healed, never more.
//
// Threads   The feeder's, but for reader(), settle(), doubt(): any.
// Errors    None returned: take_remarks().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/history/history.hpp"
#include "core/base/environment.hpp"
#include "core/log/log.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/history_scribe.hpp"

namespace tidemark::producer {

struct HistoryPorts {
  base::Clock& clock;
  // A Source of `changes` for the builder. Unavailable: it is asked again.
  std::function<base::Result<std::unique_ptr<log::Source>>()> source;
};

class HistoryBuilder;  // history_builder.hpp
struct BuildProgress;

class HistoryKeeper {
 public:
  // `restored`: the state that the feeder begins with.
  HistoryKeeper(std::string path, std::string dataset, HistoryPorts ports,
                const fold::State& restored);
  ~HistoryKeeper();  // what waits is written; the builder ends
  HistoryKeeper(const HistoryKeeper&) = delete;
  HistoryKeeper& operator=(const HistoryKeeper&) = delete;

  void folded(const consumer::FoldedChange& folded);  // the feeder's hooks
  void skipped(std::int64_t offset);
  // Once a turn, after the feeder's step.
  void turn(const consumer::Feeder& feeder);
  // So much waits to be written that the feeder should not go on until some of it is.
  bool is_full() const;
  std::vector<std::string> take_remarks() { return std::exchange(remarks_, {}); }

  bool is_building() const noexcept { return !scribe_; }
  bool is_taking_over() const noexcept { return taking_over_; }
  // Any thread: somebody found it damaged.
  void doubt() noexcept { doubted_ = true; }
  // Until what was folded before is in the index; true too while there is none to wait for.
  bool settle(std::chrono::nanoseconds within) const;
  // A connection of the caller's own. 503 while there is no index, with how far it is.
  std::expected<consumer::History, ApiError> reader() const;

 private:
  void open(std::int64_t state_offset);
  void lose(const std::string& why);
  void give(WaitingRecord record);
  void build(const consumer::Feeder& feeder);
  void look_after_builder(const consumer::Feeder& feeder);
  void take_over(std::int64_t offset);
  void show(std::shared_ptr<HistoryScribe> scribe, std::shared_ptr<BuildProgress> progress);

  const std::string path_;
  const std::string dataset_;
  HistoryPorts ports_;
  std::unique_ptr<HistoryBuilder> builder_;
  bool taking_over_ = false;         // the builder ends
  std::vector<WaitingRecord> held_;  // folded meanwhile
  std::chrono::nanoseconds due_{0}, pause_;
  std::vector<std::string> remarks_;

  std::atomic<bool> doubted_{false};
  mutable std::mutex lock_;                  // of what settle() and reader() ask:
  std::shared_ptr<HistoryScribe> scribe_;    // null: there is no index. Shared with who waits
  std::shared_ptr<BuildProgress> progress_;  // null: the index is there
};

}  // namespace tidemark::producer
