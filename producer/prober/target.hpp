// Target: one endpoint and how it is checked, as a Prober needs it.
//
// A target's name is pool + endpoint: two pools with one address have checks and verdicts of their
// own.
#pragma once

#include <string>
#include <vector>

#include "core/dataset/dataset.hpp"
#include "core/event/pool.hpp"

namespace tidemark::producer {

constexpr std::size_t targets_max = 4096;  // of one prober: its full frame must fit one record
constexpr std::uint32_t check_interval_ms_min = 100;
constexpr std::uint32_t check_interval_ms_max = 3'600'000;
constexpr std::uint32_t check_timeout_ms_max = 30'000;

struct Target {
  std::string pool;
  std::string endpoint;
  event::Address address;
  event::Check check;
  friend bool operator==(const Target&, const Target&) = default;
};

struct Targets {
  std::vector<Target> all;  // by pool, then as the pool has them; at most targets_max
  std::size_t left_out = 0;
};

// Every endpoint of every pool with a check, whatever its weight, status or override: what is
// underneath an override must be known when it is cleared. Times are brought within the limits.
Targets targets_of(const dataset::Dataset& dataset);

}  // namespace tidemark::producer
