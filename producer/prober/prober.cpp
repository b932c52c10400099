#include "producer/prober/prober.hpp"

#include <algorithm>

namespace tidemark::producer {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

// A check's turn comes up to 5 % early or late: probers that were started together drift apart.
constexpr std::int64_t jitter_parts = 20;

nanoseconds draw_below(base::Random& random, nanoseconds end) {
  if (end.count() <= 0) return nanoseconds{0};
  return nanoseconds(random.next() % static_cast<std::uint64_t>(end.count()));
}

event::Observation observation(const Target& target, bool up, const std::string& cause) {
  return {target.pool, target.endpoint, up ? event::Observed::Up : event::Observed::Down, cause};
}

}  // namespace

Prober::Prober(ProberSettings settings, ProberPorts ports)
    : settings_(std::move(settings)), ports_(std::move(ports)), full_due_(ports_.clock.steady()) {}

void Prober::set_targets(const std::vector<Target>& targets) {
  std::set<Name> wanted;
  for (const Target& target : targets) {
    Name name{target.pool, target.endpoint};
    const auto [place, is_new] =
        probes_.try_emplace(name, Probe{target, {target.check.rise, target.check.fall}, {}});
    Probe& probe = place->second;
    if (is_new) {
      unknown_.insert(name);
      schedule_first(probe);
    } else if (probe.target != target) {
      if (std::exchange(probe.under_way, nullptr)) --under_way_;
      turns_.erase({probe.due, name});
      probe.target = target;
      probe.hysteresis.start_over(target.check.rise, target.check.fall);
      schedule_first(probe);
    }
    wanted.insert(std::move(name));
  }
  for (auto probe = probes_.begin(); probe != probes_.end();) {
    if (wanted.contains(probe->first)) {
      ++probe;
      continue;
    }
    if (probe->second.under_way) --under_way_;
    turns_.erase({probe->second.due, probe->first});
    changed_.erase(probe->first);
    unknown_.erase(probe->first);
    probe = probes_.erase(probe);
  }
}

void Prober::schedule(Probe& probe, nanoseconds due) {
  probe.due = due;
  turns_.insert({due, {probe.target.pool, probe.target.endpoint}});
}

// Soon, so that the verdict is known soon, but not all at once.
void Prober::schedule_first(Probe& probe) {
  const nanoseconds spread =
      std::min<nanoseconds>(settings_.period, milliseconds(probe.target.check.interval_ms)) / 2;
  schedule(probe, ports_.clock.steady() + draw_below(ports_.random, spread));
}

// From start to start, so that a slow target is not checked less often than a quick one.
nanoseconds Prober::next_due(const Probe& probe) {
  const nanoseconds interval = milliseconds(probe.target.check.interval_ms);
  const nanoseconds early = interval / jitter_parts;
  return std::max(ports_.clock.steady(),
                  probe.due + interval - early + draw_below(ports_.random, 2 * early));
}

void Prober::start_checks(nanoseconds now) {
  while (under_way_ < settings_.checks_max && !turns_.empty() && turns_.begin()->first <= now) {
    const Name name = turns_.begin()->second;
    turns_.erase(turns_.begin());
    Probe& probe = probes_.at(name);
    probe.due = now;
    ++under_way_;
    ++checks_;
    probe.under_way = ports_.checker.start(
        probe.target, [this, name](CheckResult result) { take(name, std::move(result)); });
  }
}

// Only called while the probe's Attempt is there: who removes a probe ends its check.
void Prober::take(const Name& name, CheckResult result) {
  Probe& probe = probes_.at(name);
  const std::unique_ptr<Attempt> ended = std::exchange(probe.under_way, nullptr);
  --under_way_;
  if (probe.hysteresis.take(result.good)) {
    changed_.insert(name);
    ++transitions_;
  }
  if (*probe.hysteresis.up()) {
    probe.cause.clear();
  } else if (!result.good) {  // one good result does not yet explain why it is down
    probe.cause = result.cause.substr(0, cause_octets_max);
  }
  unknown_.erase(name);
  schedule(probe, next_due(probe));
  if (ports_.wake) ports_.wake();
}

bool Prober::full_is_due(nanoseconds now) const {
  return started_ && (resend_ || now >= full_due_);
}

Prober::Step Prober::step() {
  const nanoseconds now = ports_.clock.steady();
  start_checks(now);
  started_ = started_ || unknown_.empty();
  Step step;
  if (full_is_due(now)) {
    step.frames.push_back(full_frame());
    full_due_ += settings_.period;
    if (full_due_ <= now) full_due_ = now + settings_.period;
  } else if (!changed_.empty() && (!last_delta_ || now - *last_delta_ >= settings_.delta_gap)) {
    step.frames.push_back(delta_frame());
    last_delta_ = now;
  }
  step.call_again_in = wait(now);
  return step;
}

nanoseconds Prober::wait(nanoseconds now) const {
  nanoseconds next = now + settings_.period;
  if (started_) next = std::min(next, full_due_);
  if (!changed_.empty() && last_delta_) next = std::min(next, *last_delta_ + settings_.delta_gap);
  if (!turns_.empty() && under_way_ < settings_.checks_max) {
    next = std::min(next, turns_.begin()->first);
  }
  return std::max(nanoseconds{0}, next - now);
}

event::HealthFrame Prober::frame(bool full) {
  event::HealthFrame made;
  made.prober = settings_.name;
  made.number = ++number_;
  made.full = full;
  return made;
}

event::HealthFrame Prober::full_frame() {
  event::HealthFrame made = frame(true);
  for (const auto& [name, probe] : probes_) {
    if (const auto up = probe.hysteresis.up()) {
      made.observations.push_back(observation(probe.target, *up, probe.cause));
    }
  }
  changed_.clear();
  resend_ = false;
  return made;
}

event::HealthFrame Prober::delta_frame() {
  event::HealthFrame made = frame(false);
  for (const Name& name : changed_) {
    const Probe& probe = probes_.at(name);
    made.observations.push_back(observation(probe.target, *probe.hysteresis.up(), probe.cause));
  }
  changed_.clear();
  return made;
}

Prober::Standing Prober::standing() const {
  Standing now{.targets = probes_.size(),
               .under_way = under_way_,
               .checks = checks_,
               .transitions = transitions_};
  for (const auto& [name, probe] : probes_) {
    const auto up = probe.hysteresis.up();
    ++(!up ? now.unknown : *up ? now.up : now.down);
  }
  return now;
}

}  // namespace tidemark::producer
