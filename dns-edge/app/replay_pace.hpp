// ReplayPace: how fast a node folds towards the end of the log, and when it will be there.
//
// Threads  The feeder's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tidemark::edge {

class ReplayPace {
 public:
  // `next`: offset of the log's next record, as far as it is known.
  void note(std::int64_t offset, std::optional<std::int64_t> next, std::chrono::nanoseconds now);
  void restart() noexcept { begun_.reset(); }  // another state goes on from another place

  double records_per_second() const noexcept { return rate_; }
  std::int64_t records_left() const noexcept { return left_; }
  // Nothing while no record was folded or the end is not known.
  std::optional<std::chrono::seconds> time_left() const;

 private:
  struct Point {
    std::int64_t offset;
    std::chrono::nanoseconds at;
  };
  std::optional<Point> begun_;
  std::int64_t last_ = -1;
  double rate_ = 0;
  std::int64_t left_ = 0;
};

}  // namespace tidemark::edge
