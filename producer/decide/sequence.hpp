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
// `hash_after`, where it can be foreseen, keeps parts of two imports that met from being committed.
// Requires  `rrsets` has the RRsets of one owner side by side.
std::vector<event::ChangeSet> build_sequence(const dns::Name& zone, event::Expect expect,
                                             std::vector<dns::Rrset> rrsets,
                                             const event::PutZoneSettings& settings,
                                             std::optional<base::U128> hash_after,
                                             const event::ChangeSet& commit);

// The hash of a zone that holds `rrsets`, once the fold has set the serial: one above `before` or
// the SOA's own, whichever is ahead.
base::U128 zone_hash_of(const std::vector<dns::Rrset>& rrsets, std::optional<dns::Serial> before);

}  // namespace tidemark::producer
