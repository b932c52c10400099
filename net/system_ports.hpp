// The machine's clock and random numbers: the real forms of the environment ports, for programs.
// (The real Disk is consumer/snapshot_file/posix_disk.hpp.)
//
// Threads  Any.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/environment.hpp"

namespace tidemark::net {

class SystemClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override;
  std::chrono::milliseconds wall() override;
};

class SystemRandom final : public base::Random {  // the kernel's
 public:
  std::uint64_t next() override;
};

}  // namespace tidemark::net
