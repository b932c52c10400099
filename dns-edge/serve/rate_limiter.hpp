// RateLimiter: what a worker says to whom: what each source had, and what it gets over its limit.
//
// UDP counts responses, errors (FORMERR, NOTIMP, REFUSED) apart from answers; who shows a valid
// cookie has proved its address and is not counted. TCP counts the microseconds of its service.
// In dry-run it counts and judges as if it were on, and changes nothing.
//
// Each worker has its own: a source that reaches several workers has several times its rate.
//
// Threads  The one worker.
// Cost     No allocation, no clock: the time is the batch's.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "dns-edge/answer/settings.hpp"
#include "dns-edge/serve/allow_list.hpp"
#include "dns-edge/serve/counters.hpp"
#include "dns-edge/serve/rate_table.hpp"

namespace tidemark::edge {

enum class RateMode : std::uint8_t { Off, DryRun, On };
std::optional<RateMode> rate_mode_of(std::string_view text);  // off, dry-run, on

struct RateSettings {
  RateMode mode = RateMode::DryRun;
  std::uint32_t per_second = 50, burst = 125;  // responses to one address, by each worker
  std::uint32_t slip = 1;  // of so many limited responses one is sent, short; 0: none is
  std::vector<Prefix> allow{};
  std::size_t counters = rate_counters_default;
  std::uint32_t tcp_us_per_second = 5'000;  // service time of one address
};

constexpr std::uint32_t slip_max = 100;

class RateLimiter {
 public:
  enum class Verdict : std::uint8_t { Whole, Limited, Nothing };

  RateLimiter(const RateSettings& settings, std::uint64_t seed, std::chrono::milliseconds now,
              WorkerCounters& counters);

  bool is_off() const noexcept { return mode_ == RateMode::Off; }
  void begin_batch(std::chrono::milliseconds now) noexcept;

  // Ahead of judge(), for all of a batch: the counters come into the cache meanwhile.
  RateTable::Source locate(const Client& client) const noexcept;
  // What becomes of a response that is made.
  Verdict judge(const Client& client, const RateTable::Source& source, const Reply& reply) noexcept;

  // TCP. False: this source had its time, and its connection is to be closed.
  bool may_serve(const Client& client) noexcept;
  void charge(const Client& client, std::chrono::nanoseconds service) noexcept;

 private:
  bool over(RateClass of) noexcept;
  Verdict slip() noexcept;

  const RateMode mode_;
  const std::uint32_t slip_;
  const AllowList allow_;
  WorkerCounters& counters_;
  RateTable answers_, errors_, service_us_;
  std::uint32_t unsent_ = 0;  // limited responses since one was sent
};

}  // namespace tidemark::edge
