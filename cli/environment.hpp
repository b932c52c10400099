// The real forms of the environment ports, for what runs inside this tool.
#pragma once

#include "core/base/environment.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::cli {

class SystemClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override;
  std::chrono::milliseconds wall() override;
};

class SystemRandom final : public base::Random {
 public:
  std::uint64_t next() override;
};

event::ChangeId random_change_id();

}  // namespace tidemark::cli
