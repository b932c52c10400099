#include "producer/api/rollout.hpp"

#include <algorithm>
#include <set>

#include "consumer/history/history.hpp"
#include "core/base/u128.hpp"

namespace tidemark::producer {
namespace {

using consumer::is_stop;
using event::Watermark;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds look_every = 200ms;
// Nobody looked for so long (a stopped process, a suspended machine): what was seen is void.
constexpr std::chrono::nanoseconds away_after = 5s;
constexpr std::chrono::nanoseconds sent_given_up = 5s;
constexpr std::chrono::nanoseconds late_ask_every = 5s;
constexpr std::size_t tidings_max = 100;

}  // namespace

Rollout::Rollout(RolloutSettings settings, RolloutPorts ports)
    : settings_(std::move(settings)),
      ports_(std::move(ports)),
      waits_(settings_.rings.size()),
      control_base_(settings_.rings.size()) {
  for (const RingSettings& ring : settings_.rings) watches_.emplace_back(ring, settings_.bounds);
}

void Rollout::heard(const event::NodeReport& report) {
  for (RingWatch& watch : watches_) watch.heard(report);
}

// Without the log everybody seems silent; behind it, decisions would be those of yesterday.
bool Rollout::may_decide() const {
  const consumer::FeederStatus status = ports_.feeder.status();
  return settings_.rings.size() > 1 && ports_.control != nullptr &&
         status.state == event::NodeState::Live && status.log_reachable &&
         ports_.feeder.has_read_control() && ports_.fleet.is_caught_up();
}

std::optional<std::chrono::nanoseconds> Rollout::step() {
  const auto now = ports_.clock.steady();
  answer_orders(now);
  pass_rolled_back(now);
  if (settings_.rings.size() < 2) {
    const bool waits = !orders_.empty() || !passing_.empty();
    return waits ? std::optional(look_every) : std::nullopt;
  }
  if (!may_decide()) {
    for (RingWatch& watch : watches_) watch.restart();
    looked_ = now;
    return look_every;
  }
  if (now - looked_ > away_after) {
    for (RingWatch& watch : watches_) watch.restart();
  }
  looked_ = now;
  look(now);
  // What is seen while rings go back says nothing of what comes after, whoever undoes it, and also
  // while a decision is on its way.
  if (const auto stop = newest_stop(); stop && !stop->undone) {
    for (RingWatch& watch : watches_) watch.restart();
  }
  if (!is_deciding(now)) decide(now);
  return look_every;
}

// Its own last word first: two decisions never start from one view. What is in the log is waited
// for, however long it takes; of what was sent it may never be known.
bool Rollout::is_deciding(std::chrono::nanoseconds now) {
  std::erase_if(said_, [&](const Said& said) {
    using Stage = Saying::Stage;
    return said->stage == Stage::ReadBack || said->stage == Stage::Failed ||
           (said->stage != Stage::InLog && now - sent_ > sent_given_up);
  });
  return !said_.empty();
}

RingWatch::Ground Rollout::ground_of(std::size_t ring, const std::vector<NodeStatus>& fleet) const {
  RingWatch::Ground ground;
  ground.good = good_of(ring);
  const auto* first = ports_.feeder.control().watermark_of(settings_.rings.front().name);
  if (first != nullptr && first->mark.released) ground.reverted = first->mark.seq;
  for (const NodeStatus& node : fleet) {
    ground.others_live = ground.others_live || node.live;
  }
  for (std::size_t behind = ring + 1; behind < watches_.size(); ++behind) {
    ground.control += watches_[behind].answers_before();
  }
  const std::uint64_t good = std::max(ground.good, ground.reverted);
  ground.accepted = [this, good](const event::Nack& nack) {
    const auto known = ports_.feeder.state().ledger.find(event::ChangeId(nack.change_id));
    if (known) return !known->reason && known->seq > good && known->offset == nack.offset;
    // It could not decode what we could: only the place is known.
    return std::ranges::any_of(ports_.board.travels(), [&](const Travel& travel) {
      return travel.offset == nack.offset && travel.seq > good;
    });
  };
  ground.hash_of = [this](std::uint64_t seq) -> std::optional<dataset::StateHash> {
    const dataset::Version newest = ports_.feeder.state().dataset.version();
    if (newest.seq.value() == seq) return newest.state_hash;
    const auto held = ports_.feeder.version_at(dataset::Seq(seq));
    return held ? std::optional(held->version().state_hash) : std::nullopt;
  };
  ground.churn_of = [this, ring, good = ground.good](std::uint64_t seq) {
    return churn_of(ring, good, seq);
  };
  return ground;
}

void Rollout::look(std::chrono::nanoseconds now) {
  const std::vector<NodeStatus> fleet = ports_.fleet.nodes();
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    watches_[i].look(fleet, ground_of(i, fleet), now);
  }
  look_at_last_ring(now);
}

