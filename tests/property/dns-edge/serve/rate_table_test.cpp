// Laws of a rate limit over random schedules.
#include "dns-edge/serve/rate_table.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/manual_clock.hpp"

namespace tidemark::edge {
namespace {

constexpr std::size_t counters = 4096;

std::vector<std::uint8_t> any_address() {
  const bool v4 = *rc::gen::arbitrary<bool>();
  return *rc::gen::container<std::vector<std::uint8_t>>(v4 ? 4 : 16,
                                                        rc::gen::arbitrary<std::uint8_t>());
}

RateLimit any_limit() {
  const auto per_second = *rc::gen::inRange<std::uint32_t>(1, 2'000);
  const auto burst = *rc::gen::inRange<std::uint32_t>(
      burst_min, std::min(burst_max, burst_seconds_max * per_second) + 1);
  return {.per_second = per_second, .burst = burst, .counters = counters};
}

// Other sources come too; they are of other networks, so that only shared counters could hurt.
RC_GTEST_PROP(RateTable, NeverLimitsASourceBelowItsRate, ()) {
  const RateLimit limit = any_limit();
  std::uint64_t now = *rc::gen::inRange<std::uint64_t>(0, 1ull << 40);
  RateTable table(limit, *rc::gen::arbitrary<std::uint64_t>(), now);
  support::SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
  const auto address = any_address();
  const std::uint64_t spacing_ms = (1000 + limit.per_second - 1) / limit.per_second;
  for (int i = 0; i < 500; ++i) {
    RC_ASSERT(table.admit(table.locate(address)));
    for (int other = 0; other < 3; ++other) {
      const std::uint64_t number = random.next();
      const std::array<std::uint8_t, 4> stranger{
          static_cast<std::uint8_t>(address[0] ^ 0x80 ^ (number & 0x3f)),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 24)};
      (void)table.admit(table.locate(stranger));
    }
    table.advance(now += spacing_ms + random.next() % (spacing_ms + 3));
  }
}

RC_GTEST_PROP(RateTable, AdmitsNoMoreThanBurstAndRate, ()) {
  RateLimit limit = any_limit();
  limit.per_second = std::max(limit.per_second, 5u);
  limit.burst = std::max(limit.burst, 50u);
  std::uint64_t now = 5;
  RateTable table(limit, *rc::gen::arbitrary<std::uint64_t>(), now);
  const auto address = any_address();
  const auto gaps =
      *rc::gen::container<std::vector<std::uint64_t>>(200, rc::gen::inRange<std::uint64_t>(0, 100));
  std::uint64_t admitted = 0, passed_ms = 0;
  for (const std::uint64_t gap : gaps) {
    for (int i = 0; i < 40; ++i) admitted += table.admit(table.locate(address)) ? 1 : 0;
    table.advance(now += gap);
    passed_ms += gap;
  }
  // Half a percent for the rounding of loads.
  const double most = limit.burst + 1.02 * limit.per_second * static_cast<double>(passed_ms) / 1000;
  RC_ASSERT(static_cast<double>(admitted) <= most * 1.005 + 1);
}

RC_GTEST_PROP(RateTable, ABurstAfterAPauseIsWhole, ()) {
  const RateLimit limit = any_limit();
  std::uint64_t now = 5;
  RateTable table(limit, *rc::gen::arbitrary<std::uint64_t>(), now);
  const auto address = any_address();
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < limit.burst; ++i) {
      RC_ASSERT(table.admit(table.locate(address)));
    }
    RC_ASSERT(!table.admit(table.locate(address)));
    table.advance(now += *rc::gen::inRange<std::uint64_t>(1 << 16, 1 << 20));
  }
}

}  // namespace
}  // namespace tidemark::edge
