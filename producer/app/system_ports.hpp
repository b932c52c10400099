// The machine's clock and random numbers: the real forms of the environment ports.
#pragma once

#include <chrono>

#include <sys/random.h>

#include "core/base/check.hpp"
#include "core/base/environment.hpp"

namespace tidemark::producer {

class SystemClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
  std::chrono::milliseconds wall() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
  }
};

class SystemRandom final : public base::Random {
 public:
  std::uint64_t next() override {
    std::uint64_t drawn = 0;
    const auto octets = ::getrandom(&drawn, sizeof drawn, 0);
    TIDEMARK_CHECK(octets == sizeof drawn, "the kernel gives 8 random octets at once");
    return drawn;
  }
};

}  // namespace tidemark::producer
