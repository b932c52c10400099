#include "dns-edge/app/succession_watch.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::edge {

using namespace std::chrono_literals;

namespace {

// All edges hear it at one time; they do not read the whole log at one time.
constexpr std::chrono::milliseconds jitter_max{1000};
constexpr std::chrono::nanoseconds pause_min = 2s, pause_max = 60s;

}  // namespace

std::vector<std::string> SuccessionWatch::step(consumer::Feeder& feeder) {
  if (!may_go_on(feeder)) {
    rebuild_.reset();
    due_.reset();
    pause_ = pause_min;
    return {};
  }
  if (rebuild_) return rebuild_->is_done() ? judge(feeder) : std::vector<std::string>{};
  const auto now = ports_.clock.steady();
  if (!due_) {
    due_ = now + std::chrono::milliseconds(ports_.random.next() %
                                           static_cast<std::uint64_t>(jitter_max.count()));
  }
  if (now >= *due_) begin(feeder);
  return {};
}

// A controller that vouches for a version follows the log. What one of another cluster says is
// nothing to us.
bool SuccessionWatch::may_go_on(const consumer::Feeder& feeder) const {
  if (feeder.node_state() != event::NodeState::Diverged) return false;
  const consumer::FeederStatus at = feeder.status();
  if (at.held_back || !at.offered || ports_.log.identity() != at.log_identity) return false;
  return std::ranges::any_of(feeder.control().controllers(), [&](const auto& heard) {
    return heard.second.said.seq > at.version.seq.value();
  });
}

void SuccessionWatch::begin(const consumer::Feeder& feeder) {
  due_ = ports_.clock.steady() + pause_;
  pause_ = std::min(pause_ * 2, pause_max);
  auto source = ports_.log.source(ports_.dataset + ".changes");
  if (!source) return;
  const auto pin = feeder.status().pin;
  rebuild_ = std::make_unique<consumer::Rebuild>(
      consumer::RebuildPlan{.dataset = ports_.dataset,
                            .seed = ports_.seed,
                            .compare_offset = -1,
                            .pin_seq = pin ? std::optional(pin->seq) : std::nullopt,
                            .suspect = {},
                            .next_start = {}},
      *std::move(source));
}

std::vector<std::string> SuccessionWatch::judge(consumer::Feeder& feeder) {
  auto made = rebuild_->take();
  rebuild_.reset();
  if (!made || !made->origins.place_shared_with(feeder.footprints())) return {};
  std::vector<std::string> remarks{
      "the log was made anew and filled again: it goes on from version " +
      std::to_string(feeder.status().version.seq.value()) + " of this node's history as version " +
      std::to_string(made->state.dataset.version().seq.value())};
  feeder.bootstrap(
      consumer::SnapshotContents{std::move(made->state), ports_.log.identity(), {}, -1, {}});
  return remarks;
}

}  // namespace tidemark::edge
