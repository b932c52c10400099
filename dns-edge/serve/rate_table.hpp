// RateTable: how much each source had lately, in constant memory: the counters of a rate limit.
//
// A source counts under several prefixes of its address at once, each with its own multiple of the
// limit: a single address, and the networks around it. Each counter fades exponentially by the
// millisecond. A cost that would overflow one of a source's counters is over the limit, and is not
// counted: so a source that asks too much goes on to get its rate.
//
// Where the counters of a set are all taken the lightest gives way: heavy sources stay, however
// many random ones come. A set is one cache line; which set is seeded, so that nobody can aim.
//
// Invariants  Costs that come at least 1/per_second apart are never over the limit. What was
// admitted
//             in a time T never exceeds burst + 1.1 * per_second * T (counters given away apart).
// Threads     The one that owns it.
// Cost        No allocation after construction; 8 octets a counter; at most 5 cache lines a cost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tidemark::edge {

struct RateLimit {
  std::uint32_t per_second;  // costs that one address may have, for ever
  std::uint32_t burst;       // and at once after a pause
  std::size_t counters;      // rounded up to a power of two
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

constexpr std::uint32_t burst_min = 2, burst_max = 20'000;  // of one address
constexpr std::uint32_t burst_seconds_max = 10;  // of its rate: then it has faded within a minute
constexpr std::size_t rate_counters_default = 524'288;  // 4 MiB

// For that many costs a second from everybody: 1.4 sources that reach their rate for each counter.
std::size_t rate_counters_for(std::uint64_t costs_per_second, std::uint32_t per_second) noexcept;

class RateTable {
 public:
  static constexpr std::size_t levels_max = 5;
  // Where the counters of one address are. Of one table or of others with the same size and seed.
  struct Source {
    std::array<std::uint64_t, levels_max> hash;
    std::uint8_t levels;
    bool is_v4;
  };

  RateTable(const RateLimit& limit, std::uint64_t seed, std::uint64_t now_ms);

  // The time of all calls that follow; never earlier than before. Once a batch.
  void advance(std::uint64_t now_ms) noexcept;
  // `address`: 4 or 16 octets. Also asks the cache for the counters: they are wanted soon.
  Source locate(std::span<const std::uint8_t> address) const noexcept;
  // A cost of 1. False: it is over the limit, and was not counted.
  bool admit(const Source& source) noexcept;
  // For a cost that is known only afterwards: is the source at its limit; and count it in any case.
  bool is_exhausted(const Source& source) const noexcept;
  void charge(const Source& source, std::uint32_t cost) noexcept;

  std::size_t octets() const noexcept { return sets_.size() * sizeof(Set); }

 private:
  static constexpr std::size_t ways = 8;
  struct alignas(64) Set {
    std::array<std::uint64_t, ways> entry;
  };
  Set& set_of(std::uint64_t hash) const noexcept { return sets_[hash & (sets_.size() - 1)]; }
  std::uint64_t faded(std::uint64_t entry) const noexcept;
  std::uint64_t* find(std::uint64_t hash) const noexcept;  // null: nothing is known
  // Of its set, to be given away: the first that is no heavier than `load`, else the lightest.
  std::uint64_t& lightest(std::uint64_t hash, std::uint64_t load) const noexcept;
  std::uint64_t price(const Source& source, std::size_t level, std::uint32_t cost) const noexcept;
  using Prices = std::array<std::uint64_t, levels_max>;
  const Prices& prices(const Source& source) const noexcept {
    return source.is_v4 ? prices_v4_ : prices_v6_;
  }
  void put(std::uint64_t* known, std::uint64_t hash, std::uint64_t load) noexcept;
  void sweep(std::size_t sets) noexcept;

  const std::uint64_t seed_;
  const std::uint32_t burst_;
  std::unique_ptr<Set[]> storage_;
  std::span<Set> sets_;
  std::uint64_t now_ms_;
  std::uint64_t sweep_due_ = 0;  // in sets times sweep_period_ms
  std::size_t swept_ = 0;
  // What is left of a load after 0..255 ms, and after 0..255 times 256 ms; 1 is 2^31.
  std::array<std::uint32_t, 256> fade_fine_, fade_coarse_;
  Prices prices_v4_{}, prices_v6_{};  // what a cost of 1 adds to the load of each level
};

}  // namespace tidemark::edge
