#include "producer/api/ring_watch.hpp"

#include <algorithm>

namespace tidemark::producer {
namespace {

constexpr std::size_t milestones_max = 4096;
// A node that lives reports each second: longer silence of the process before is its end.
constexpr std::chrono::nanoseconds process_silence = std::chrono::seconds(3);
// What was answered long ago weighs less.
constexpr std::uint64_t answers_remembered_max = 10'000'000;

// Hundredths of a per cent.
std::uint64_t share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : part * 10'000 / whole;
}
std::string percent_text(std::uint64_t hundredths) {
  const std::string cents = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (cents.size() == 1 ? "0" : "") + cents + " %";
}

AnswerCounts totals_of(const event::NodeReport& report) {
  return {report.answers, report.servfail, report.nxdomain};
}
AnswerCounts difference(const AnswerCounts& now, const AnswerCounts& then) {
  if (now.answers < then.answers) return now;  // the counters began anew
  return {now.answers - then.answers, now.servfail - std::min(now.servfail, then.servfail),
          now.nxdomain - std::min(now.nxdomain, then.nxdomain)};
}

}  // namespace

AnswerCounts& AnswerCounts::operator+=(const AnswerCounts& more) noexcept {
  answers += more.answers;
  servfail += more.servfail;
  nxdomain += more.nxdomain;
  return *this;
}

void RingWatch::complain(std::string what) {
  if (trouble_.empty()) trouble_ = std::move(what);
}

void RingWatch::note_process(const event::NodeReport& report) {
  const auto gone = gone_.find(report.node);
  if (gone != gone_.end() && gone->second.instance == report.instance &&
      gone->second.started_ms == report.started_ms) {
    gone_.erase(gone);  // it is alive, or leaves in order
  }
  const auto at = nodes_.find(report.node);
  if (at == nodes_.end() || report.state == event::NodeState::Cold) return;
  const Seen& seen = at->second;
  const bool anew = seen.instance != report.instance || seen.started_ms != report.started_ms;
  if (anew && seen.was_live && good_ != 0 && seen.active > good_) {
    gone_.try_emplace(report.node, Gone{seen.instance, seen.started_ms, seen.active});
  }
}

void RingWatch::look_at_gone(std::chrono::nanoseconds now) {
  for (auto at = gone_.begin(); at != gone_.end();) {
    Gone& gone = at->second;
    if (!gone.since) gone.since = now;
    if (now - *gone.since < process_silence) {
      if (waits_for_.empty()) waits_for_ = at->first + " has a new process";
      ++at;
      continue;
    }
    if (good_ != 0 && gone.active > good_) {
      complain(at->first + " ended after it had activated version " + std::to_string(gone.active) +
               ", and started anew");
    }
    at = gone_.erase(at);
  }
}

void RingWatch::heard(const event::NodeReport& report) {
  note_process(report);
  if (report.ring != settings_.name) {
    nodes_.erase(report.node);
    return;
  }
  if (report.state == event::NodeState::Cold) {  // it left in order, or does not serve yet
    nodes_.erase(report.node);
    return;
  }
  const auto [at, first] = nodes_.try_emplace(report.node);
  Seen& seen = at->second;
  const bool anew =
      !first && (seen.instance != report.instance || seen.started_ms != report.started_ms);
  // Of a node that was not watched before, only what it answers from now on.
  const AnswerCounts more =
      first ? AnswerCounts{} : difference(totals_of(report), anew ? AnswerCounts{} : seen.totals);
  (good_ != 0 && report.active_seq > good_ ? during_ : before_) += more;
  if (before_.answers > answers_remembered_max) {
    before_ = {before_.answers / 2, before_.servfail / 2, before_.nxdomain / 2};
  }
  seen = {report.instance, report.started_ms, report.active_seq, seen.was_live && !anew,
          totals_of(report)};
}

void RingWatch::look(const std::vector<NodeStatus>& fleet, const Ground& ground,
                     std::chrono::nanoseconds now) {
  good_ = ground.good;
  live_ = 0;
  highest_active_ = lowest_active_ = 0;
  waits_for_.clear();
  for (const NodeStatus& node : fleet) {
    if (node.report.ring == settings_.name) look_at_node(node, ground);
  }
  look_at_gone(now);
  if (live_ == 0) {
    if (waits_for_.empty()) waits_for_ = "no node of the ring is alive";
    milestones_.clear();
    return;
  }
  look_at_rates(ground.control);
  look_at_churn(ground);
  note_milestone(now);
}

