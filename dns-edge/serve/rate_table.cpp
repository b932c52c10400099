#include "dns-edge/serve/rate_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/base/check.hpp"
#include "core/base/hash.hpp"

namespace tidemark::edge {

namespace {

struct Level {
  std::uint8_t bits;       // length of the prefix
  std::uint16_t multiple;  // of the limit of one address
};

// Knot DNS's ladder: what a network may have grows more slowly than its number of addresses.
constexpr std::array<Level, 4> ladder_v4{{{32, 1}, {24, 32}, {20, 256}, {18, 768}}};
constexpr std::array<Level, 5> ladder_v6{{{128, 1}, {64, 2}, {56, 3}, {48, 4}, {32, 64}}};

// An entry: load in 28 bits | time in 18 bits (ms) | tag in 18 bits. Empty: load 0.
constexpr int tag_bits = 18, time_bits = 18;
constexpr std::uint64_t tag_mask = (1u << tag_bits) - 1, time_mask = (1u << time_bits) - 1;
constexpr std::uint64_t load_full = (1u << 28) - 1;  // a counter that holds its whole burst

// Entries are emptied well before their time comes round again (after 262 s).
constexpr std::uint64_t sweep_period_ms = 1u << (time_bits - 1);
constexpr std::uint64_t fade_ms_max = 1u << 16;  // then nothing is left
constexpr int fade_shift = 31;

std::uint32_t fade_after(double per_ms, double ms) {
  return static_cast<std::uint32_t>(std::pow(per_ms, ms) * (1u << fade_shift));
}

// The first `bits` of the address, and how many they are.
std::size_t prefix_octets(std::span<const std::uint8_t> address, std::uint8_t bits,
                          std::array<std::uint8_t, 17>& out) noexcept {
  const std::size_t whole = bits / 8;
  std::copy_n(address.begin(), whole, out.begin());
  std::size_t octets = whole;
  if (bits % 8 != 0) {
    const auto mask = static_cast<std::uint8_t>(0xff00u >> (bits % 8));
    out[octets++] = address[whole] & mask;
  }
  out[octets++] = bits;
  return octets;
}

}  // namespace

std::size_t rate_counters_for(std::uint64_t costs_per_second, std::uint32_t per_second) noexcept {
  const std::uint64_t wanted = costs_per_second * 14 / 10 / std::max(1u, per_second);
  return std::bit_ceil(static_cast<std::size_t>(std::max<std::uint64_t>(wanted, 1)));
}

RateTable::RateTable(const RateLimit& limit, std::uint64_t seed, std::uint64_t now_ms)
    : seed_(seed), burst_(limit.burst), now_ms_(now_ms) {
  TIDEMARK_CHECK(limit.burst >= burst_min && limit.burst <= burst_max &&
                     limit.burst <= burst_seconds_max * limit.per_second,
                 "a rate limit's burst is within its limits");
  const std::size_t sets = std::bit_ceil(std::max(limit.counters, ways)) / ways;
  storage_ = std::make_unique<Set[]>(sets);
  sets_ = {storage_.get(), sets};
  for (std::size_t i = 0; i < ladder_v4.size(); ++i) prices_v4_[i] = price({{}, 4, true}, i, 1);
  for (std::size_t i = 0; i < ladder_v6.size(); ++i) prices_v6_[i] = price({{}, 5, false}, i, 1);
  // One cost fades within 1/per_second as far as a full counter has room for one: so who keeps to
  // the rate never overflows.
  const double per_ms = std::pow(1.0 - 1.0 / limit.burst, limit.per_second / 1000.0);
  for (std::size_t i = 0; i < fade_fine_.size(); ++i) {
    fade_fine_[i] = fade_after(per_ms, static_cast<double>(i));
    fade_coarse_[i] = fade_after(per_ms, static_cast<double>(i * fade_fine_.size()));
  }
}

void RateTable::advance(std::uint64_t now_ms) noexcept {
  if (now_ms <= now_ms_) return;
  const std::uint64_t passed = now_ms - now_ms_;
  now_ms_ = now_ms;
  if (passed >= sweep_period_ms) {  // all that is there has faded
    std::ranges::fill(sets_, Set{});
    sweep_due_ = 0;
    return;
  }
  sweep_due_ += passed * sets_.size();
  sweep(sweep_due_ / sweep_period_ms);
  sweep_due_ %= sweep_period_ms;
}

void RateTable::sweep(std::size_t sets) noexcept {
  for (std::size_t i = 0; i < sets; ++i) {
    for (std::uint64_t& entry : sets_[swept_].entry) {
      if (entry != 0 && faded(entry) == 0) entry = 0;
    }
    swept_ = (swept_ + 1) & (sets_.size() - 1);
  }
}

RateTable::Source RateTable::locate(std::span<const std::uint8_t> address) const noexcept {
  Source source;
  source.is_v4 = address.size() == 4;
  const std::span<const Level> ladder =
      source.is_v4 ? std::span<const Level>(ladder_v4) : std::span<const Level>(ladder_v6);
  source.levels = static_cast<std::uint8_t>(ladder.size());
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    std::array<std::uint8_t, 17> prefix;
    const std::size_t octets = prefix_octets(address, ladder[i].bits, prefix);
    // The families differ in their seed: a /32 of IPv6 is no IPv4 address.
    source.hash[i] = base::xxh3_64(base::ByteView(prefix).first(octets), seed_ + source.is_v4);
    __builtin_prefetch(&set_of(source.hash[i]), 1);
  }
  return source;
}

