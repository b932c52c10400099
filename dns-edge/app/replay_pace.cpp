#include "dns-edge/app/replay_pace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tidemark::edge {

namespace {
constexpr std::chrono::nanoseconds measured_min = std::chrono::milliseconds(200);
constexpr std::chrono::nanoseconds measured_max = std::chrono::seconds(10);  // then anew
constexpr double seconds_max = 1e9;
}  // namespace

void ReplayPace::note(std::int64_t offset, std::optional<std::int64_t> next,
                      std::chrono::nanoseconds now) {
  left_ = next ? std::max<std::int64_t>(*next - 1 - offset, 0) : 0;
  const bool fell = offset < std::exchange(last_, offset);
  if (!begun_ || fell) {
    begun_ = Point{offset, now};
    rate_ = 0;
    return;
  }
  const auto taken = now - begun_->at;
  if (taken < measured_min) return;
  rate_ =
      static_cast<double>(offset - begun_->offset) / std::chrono::duration<double>(taken).count();
  if (taken > measured_max) begun_ = Point{offset, now};
}

std::optional<std::chrono::seconds> ReplayPace::time_left() const {
  if (left_ == 0) return std::chrono::seconds(0);
  if (rate_ <= 0) return std::nullopt;
  const double seconds = std::min(static_cast<double>(left_) / rate_, seconds_max);
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)));
}

}  // namespace tidemark::edge
