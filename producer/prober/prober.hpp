// Prober: one vantage point. Checks its targets in turn and says what it sees in HealthFrames: a
// full one each period, a delta at once when a verdict changes.
//
// It is stepped: its owner calls step() after `wake` and at the latest after call_again_in, and
// publishes the frames. It neither waits nor publishes itself.
//
// A target that was not checked yet is not reported. After a start no full frame is sent before
// every target was checked once: a full frame replaces what this prober said in its last life, and
// a restart during an outage must not raise anybody. The work is the same whether all are up or
// down: one check a target and interval, one full frame a period.
//
// Invariants  At most checks_max checks are under way, at most one of each target. Numbers of
//             frames rise by one.
// Threads     All calls and callbacks: one thread.
// Requires    Clock, Random and Checker outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/environment.hpp"
#include "core/event/health_frame.hpp"
#include "producer/prober/checker.hpp"
#include "producer/prober/hysteresis.hpp"
#include "producer/prober/target.hpp"

namespace tidemark::producer {

constexpr std::size_t cause_octets_max = 96;

struct ProberSettings {
  std::string name;  // of the vantage point
  std::chrono::milliseconds period{1000};
  std::size_t checks_max = 256;             // under way at the same time
  std::chrono::milliseconds delta_gap{10};  // a storm of flaps becomes so many deltas, not more
};

struct ProberPorts {
  base::Clock& clock;
  base::Random& random;
  Checker& checker;
  std::function<void()> wake{};  // step() has something to do; called from a check's callback
};

class Prober {
 public:
  Prober(ProberSettings settings, ProberPorts ports);

  // What is to be checked from now on. A target that stays keeps its verdict and its turn; one with
  // another address or check keeps its verdict until the first result; one that is gone is missing
  // from the next full frame.
  void set_targets(const std::vector<Target>& targets);
  // A frame was lost on its way: the next step() makes a full one.
  void resend() noexcept { resend_ = true; }

  struct Step {
    std::vector<event::HealthFrame> frames;  // to be published in this order
    std::chrono::nanoseconds call_again_in{};
  };
  Step step();

  struct Standing {
    std::size_t targets = 0, up = 0, down = 0, unknown = 0, under_way = 0;
    std::uint64_t checks = 0, transitions = 0;
  };
  Standing standing() const;

 private:
  using Name = std::pair<std::string, std::string>;
  struct Probe {
    Target target;
    Hysteresis hysteresis;
    std::string cause;
    std::chrono::nanoseconds due{};  // of its next check, or when the one under way was started
    std::unique_ptr<Attempt> under_way{};
  };
  using Probes = std::map<Name, Probe>;

  void schedule(Probe& probe, std::chrono::nanoseconds due);
  void schedule_first(Probe& probe);
  void start_checks(std::chrono::nanoseconds now);
  void take(const Name& name, CheckResult result);
  std::chrono::nanoseconds next_due(const Probe& probe);
  bool full_is_due(std::chrono::nanoseconds now) const;
  event::HealthFrame full_frame();
  event::HealthFrame delta_frame();
  event::HealthFrame frame(bool full);
  std::chrono::nanoseconds wait(std::chrono::nanoseconds now) const;

  const ProberSettings settings_;
  const ProberPorts ports_;
  Probes probes_;
  std::set<std::pair<std::chrono::nanoseconds, Name>> turns_;  // who waits for the next check
  std::set<Name> changed_;                                     // since the last frame
  std::set<Name> unknown_;                                     // never checked so far
  bool started_ = false;  // every first target was checked once
  bool resend_ = false;
  std::chrono::nanoseconds full_due_;
  std::optional<std::chrono::nanoseconds> last_delta_;
  std::uint64_t number_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t checks_ = 0, transitions_ = 0;
};

}  // namespace tidemark::producer
