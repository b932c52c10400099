#include "core/health/observations.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tidemark::health {

using event::Observed;

namespace {
constexpr std::size_t touched_max = 1024;  // beyond it naming them costs more than judging all
}

void Observations::note_undecodable(std::int64_t appended_ms) {
  log_ms_ = std::max(log_ms_, appended_ms);
}

void Observations::apply(const event::HealthFrame& frame, std::int64_t appended_ms) {
  const bool time_passed = appended_ms > log_ms_;
  note_undecodable(appended_ms);
  const auto index = admit(frame.prober);
  if (!index) {
    ignored_ += frame.observations.size();
    return;
  }
  Prober& prober = probers_[*index];
  if (std::exchange(prober.agent, frame.agent) != frame.agent) {
    ++revision_;
    touched_.all = true;
  }
  // Fresh again though log time did not rise: two frames of one millisecond.
  if (std::exchange(prober.seen_ms, log_ms_) != log_ms_ && !time_passed) ++revision_;
  ++frames_;
  for (const event::Observation& observation : frame.observations) note(*index, observation);
  if (frame.full) forget(*index, frames_);
}

std::optional<std::uint16_t> Observations::admit(const std::string& name) {
  if (const auto known = index_.find(name); known != index_.end()) return known->second;
  if (probers_.size() < probers_max) {
    const auto index = static_cast<std::uint16_t>(probers_.size());
    probers_.push_back(Prober{.name = name});
    index_.emplace(name, index);
    return index;
  }
  // By time, then by name: an index depends on the order of arrival, a name does not.
  const auto oldest =
      std::min_element(index_.begin(), index_.end(), [this](const auto& a, const auto& b) {
        return probers_[a.second].seen_ms < probers_[b.second].seen_ms;
      });
  const std::uint16_t index = oldest->second;
  if (log_ms_ - probers_[index].seen_ms < prober_silent_ms_max) return std::nullopt;
  forget(index, std::numeric_limits<std::uint64_t>::max());
  index_.erase(oldest);
  index_.emplace(name, index);
  probers_[index] = Prober{.name = name};
  ++revision_;
  return index;
}

void Observations::note(std::uint16_t index, const event::Observation& observation) {
  Prober& prober = probers_[index];
  Endpoints& endpoints = pools_[observation.pool];
  Seen& seen = endpoints[observation.endpoint];
  auto said = std::find_if(seen.said.begin(), seen.said.end(),
                           [&](const Said& each) { return each.prober == index; });
  if (said == seen.said.end()) {
    if (prober.endpoints == event::observations_max) {
      ++ignored_;
      if (seen.said.empty()) endpoints.erase(observation.endpoint);
      if (endpoints.empty()) pools_.erase(observation.pool);
      return;
    }
    ++prober.endpoints;
    ++revision_;
    said = seen.said.insert(said, Said{index, observation.observed, log_ms_, 0, {}});
  } else if (said->observed != observation.observed) {
    ++revision_;
    said->observed = observation.observed;
    said->since_ms = log_ms_;
  }
  touch(observation.pool);
  said->frame = frames_;
  said->cause = observation.cause;
  if (observation.observed == Observed::Up && !prober.agent) seen.last_up_ms = log_ms_;
}

void Observations::touch(const std::string& pool) {
  if (touched_.all) return;
  if (touched_.pools.size() == touched_max) {
    touched_ = {};
  } else if (touched_.pools.empty() || touched_.pools.back() != pool) {
    touched_.pools.push_back(pool);
  }
}

// Takes back what the prober said last in an earlier frame.
void Observations::forget(std::uint16_t index, std::uint64_t before_frame) {
  const auto outdated = [&](const Said& said) {
    return said.prober == index && said.frame < before_frame;
  };
  for (auto pool = pools_.begin(); pool != pools_.end();) {
    Endpoints& endpoints = pool->second;
    for (auto seen = endpoints.begin(); seen != endpoints.end();) {
      const std::size_t gone = std::erase_if(seen->second.said, outdated);
      probers_[index].endpoints -= gone;
      revision_ += gone;
      if (gone > 0) touch(pool->first);
      seen = seen->second.said.empty() ? endpoints.erase(seen) : std::next(seen);
    }
    pool = endpoints.empty() ? pools_.erase(pool) : std::next(pool);
  }
}

const Observations::Endpoints* Observations::find(std::string_view pool) const {
  const auto found = pools_.find(pool);
  return found == pools_.end() ? nullptr : &found->second;
}

std::vector<Sighting> Observations::sightings(std::string_view pool,
                                              std::string_view endpoint) const {
  std::vector<Sighting> all;
  const Endpoints* endpoints = find(pool);
  if (endpoints == nullptr) return all;
  const auto seen = endpoints->find(endpoint);
  if (seen == endpoints->end()) return all;
  for (const Said& said : seen->second.said) {
    const Prober& by = probers_[said.prober];
    all.push_back({by.name, by.agent, said.observed, by.seen_ms, said.since_ms, said.cause});
  }
  std::sort(all.begin(), all.end(),
            [](const Sighting& a, const Sighting& b) { return a.prober < b.prober; });
  return all;
}

std::vector<std::string> Observations::probers() const {
  std::vector<std::string> names;
  names.reserve(index_.size());
  for (const auto& [name, index] : index_) names.push_back(name);
  return names;
}

std::int64_t Observations::prober_seen_ms(std::string_view prober) const {
  const auto known = index_.find(prober);
  return known == index_.end() ? -1 : probers_[known->second].seen_ms;
}

std::int64_t Observations::last_up_ms(std::string_view pool, std::string_view endpoint) const {
  const Endpoints* endpoints = find(pool);
  if (endpoints == nullptr) return -1;
  const auto seen = endpoints->find(endpoint);
  return seen == endpoints->end() ? -1 : seen->second.last_up_ms;
}

}  // namespace tidemark::health
