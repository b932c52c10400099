#include "dns-edge/app/recovery.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace tidemark::edge {

using consumer::ChainCheck;
using consumer::FeederStatus;
using consumer::FetchPhase;
using consumer::SnapshotSource;
using event::NodeState;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr nanoseconds pause_min = seconds(1), pause_max = seconds(60);
constexpr nanoseconds pause_max_looking = seconds(10);  // with somebody to ask
// A replay that ends within these needs no file; measured for so long before it is judged.
constexpr seconds cold_replay_max{3}, replay_max{60};
constexpr nanoseconds judged_after = seconds(1);
// What a node that holds nothing waits for the log's word about a file.
constexpr nanoseconds check_wait_max = seconds(5),
                      check_wait_max_away = std::chrono::milliseconds(500);
constexpr nanoseconds hold_max = seconds(60), stall_max = seconds(3), verify_max = seconds(30);
constexpr nanoseconds alone_after = seconds(5);
constexpr nanoseconds progress_period = seconds(5);
constexpr std::size_t announced_max = 32, refused_max = 1000;

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "0" : std::to_string(part * 100 / whole);
}

// Who serves nothing yet begins where its fleet or ring is held; who crashed stays below that.
std::uint64_t seq_max(const FeederStatus& at) {
  if (at.hold.before_seq != 0 && at.hold.until_seq == 0) return at.hold.before_seq - 1;
  if (!at.offered && at.pin) return at.pin->seq;
  if (!at.offered && at.watermark) return at.watermark->seq;
  return std::numeric_limits<std::uint64_t>::max();
}

bool is_replaying(const FeederStatus& at) {
  return at.state == NodeState::Cold || at.state == NodeState::CatchingUp ||
         at.state == NodeState::Restored;
}

}  // namespace

Recovery::Recovery(RecoveryPorts ports, std::string dataset, dataset::HashSeed seed,
                   SnapshotSettings settings)
    : ports_(ports),
      topic_(dataset + ".changes"),
      settings_(std::move(settings)),
      bootstrapper_(ports.disk, ports.clock, ports.random, consumer::lineage_of(dataset), seed,
                    {.ca_file = settings_.ca_file}),
      started_(ports.clock.steady()) {}

Recovery::Turn Recovery::step(consumer::Feeder& feeder) {
  Turn turn;
  now_ = ports_.clock.steady();
  const FeederStatus at = feeder.status();
  pace_.note(at.offset, at.log_next, now_);
  cause_ = cause_of(at);
  turn.warnings = bootstrapper_.take_remarks();
  if (cause_ == Cause::None) {
    bootstrapper_.cancel();
    drop_found();
    asked_ = false;
  } else if (check_) {
    judge(feeder, at, turn);
  } else if (auto found = bootstrapper_.take_found()) {
    found_ = std::move(found);
    const auto& state = found_->contents.state;
    check_.emplace(ports_.log, topic_, state.offset, state.last_record,
                   found_->contents.log_identity);
    check_begun_ = now_;
  } else {
    request(feeder, at, turn);
  }
  if (lost_ != Cause::None) {
    replay_if_alone(feeder, at, turn);
    ask_again(feeder, at, turn);
  }
  hold_replay(feeder, at);
  busy_ = check_ || bootstrapper_.is_at_work();
  tell_progress(at, turn);
  return turn;
}

Recovery::Cause Recovery::cause_of(const FeederStatus& at) {
  const Cause before = lost_;
  if (at.needs_bootstrap) {
    lost_ = at.state == NodeState::Diverged ? Cause::Diverged : Cause::Passed;
  } else if (at.state == NodeState::Live || at.state == NodeState::Halted) {
    lost_ = Cause::None;
  } else if (at.held_back) {
    lost_ = Cause::None;  // on the way
  }
  if (lost_ != Cause::None && before == Cause::None) lost_at_ = now_;
  if (at.state == NodeState::Live) {
    told_ = replayed_ = false;
    pause_ = pause_min;
    due_.reset();
  }
  if (lost_ != Cause::None) return lost_;
  return is_slow(at) ? Cause::Slow : Cause::None;
}

bool Recovery::is_slow(const FeederStatus& at) const {
  if (!is_replaying(at) || at.held_back || now_ - started_ < judged_after) return false;
  if (!at.offered && (!at.log_reachable || !at.log_next)) return true;
  if (!at.log_next || pace_.records_left() == 0) return false;
  if (held_since_) return true;  // the replay waits: nothing to measure
  const auto left = pace_.time_left();
  return left && *left > (at.offered ? replay_max : cold_replay_max);
}

