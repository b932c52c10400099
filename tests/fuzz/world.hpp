// Zones, pools and ChangeSets made of Choices, from a vocabulary so small that they meet each
// other: one name is a cut, an alias and a wildcard's parent within a few octets of input.
#pragma once

#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"
#include "tests/fuzz/choices.hpp"

namespace tidemark::fuzz {

dns::Name name_of(Choices& choices);  // at or below one of the zones; now and then 255 octets long
dns::RrType type_of(Choices& choices);
dns::Rrset rrset_of(Choices& choices);  // now and then one that no rule admits

// Zone, pool or override edits; `number` becomes its change_id but for a twin now and then.
event::ChangeSet change_of(Choices& choices, std::uint64_t number);

fold::State empty_state();
// One step with the laws of the fold checked: preview says the same, rejection changes nothing, the
// hash that is kept is the hash of the content.
void step_lawfully(fold::State& state, const event::ChangeSet& change, std::int64_t offset);
// The fold of all ChangeSets that the Choices give, at most `changes_max`; of the laws only the
// last is asked, at the end.
fold::State fold_of(Choices& choices, std::size_t changes_max);

// A world of many records that are admitted by the fold, the same for a seed for ever.
dataset::Dataset seeded_world(std::uint32_t seed);

}  // namespace tidemark::fuzz
