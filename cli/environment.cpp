#include "cli/environment.hpp"

#include <random>

namespace tidemark::cli {

std::chrono::nanoseconds SystemClock::steady() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::chrono::milliseconds SystemClock::wall() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

std::uint64_t SystemRandom::next() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

event::ChangeId random_change_id() {
  SystemRandom random;
  return event::ChangeId({.high = random.next(), .low = random.next()});
}

}  // namespace tidemark::cli
