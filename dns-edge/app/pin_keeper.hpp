// PinKeeper: keeps the pin or watermark that this node obeys, and the file of its version, on the
// disk; finds the version of a pin there that the node does not hold in memory.
//
// A watermark moves often: its file follows now and then (writing takes at most 1/20 of the time),
// and is then of a version that the ring had before. Only one that goes back is written at once.
//
// Threads   All calls by the feeder's thread; files are written by a thread of its own, one at a
//           time. Looking for a version reads snapshot files in the caller's: seconds at most, once
//           a pin, and no query waits for it.
// Requires  Disk and SnapshotStore outlive it.
#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/feeder/pin_files.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"

namespace tidemark::edge {

class PinKeeper {
 public:
  PinKeeper(base::Disk& disk, consumer::SnapshotStore& store, dataset::Lineage lineage,
            dataset::HashSeed seed)
      : files_(disk, lineage), store_(store), seed_(seed) {}

  // Before the Feeder is made.
  consumer::PinFiles::Found restore();
  // After each step. What it did, for the log.
  std::vector<std::string> follow(consumer::Feeder& feeder, std::chrono::nanoseconds now);
  // A version that is not in memory: looked for in snapshot files. Requires that nobody writes one.
  std::optional<std::string> provide(consumer::Feeder& feeder);
  void finish();  // waits until nothing is being written
  bool is_busy() const noexcept { return writing_.valid(); }

 private:
  struct Kept {
    std::optional<event::ControlRecord> record;  // Pin or Watermark
    std::uint64_t seq = 0;
    bool with_version = false;
    friend bool operator==(const Kept&, const Kept&) = default;
  };
  static Kept wanted_by(const consumer::FeederStatus& status);
  bool may_wait(const Kept& wanted, std::chrono::nanoseconds now) const;
  void hear(std::vector<std::string>& remarks, std::chrono::nanoseconds now);

  consumer::PinFiles files_;
  consumer::SnapshotStore& store_;
  const dataset::HashSeed seed_;
  std::optional<Kept> kept_;  // as on the disk; none: not known, so it is written
  Kept writing_what_;
  std::future<base::Result<void>> writing_;
  std::chrono::nanoseconds not_before_{0};
  std::chrono::nanoseconds began_{0}, next_move_{0};  // of a watermark's file
  std::optional<event::Pin> looked_for_;
};

}  // namespace tidemark::edge
