#include "consumer/proof/succession.hpp"

#include <algorithm>
#include <variant>

namespace tidemark::consumer {

namespace {
constexpr std::int64_t places_side_by_side = 32;
constexpr std::size_t successions_max = 16;
}  // namespace

event::Succession succession_of(const fold::State& state, const fold::Footprints& footprints) {
  const dataset::Version version = state.dataset.version();
  event::Succession made{version.seq.value(), version.state_hash.value(), {}};
  made.places.push_back({state.offset, state.chain});
  for (std::int64_t back = 1; made.places.size() < event::succession_places_max;) {
    const auto place = footprints.at_offset(state.offset - back);
    if (!place) break;
    made.places.push_back({place->offset, place->chain});
    back = back < places_side_by_side ? back + 1 : back * 2;
  }
  return made;
}

std::optional<std::int64_t> place_shared(const event::Succession& succession,
                                         const fold::Footprints& own) {
  const auto same = [&](const event::Succession::Place& place) {
    const auto there = own.at_offset(place.offset);
    return there && there->chain == place.chain;
  };
  const auto found = std::ranges::find_if(succession.places, same);
  const auto newest = own.newest();
  if (found == succession.places.end() || !newest) return std::nullopt;
  // Places lie apart. Who ended before the newest of them has nothing that is not in it; should he
  // have branched off between two places, the log counts.
  const bool is_behind = newest->offset <= succession.places.front().offset;
  return is_behind ? newest->offset : found->offset;
}

void LogOrigins::note(const event::ChangeSet& change, const fold::Judgement& judgement) {
  if (!std::holds_alternative<fold::Accepted>(judgement)) return;
  if (change.succession) {
    successions.push_back(*change.succession);
    if (successions.size() > successions_max) successions.erase(successions.begin());
  } else if (successions.empty()) {
    ++(change.origin && change.origin->system == refill_system ? refilled : others);
  }
}

std::optional<std::int64_t> LogOrigins::place_shared_with(const fold::Footprints& own) const {
  for (auto one = successions.rbegin(); one != successions.rend(); ++one) {
    if (const auto place = place_shared(*one, own)) return place;
  }
  return std::nullopt;
}

}  // namespace tidemark::consumer
