#include "consumer/feeder/feeder.hpp"

#include <utility>

#include "consumer/feeder/inner.hpp"
#include "core/base/check.hpp"

namespace tidemark::consumer {

using event::NodeState;

namespace {

void check_lineage(const FeederSettings& settings, const SnapshotContents& contents) {
  TIDEMARK_CHECK(contents.state.dataset.version().lineage == lineage_of(settings.dataset_name),
                 "a state is of this dataset's lineage");
}

}  // namespace

Feeder::Feeder(FeederSettings settings, FeederPorts ports, std::optional<SnapshotContents> restored,
               std::optional<RestoredPin> pinned) {
  if (!restored) restored = start_from_nothing(settings);
  check_lineage(settings, *restored);
  inner_ = std::make_unique<Inner>(std::move(settings), std::move(ports), *std::move(restored),
                                   std::move(pinned));
  check_state();
}
Feeder::~Feeder() = default;

StepReport Feeder::step() {
  check_state();
  Inner& inner = *inner_;
  const NodeState before = inner.changes.state(), shown_before = inner.shown_state();
  StepReport report;
  inner.step(report);
  report.state_changed = inner.changes.state() != before || inner.shown_state() != shown_before;
  report.needs_bootstrap = inner.changes.needs_bootstrap();
  check_state();
  return report;
}

std::unique_ptr<const Snapshot> Feeder::take_snapshot() { return inner_->offering.take(); }

void Feeder::bootstrap(std::optional<SnapshotContents> contents) {
  if (contents) check_lineage(inner_->settings, *contents);
  inner_->bootstrap(std::move(contents));
  check_state();
}

void Feeder::set_replay(Replay replay) { inner_->replay = replay; }

void Feeder::recheck() {
  if (!inner_->changes.needs_bootstrap()) return;
  inner_->changes.recheck(inner_->offering.served().has_value());
  check_state();
}

void Feeder::distrust(std::string why) {
  inner_->changes.distrust(std::move(why));
  check_state();
}

void Feeder::hold(Hold hold) {
  inner_->hold(hold);
  check_state();
}

void Feeder::provide(const dataset::Dataset& dataset) { inner_->provide(dataset); }

const ControlView& Feeder::control() const noexcept { return inner_->control.view(); }
bool Feeder::has_read_control() const noexcept { return inner_->control.has_caught_up(); }

std::optional<dataset::Dataset> Feeder::version_at(dataset::Seq seq) const {
  return inner_->changes.versions().find(seq.value());
}

const fold::Footprints& Feeder::footprints() const noexcept { return inner_->changes.footprints(); }

NodeState Feeder::node_state() const noexcept { return inner_->shown_state(); }
const fold::State& Feeder::state() const noexcept { return inner_->changes.folded(); }
const health::Observations& Feeder::observations() const noexcept {
  return inner_->health.observations();
}

SnapshotContents Feeder::contents() const {
  return {inner_->changes.folded(), inner_->changes.log_identity(), inner_->health.observations(),
          inner_->health.offset(), inner_->health.last_record()};
}

FeederStatus Feeder::status() const {
  const ChangesTail& changes = inner_->changes;
  const fold::State& state = changes.folded();
  FeederStatus status;
  status.version = state.dataset.version();
  inner_->tell(status);
  status.offered = inner_->offering.served().has_value();
  status.offset = state.offset;
  status.chain = state.chain;
  status.accepted = state.accepted;
  status.rejected = state.rejected;
  status.undecodable = state.undecodable;
  status.twins = state.twins;
  return status;
}

void Feeder::check_state() const {
  const ChangesTail& changes = inner_->changes;
  const bool offered = inner_->offering.served().has_value();
  switch (changes.state()) {
    case NodeState::Cold:
      TIDEMARK_CHECK(!offered && changes.is_replaying(), "COLD: no Snapshot was ever offered");
      return;
    case NodeState::Restored:
      TIDEMARK_CHECK(offered || inner_->is_gated(),
                     "RESTORED: a verified state is served, unless the ring may not have it yet");
      TIDEMARK_CHECK(!changes.is_verified(), "RESTORED: the log has not confirmed its history");
      return;
    case NodeState::CatchingUp:
      TIDEMARK_CHECK(offered || !changes.is_replaying(), "CATCHING_UP: a verified state is served");
      return;
    case NodeState::Live:
      TIDEMARK_CHECK(changes.is_verified(), "LIVE: the overlap record matched");
      TIDEMARK_CHECK(!changes.is_replaying(), "LIVE: what is folded may be served");
      TIDEMARK_CHECK(!changes.needs_bootstrap(), "LIVE: the position is in the log");
      return;
    case NodeState::Diverged:
      TIDEMARK_CHECK(changes.needs_bootstrap(), "DIVERGED: waits for bootstrap() or recheck()");
      TIDEMARK_CHECK(!changes.is_verified(), "DIVERGED: nothing is applied");
      return;
    case NodeState::Halted: return;
  }
}

dataset::HashSeed draw_hash_seed(base::Random& random) { return dataset::HashSeed(random.next()); }

}  // namespace tidemark::consumer
