// decide: (Dataset, Wish) -> the smallest ChangeSets that grant it, or none, or all that is wrong.
//
// Pure. It knows the rules that need only the wish and the zone's names, and finds every breach of
// them; rules about the rest are the fold's (fold::preview tells the first one). What it makes
// carries `expect: exactly` the zone that it decided on, unless the client set a condition.
//
// A zone too large for one ChangeSet becomes a sequence that builds the zone under construction and
// commits it: nothing of it is served before the last one. The last one carries the Signature's
// change_id; the ids of the others follow from it (part_id).
//
// Law     Deciding again once the Plan is folded yields nothing.
// Cost    EditZone: its edits, at any size of the zone. ReplaceZone: the zone.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "core/event/change_set.hpp"
#include "producer/decide/diff.hpp"
#include "producer/decide/problem.hpp"
#include "producer/decide/wish.hpp"
#include "producer/decide/zone_view.hpp"

namespace tidemark::producer {

struct Plan {
  std::vector<event::ChangeSet> change_sets{};  // empty: the wish is granted already
  Diff diff{};
};

std::expected<Plan, Problems> decide(const Base& base, const Wish& wish,
                                     const Signature& signature);

// The pool and the override as they will be once what is pending is applied.
std::optional<event::Pool> expected_pool(const Base& base, std::string_view name);
std::optional<event::Override> expected_override(const Base& base, const std::string& pool,
                                                 const std::string& endpoint);

std::vector<event::CookieSalt> expected_cookie_salts(const Base& base);

// The change_id of the index-th ChangeSet of a sequence whose last one has `last`.
event::ChangeId part_id(event::ChangeId last, std::size_t index);

}  // namespace tidemark::producer
