#include "consumer/feeder/inner.hpp"

#include <algorithm>

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
  std::optional<dataset::Dataset> older;
  if (pinned) {
    obey(pinned->pin.seq != 0 ? std::optional(pinned->pin) : std::nullopt, pinned->watermark);
    if (pinned->dataset) provide(*pinned->dataset);
    if (pinned->dataset && !pin_) older = pinned->dataset;
  }
  if (changes.state() != NodeState::Restored) return;
  const auto found = wanted() ? changes.versions().find(*wanted()) : std::nullopt;
  // What was folded may lie between two watermarks: the ring never had it.
  offer(older && !found ? *older : *servable());
}

void Feeder::Inner::step(StepReport& report) {
  control.step(report);
  look_at_pins(report);
  const bool cold = changes.state() == NodeState::Cold;
  const bool waits = cold && (waits_for_control(report) || replay == Feeder::Replay::Waits);
  const bool replaying = changes.is_replaying();
  if (!waits) changes.step(report);
  follow_hold();
  if (replaying && !changes.is_replaying()) dirty_ = true;  // also if no record came any more
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
  const PlacedWatermark* placed = control.view().watermark_of(settings.ring);
  std::optional<event::Watermark> mark;
  if (placed != nullptr && !placed->mark.released) mark = placed->mark;
  if (pin == pin_ && mark == mark_) return;
  if (pin != pin_) {
    report.remarks.push_back(pin ? "pinned: " + to_text(*pin) + " by " + pin->author + ": " +
                                       pin->reason
                                 : "no longer pinned: " + to_text(*pin_));
  }
  if (mark && is_stop(*mark) && mark != mark_) {
    report.remarks.push_back("ring " + mark->ring + " is held at version " +
                             std::to_string(mark->seq) + " by " + mark->author + ": " +
                             mark->reason);
  }
  obey(std::move(pin), std::move(mark));
  report.pin_changed = true;
}

std::optional<std::uint64_t> Feeder::Inner::gate() const {
  if (pin_) return pin_->seq;
  if (mark_) return mark_->seq;
  return std::nullopt;
}

void Feeder::Inner::obey(std::optional<event::Pin> pin, std::optional<event::Watermark> mark) {
  pin_ = std::move(pin);
  mark_ = std::move(mark);
  want_anew();
}

void Feeder::Inner::want_anew() {
  const bool was_held = kept_.has_value();
  kept_ = wanted();
  released_ = !kept_ && (was_held || released_);
  changes.versions().keep(kept_);
  dirty_ = urgent_ = true;
}

bool Feeder::Inner::is_held(std::uint64_t seq) const {
  return hold_.before_seq != 0 && seq >= hold_.before_seq &&
         (hold_.until_seq == 0 || seq < hold_.until_seq);
}

std::optional<std::uint64_t> Feeder::Inner::wanted() const {
  const auto gate_seq = gate();
  const std::uint64_t goal = gate_seq.value_or(changes.folded().dataset.version().seq.value());
  if (hold_.before_seq == 0 || (gate_seq && goal < hold_.before_seq)) return gate_seq;
  if (hold_.until_seq != 0 && goal >= hold_.until_seq) return gate_seq;
  return hold_.before_seq - 1;
}

void Feeder::Inner::hold(Hold hold) {
  if (hold == hold_) return;
  hold_ = hold;
  changes.stop_before(hold.until_seq == 0 ? hold.before_seq : 0);
  want_anew();
}

// Passing the hold is a matter of what is folded.
void Feeder::Inner::follow_hold() {
  if (hold_.before_seq != 0 && kept_ != wanted()) want_anew();
}

void Feeder::Inner::provide(const dataset::Dataset& dataset) {
  if (wanted() != dataset.version().seq.value()) return;
  changes.versions().provide(dataset);
  dirty_ = urgent_ = true;
}

void Feeder::Inner::tell(FeederStatus& status) const {
  changes.tell(status);
  health.tell(status);
  control.tell(status);
  status.pin = pin_;
  status.watermark = mark_;
  if (is_held_back()) {
    status.held_back = true;
    status.state = shown_state();
    if (status.detail.empty()) {
      status.detail = "the log's history ends before version " + std::to_string(floor_seq_) +
                      ", which is served on";
    }
  }
  status.hold = hold_;
  if (!gate()) return;
  const auto& served = offering.served();
  const bool held = served && served->version().seq.value() == *gate();
  (pin_ ? status.pin_held : status.watermark_held) = held;
  if (!held && wanted() == gate())
    (pin_ ? status.pin_trouble : status.watermark_trouble) = why_not_served();
}