void RingWatch::look_at_node(const NodeStatus& node, const Ground& ground) {
  const event::NodeReport& report = node.report;
  const auto at = nodes_.find(report.node);
  const bool is_suspect = good_ != 0 && report.active_seq > good_;
  if (!node.live) {
    if (at == nodes_.end()) return;
    const bool is_silent = node.age_ms > live_within.count();
    if (is_silent && is_suspect && at->second.was_live && ground.others_live) {
      complain(report.node + " is silent for " + std::to_string(node.age_ms / 1000) +
               " s, after it had activated version " + std::to_string(report.active_seq));
    } else if (!is_silent) {
      waits_for_ = report.node + " is " + event::to_text(report.state);
    }
    return;
  }
  if (at != nodes_.end()) at->second.was_live = true;
  lowest_active_ = live_ == 0 ? report.active_seq : std::min(lowest_active_, report.active_seq);
  highest_active_ = std::max(highest_active_, report.active_seq);
  ++live_;
  if (good_ != 0 && ground.accepted) {
    for (const event::Nack& nack : report.nacks) {
      if (ground.accepted(nack)) complain(report.node + " complains: " + nack.reason);
    }
  }
  if (report.held_before_seq != 0) {
    if (good_ != 0 && report.held_before_seq > std::max(good_, ground.reverted)) {
      complain(report.node + " crashed again and again, and holds before version " +
               std::to_string(report.held_before_seq));
    } else {
      waits_for_ = report.node + " holds before version " + std::to_string(report.held_before_seq);
    }
  }
  const auto ours = ground.hash_of ? ground.hash_of(report.active_seq) : std::nullopt;
  if (ours && ours->value() != report.state_hash) {
    waits_for_ = report.node + " has another hash of version " + std::to_string(report.active_seq);
  }
}

void RingWatch::look_at_rates(const AnswerCounts& control) {
  if (during_.answers < bounds_.answers_min) return;
  const AnswerCounts* reference = before_.answers >= bounds_.answers_min   ? &before_
                                  : control.answers >= bounds_.answers_min ? &control
                                                                           : nullptr;
  const auto judge = [&](const char* what, std::uint64_t AnswerCounts::* part, std::uint64_t bound,
                         bool alone) {
    if (bound >= 100 || (reference == nullptr && !alone)) return;
    const std::uint64_t was =
        reference == nullptr ? 0 : share(reference->*part, reference->answers);
    const std::uint64_t is = share(during_.*part, during_.answers);
    if (is <= was + bound * 100) return;
    complain(std::string(what) + ": " + percent_text(is) + " of " +
             std::to_string(during_.answers) + " answers, " + percent_text(was) +
             (reference == &control ? " elsewhere" : " before"));
  };
  judge("SERVFAIL", &AnswerCounts::servfail, bounds_.servfail_percent, true);
  judge("NXDOMAIN", &AnswerCounts::nxdomain, bounds_.nxdomain_percent, false);
}

void RingWatch::look_at_churn(const Ground& ground) {
  if (bounds_.churn_percent >= 100 || good_ == 0 || highest_active_ <= good_ || !ground.churn_of) {
    return;
  }
  const auto churn = ground.churn_of(highest_active_);
  if (!churn || churn->rrsets < bounds_.churn_rrsets_min) return;
  const std::uint64_t is = share(churn->changed, churn->rrsets);
  if (is <= bounds_.churn_percent * 100) return;
  complain("churn: " + percent_text(is) + " of " + std::to_string(churn->rrsets) +
           " RRsets changed or went since version " + std::to_string(good_));
}

void RingWatch::note_milestone(std::chrono::nanoseconds now) {
  while (!milestones_.empty() && milestones_.back().seq > lowest_active_) milestones_.pop_back();
  if (!waits_for_.empty()) {
    milestones_.clear();
    return;
  }
  if (lowest_active_ == 0 || (!milestones_.empty() && milestones_.back().seq == lowest_active_)) {
    return;
  }
  milestones_.push_back({lowest_active_, now});
  // Under a stream of changes every other one is enough.
  if (milestones_.size() <= milestones_max) return;
  for (std::size_t i = 0; i < milestones_.size() / 2; ++i) milestones_[i] = milestones_[2 * i + 1];
  milestones_.resize(milestones_.size() / 2);
}

void RingWatch::approved() {
  if (during_.answers >= bounds_.answers_min) {
    before_ = during_;
  } else {
    before_ += during_;
  }
  during_ = {};
}

void RingWatch::restart() {
  milestones_.clear();
  during_ = {};
  trouble_.clear();
  gone_.clear();
  for (auto& [node, seen] : nodes_) seen.was_live = false;
}

std::optional<std::uint64_t> RingWatch::soaked(std::chrono::nanoseconds now) const {
  if (!trouble_.empty() || !waits_for_.empty()) return std::nullopt;
  std::optional<std::uint64_t> newest;
  for (const Milestone& one : milestones_) {
    if (now - one.since >= settings_.soak) newest = one.seq;
  }
  return newest;
}

}  // namespace tidemark::producer
