#include "consumer/feeder/inner.hpp"

#include "core/base/check.hpp"

namespace tidemark::consumer {

using event::NodeState;

SnapshotContents start_from_nothing(const FeederSettings& settings) {
  return {fold::State::empty(lineage_of(settings.dataset_name), settings.seed), {}, {}, -1, {}};
}

Feeder::Inner::Inner(FeederSettings with, FeederPorts through, SnapshotContents start,
                     std::optional<RestoredPin> pinned)
    : settings(std::move(with)),
      ports(std::move(through)),
      changes(settings, ports, std::move(start.state), std::move(start.log_identity)),
      health(settings, ports.health, std::move(start.observations), start.health_offset,
             start.health_last_record),
      control(ports.control) {
  if (pinned) {
    obey(pinned->pin);
    if (pinned->dataset) provide(*pinned->dataset);
  }
  if (changes.state() == NodeState::Restored) offer(*servable());
}

void Feeder::Inner::step(StepReport& report) {
  control.step(report);
  look_at_pins(report);
  if (changes.state() != NodeState::Cold || !waits_for_control(report)) changes.step(report);
  health.step(report);
  offer_if_due(report);
}

bool Feeder::Inner::knows_pins() const { return settings.node.empty() || control.has_caught_up(); }

// True while nothing is known of pins that may be there. A log without that topic is waited for
// only so long.
bool Feeder::Inner::waits_for_control(StepReport& report) {
  if (knows_pins()) return false;
  const auto now = ports.clock.steady();
  if (!control_due_) control_due_ = now + control_grace;
  if (now >= *control_due_) return false;
  call_again_in(report, *control_due_ - now);
  return true;
}

void Feeder::Inner::look_at_pins(StepReport& report) {
  if (!control.take_news() || settings.node.empty()) return;
  const PlacedPin* found = control.view().pin_for(settings.node, settings.ring);
  std::optional<event::Pin> pin;
  if (found != nullptr) pin = found->pin;
  if (pin == pin_) return;
  report.remarks.push_back(pin ? "pinned: " + to_text(*pin) + " by " + pin->author + ": " +
                                     pin->reason
                               : "no longer pinned: " + to_text(*pin_));
  obey(std::move(pin));
  report.pin_changed = true;
}

void Feeder::Inner::obey(std::optional<event::Pin> pin) {
  released_ = !pin && (pin_ || released_);
  pin_ = std::move(pin);
  changes.versions().keep(pin_ ? std::optional(pin_->seq) : std::nullopt);
  dirty_ = urgent_ = true;
}

void Feeder::Inner::provide(const dataset::Dataset& dataset) {
  if (!pin_ || dataset.version().seq.value() != pin_->seq) return;
  changes.versions().provide(dataset);
  dirty_ = urgent_ = true;
}

void Feeder::Inner::tell(FeederStatus& status) const {
  changes.tell(status);
  health.tell(status);
  control.tell(status);
  status.pin = pin_;
  if (!pin_) return;
  const auto& served = offering.served();
  status.pin_held = served && served->version().seq.value() == pin_->seq;
  const std::uint64_t folded = changes.folded().dataset.version().seq.value();
  if (status.pin_held || changes.is_replaying() || pin_->seq > folded ||
      changes.versions().find(pin_->seq)) {
    return;
  }
  status.pin_trouble =
      "version " + std::to_string(pin_->seq) + " is not held any more; serving version " +
      (served ? std::to_string(served->version().seq.value()) : std::string("none")) + " on";
}

void Feeder::Inner::bootstrap(std::optional<SnapshotContents> contents) {
  const bool serving = offering.served().has_value();
  if (!contents) contents = start_from_nothing(settings);
  if (contents->health_offset > health.offset()) {
    health.adopt(std::move(contents->observations), contents->health_offset,
                 contents->health_last_record);
  }
  changes.adopt(std::move(contents->state), std::move(contents->log_identity), serving);
  view_stale_ = dirty_ = true;
  if (!changes.is_replaying()) offer(*servable());
}

void Feeder::Inner::note_news() {
  const ChangesTail::News news = changes.take_news();
  const bool health_news = health.take_news();
  dirty_ = dirty_ || news.dataset || health_news;
  view_stale_ = view_stale_ || news.pools || health_news;
}

// What the workers should see; while another history is replayed, what they saw before it.
std::optional<dataset::Dataset> Feeder::Inner::servable() const {
  const dataset::Dataset& folded = changes.folded().dataset;
  const std::uint64_t seq = folded.version().seq.value();
  const auto& served = offering.served();
  const bool ended =
      changes.state() == NodeState::Halted && (!served || seq >= served->version().seq.value());
  if (changes.is_replaying() && !ended) return served;
  if (pin_) {
    if (auto pinned = changes.versions().find(pin_->seq)) return pinned;
    if (served) return served;  // not folded yet, or not held any more: stay
  }
  const bool catching_up =
      changes.state() == NodeState::CatchingUp || changes.state() == NodeState::Restored;
  // A rollback may be behind what was folded so far.
  if (released_ && served && catching_up) return served;
  if (seq == 0) return served;
  return folded;
}

bool Feeder::Inner::waits_for_health(StepReport& report) {
  if (offering.served() || health.has_caught_up()) return false;
  const auto now = ports.clock.steady();
  if (!first_due_) first_due_ = now + health_grace;
  if (now >= *first_due_) return false;
  call_again_in(report, *first_due_ - now);
  return true;
}

void Feeder::Inner::offer_if_due(StepReport& report) {
  note_news();
  if (!dirty_) return;
  auto dataset = servable();
  if (!dataset || waits_for_health(report)) return;
  const bool catching_up =
      changes.state() == NodeState::CatchingUp || changes.state() == NodeState::Restored;
  const auto& served = offering.served();
  if (!knows_pins() && served && served->version() != dataset->version()) {
    if (catching_up || waits_for_control(report)) return;
  }
  if (!catching_up) released_ = false;
  if ((pin_ || released_) && served && !view_stale_ && served->version() == dataset->version()) {
    dirty_ = released_;  // staged only: nobody would see a difference
    urgent_ = false;
    return;
  }
  const auto interval =
      catching_up ? settings.publish_interval_catching_up : settings.publish_interval;
  if (const auto last = offering.last(); last && !urgent_) {
    const auto since = ports.clock.steady() - *last;
    if (since < interval) return call_again_in(report, interval - since);
  }
  offer(*std::move(dataset));
}

void Feeder::Inner::offer(dataset::Dataset dataset) {
  note_news();
  const bool on_path = dataset.version() == changes.folded().dataset.version();
  if (view_stale_ || !view_ || !on_path || !on_path_) {
    view_ = health::HealthView::freeze(dataset, health.observations(), health.offset());
  }
  offering.offer(std::make_unique<const Snapshot>(Snapshot{std::move(dataset), *view_}),
                 ports.clock.steady());
  on_path_ = on_path;
  dirty_ = view_stale_ = urgent_ = false;
}

}  // namespace tidemark::consumer
