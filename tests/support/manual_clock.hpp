// ManualClock: time that stands until a test moves it.
#pragma once

#include <chrono>

#include "core/base/environment.hpp"

namespace tidemark::support {

class ManualClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override { return steady_; }
  std::chrono::milliseconds wall() override { return wall_; }
  void advance(std::chrono::nanoseconds by) {
    steady_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }

 private:
  std::chrono::nanoseconds steady_{std::chrono::hours(1)};
  std::chrono::milliseconds wall_{1'700'000'000'000};
};

// The same numbers for the same seed.
class SeededRandom final : public base::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override {  // splitmix64
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tidemark::support
