#include "dns-edge/app/staleness.hpp"

#include <algorithm>

namespace tidemark::edge {

Staleness::Staleness(base::Clock& clock, std::int64_t log_ms)
    : clock_(clock), heard_at_(time_of(log_ms)), newest_ms_(log_ms) {}

std::chrono::nanoseconds Staleness::time_of(std::int64_t log_ms) const {
  const auto now = clock_.steady();
  if (log_ms < 0) return now;
  return now -
         std::max(clock_.wall() - std::chrono::milliseconds(log_ms), std::chrono::milliseconds(0));
}

std::chrono::seconds Staleness::look(const consumer::FeederStatus& status) {
  const auto now = clock_.steady();
  const std::int64_t newest =
      std::max({newest_ms_, status.appended_ms, status.health_ms, status.heartbeat_ms});
  const bool follows = status.log_reachable && status.state == event::NodeState::Live;
  if (follows && status.heartbeat_ms < 0) {
    heard_at_ = now;
  } else if (newest > newest_ms_) {
    // What was there when we came may be old; what comes while we follow is of this moment.
    heard_at_ = follows && followed_ ? now : std::max(heard_at_, time_of(newest));
  }
  newest_ms_ = newest;
  followed_ = follows;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - heard_at_);
  if (age >= stale_warning && !warned_) {
    remark_ = "nothing heard from the control plane for " + std::to_string(age.count()) +
              " s; serving on";
  } else if (age < stale_warning && warned_) {
    remark_ = "the control plane is heard again";
  }
  warned_ = age >= stale_warning;
  return age;
}

}  // namespace tidemark::edge