std::uint64_t Rollout::good_of(std::size_t ring) const {
  for (std::size_t behind = ring + 1; behind < settings_.rings.size(); ++behind) {
    const auto* placed = ports_.feeder.control().watermark_of(settings_.rings[behind].name);
    if (placed != nullptr && !placed->mark.released) return placed->mark.seq;
  }
  if (ring == 0 || ring + 1 != settings_.rings.size()) return 0;
  const auto* own = ports_.feeder.control().watermark_of(settings_.rings[ring].name);
  if (own == nullptr || own->mark.released || own->mark.seq <= last_soaked_) return 0;
  return last_soaked_;
}

std::uint64_t Rollout::next_number() const {
  std::uint64_t highest = put_number_;
  for (const auto& [ring, mark] : ports_.feeder.control().watermarks()) {
    highest = std::max(highest, mark.number);
  }
  return highest + 1;
}

// Failed: the log takes nothing now.
Said Rollout::put(Watermark mark) {
  mark.number = next_number();
  Said said =
      ports_.control->say(consumer::watermark_key(mark.ring, ports_.controller), mark, Zeal::Kept);
  if (said->stage == Saying::Stage::Failed) return said;
  put_number_ = mark.number;
  said_.push_back(said);
  sent_ = ports_.clock.steady();
  // A stop is for people to look at; a ring that goes on is not.
  auto& tidings = mark.stopped_change == base::U128{} ? progress_ : remarks_;
  if (tidings.size() < tidings_max) {
    tidings.push_back(
        "roll-out: ring " + mark.ring +
        (mark.released ? " is let go" : " up to version " + std::to_string(mark.seq)) + ": " +
        mark.reason);
  }
  return said;
}

// A ring that was let go later than the stop, by its revert or by a person, undoes it if it is the
// first one.
std::optional<Rollout::Stop> Rollout::newest_stop() const {
  const consumer::ControlView& control = ports_.feeder.control();
  std::optional<Stop> stop;
  for (const RingSettings& ring : settings_.rings) {
    const auto* placed = control.watermark_of(ring.name);
    if (placed == nullptr || placed->mark.stopped_change == base::U128{}) continue;
    const Watermark& mark = placed->mark;
    if (mark.released) continue;
    if (stop && stop->change == mark.stopped_change) {
      stop->good = std::max(stop->good, mark.seq);
      stop->number = std::max(stop->number, mark.number);
    } else if (!stop || stop->number < mark.number) {
      stop = Stop{mark.stopped_change, mark.seq, mark.number, mark.reason, false};
    }
  }
  if (!stop) return std::nullopt;
  const auto* first = control.watermark_of(settings_.rings.front().name);
  stop->undone = first != nullptr && first->mark.released && first->mark.number > stop->number;
  return stop;
}

void Rollout::decide(std::chrono::nanoseconds now) {
  const std::uint64_t newest = ports_.feeder.state().dataset.version().seq.value();
  if (newest == 0) return;
  for (std::string& wait : waits_) wait.clear();
  class_questions_ = 0;
  const auto stop = newest_stop();
  if (stop && !stop->undone) {
    hold_all(*stop);
    if (said_.empty()) undo(*stop, now);
    return;
  }
  revert_.reset();
  if (stop_if_troubled(newest)) return;
  for (std::size_t ring = 1; ring < watches_.size(); ++ring) advance(ring, now, newest);
}

