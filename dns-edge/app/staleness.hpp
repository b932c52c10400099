// Staleness: for how long this node has not heard from the control plane.
//
// News is a record of any topic, heartbeats among them, by the clock of the log: a newer time than
// all before. While the log is followed, news means age 0, and the age grows from there by our
// steady clock; so a log that is there while nobody writes to it any more is stale too. Where no
// controller ever sent a heartbeat, following is enough. A node that starts, or comes back, counts
// from the time of what it holds, by the wall clock: the one place where a wrong wall clock shows,
// until the next heartbeat.
//
// Threads  The feeder's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"

namespace tidemark::edge {

constexpr std::chrono::seconds stale_warning{60};

class Staleness {
 public:
  // `log_ms`: log time of the newest record that was restored; -1: not known.
  Staleness(base::Clock& clock, std::int64_t log_ms);

  // After each step of the feeder: the age.
  std::chrono::seconds look(const consumer::FeederStatus& status);
  // Once when the warning level is passed, and once when it is left.
  std::optional<std::string> take_remark() { return std::exchange(remark_, std::nullopt); }

 private:
  std::chrono::nanoseconds time_of(
      std::int64_t log_ms) const;  // when that was, by our steady clock

  base::Clock& clock_;
  std::chrono::nanoseconds heard_at_;
  std::int64_t newest_ms_;
  bool followed_ = false;  // in the look before
  bool warned_ = false;
  std::optional<std::string> remark_;
};

}  // namespace tidemark::edge
