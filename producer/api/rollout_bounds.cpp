// The part of Rollout that weighs versions: how much they change, whether they soaked in the last
// ring, and of which class they are.
#include <algorithm>

#include "consumer/history/history.hpp"
#include "producer/api/history_scribe.hpp"
#include "producer/api/rollout.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;

// Looking at every name of a large zone takes a second; the history is asked on this thread.
constexpr std::chrono::nanoseconds churn_pause = 5s;
constexpr std::size_t class_questions_max = 64;

}  // namespace

std::optional<Churn> Rollout::churn_of(std::size_t ring, std::uint64_t good,
                                       std::uint64_t seq) const {
  const auto now = ports_.clock.steady();
  if (const auto last = weighed_.find(ring); last != weighed_.end()) {
    if (last->second.good == good && last->second.seq == seq) return last->second.churn;
    if (now - last->second.at < churn_pause) return std::nullopt;
  }
  const auto before = ports_.feeder.version_at(dataset::Seq(good));
  const auto after = ports_.feeder.version_at(dataset::Seq(seq));
  if (!before || !after) return std::nullopt;
  const Churn churn = churn_between(*before, *after);
  weighed_.insert_or_assign(ring, Weighed{good, seq, now, churn});
  return churn;
}

// Nobody is behind the last ring: what it served for its soak time is what it goes back to.
void Rollout::look_at_last_ring(std::chrono::nanoseconds now) {
  RingWatch& last = watches_.back();
  const auto* placed = ports_.feeder.control().watermark_of(last.settings().name);
  if (placed == nullptr || placed->mark.released) {
    last_soaked_ = 0;
    return;
  }
  last_soaked_ = std::min(last_soaked_, placed->mark.seq);  // after a stop
  const std::uint64_t soaked = std::min(last.soaked(now).value_or(0), placed->mark.seq);
  if (soaked <= last_soaked_) return;
  last_soaked_ = soaked;
  last.approved();
}

// The newest version up to `to` with no manual change behind `from`, nor one that may be.
std::uint64_t Rollout::before_manual(std::uint64_t from, std::uint64_t to) {
  classes_.erase(classes_.begin(), classes_.lower_bound(from));
  for (std::uint64_t seq = from + 1; seq <= to; ++seq) {
    const auto known = class_of(seq);
    if (!known || *known == event::RolloutClass::Manual) return seq - 1;
  }
  return to;
}

std::optional<event::RolloutClass> Rollout::class_of(std::uint64_t seq) {
  if (const Travel* travel = ports_.board.find(seq)) return travel->rollout;
  if (const auto known = classes_.find(seq); known != classes_.end()) return known->second;
  if (class_questions_ >= class_questions_max) return std::nullopt;
  ++class_questions_;
  auto history = ports_.history.reader();
  if (!history) return std::nullopt;
  const auto change = history->change_of(seq);
  if (!change) return std::nullopt;
  // What it does not know is older than it.
  const auto told = *change ? rollout_class_of((*change)->lines) : event::RolloutClass::Standard;
  classes_.emplace(seq, told);
  return told;
}

}  // namespace tidemark::producer
