#include "dns-edge/app/recovery.hpp"

#include <algorithm>

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
      next_ = Next::Recheck;
      file_.clear();
      pause_ = pause_min;
      due_.reset();
    }
    return std::nullopt;
  }
  if (!due_) due_ = now + pause_;
  if (now < *due_) return std::nullopt;
  due_ = now + pause_;
  return next_ == Next::Recheck ? recheck(feeder) : next_file(feeder, serves);
}

std::string Recovery::recheck(consumer::Feeder& feeder) {
  next_ = Next::Files;
  feeder.recheck();
  return "asking the log once more for the last record that was folded";
}

std::string Recovery::next_file(consumer::Feeder& feeder, bool serves) {
  consumer::RestoreReport report =
      file_.empty() ? store_.restore(seed_) : store_.restore_before(file_, seed_);
  if (report.contents) {
    file_ = report.file;
    feeder.bootstrap(std::move(report.contents));
    return "trying the snapshot file " + file_;
  }
  next_ = Next::Recheck;
  file_.clear();
  pause_ = std::min<std::chrono::nanoseconds>(pause_ * 2, pause_max);
  if (serves) {
    return "no snapshot file is of the log's history; still serving the last verified version. If "
           "the log was replaced on purpose, empty the folder of --state-dir and start again";
  }
  feeder.bootstrap(std::nullopt);
  return "folding the log from its beginning";
}

}  // namespace tidemark::edge
