#include "consumer/feeder/changes_tail.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "schemas/codec.hpp"

namespace tidemark::consumer {

using event::NodeState;
using log::Happening;

void call_again_in(StepReport& report, std::chrono::nanoseconds wait) {
  report.call_again_in = std::min(report.call_again_in.value_or(wait), wait);
}

namespace {
bool knows_nothing(const fold::State& state) { return state.dataset.version().seq.value() == 0; }
}  // namespace

ChangesTail::ChangesTail(const FeederSettings& settings, const FeederPorts& ports,
                         fold::State state, std::string log_identity)
    : settings_(settings),
      ports_(ports),
      state_(std::move(state)),
      versions_(settings.retain_versions, settings.retain_octets),
      log_identity_(std::move(log_identity)),
      node_state_(knows_nothing(state_) ? NodeState::Cold : NodeState::Restored),
      replaying_(knows_nothing(state_)) {
  if (!replaying_) versions_.add(state_.dataset);
  footprints_.note(state_);
}

bool ChangesTail::is_stopped() const noexcept {
  return needs_bootstrap_ || node_state_ == NodeState::Halted;
}

void ChangesTail::step(StepReport& report) {
  if (is_stopped()) return discard(report);
  if (!started_ && !start(report)) return;
  drain(report);
  check_overlap_deadline(report);
}

bool ChangesTail::start(StepReport& report) {
  const log::Offset from(std::max<std::int64_t>(state_.offset, 0));
  verified_ = caught_up_ = identity_confirmed_ = passed_over_ = false;
  overlap_deadline_.reset();
  if (auto started = ports_.changes.start(from); !started) {
    on_unreachable(started.error().trail, report);
    call_again_in(report, start_retry);
    return false;
  }
  started_ = true;
  if (state_.offset < 0) confirm();  // nothing was applied: nothing to compare
  return true;
}

void ChangesTail::drain(StepReport& report) {
  std::size_t records = 0, octets = 0;
  while (started_ && !is_stopped()) {
    auto drained = ports_.changes.drain(drain_records_max);
    if (!drained) {
      on_unreachable(drained.error().trail, report);
      call_again_in(report, start_retry);
      return;
    }
    for (const log::Record& record : drained->records) {
      if (is_stopped()) break;  // and what followed is given up
      take(record, report);
      octets += record.value.size();
    }
    records += drained->records.size();
    for (const Happening happening : drained->happenings) {
      if (is_stopped()) break;
      on(happening, drained->detail, report);
    }
    if (!drained->more) break;
    if (records >= settings_.records_per_step_max || octets >= settings_.octets_per_step_max) {
      report.more = true;
      return;
    }
  }
  if (!started_) report.more = true;
}

bool ChangesTail::is_at_its_stop() const noexcept {
  return stop_before_ != 0 && state_.dataset.version().seq.value() + 1 >= stop_before_;
}

void ChangesTail::stop_before(std::uint64_t seq) {
  stop_before_ = seq;
  if (is_at_its_stop() || !passed_over_ || is_stopped()) return;
  started_ = verified_ = passed_over_ = false;  // the next step starts at the last applied record
  if (node_state_ == NodeState::Live) node_state_ = NodeState::CatchingUp;
}

// The bell must fall silent although nothing is applied any more.
void ChangesTail::discard(StepReport& report) {
  for (std::size_t records = 0; records < settings_.records_per_step_max;) {
    const auto drained = ports_.changes.drain(drain_records_max);
    if (!drained || !drained->more) return;
    records += drained->records.size();
  }
  report.more = true;
}

void ChangesTail::note_reachable() {
  if (std::exchange(log_reachable_, true)) return;
  detail_.clear();
}

void ChangesTail::take(const log::Record& record, StepReport& report) {
  note_reachable();
  if (!identity_confirmed_ && !confirm_identity(report)) return;
  if (!verified_) return verify(record, report);
  if (is_at_its_stop()) {
    passed_over_ = true;
    return;
  }
  if (record.offset.value() != state_.offset + 1) {
    ++holes_;
    return diverge("changes: offset " + std::to_string(record.offset.value()) + " follows " +
                       std::to_string(state_.offset) + ": offsets of this topic have no holes",
                   report);
  }
  fold(record, report);
}

void ChangesTail::verify(const log::Record& record, StepReport& report) {
  const std::string place = "changes: offset " + std::to_string(state_.offset);
  if (record.offset.value() != state_.offset) {
    return diverge(place + ": the log gave offset " + std::to_string(record.offset.value()) +
                       " instead of the record that was folded last",
                   report);
  }
  if (log::record_hash(record) != state_.last_record) {
    return diverge(place + ": another record stands there than the one that was folded: the log" +
                       " was cut, made anew, or is another one",
                   report);
  }
  confirm();
}

// Continuity is certain: what comes now may be applied.
void ChangesTail::confirm() {
  verified_ = true;
  doubted_ = false;
  overlap_deadline_.reset();
  detail_.clear();
  if (node_state_ == NodeState::Restored) node_state_ = NodeState::CatchingUp;
  if (caught_up_) {
    node_state_ = NodeState::Live;
    replaying_ = false;
  }
}

bool ChangesTail::confirm_identity(StepReport& report) {
  std::string found = ports_.log_identity ? ports_.log_identity() : std::string();
  if (found.empty()) return true;  // not known yet: asked again with the next record
  if (!log_identity_.empty() && found != log_identity_) {
    diverge("changes: the log is " + found + ", what is served was folded from " + log_identity_,
            report);
    return false;
  }
  log_identity_ = std::move(found);
  identity_confirmed_ = true;
  return true;
}

void ChangesTail::fold(const log::Record& record, StepReport& report) {
  using base::Errc;
  const auto change =
      record.tombstone
          ? base::Result<event::ChangeSet>(base::fail(Errc::Invalid, "a record without a value"))
          : schemas::decode_change_set(record.value);
  if (!change && change.error().code == Errc::Unsupported) {
    return halt(record, change.error(), report);
  }
  ++report.folded;
  appended_ms_ = std::max(appended_ms_, record.appended.value());
  if (change) {
    judge(record, *change);
  } else {
    skip(record, change.error(), report);
  }
}

void ChangesTail::judge(const log::Record& record, const event::ChangeSet& change) {
  const std::int64_t offset = record.offset.value();
  const fold::Judgement judgement = fold::step(state_, change, offset);
  fold::advance(state_, offset, log::record_hash(record));
  footprints_.note(state_);
  if (std::holds_alternative<fold::Accepted>(judgement)) {
    retain();
    news_.dataset = true;
    news_.pools = news_.pools || !change.pools.empty();
  } else if (const auto* rejected = std::get_if<fold::Rejected>(&judgement)) {
    complain({offset, change.change_id.value(),
              std::string(fold::to_text(rejected->reason)) + ": " + rejected->detail});
  }
  if (ports_.folded) {
    ports_.folded({record.offset, record.appended, change, judgement, state_, record.value.size()});
  }
}

// What lies far behind the end of the log would be dropped again before the end is reached.
void ChangesTail::retain() {
  constexpr std::int64_t rejected_share = 4;  // and not all that comes is accepted
  const auto near = static_cast<std::int64_t>(settings_.retain_versions) * rejected_share;
  const auto bounds = node_state_ == NodeState::Live ? std::nullopt : ports_.changes.bounds();
  if (bounds && bounds->next.value() - state_.offset > near) {
    versions_.pass(state_.dataset);
  } else {
    versions_.add(state_.dataset);
  }
}

void ChangesTail::skip(const log::Record& record, const base::Error& error, StepReport& report) {
  ++state_.undecodable;
  fold::advance(state_, record.offset.value(), log::record_hash(record));
  footprints_.note(state_);
  const event::Nack nack{record.offset.value(), {}, "undecodable: " + error.trail};
  report.remarks.push_back("changes: offset " + std::to_string(nack.offset) + " skipped, " +
                           nack.reason);
  complain(nack);
  if (ports_.skipped) ports_.skipped(nack, record.appended);
}

void ChangesTail::complain(event::Nack nack) {
  if (nacks_.size() == event::nacks_max) nacks_.pop_front();
  nacks_.push_back(std::move(nack));
}

void ChangesTail::on(Happening happening, const std::string& detail, StepReport& report) {
  switch (happening) {
    case Happening::CaughtUp:    return on_caught_up(report);
    case Happening::Overlap:     return restart(report, detail);
    case Happening::OutOfRange:  return on_out_of_range(report);
    case Happening::Unavailable:
    case Happening::Denied:      return on_unreachable(detail, report);
    case Happening::Stalled:
      ++stalls_;
      report.remarks.push_back("changes: stalled: " + detail);
      return;
  }
}

void ChangesTail::on_caught_up(StepReport& report) {
  note_reachable();
  caught_up_ = true;
  if (!identity_confirmed_ && !confirm_identity(report)) return;
  if (verified_) return confirm();
  // The log ends before the record that we hold. It was cut; or a new leader does not show its last
  // records yet, and then ours comes in a moment.
  overlap_deadline_ = ports_.clock.steady() + settings_.overlap_grace;
  detail_ = "changes: the log ends before offset " + std::to_string(state_.offset);
}

void ChangesTail::check_overlap_deadline(StepReport& report) {
  if (!overlap_deadline_ || is_stopped()) return;
  const auto left = *overlap_deadline_ - ports_.clock.steady();
  if (left > std::chrono::nanoseconds::zero()) return call_again_in(report, left);
  diverge("changes: the log ends before offset " + std::to_string(state_.offset) +
              ", the record that was folded last: it was cut or made anew",
          report);
}

// Retention took the very record that was folded last, and the log goes on behind it: there is
// nothing to compare, and nothing is missing. Heartbeats tell the chain.
bool ChangesTail::go_on_behind(StepReport& report) {
  if (log_identity_.empty() || !confirm_identity(report) || !identity_confirmed_) {
    return is_stopped();
  }
  if (!ports_.changes.start(log::Offset(state_.offset + 1))) return false;
  report.remarks.push_back("changes: the record folded last, offset " +
                           std::to_string(state_.offset) +
                           ", is gone; the log goes on right behind it");
  confirm();
  return true;
}

void ChangesTail::on_out_of_range(StepReport& report) {
  const auto bounds = ports_.changes.bounds();
  const std::int64_t wanted = std::max<std::int64_t>(state_.offset, 0);
  std::string where = "changes: offset " + std::to_string(wanted) + " is not in the log";
  if (bounds) {
    where += ", which holds " + std::to_string(bounds->first.value()) + " to before " +
             std::to_string(bounds->next.value());
    if (state_.offset >= bounds->next.value()) {
      return diverge(where + ": it was cut or made anew", report);
    }
    if (bounds->first.value() == state_.offset + 1 && go_on_behind(report)) return;
  }
  needs_bootstrap_ = true;
  verified_ = false;
  if (node_state_ == NodeState::Live) node_state_ = NodeState::CatchingUp;
  detail_ = where + ": bootstrap from a snapshot file";
  report.remarks.push_back(detail_);
}

void ChangesTail::on_unreachable(const std::string& detail, StepReport& report) {
  if (!log_reachable_ && detail == detail_) return;  // told already
  log_reachable_ = false;
  detail_ = detail;
  report.remarks.push_back("changes: not reachable, serving goes on: " + detail);
}

void ChangesTail::restart(StepReport& report, const std::string& why) {
  ++overlaps_;
  started_ = false;  // the next step starts at the last applied record
  verified_ = false;
  if (node_state_ == NodeState::Live) node_state_ = NodeState::CatchingUp;
  report.remarks.push_back("changes: reading offset " + std::to_string(state_.offset) +
                           " again: " + why);
}

void ChangesTail::diverge(std::string why, StepReport& report) {
  ++divergences_;
  node_state_ = NodeState::Diverged;
  needs_bootstrap_ = true;
  verified_ = false;
  overlap_deadline_.reset();
  detail_ = std::move(why);
  report.remarks.push_back("DIVERGED: " + detail_);
}

void ChangesTail::distrust(std::string why) {
  if (is_stopped()) return;
  StepReport unseen;
  diverge(std::move(why), unseen);
}

void ChangesTail::halt(const log::Record& record, const base::Error& error, StepReport& report) {
  node_state_ = NodeState::Halted;
  detail_ = "changes: offset " + std::to_string(record.offset.value()) +
            " needs a newer Tidemark, install it and restart: " + error.trail;
  complain({record.offset.value(), {}, "halted: " + error.trail});
  report.remarks.push_back("HALTED: " + detail_);
}

void ChangesTail::adopt(fold::State state, std::string log_identity, bool serving) {
  state_ = std::move(state);
  versions_.clear();
  if (!knows_nothing(state_)) versions_.add(state_.dataset);
  footprints_.clear();
  footprints_.note(state_);
  log_identity_ = std::move(log_identity);
  replaying_ = serving || knows_nothing(state_);
  recheck(serving || !replaying_);
  doubted_ = false;  // another state than the one that diverged
}

void ChangesTail::recheck(bool serving) {
  doubted_ = doubted_ || node_state_ == NodeState::Diverged;
  node_state_ = serving ? NodeState::Restored : NodeState::Cold;
  replaying_ = replaying_ || !serving;
  needs_bootstrap_ = false;
  started_ = verified_ = false;
  overlap_deadline_.reset();
  detail_.clear();
}

NodeState ChangesTail::shown_state() const noexcept {
  return doubted_ && node_state_ != NodeState::Cold ? NodeState::Diverged : node_state_;
}

void ChangesTail::tell(FeederStatus& status) const {
  status.state = shown_state();
  status.detail = detail_;
  status.needs_bootstrap = needs_bootstrap_;
  status.log_reachable = log_reachable_;
  if (const auto bounds = ports_.changes.bounds()) {
    status.log_first = bounds->first.value();
    status.log_next = bounds->next.value();
  }
  status.appended_ms = appended_ms_;
  status.log_identity = log_identity_;
  status.overlaps = overlaps_;
  status.holes = holes_;
  status.divergences = divergences_;
  status.stalls = stalls_;
  status.retained_versions = versions_.size();
  status.retained_octets = state_.dataset.store().octets_superseded();
  status.nacks.assign(nacks_.begin(), nacks_.end());
}

}  // namespace tidemark::consumer