// The load of an entry now.
std::uint64_t RateTable::faded(std::uint64_t entry) const noexcept {
  const std::uint64_t load = entry >> (tag_bits + time_bits);
  const std::uint64_t age = (now_ms_ - (entry >> tag_bits)) & time_mask;
  if (age >= fade_ms_max) return 0;
  const std::uint64_t fine = (load * fade_fine_[age & 0xff]) >> fade_shift;
  return (fine * fade_coarse_[age >> 8]) >> fade_shift;
}

std::uint64_t* RateTable::find(std::uint64_t hash) const noexcept {
  const std::uint64_t tag = hash >> (64 - tag_bits);
  for (std::uint64_t& entry : set_of(hash).entry) {
    if (entry != 0 && (entry & tag_mask) == tag) return &entry;
  }
  return nullptr;
}

std::uint64_t& RateTable::lightest(std::uint64_t hash, std::uint64_t load) const noexcept {
  Set& set = set_of(hash);
  std::uint64_t* best = &set.entry[0];
  std::uint64_t best_load = load_full + 1;
  for (std::uint64_t& entry : set.entry) {
    const std::uint64_t has = entry == 0 ? 0 : faded(entry);
    if (has <= load) return entry;
    if (has >= best_load) continue;
    best = &entry;
    best_load = has;
  }
  return *best;
}

std::uint64_t RateTable::price(const Source& source, std::size_t level,
                               std::uint32_t cost) const noexcept {
  const std::uint64_t multiple =
      source.is_v4 ? ladder_v4[level].multiple : ladder_v6[level].multiple;
  return load_full * cost / (burst_ * multiple);
}

void RateTable::put(std::uint64_t* known, std::uint64_t hash, std::uint64_t load) noexcept {
  std::uint64_t& entry = known != nullptr ? *known : lightest(hash, load);
  entry =
      load << (tag_bits + time_bits) | (now_ms_ & time_mask) << tag_bits | hash >> (64 - tag_bits);
}

bool RateTable::admit(const Source& source) noexcept {
  const Prices& price_of = prices(source);
  std::array<std::uint64_t*, levels_max> known;
  std::array<std::uint64_t, levels_max> load;
  for (std::size_t i = 0; i < source.levels; ++i) {
    known[i] = find(source.hash[i]);
    load[i] = (known[i] != nullptr ? faded(*known[i]) : 0) + price_of[i];
    if (load[i] > load_full) return false;
  }
  // The address itself last: it takes no place that a network of its own would take again.
  for (std::size_t i = source.levels; i-- > 0;) put(known[i], source.hash[i], load[i]);
  return true;
}

bool RateTable::is_exhausted(const Source& source) const noexcept {
  for (std::size_t i = 0; i < source.levels; ++i) {
    const std::uint64_t* known = find(source.hash[i]);
    if (known != nullptr && faded(*known) + prices(source)[i] > load_full) return true;
  }
  return false;
}

void RateTable::charge(const Source& source, std::uint32_t cost) noexcept {
  for (std::size_t i = source.levels; i-- > 0;) {
    std::uint64_t* known = find(source.hash[i]);
    const std::uint64_t load = known != nullptr ? faded(*known) : 0;
    put(known, source.hash[i], std::min(load + price(source, i, cost), load_full));
  }
}

}  // namespace tidemark::edge