std::optional<event::ChangeId> Rollout::change_of(std::uint64_t seq) const {
  if (const Travel* travel = ports_.board.find(seq)) return travel->change_id;
  auto history = ports_.history.reader();
  if (!history) return std::nullopt;
  const auto change = history->change_of(seq);
  if (!change || !*change) return std::nullopt;
  return (*change)->change_id;
}

// The rings behind are held first, the first ring last: while a stop is half written nothing that
// it must keep back is open.
bool Rollout::stop_if_troubled(std::uint64_t newest) {
  for (std::size_t ring = 0; ring < watches_.size(); ++ring) {
    RingWatch& watch = watches_[ring];
    const std::uint64_t good = good_of(ring);
    if (watch.trouble().empty() || good == 0) continue;
    const std::uint64_t bad =
        std::clamp(watch.highest_active(), good + 1, std::max(newest, good + 1));
    const auto change = bad <= newest ? change_of(bad) : std::nullopt;
    if (!change) {
      waits_[ring] = watch.trouble() + "; version " + std::to_string(bad) + " cannot be named yet";
      return true;
    }
    const std::string reason = "ring " + watch.settings().name + ": " + watch.trouble();
    hold_all({change->value(), good, 0, reason, false});
    for (RingWatch& each : watches_) each.restart();
    return true;
  }
  return false;
}

// Whoever sees a stop completes it: each ring is at most where it was good, with a decision of its
// own that is newer than whatever a sleeper may still have in its hands.
void Rollout::hold_all(const Stop& stop) {
  const consumer::ControlView& control = ports_.feeder.control();
  for (std::size_t i = settings_.rings.size(); i-- > 0;) {
    const std::string& ring = settings_.rings[i].name;
    const auto* placed = control.watermark_of(ring);
    const bool is_first = i == 0;
    const bool is_free = placed == nullptr || placed->mark.released;
    // Let go by a person: that is theirs to end.
    if (!is_first && placed != nullptr && placed->mark.released) continue;
    if (!is_free && placed->mark.stopped_change == stop.change && placed->mark.seq <= stop.good) {
      continue;
    }
    const std::uint64_t seq = is_free ? stop.good : std::min(placed->mark.seq, stop.good);
    (void)put({.ring = ring,
               .seq = seq,
               .reason = stop.reason,
               .author = ports_.controller,
               .stopped_change = stop.change});
  }
}

void Rollout::undo(const Stop& stop, std::chrono::nanoseconds now) {
  const auto known = ports_.feeder.state().ledger.find(event::ChangeId(stop.change));
  std::uint64_t bad = known && !known->reason ? known->seq : 0;
  if (bad == 0) {
    if (auto history = ports_.history.reader()) {
      const auto past = history->find(event::ChangeId(stop.change));
      if (past && *past && (*past)->seq) bad = *(*past)->seq;
    }
  }
  if (bad == 0) return;  // the index is being built: it will know
  if (!revert_ || revert_->change() != stop.change) revert_.emplace(stop.change, stop.good, bad);
  if (!revert_->is_done()) {
    revert_->step({ports_.feeder, ports_.history}, ports_.take, now);
    if (!revert_->is_done()) return;
  }
  std::string reason = std::to_string(revert_->reverted()) + " zones and pools are as in version " +
                       std::to_string(stop.good) + " again";
  for (const std::string& skipped : revert_->skipped()) {
    reason += "; " + skipped + " was changed since and stays";
  }
  (void)put({.ring = settings_.rings.front().name,
             .seq = ports_.feeder.state().dataset.version().seq.value(),
             .reason = reason + " (stopped: " + stop.reason + ")",
             .author = ports_.controller,
             .stopped_change = stop.change,
             .released = true});
  for (RingWatch& watch : watches_) watch.restart();
}

