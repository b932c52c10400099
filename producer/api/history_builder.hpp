// HistoryBuilder: writes a new index beside the old one, in a thread of its own.
//
// It reads the log from its beginning; where that is gone, from the state that it was given, whose
// past is then not known (baseline). It goes on behind the end until it is told to finish.
//
// Threads  Its owner's, which is not that of its work.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "consumer/history/history_writer.hpp"
#include "consumer/history/replay.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/result.hpp"
#include "core/log/log.hpp"

namespace tidemark::producer {

struct BuildProgress {
  std::atomic<std::int64_t> offset{-1};  // the last record that is committed
  std::atomic<std::int64_t> next{0};     // of the log, as last seen
  std::atomic<bool> failed{false};
};

class HistoryBuilder {
 public:
  // `state`, of the time `state_ms`: where to begin if the log's beginning is gone.
  HistoryBuilder(std::string path, std::string dataset, std::unique_ptr<log::Source> source,
                 consumer::SnapshotContents state, std::int64_t state_ms,
                 std::shared_ptr<BuildProgress> progress);
  ~HistoryBuilder();
  HistoryBuilder(const HistoryBuilder&) = delete;
  HistoryBuilder& operator=(const HistoryBuilder&) = delete;

  // It ends soon: is_done() tells when, so that finish() need not wait.
  void ask_to_finish() noexcept { stop_ = true; }
  bool is_done() const noexcept { return done_; }
  // Ends the work; afterwards the file is closed and whole, or the Error says why not.
  [[nodiscard]] base::Result<void> finish();

 private:
  base::Result<void> work();
  base::Result<void> take(const log::Drained& drained);
  base::Result<void> react(log::Happening happening);
  base::Result<void> begin_from_state();

  const std::string path_, dataset_;
  std::unique_ptr<log::Source> source_;
  std::optional<consumer::SnapshotContents> given_;
  const std::int64_t given_ms_;
  std::shared_ptr<BuildProgress> progress_;
  std::optional<consumer::HistoryWriter> writer_;
  std::optional<consumer::Replay> replay_;
  std::atomic<bool> stop_{false}, done_{false};
  base::Result<void> outcome_;
  std::thread thread_;
};

// Removes an index with what SQLite keeps beside it.
void remove_index(const std::string& path);

}  // namespace tidemark::producer
