// RunningView: the HealthView of one Dataset, kept up to date. After each record of the health
// topic it is what HealthView::freeze() would make, at the cost of the pools that were touched.
//
// Why only those: beside what is said, a verdict hangs on log time by who is fresh and by which
// overrides are in force. Each pool remembers the first log time at which that could change; and
// when a prober speaks that was silent longer than some pool allows, all are judged.
//
// Threads  One. The views that it gives out may be read by any.
// Cost     A record that names one pool: that pool's endpoints (0.1 us each with 3 probers), 3.5
// KiB
//          copied, and a pointer for each 64 pools. All pools: with a full frame of more than 1024
//          observations, and when a silent prober returns.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/health/verdict.hpp"

namespace tidemark::health {

class RunningView {
 public:
  // All pools. From here on it is the one who takes what the Observations touched.
  HealthView begin(const dataset::Dataset& dataset, Observations& observations,
                   std::int64_t position);
  // `dataset`: with the pools and overrides of the one that begin() was given. `observations`: the
  // same, after more records.
  HealthView refresh(const dataset::Dataset& dataset, Observations& observations,
                     std::int64_t position);

 private:
  friend class HealthView;
  void judge_all(const dataset::Dataset& dataset, const Observations& observations);
  void judge_due(const dataset::Dataset& dataset, const Observations& observations);
  void judge(const dataset::PoolView& pool, const Observations& observations);
  HealthView::Block& own_block(std::uint32_t slot);
  bool some_prober_returned(const Observations& observations) const;
  void remember_probers(const Observations& observations);
  HealthView shown(const Observations& observations, std::int64_t position);

  std::vector<std::shared_ptr<HealthView::Block>> blocks_;
  std::vector<bool> own_;                            // by block: nobody else has it yet
  std::shared_ptr<const HealthView::Blocks> given_;  // nullptr: something changed since
  std::vector<event::Override> overrides_;           // by pool, endpoint
  std::vector<std::int64_t> due_ms_;                 // by slot: PoolJudgement::until_ms
  std::int64_t next_due_ms_ = 0;                     // none of them is earlier
  std::int64_t stale_after_min_ms_ = 0;              // of the pools
  std::vector<std::int64_t> seen_ms_;                // by prober, at judged_ms_
  std::int64_t judged_ms_ = -1;                      // log time of the last view
};

}  // namespace tidemark::health
