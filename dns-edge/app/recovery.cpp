#include "dns-edge/app/recovery.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::edge {

namespace {

constexpr std::chrono::seconds pause_min{1};
constexpr std::chrono::seconds pause_max{60};

}  // namespace

std::optional<std::string> Recovery::attempt(consumer::Feeder& feeder, std::chrono::nanoseconds now,
                                             bool serves) {
  const bool lost =
      feeder.node_state() == event::NodeState::Diverged || feeder.status().needs_bootstrap;
  if (!lost) {
    if (feeder.node_state() == event::NodeState::Live) {
      told_ = false;
      pause_ = pause_min;
      due_.reset();
    }
    return std::nullopt;
  }
  if (!due_) due_ = now + pause_;
  if (now < *due_) return std::nullopt;
  pause_ = std::min<std::chrono::nanoseconds>(pause_ * 2, pause_max);
  due_ = now + pause_;
  if (!serves) {
    feeder.bootstrap(std::nullopt);
    return "folding the log from its beginning";
  }
  feeder.recheck();
  if (std::exchange(told_, true)) return std::nullopt;
  return "the log does not continue what this node has folded: still serving the last verified "
         "version, asking the log again and again. If the log was replaced on purpose, empty the "
         "folder of --state-dir and start again";
}

}  // namespace tidemark::edge
