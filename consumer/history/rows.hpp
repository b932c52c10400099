// Rows of the index as values. Inner part of History.
//
// Errors  Invalid: the file was changed by somebody else; it says what to do.
#pragma once

#include <string_view>

#include "consumer/history/history.hpp"

namespace tidemark::consumer {

// What read_change() wants to see, in its order, of the table `c`.
constexpr std::string_view change_columns =
    "c.offset, c.seq, c.change_id, c.appended_ms, c.author, c.reason, c.edits, c.rule, c.message, "
    "c.zones, c.pools, c.lines, c.told_ms, c.origin_system, c.origin_id";

std::unexpected<base::Error> damaged(std::string_view what);
base::Result<PastChange> read_change(const topics::SqliteStatement& row, int first_column);
// owner, type, ttl, records; an SOA gets the serial that the fold gave it.
base::Result<dns::Rrset> read_rrset(const topics::SqliteStatement& row, dns::Serial serial);

}  // namespace tidemark::consumer
