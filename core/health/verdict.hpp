// Verdicts: Observations joined with a Dataset's pools and overrides. A pure function of the two:
// no history, no clock, no batching in it.
//
// Who is heard. Of the vantage points that say anything of an endpoint, those are fresh whose
// newest frame is at most `stale_after_ms` of log time old. Heard are the fresh ones; if there is
// none, all that were fresh at the newest frame of them all: the last verdict stands. If these are
// fewer than the pool's quorum, so many are heard too that fell silent last: a dead prober neither
// raises nor fells an endpoint. The same of agents, without a quorum.
//
// The verdict on an endpoint is the first that applies:
//   Status    configured Up or Down
//   Override  the operator's, until `until_ms` of log time (then it is as if it were not there);
//             Drain leaves the endpoint out and is no failure
//   Drain     somebody heard, agent or vantage point, says Drain
//   Quorum    quorum 0: Down if more of those heard say Down than Up. Quorum q: Up if q say Up,
//   else
//             Down if q say Down, else the question stays open. Rule Stale if none of them is fresh
//   Agent     as quorum 0, of the agents heard
//   Default   up
//
// What is answered, for each address family with members. Eligible is a member of weight > 0 that
// no operator took out (status Down, override Down or Drain).
//   1. The eligible ones that are up and not drained. If there are fewer than `floor`, eligible
//      ones that health left out are added: last seen up by a vantage point first, then lowest
//      index.
//   2. If nothing was up, the all-down policy instead, over the eligible ones; without any, over
//   the
//      members of weight > 0; without any, over all members. AnswerAll: all of these. LastHealthy:
//      those seen up last, all if none ever was, and then the floor as above. ServFail: none.
// So health alone never leaves fewer than the floor (or all eligible) but by ServFail, an
// operator's Down stays out while anything else is there, and weight 0 is answered only if all
// weights are 0.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/dataset.hpp"
#include "core/health/observations.hpp"

namespace tidemark::health {

enum class Rule : std::uint8_t { Status, Override, Drain, Quorum, Stale, Agent, Default };
std::string_view to_text(Rule rule) noexcept;  // "quorum"

struct Verdict {
  bool up;       // of a drained one: what would be said without the drain
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

// How the members that are answered were chosen: header, "What is answered".
enum class Choice : std::uint8_t {
  Up,       // step 1: what is up
  Floor,    // step 1: what is up, and what had to be added to reach the floor
  AllDown,  // step 2: nothing was up, the policy spoke
};
std::string_view to_text(Choice choice) noexcept;  // "all-down"

// Why a PoolMasks is what it is, for people who ask. Kept apart from it: workers never read it.
struct PoolRulings {
  std::array<std::uint64_t, 3> rule_bits{};  // bit i of number n: bit n of endpoint i's Rule
  Choice v4 = Choice::Up, v6 = Choice::Up;

  Rule rule_of(std::size_t endpoint) const noexcept {
    unsigned rule = 0;
    for (unsigned n = 0; n < rule_bits.size(); ++n) {
      rule |= static_cast<unsigned>(rule_bits[n] >> endpoint & 1U) << n;
    }
    return static_cast<Rule>(rule);
  }
  friend bool operator==(const PoolRulings&, const PoolRulings&) = default;
};

struct PoolJudgement {
  PoolMasks masks;
  PoolRulings rulings;
  // Log time from which the same observations may say something else: somebody is not fresh any
  // more, or an override ends. The largest number: never.
  std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();
};
// `overrides`: those of this pool, by endpoint, in force or not.
PoolJudgement judge_masks(const dataset::PoolView& pool, std::span<const event::Override> overrides,
                          const Observations& observations);

// Immutable. One PoolMasks for each pool slot of the Dataset that it was frozen with. Views that
// RunningView made one after the other share the blocks of slots that did not change.
class HealthView {
 public:
  // `position`: offset of the last folded health record, -1 if none.
  // Cost: about 0.1 us an endpoint with 3 probers (tests/bench/core/health), all pools each time;
  // who follows the health topic has a RunningView.
  static HealthView freeze(const dataset::Dataset& dataset, const Observations& observations,
                           std::int64_t position);
  std::int64_t position() const noexcept { return position_; }
  std::int64_t log_ms() const noexcept { return log_ms_; }
  const PoolMasks& masks(std::uint32_t slot) const noexcept {
    return (*blocks_)[slot / block_slots]->masks[slot % block_slots];
  }
  const PoolRulings& rulings(std::uint32_t slot) const noexcept {
    return (*blocks_)[slot / block_slots]->rulings[slot % block_slots];
  }
  friend bool same_masks(const HealthView& a, const HealthView& b) noexcept;

 private:
  friend class RunningView;
  static constexpr std::uint32_t block_slots = 64;
  struct Block {
    std::array<PoolMasks, block_slots> masks{};
    std::array<PoolRulings, block_slots> rulings{};
  };
  using Blocks = std::vector<std::shared_ptr<const Block>>;

  std::int64_t position_ = -1;
  std::int64_t log_ms_ = -1;
  std::shared_ptr<const Blocks> blocks_;
};

}  // namespace tidemark::health
