// A life: records of a `changes` topic as controllers of some clumsiness would write them.
//
// Most ChangeSets are accepted, some are rejected by a rule or a precondition, some come twice,
// some records are no ChangeSets at all. Zones, names and pools are those of generators.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event/change_set.hpp"
#include "core/log/log.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::support {

event::ChangeSet change_numbered(std::uint64_t number);  // no edits; a change_id of its own
event::ChangeSet create_zone(std::uint64_t number, const dns::Name& zone);
event::ChangeSet put(std::uint64_t number, const dns::Name& zone, dns::Rrset rrset);
dns::Rrset a_record(const dns::Name& owner, std::uint32_t address);  // 192.0.2.1 is 0xc0000201

log::Draft draft(const event::ChangeSet& change);
log::Draft draft(const event::HealthFrame& frame);
log::Draft gibberish();

// At least `records_min` records.
rc::Gen<std::vector<log::Draft>> life(std::size_t records_min, std::size_t records_max);

void append(log::Log& log, std::string_view topic, const std::vector<log::Draft>& drafts);

}  // namespace tidemark::support
