// The Feeder's parts put together: two tails that never read each other, and what is offered.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "consumer/feeder/changes_tail.hpp"
#include "consumer/feeder/control_tail.hpp"
#include "consumer/feeder/feeder.hpp"
#include "consumer/feeder/health_tail.hpp"
#include "core/health/running_view.hpp"

namespace tidemark::consumer {

// A node that starts from nothing waits so long for the health topic before it offers its first
// Snapshot: else it would answer from endpoints that are known to be down.
constexpr std::chrono::nanoseconds health_grace = std::chrono::seconds(1);
// And so long for the control topic, once the changes can be read.
constexpr std::chrono::nanoseconds control_grace = std::chrono::seconds(1);

class Offering {  // the newest Snapshot, until it is taken
 public:
  void offer(std::unique_ptr<const Snapshot> snapshot, std::chrono::nanoseconds now) {
    newest_ = std::move(snapshot);
    served_ = newest_->dataset;
    at_ = now;
  }
  std::unique_ptr<const Snapshot> take() noexcept { return std::move(newest_); }
  std::optional<std::chrono::nanoseconds> last() const noexcept { return at_; }
  // Of the last offer.
  const std::optional<dataset::Dataset>& served() const noexcept { return served_; }

 private:
  std::unique_ptr<const Snapshot> newest_;
  std::optional<dataset::Dataset> served_;
  std::optional<std::chrono::nanoseconds> at_;
};

struct Feeder::Inner {
  Inner(FeederSettings with, FeederPorts through, SnapshotContents start,
        std::optional<RestoredPin> pinned);

  void step(StepReport& report);
  void bootstrap(std::optional<SnapshotContents> contents);
  void provide(const dataset::Dataset& dataset);
  void hold(Hold hold);
  void tell(FeederStatus& status) const;

  const FeederSettings settings;
  const FeederPorts ports;
  ChangesTail changes;
  HealthTail health;
  ControlTail control;
  Offering offering;
  Feeder::Replay replay = Feeder::Replay::Runs;

  // What is folded may not be served yet, and nothing older is held.
  bool is_gated() const { return may_not_serve(changes.folded().dataset.version().seq.value()); }
  // As others see it: a rebuilt state that is behind what is served is no reason to be calm.
  event::NodeState shown_state() const;

 private:
  bool is_held_back() const;
  void note_news();
  void look_at_pins(StepReport& report);
  void obey(std::optional<event::Pin> pin, std::optional<event::Watermark> mark);
  std::optional<std::uint64_t> gate() const;    // the version of the pin, else of the watermark
  std::optional<std::uint64_t> wanted() const;  // and what the hold makes of it
  bool is_held(std::uint64_t seq) const;
  void follow_hold();
  void want_anew();
  bool may_not_serve(std::uint64_t seq) const;
  std::string why_not_served() const;
  bool knows_pins() const;
  bool waits_for_control(StepReport& report);
  void offer_if_due(StepReport& report);
  std::optional<dataset::Dataset> servable() const;
  bool waits_for_health(StepReport& report);
  void offer(dataset::Dataset dataset);

  std::optional<event::Pin> pin_;         // that this node obeys
  std::optional<event::Watermark> mark_;  // of its ring
  Hold hold_{};
  std::optional<std::uint64_t> kept_;  // wanted() when it was looked at last
  bool released_ = false;              // what held it ended, and what is folded was not offered
  bool urgent_ = false;                // an operator waits for the next offer
  bool on_path_ = true;                // the last offer was what is folded
  std::uint64_t floor_seq_ = 0;  // nothing older is offered: what was folded before bootstrap()
  std::optional<std::chrono::nanoseconds> control_due_;

  bool dirty_ = true;        // something changed since the last offer
  bool view_stale_ = true;   // ... that verdicts depend on
  bool pools_stale_ = true;  // pools or overrides are not those that running_view_ began with
  health::RunningView running_view_;  // of what is folded
  std::optional<health::HealthView> view_;
  std::optional<std::chrono::nanoseconds>
      first_due_;  // the first offer waits for health until then
};

// Nothing folded yet.
SnapshotContents start_from_nothing(const FeederSettings& settings);

}  // namespace tidemark::consumer
