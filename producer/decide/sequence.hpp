// Sequence: a whole zone as ChangeSets that build it under construction and commit it at once.
#pragma once

#include <vector>

#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"
#include "producer/decide/wish.hpp"

namespace tidemark::producer {

// True if it does not fit into one record.
bool is_too_large(const event::ChangeSet& change);

// An owner's RRsets stay together, unless they alone do not fit. Only the last ChangeSet, the
// commit, carries the acknowledgement of removals: nothing goes away before it.
// Requires  `rrsets` has the RRsets of one owner side by side.
std::vector<event::ChangeSet> build_sequence(const dns::Name& zone, event::Expect expect,
                                             std::vector<dns::Rrset> rrsets,
                                             const event::PutZoneSettings& settings,
                                             const event::ChangeSet& commit);

}  // namespace tidemark::producer
