// RingWatch: how one ring does with the versions that the next ring does not have yet: its
// suspects.
//
// Soaked is a version that every live node of the ring has served, it or a newer one, for the
// ring's soak time without trouble. Trouble is what a change may have done, and stops a roll-out:
//
//   NACK      a node complains of a change that our own fold accepted
//   crash     a node that had activated a suspect started anew, without having left in order: the
//             process before is not heard any more. While both are heard, one takes over
//   silence   a node that had activated a suspect is not heard any more, while others are
//   rates     SERVFAIL or NXDOMAIN, of enough answers from suspects, above the reference by more
//             than the bound. Reference: the ring before, else the nodes behind it at the same
//             time; without either NXDOMAIN is not judged
//   churn     the suspects together change or remove more of the answers than the bound
//
// What no change did (a node DIVERGED or HALTED, another hash, nobody alive) is no trouble: the
// ring waits.
//
// Pure but for what it was told: reports in the order of the log, looks with a time.
//
// Threads  One.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset/version.hpp"
#include "core/event/node_report.hpp"
#include "producer/api/churn.hpp"
#include "producer/api/fleet_view.hpp"

namespace tidemark::producer {

struct RingSettings {
  std::string name;
  std::chrono::seconds soak{30};  // in this ring, before the next one
  std::chrono::seconds late{0};   // this ring is kept so far behind, by the clock of the log
  friend bool operator==(const RingSettings&, const RingSettings&) = default;
};
struct RolloutBounds {
  std::uint64_t servfail_percent = 1;    // of all answers, above the reference
  std::uint64_t nxdomain_percent = 5;    // 100: never judged
  std::uint64_t answers_min = 100;       // fewer say nothing
  std::uint64_t churn_percent = 50;      // of all RRsets; 100: never judged
  std::uint64_t churn_rrsets_min = 100;  // with fewer a small change is a large share
};

struct AnswerCounts {
  std::uint64_t answers = 0, servfail = 0, nxdomain = 0;
  AnswerCounts& operator+=(const AnswerCounts& more) noexcept;
};

class RingWatch {
 public:
  RingWatch(RingSettings settings, RolloutBounds bounds)
      : settings_(std::move(settings)), bounds_(bounds) {}

  struct Ground {            // what is known beside the ring
    std::uint64_t good = 0;  // versions above it are suspects; 0: none are
    // What is said of a version up to here was answered by a revert already.
    std::uint64_t reverted = 0;
    bool others_live = false;
    AnswerCounts control{};  // of the nodes behind this ring, since the suspects came
    // Our own fold accepted the change of this NACK, above `good` and `reverted`.
    std::function<bool(const event::Nack&)> accepted{};
    // Our own hash of a version, if it is held.
    std::function<std::optional<dataset::StateHash>(std::uint64_t)> hash_of{};
    // What a version changes of `good`, if both are held.
    std::function<std::optional<Churn>(std::uint64_t)> churn_of{};
  };
  // Of a node of this ring; `good` as in the last look.
  void heard(const event::NodeReport& report);
  void look(const std::vector<NodeStatus>& fleet, const Ground& ground,
            std::chrono::nanoseconds now);
  // The next ring got what soaked: what was answered since is the reference from now on.
  void approved();
  // Observation begins anew: after a stop, and after a time in which nobody looked.
  void restart();

  std::optional<std::uint64_t> soaked(std::chrono::nanoseconds now) const;
  const std::string& trouble() const noexcept { return trouble_; }      // empty: none
  const std::string& waits_for() const noexcept { return waits_for_; }  // empty: for nothing
  std::uint64_t highest_active() const noexcept { return highest_active_; }
  std::uint64_t lowest_active() const noexcept { return lowest_active_; }
  std::size_t live() const noexcept { return live_; }
  const AnswerCounts& suspect_answers() const noexcept { return during_; }
  const AnswerCounts& answers_before() const noexcept { return before_; }
  const RingSettings& settings() const noexcept { return settings_; }

 private:
  struct Seen {
    base::U128 instance;
    std::uint64_t started_ms = 0;
    std::uint64_t active = 0;
    bool was_live = false;
    AnswerCounts totals{};
  };
  struct Gone {  // a process that had activated a suspect, before the one that is heard now
    base::U128 instance;
    std::uint64_t started_ms = 0;
    std::uint64_t active = 0;
    std::optional<std::chrono::nanoseconds> since{};  // the first look at it
  };
  void note_process(const event::NodeReport& report);
  void look_at_gone(std::chrono::nanoseconds now);
  void look_at_node(const NodeStatus& node, const Ground& ground);
  void look_at_rates(const AnswerCounts& control);
  void look_at_churn(const Ground& ground);
  void note_milestone(std::chrono::nanoseconds now);
  void complain(std::string what);

  const RingSettings settings_;
  const RolloutBounds bounds_;
  std::map<std::string, Seen, std::less<>> nodes_;
  std::map<std::string, Gone, std::less<>> gone_;
  struct Milestone {  // every live node serves it, or a newer one, since
    std::uint64_t seq;
    std::chrono::nanoseconds since;
  };
  std::deque<Milestone> milestones_;
  std::uint64_t good_ = 0;
  std::uint64_t highest_active_ = 0, lowest_active_ = 0;
  std::size_t live_ = 0;
  AnswerCounts before_, during_;
  std::string trouble_, waits_for_;
};

}  // namespace tidemark::producer
