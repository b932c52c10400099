// Succession: how nodes know that a log which was made anew goes on where theirs ended (docs/adr,
// 17).
//
// Whoever fills it writes what it had folded, each of these ChangeSets marked by its Origin, and as
// the last one an event::Succession with places of the ended log: offset and chain. A node that
// holds the same chain at one of those offsets folded the same history; no other one takes the log
// for its own.
//
// Threads  Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"
#include "core/fold/footprints.hpp"

namespace tidemark::consumer {

constexpr std::string_view refill_system = "refill";  // Origin::system of what fills a log again

// Of `state`, with places ever farther back, as far as they are remembered.
event::Succession succession_of(const fold::State& state, const fold::Footprints& footprints);
// The offset in the ended log up to which `own` is in what the new one was filled with; nothing: it
// is not proved to be the same history.
std::optional<std::int64_t> place_shared(const event::Succession& succession,
                                         const fold::Footprints& own);

// Where the changes of a log come from that is read from its beginning.
struct LogOrigins {
  std::vector<event::Succession> successions{};  // accepted ones, the newest
  // Accepted before the first of these.
  std::uint64_t refilled = 0, others = 0;

  void note(const event::ChangeSet& change, const fold::Judgement& judgement);
  std::optional<std::int64_t> place_shared_with(const fold::Footprints& own) const;
};

}  // namespace tidemark::consumer
