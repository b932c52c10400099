// Rollback: what a zone was, wished again. The revert is a change like any other: decided against
// the zone as it is now, judged by the fold, with a higher serial; history is never rewritten.
//
// What was is taken from the versions that the feeder holds, else from the history index
// (consumer/history); what neither knows is an error that names it.
//
//   TO     42, a version; 2026-01-31T12:00:00Z, the last version until then; the id of a change,
//          the version that it made; before:ID, the one before it
//
// It gives back RRsets. Settings of the zone, pools and overrides stay as they are.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "net/http.hpp"
#include "producer/api/history_keeper.hpp"
#include "producer/api/reads.hpp"
#include "producer/api/wishes.hpp"

namespace tidemark::producer {

struct RollbackPorts {
  const consumer::Feeder& feeder;
  const HistoryKeeper& history;
};

// A time is that of `zone`, if one is given (consumer/history/moment.hpp), else the log's.
std::expected<std::uint64_t, ApiError> version_of(const RollbackPorts& ports, std::string_view to,
                                                  const dns::Name* zone = nullptr);

// The RRsets of the zone of then; none: it did not exist.
std::expected<std::optional<std::vector<dns::Rrset>>, ApiError> zone_then(
    const RollbackPorts& ports, const dns::Name& zone, std::uint64_t seq);
bool same_but_for_serial(const dns::Rrset& left, const dns::Rrset& right);  // of two SOAs

// POST /v1/zones/{zone}/rollback
WishResult rollback_zone(const net::HttpRequest& request, std::string_view zone,
                         const RollbackPorts& ports, Terms& terms);
// GET /v1/rollback?to=TO: the version, and the zones that are not as they were.
Answered read_rollback(const RollbackPorts& ports, const net::HttpRequest& request);

}  // namespace tidemark::producer
