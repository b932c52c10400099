// HistoryKeeper: keeps the controller's history index (consumer/history) in step with its feeder.
//
//   keeping    each judged change goes into the index, committed once a turn
//   building   the index is missing, damaged, of another format, behind the state that was
//              restored, or of another history: a thread with a Source and a fold of its own writes
//              a new one from the log's beginning, or from the state where that is gone. When it
//              has come as far as the feeder it takes the place of the old one.
//
// The index is derived from the log: whatever happens to it is told and healed, never more.
//
// Threads   The feeder's, but for reader(): any. It has one of its own while it builds.
// Errors    None returned: take_remarks().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/history/history.hpp"
#include "consumer/history/history_writer.hpp"
#include "core/base/environment.hpp"
#include "core/log/log.hpp"
#include "producer/api/api_error.hpp"

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
  ~HistoryKeeper();  // ends the builder
  HistoryKeeper(const HistoryKeeper&) = delete;
  HistoryKeeper& operator=(const HistoryKeeper&) = delete;

  void folded(const consumer::FoldedChange& folded);  // the feeder's hooks
  void skipped(std::int64_t offset);
  // Once a turn, after the feeder's step.
  void turn(const consumer::Feeder& feeder);
  std::vector<std::string> take_remarks() { return std::exchange(remarks_, {}); }

  bool is_building() const noexcept { return !writer_; }
  // Any thread: somebody found it damaged.
  void doubt() noexcept { doubted_ = true; }
  // A connection of the caller's own. 503 while there is no index, with how far it is.
  std::expected<consumer::History, ApiError> reader() const;

 private:
  void open(std::int64_t state_offset);
  void lose(const std::string& why);
  void note(base::Result<void> done);
  void build(const consumer::Feeder& feeder);
  void look_after_builder(const consumer::Feeder& feeder);
  void show(std::shared_ptr<BuildProgress> progress);

  const std::string path_;
  const std::string dataset_;
  HistoryPorts ports_;
  std::optional<consumer::HistoryWriter> writer_;
  std::unique_ptr<HistoryBuilder> builder_;
  std::chrono::nanoseconds due_{0}, pause_;
  std::vector<std::string> remarks_;

  std::atomic<bool> doubted_{false};
  mutable std::mutex lock_;                  // of what reader() asks:
  std::shared_ptr<BuildProgress> progress_;  // null: the index is there
};

}  // namespace tidemark::producer
