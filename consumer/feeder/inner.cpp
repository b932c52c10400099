#include "consumer/feeder/inner.hpp"

#include "core/base/check.hpp"

namespace tidemark::consumer {

using event::NodeState;

SnapshotContents start_from_nothing(const FeederSettings& settings) {
  return {fold::State::empty(lineage_of(settings.dataset_name), settings.seed), {}, {}, -1, {}};
}

Feeder::Inner::Inner(FeederSettings with, FeederPorts through, SnapshotContents start)
    : settings(std::move(with)),
      ports(std::move(through)),
      changes(settings, ports, std::move(start.state), std::move(start.log_identity)),
      health(settings, ports.health, std::move(start.observations), start.health_offset,
             start.health_last_record) {
  if (changes.state() == NodeState::Restored) offer(changes.folded().dataset);
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
  if (!changes.is_replaying()) offer(changes.folded().dataset);
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
  const auto interval =
      catching_up ? settings.publish_interval_catching_up : settings.publish_interval;
  if (const auto last = offering.last()) {
    const auto since = ports.clock.steady() - *last;
    if (since < interval) return call_again_in(report, interval - since);
  }
  offer(*std::move(dataset));
}

void Feeder::Inner::offer(dataset::Dataset dataset) {
  note_news();
  if (view_stale_ || !view_) {
    view_ = health::HealthView::freeze(dataset, health.observations(), health.offset());
  }
  offering.offer(std::make_unique<const Snapshot>(Snapshot{std::move(dataset), *view_}),
                 ports.clock.steady());
  dirty_ = view_stale_ = false;
}

}  // namespace tidemark::consumer
