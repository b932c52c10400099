// How rings get past what a person has rolled back.
#include <algorithm>

#include "producer/api/request_body.hpp"
#include "producer/api/rollout.hpp"

namespace tidemark::producer {
namespace {

using event::Watermark;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds passed_within = 10s;
constexpr std::size_t passing_max = 64;

std::string told(const Passage& wanted) {
  return "past what was rolled back by version " + std::to_string(wanted.past) +
         (wanted.reason.empty() ? "" : ": " + wanted.reason);
}

}  // namespace

// The first ring's mark is the floor: below it no ring is given anything new (advance). Then each
// gated ring gets a decision that is newer than whatever another controller may still have in its
// hands, also the one that stays where it is, before the span.
std::expected<bool, ApiError> Rollout::pass(const Passage& wanted) {
  if (ports_.control == nullptr) return true;
  if (is_deciding(ports_.clock.steady())) return false;
  if (wanted.past == 0 && !passing_.empty()) {  // a rollback here, just before
    const auto ahead = pass(passing_.front().wanted);
    return ahead && *ahead ? std::expected<bool, ApiError>(passing_.size() == 1) : ahead;
  }
  const consumer::ControlView& control = ports_.feeder.control();
  std::vector<Watermark> behind;
  bool is_served = false;
  for (const auto& [ring, mark] : control.watermarks()) {
    if (mark.released || mark.seq >= wanted.past || !wanted.good.contains(ring)) continue;
    const bool is_bad = is_between(wanted, ring, mark.seq);
    is_served = is_served || is_bad;
    behind.push_back({.ring = ring,
                      .seq = is_bad ? wanted.past : mark.seq,
                      .reason = is_bad ? told(wanted) : mark.reason,
                      .author = wanted.author});
  }
  if (behind.empty()) return true;
  if (const auto stop = newest_stop(); stop && !stop->undone) {
    return refuse({409, "conflict", "the roll-out is stopped: " + stop->reason, behind.front().ring,
                   "wait for its revert: tidemark rollout status"});
  }
  const std::string first = settings_.rings.size() < 2 ? "" : settings_.rings.front().name;
  const auto* floor = control.watermark_of(first);
  const bool is_floor = first.empty() || (floor != nullptr && floor->mark.seq >= wanted.past);
  if (is_floor && !is_served) return true;
  if (!is_floor) {
    behind.insert(behind.begin(), {.ring = first,
                                   .seq = wanted.past,
                                   .reason = told(wanted),
                                   .author = wanted.author,
                                   .released = true});
  }
  for (Watermark& mark : behind) {
    if (put(std::move(mark))->stage == Saying::Stage::Failed) {
      return refuse(unavailable("the log takes no watermarks now"));
    }
  }
  for (RingWatch& watch : watches_) watch.restart();
  return false;
}

void Rollout::rolled_back(std::uint64_t past, const Terms& terms) {
  const consumer::ControlView& control = ports_.feeder.control();
  Passage wanted{.past = past, .good = {}, .author = terms.author, .reason = terms.reason};
  for (const auto& [ring, mark] : control.watermarks()) {
    const auto* pin = control.pin_for({}, ring);
    if (pin != nullptr && !mark.released) wanted.good.emplace(ring, pin->pin.seq);
  }
  if (wanted.good.empty() || passing_.size() >= passing_max) return;
  passing_.push_back({std::move(wanted), ports_.clock.steady() + passed_within});
}

void Rollout::pass_rolled_back(std::chrono::nanoseconds now) {
  while (!passing_.empty()) {
    const Passage& wanted = passing_.front().wanted;
    const auto passed = pass(wanted);
    if (passed && *passed) {
      passing_.pop_front();
      continue;
    }
    if (now >= passing_.front().deadline) {
      remarks_.push_back(
          "roll-out: rings were not taken past version " + std::to_string(wanted.past) +
          (passed ? "" : ": " + passed.error().message) + "; say so when the pin ends");
      passing_.pop_front();
    }
    return;
  }
}

}  // namespace tidemark::producer