bool Recovery::is_other_log(const FeederStatus& at) const {
  const std::string identity = ports_.log.identity();
  return !identity.empty() && !at.log_identity.empty() && identity != at.log_identity;
}

std::optional<consumer::Wanted> Recovery::wanted(const FeederStatus& at) const {
  consumer::Wanted wanted;
  wanted.refused = refused_;
  wanted.log_identity = ports_.log.identity();
  wanted.offset_min = std::max<std::int64_t>(at.log_first.value_or(0) - 1, 0);
  const std::uint64_t seq = std::max<std::uint64_t>(at.version.seq.value(), 1);
  switch (cause_) {
    case Cause::None: return std::nullopt;
    case Cause::Slow:
      wanted.offset_min = std::max(wanted.offset_min, at.offset + 1);
      if (at.offered) wanted.seq_min = seq;
      break;
    case Cause::Passed:
      if (at.offered) wanted.seq_min = seq;
      break;
    case Cause::Diverged:
      if (!at.log_next || *at.log_next <= at.offset) return std::nullopt;
      wanted.own_files = !is_other_log(at);
      if (is_other_log(at)) {
        wanted.announced = false;
        wanted.seq_min = seq;
      }
      break;
  }
  wanted.seq_max = seq_max(at);
  return wanted;
}

std::vector<SnapshotSource> Recovery::sources(const consumer::Feeder& feeder) const {
  std::vector<SnapshotSource> all = settings_.sources;
  if (!settings_.follows_announced) return all;
  std::set<std::string> known;
  for (const SnapshotSource& source : all) known.insert(to_text(source));
  for (const auto& [controller, announce] : feeder.control().announcements()) {
    for (const std::string& text : announce.urls) {
      auto url = consumer::base_url(text);
      if (!url || known.size() >= announced_max) continue;
      SnapshotSource source{SnapshotSource::Kind::Announced, *std::move(url), {}};
      if (known.insert(to_text(source)).second) all.push_back(std::move(source));
    }
  }
  return all;
}

void Recovery::request(const consumer::Feeder& feeder, const FeederStatus& at, Turn& turn) {
  auto what = wanted(at);
  auto from = sources(feeder);
  if (!what || (from.empty() && !what->own_files)) return bootstrapper_.cancel();
  if (!std::exchange(asked_, true)) {
    turn.remarks.push_back("looking for a snapshot file: " + std::to_string(from.size()) +
                           " sources" + (what->own_files ? " and own older files" : ""));
  }
  bootstrapper_.want(*std::move(what), std::move(from));
}

void Recovery::drop_found() {
  check_.reset();
  found_.reset();
}

void Recovery::judge(consumer::Feeder& feeder, const FeederStatus& at, Turn& turn) {
  const ChainCheck::Verdict verdict = check_->step();
  if (verdict == ChainCheck::Verdict::Other) {
    ++refusals_;
    if (refused_.size() >= refused_max) refused_.clear();
    refused_.insert(found_->sha256);
    turn.warnings.push_back(found_->source + " is not of this log: " + check_->why());
    return drop_found();
  }
  const nanoseconds wait = at.log_reachable ? check_wait_max : check_wait_max_away;
  const bool unseen = !at.offered && now_ - check_begun_ >= wait;
  if (verdict == ChainCheck::Verdict::Same || unseen) adopt(feeder, at, turn);
}

void Recovery::adopt(consumer::Feeder& feeder, const FeederStatus& at, Turn& turn) {
  const fold::State& state = found_->contents.state;
  const std::uint64_t seq = state.dataset.version().seq.value();
  if (cause_ == Cause::Slow && state.offset <= at.offset) return drop_found();  // too late
  if (seq > seq_max(at)) return drop_found();
  turn.remarks.push_back("bootstrap: version " + std::to_string(seq) + " at offset " +
                         std::to_string(state.offset) + " from " + found_->source + " (" +
                         std::to_string(found_->octets.size()) + " octets, verified)");
  if (!found_->own && (!at.offered || seq >= at.version.seq.value())) {
    turn.keep = std::move(found_->octets);
    turn.keep_seq = seq;
    turn.keep_offset = state.offset;
  }
  refused_.insert(found_->sha256);  // should it diverge again: not this one once more
  ++adopted_;
  feeder.bootstrap(std::move(found_->contents));
  feeder.set_replay(consumer::Feeder::Replay::Runs);
  held_since_.reset();
  pace_.restart();
  lost_ = Cause::None;
  drop_found();
}

