// Rebuild: folds the log anew beside a node that goes on, in a thread of its own: the judge between
// two nodes that do not agree, and the state that the wrong one takes then.
//
// It begins at the log's beginning. Where that is gone it begins at what `next_start` gives, until
// one of them can be continued by the log: the record that it was folded to last stands there, or
// was the very last one to go. It ends when it has come to the log's end.
//
// Threads   Its owner's. What take() gives is a family of Datasets whose writer ended.
// Owns      Its thread, the Source.
// Errors    take(): OutOfRange: the log's beginning is gone, and no start could be continued.
//           Unsupported: a record needs a newer Tidemark. Unavailable: the log, for too long.
// Cost      One fold of the whole log; memory of a second Dataset.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "consumer/history/replay.hpp"
#include "consumer/proof/succession.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/environment.hpp"
#include "core/base/result.hpp"
#include "core/dataset/hash_tree.hpp"
#include "core/fold/footprints.hpp"
#include "core/log/log.hpp"

namespace tidemark::consumer {

constexpr std::size_t rebuild_differences_max = 16;

struct RebuildPlan {
  std::string dataset;
  dataset::HashSeed seed;
  std::int64_t compare_offset;           // the version after this record is kept
  std::optional<std::uint64_t> pin_seq;  // and this one
  // What the node held at that place: it is told where that differs from what the log says.
  std::optional<dataset::Dataset> suspect;
  // Called in the Rebuild's thread, with 0, 1, 2, ...; nothing: there is no more.
  std::function<std::optional<SnapshotContents>(std::size_t attempt)> next_start;
};

struct Rebuilt {
  fold::State state;  // at the log's end
  fold::Footprints footprints;
  bool from_beginning = true;
  std::optional<fold::Footprint> at_compare;     // none: the log ends before, or began behind
  std::vector<dataset::Difference> differences;  // left: the suspect's, right: the log's
  std::optional<dataset::Dataset> pinned;
  LogOrigins origins{};  // if it was read from its beginning
};

// For `next_start`: the own snapshot files, the oldest first: it is the likeliest to be older than
// a fault, and to lie before what a log lost.
std::optional<SnapshotContents> own_file(base::Disk& disk, const std::string& dataset,
                                         dataset::HashSeed seed, std::size_t attempt);

class Rebuild {
 public:
  Rebuild(RebuildPlan plan, std::unique_ptr<log::Source> changes);
  ~Rebuild();  // gives up what is not done
  Rebuild(const Rebuild&) = delete;
  Rebuild& operator=(const Rebuild&) = delete;

  bool is_done() const noexcept { return done_; }
  std::int64_t offset() const noexcept { return offset_; }  // how far it is
  [[nodiscard]] base::Result<Rebuilt> take();               // Requires is_done(); once

 private:
  base::Result<void> work();
  base::Result<void> begin_at(fold::State state);
  base::Result<void> begin_at_next_start();
  base::Result<bool> is_overlap(const log::Record& record);
  base::Result<void> fold(const log::Record& record);

  const RebuildPlan plan_;
  std::unique_ptr<log::Source> changes_;
  std::optional<Replay> replay_;
  Rebuilt made_;
  std::size_t attempt_ = 0;
  bool restarted_ = false;    // what was drained is of an earlier start
  bool overlap_due_ = false;  // the next record must be the one that the start was folded to last
  base::Result<void> outcome_;
  std::atomic<bool> stop_{false}, done_{false};
  std::atomic<std::int64_t> offset_{-1};
  std::thread thread_;
};

}  // namespace tidemark::consumer