// The newest version that only expedited changes lie before, from what the ring has on.
std::uint64_t Rollout::expedited_up_to(std::uint64_t from, std::uint64_t newest) const {
  std::uint64_t seq = from;
  while (seq < newest) {
    const Travel* next = ports_.board.find(seq + 1);
    if (next == nullptr || next->rollout != event::RolloutClass::Expedite) break;
    ++seq;
  }
  return seq;
}

// The newest version that is so old by the clock of the log, as heartbeats move it.
std::uint64_t Rollout::late_up_to(std::chrono::seconds late) {
  const std::int64_t log_ms =
      std::max(ports_.feeder.control().newest_ms(), ports_.feeder.status().appended_ms);
  const std::int64_t until = log_ms - std::chrono::milliseconds(late).count();
  const auto& travels = ports_.board.travels();
  if (!travels.empty() && travels.front().appended_ms <= until) {
    const auto behind = std::ranges::upper_bound(travels, until, {}, &Travel::appended_ms);
    return std::prev(behind)->seq;
  }
  const auto now = ports_.clock.steady();
  if (now - late_asked_ < late_ask_every && late_asked_ != 0ns) return late_known_;
  late_asked_ = now;
  if (auto history = ports_.history.reader()) late_known_ = history->seq_at(until).value_or(0);
  return late_known_;
}

void Rollout::advance(std::size_t ring, std::chrono::nanoseconds now, std::uint64_t newest) {
  const consumer::ControlView& control = ports_.feeder.control();
  const RingSettings& settings = settings_.rings[ring];
  const auto* placed = control.watermark_of(settings.name);
  const auto give = [&](std::uint64_t seq, std::string reason) {
    const bool first = placed == nullptr;
    const Said said = put({.ring = settings.name,
                           .seq = seq,
                           .reason = std::move(reason),
                           .author = ports_.controller});
    if (said->stage != Saying::Stage::Failed && !first) {
      watches_[ring - 1].approved();
    }
  };
  if (placed == nullptr) return give(newest, "the ring is gated from now on");
  if (placed->mark.released) return;
  const std::uint64_t has = placed->mark.seq;
  if (has >= newest) return;
  const auto* first = control.watermark_of(settings_.rings.front().name);
  const std::uint64_t floor = first == nullptr ? 0 : first->mark.seq;  // the newest revert's
  const std::uint64_t expedited = expedited_up_to(has, newest);
  if (expedited > has && expedited >= floor) return give(expedited, "expedited");

  const RingWatch& before = watches_[ring - 1];
  const auto soaked = before.soaked(now);
  std::uint64_t next = soaked.value_or(0);
  std::string why = "served by ring " + before.settings().name + " for " +
                    std::to_string(before.settings().soak.count()) + " s";
  if (!soaked) {
    waits_[ring] = before.waits_for().empty() ? "ring " + before.settings().name + " soaks"
                                              : before.waits_for();
  }
  if (settings.late > 0s && next > has) {
    const std::uint64_t old = late_up_to(settings.late);
    if (old < next)
      waits_[ring] = "it is kept " + std::to_string(settings.late.count()) + " s late";
    next = std::min(next, old);
    why += ", and old enough";
  }
  if (const std::uint64_t up_to = before_manual(has, next); up_to < next) {
    waits_[ring] =
        class_of(up_to + 1)
            ? "version " + std::to_string(up_to + 1) +
                  " is of class manual: tidemark rollout promote " + settings.name
            : "the class of version " + std::to_string(up_to + 1) + " is looked up in the history";
    next = up_to;
  }
  if (next <= has) {
    if (waits_[ring].empty()) waits_[ring] = "ring " + before.settings().name + " soaks";
    return;
  }
  if (next < floor) {
    waits_[ring] = "version " + std::to_string(floor) + " holds the revert";
    return;
  }
  waits_[ring].clear();
  give(next, std::move(why));
}

void Rollout::close() {
  for (Order& order : orders_) {
    order.respond(to_response(unavailable(
        "this controller is ending; what is decided another one tells: GET /v1/rollout")));
  }
  orders_.clear();
}

}  // namespace tidemark::producer
