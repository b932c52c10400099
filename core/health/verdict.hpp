// Verdicts: Observations joined with a Dataset's pools and overrides.
//
// The verdict on an endpoint is the first that applies: configured status, operator override,
// drain, quorum of fresh vantage points, (stale) its last verdict of old, the agent's own claim,
// default up. Which endpoints are answered follows per address family: weight 0 and drained ones
// are left out, then the floor and the all-down policy make sure that health never empties an
// answer.
//
// A pure function of (Dataset, Observations): no history, no clock, no batching in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/dataset.hpp"
#include "core/health/observations.hpp"

namespace tidemark::health {

enum class Rule : std::uint8_t { Status, Override, Drain, Quorum, Stale, Agent, Default };

struct Verdict {
  bool up;
  bool drained;  // not chosen, yet not a failure
  Rule rule;
  std::string cause;  // for people
};
std::vector<Verdict> judge(const dataset::Dataset& dataset, const dataset::PoolView& pool,
                           const Observations& observations);

struct PoolMasks {
  std::uint64_t up = 0;  // bit i: endpoint i is up
  // What A and AAAA are answered from. 0 while the pool has members of that family: SERVFAIL.
  std::uint64_t answer_v4 = 0, answer_v6 = 0;
  friend bool operator==(const PoolMasks&, const PoolMasks&) = default;
};

// Immutable. One PoolMasks for each pool slot of the Dataset that it was frozen with.
class HealthView {
 public:
  // `position`: offset of the last folded health record, -1 if none.
  static HealthView freeze(const dataset::Dataset& dataset, const Observations& observations,
                           std::int64_t position);
  std::int64_t position() const noexcept { return position_; }
  std::int64_t log_ms() const noexcept { return log_ms_; }
  const PoolMasks& masks(std::uint32_t slot) const noexcept { return (*masks_)[slot]; }
  friend bool same_masks(const HealthView& a, const HealthView& b) noexcept {
    return *a.masks_ == *b.masks_;
  }

 private:
  std::int64_t position_ = -1;
  std::int64_t log_ms_ = -1;
  std::shared_ptr<const std::vector<PoolMasks>> masks_;
};

}  // namespace tidemark::health
