// Recovery: what to do when the log is not the one that was folded, or no longer holds what comes
// next.
//
// A node that serves keeps what it serves and asks the log again, each time later: every file of
// its own is older, and its version never falls by itself (docs/adr, 7). A node that serves nothing
// folds the log from its beginning.
//
// Threads  The feeder's.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "consumer/feeder/feeder.hpp"

namespace tidemark::edge {

class Recovery {
 public:
  // The next attempt, if one is due; says what it did. One story is told once.
  std::optional<std::string> attempt(consumer::Feeder& feeder, std::chrono::nanoseconds now,
                                     bool serves);

 private:
  bool told_ = false;
  std::optional<std::chrono::nanoseconds> due_;
  std::chrono::nanoseconds pause_ = std::chrono::seconds(1);
};

}  // namespace tidemark::edge