// Empty: the version that is wanted will come.
std::string Feeder::Inner::why_not_served() const {
  const std::uint64_t seq = *wanted();
  if (changes.is_replaying() || seq > changes.folded().dataset.version().seq.value() ||
      changes.versions().find(seq)) {
    return {};
  }
  const auto& served = offering.served();
  return "version " + std::to_string(seq) + " is not held any more; serving version " +
         (served ? std::to_string(served->version().seq.value()) : std::string("none")) + " on";
}

void Feeder::Inner::bootstrap(std::optional<SnapshotContents> contents) {
  const bool serving = offering.served().has_value();
  if (serving) floor_seq_ = std::max(floor_seq_, changes.folded().dataset.version().seq.value());
  if (!contents) contents = start_from_nothing(settings);
  if (contents->health_offset > health.offset()) {
    health.adopt(std::move(contents->observations), contents->health_offset,
                 contents->health_last_record);
  }
  changes.adopt(std::move(contents->state), std::move(contents->log_identity), serving);
  view_stale_ = pools_stale_ = dirty_ = true;
  if (changes.is_replaying()) return;
  if (auto dataset = servable()) offer(*std::move(dataset));
}

bool Feeder::Inner::is_held_back() const {
  if (settings.when_older == FeederSettings::WhenOlder::Follow) return false;
  return offering.served() && changes.folded().dataset.version().seq.value() < floor_seq_;
}

NodeState Feeder::Inner::shown_state() const {
  const NodeState state = changes.shown_state();
  return is_held_back() && state != NodeState::Halted ? NodeState::Diverged : state;
}

void Feeder::Inner::note_news() {
  const ChangesTail::News news = changes.take_news();
  const bool health_news = health.take_news();
  dirty_ = dirty_ || news.dataset || health_news;
  view_stale_ = view_stale_ || news.pools || health_news;
  pools_stale_ = pools_stale_ || news.pools;
}

// What the workers should see; while another history is replayed, what they saw before it.
std::optional<dataset::Dataset> Feeder::Inner::servable() const {
  const dataset::Dataset& folded = changes.folded().dataset;
  const std::uint64_t seq = folded.version().seq.value();
  const auto& served = offering.served();
  const bool ended =
      changes.state() == NodeState::Halted && (!served || seq >= served->version().seq.value());
  if ((changes.is_replaying() && !ended) || is_held_back()) return served;
  if (wanted()) {
    if (auto held = changes.versions().find(*wanted())) return held;
    if (served || may_not_serve(seq)) return served;  // not folded yet, or not held any more: stay
  }
  const bool catching_up =
      changes.state() == NodeState::CatchingUp || changes.state() == NodeState::Restored;
  // A rollback may be behind what was folded so far.
  if (released_ && served && catching_up) return served;
  if (is_held(seq)) return served;
  if (seq == 0) return served;
  return folded;
}

// Nothing is served, and this is more than the ring may activate, or lies on the way to what it
// may. What is not known to be gated is better served than nothing: a node without a log starts
// from its disk.
bool Feeder::Inner::may_not_serve(std::uint64_t seq) const {
  if (pin_ || !mark_ || !control.has_caught_up()) return false;
  if (seq > mark_->seq) return true;
  FeederStatus now;
  changes.tell(now);
  const bool on_its_way = now.state == NodeState::CatchingUp || now.state == NodeState::Restored;
  return on_its_way && now.log_reachable;
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
  if ((wanted() || released_) && served && !view_stale_ &&
      served->version() == dataset->version()) {
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
  if (!on_path) {
    view_ = health::HealthView::freeze(dataset, health.observations(), health.offset());
  } else if (pools_stale_ || !on_path_) {
    view_ = running_view_.begin(dataset, health.observations(), health.offset());
  } else if (view_stale_) {
    view_ = running_view_.refresh(dataset, health.observations(), health.offset());
  }
  offering.offer(std::make_unique<const Snapshot>(Snapshot{std::move(dataset), *view_}),
                 ports.clock.steady());
  on_path_ = on_path;
  dirty_ = view_stale_ = urgent_ = false;
  pools_stale_ = pools_stale_ && !on_path;
}

}  // namespace tidemark::consumer
