// Hysteresis: from single results to a verdict that does not flap.
//
// The first result decides alone; then it takes `rise` good results in a row to go up and `fall`
// bad ones to go down.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tidemark::producer {

class Hysteresis {
 public:
  Hysteresis(std::uint8_t rise, std::uint8_t fall) : rise_(rise), fall_(fall) {}

  std::optional<bool> up() const noexcept { return up_; }  // nothing before the first result

  // Returns whether the verdict changed.
  bool take(bool good) noexcept {
    if (first_) {
      first_ = false;
      in_a_row_ = 0;
      const bool changed = up_ != good;
      up_ = good;
      return changed;
    }
    if (good == *up_) {
      in_a_row_ = 0;
      return false;
    }
    if (++in_a_row_ < std::max<unsigned>(1, good ? rise_ : fall_)) return false;
    in_a_row_ = 0;
    up_ = good;
    return true;
  }

  // Another check of the same endpoint: the next result decides alone, until then the verdict
  // stands.
  void start_over(std::uint8_t rise, std::uint8_t fall) noexcept {
    rise_ = rise;
    fall_ = fall;
    first_ = true;
  }

 private:
  std::uint8_t rise_, fall_;
  std::optional<bool> up_;
  bool first_ = true;
  unsigned in_a_row_ = 0;
};

}  // namespace tidemark::producer
