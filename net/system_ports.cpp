#include "net/system_ports.hpp"

#include <sys/random.h>

#include "core/base/check.hpp"

namespace tidemark::net {

std::chrono::nanoseconds SystemClock::steady() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::chrono::milliseconds SystemClock::wall() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

std::uint64_t SystemRandom::next() {
  std::uint64_t drawn = 0;
  const auto octets = ::getrandom(&drawn, sizeof drawn, 0);
  TIDEMARK_CHECK(octets == sizeof drawn, "the kernel gives 8 random octets at once");
  return drawn;
}

}  // namespace tidemark::net
