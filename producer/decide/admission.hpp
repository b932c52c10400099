// Admission: every breach of the rules that can be told before the fold judges.
//
// The fold stops at the first broken rule; people want the whole list. These are the same rules,
// applied to what a Wish names and to the names that it touches.
#pragma once

#include <span>
#include <vector>

#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/dns/types.hpp"
#include "producer/decide/problem.hpp"

namespace tidemark::producer {

// Of one RRset alone: in its zone, canonical, under the ceiling of the zone.
void check_rrset(dns::NameView zone, std::uint32_t ttl_seconds_ceiling, const dns::Rrset& rrset,
                 Problems& problems);
// Of all types at one name, once the wish is granted.
void check_types(dns::NameView zone, const dns::Name& owner, std::span<const dns::RrType> types,
                 Problems& problems);
// Of a whole zone: each RRset, each name, no owner and type twice, nothing below a DNAME.
void check_zone(dns::NameView zone, std::uint32_t ttl_seconds_ceiling,
                const std::vector<dns::Rrset>& rrsets, Problems& problems);

}  // namespace tidemark::producer
