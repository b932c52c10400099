// Recovery: what to do when the log is not the one that was folded, or no longer holds what comes
// next.
//
// First the log is asked once more (a new leader may have been behind for a moment), then the
// snapshot files are tried from the newest to the oldest: one of them may be of the log's history.
// Then it starts over, each round slower. What is served stays as it is until a state has caught
// up. The log's beginning is folded only by a node that serves nothing: a node with a verified
// state never drops it for another history on its own.
//
// Threads  The feeder's.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"

namespace tidemark::edge {

class Recovery {
 public:
  Recovery(consumer::SnapshotStore& store, dataset::HashSeed seed) : store_(store), seed_(seed) {}

  // The next attempt, if one is due; says what it did.
  std::optional<std::string> attempt(consumer::Feeder& feeder, std::chrono::nanoseconds now,
                                     bool serves);

 private:
  enum class Next : std::uint8_t { Recheck, Files };
  std::string recheck(consumer::Feeder& feeder);
  std::string next_file(consumer::Feeder& feeder, bool serves);

  consumer::SnapshotStore& store_;
  const dataset::HashSeed seed_;
  Next next_ = Next::Recheck;
  std::string file_;  // tried last
  std::optional<std::chrono::nanoseconds> due_;
  std::chrono::nanoseconds pause_ = std::chrono::seconds(1);
};

}  // namespace tidemark::edge