// Nobody has a file, and the whole history is still there.
void Recovery::replay_if_alone(consumer::Feeder& feeder, const FeederStatus& at, Turn& turn) {
  if (lost_ != Cause::Diverged || replayed_ || !at.offered || check_ || is_other_log(at)) return;
  const bool whole = at.log_first == 0 && at.log_next && *at.log_next > at.offset;
  if (!whole || now_ - lost_at_ < alone_after || bootstrapper_.vain_climbs() == 0) return;
  replayed_ = true;
  turn.warnings.push_back(
      "no snapshot file of this log is to be had: folding it from its "
      "beginning, beside what is served");
  bootstrapper_.cancel();
  feeder.bootstrap(std::nullopt);
  pace_.restart();
  lost_ = Cause::None;
}

void Recovery::ask_again(consumer::Feeder& feeder, const FeederStatus& at, Turn& turn) {
  if (lost_ == Cause::None) return;
  if (!due_) due_ = now_ + pause_;
  if (now_ < *due_) return;
  const bool looking = bootstrapper_.is_wanted();
  pause_ = std::min(pause_ * 2, looking ? pause_max_looking : pause_max);
  due_ = now_ + pause_;
  if (check_) return;  // about to be replaced
  if (!at.offered) {
    feeder.bootstrap(std::nullopt);
  } else {
    feeder.recheck();
  }
  if (!std::exchange(told_, true)) turn.warnings.push_back(what_is_wrong(at));
}

std::string Recovery::what_is_wrong(const FeederStatus& at) const {
  const bool nobody = settings_.sources.empty() && !settings_.follows_announced;
  const std::string remedy =
      nobody ? "; no source of snapshot files is set: --snapshot-peer, --snapshot-from" : "";
  if (!at.offered) {
    if (at.log_first.value_or(0) == 0) return "folding the log from its beginning";
    return "the log begins at offset " + std::to_string(*at.log_first) +
           ": nothing can be served without a snapshot file" + remedy;
  }
  if (lost_ == Cause::Passed) {
    return "the log no longer holds what follows: still serving the last verified version, "
           "looking for a snapshot file" +
           remedy;
  }
  return "the log does not continue what this node has folded: still serving the last verified "
         "version, asking the log again and again. If the log was replaced on purpose, empty the "
         "folder of --state-dir and start again";
}

// The replay waits for a file that comes on, for so long at most.
void Recovery::hold_replay(consumer::Feeder& feeder, const FeederStatus& at) {
  using Replay = consumer::Feeder::Replay;
  const consumer::FetchProgress now = bootstrapper_.progress();
  const std::uint64_t moved = now.received + now.octets + std::to_underlying(now.phase);
  if (moved != moved_octets_) {
    moved_octets_ = moved;
    moved_at_ = now_;
  }
  const bool comes = check_ || found_ ||
                     (bootstrapper_.is_wanted() &&
                      (now.phase == FetchPhase::Fetching || now.phase == FetchPhase::Verifying));
  const nanoseconds patience = now.phase == FetchPhase::Verifying ? verify_max : stall_max;
  const bool wanted =
      cause_ == Cause::Slow && at.state == NodeState::Cold && comes && now_ - moved_at_ < patience;
  if (!wanted) {
    held_since_.reset();
    return feeder.set_replay(Replay::Runs);
  }
  if (!held_since_) held_since_ = now_;
  feeder.set_replay(now_ - *held_since_ < hold_max ? Replay::Waits : Replay::Runs);
}

void Recovery::tell_progress(const FeederStatus& at, Turn& turn) {
  if (now_ - std::max(told_at_, started_) < progress_period) return;
  const consumer::FetchProgress now = bootstrapper_.progress();
  if (busy_ && now.phase == FetchPhase::Fetching) {
    turn.remarks.push_back("fetching " + now.source + " file " + now.sha256.substr(0, 12) + ": " +
                           std::to_string(now.octets) + " of " + std::to_string(now.octets_total) +
                           " octets (" + percent(now.octets, now.octets_total) + " %)");
  } else if (is_replaying(at) && pace_.records_left() > 0) {
    const auto left = pace_.time_left();
    turn.remarks.push_back(
        "replaying: offset " + std::to_string(at.offset) + ", " +
        std::to_string(pace_.records_left()) + " records left, " +
        std::to_string(static_cast<std::int64_t>(std::llround(pace_.records_per_second()))) +
        " a second" + (left ? ", about " + std::to_string(left->count()) + " s to go" : ""));
  } else {
    return;
  }
  told_at_ = now_;
}

Recovery::Shown Recovery::shown() const {
  Shown shown{bootstrapper_.progress(), adopted_,    refusals_, pace_.records_per_second(),
              pace_.records_left(),     std::nullopt};
  if (const auto left = pace_.time_left()) shown.seconds_left = left->count();
  return shown;
}

}  // namespace tidemark::edge
