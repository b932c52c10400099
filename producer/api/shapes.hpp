// Shapes: values of the house as JSON, and back. The forms are those of docs/http-api.md.
//
// Errors  What is read: Invalid, naming the field. An absent field keeps what it was before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/dataset/dataset.hpp"
#include "core/dns/rrset.hpp"
#include "core/event/node_report.hpp"
#include "core/event/pool.hpp"
#include "core/fold/fold.hpp"
#include "producer/decide/diff.hpp"

namespace boost::json {
class object;
class value;
}  // namespace boost::json

namespace tidemark::producer {

boost::json::object to_json(const dataset::Version& version);
boost::json::object to_json(const dns::Rrset& rrset);
boost::json::object to_json(const event::Pool& pool);
boost::json::object to_json(const event::Override& value);
boost::json::object to_json(const Diff& diff, std::size_t lines_max);
boost::json::object to_json(const std::vector<fold::ZoneOutcome>& zones);
boost::json::object summary_json(const dataset::Zone& zone);

std::string to_text(const event::Address& address);
base::Result<event::Address> address_from_text(std::string_view text);
std::string to_text(event::OverrideState state);

// "@" is the zone's apex. A name with a final dot, or in the zone as it stands, is absolute; any
// other is completed with the zone's name.
base::Result<dns::Name> owner_from_text(std::string_view text, const dns::Name& zone);
// A type that a zone may hold.
base::Result<dns::RrType> type_from_text(std::string_view text);
// `before`: the RRset that is there; gives the TTL if none is said. A name in RDATA of one label
// without its final dot is refused: it would be a top-level domain, and `zone` is surely meant.
base::Result<dns::Rrset> rrset_from_json(const dns::Name& zone, const dns::Name& owner,
                                         dns::RrType type, const boost::json::object& object,
                                         const std::optional<dns::Rrset>& before);
base::Result<event::Pool> pool_from_json(const boost::json::object& object, event::Pool before);
// `log_ms`: now, by the log's clock, for "for_seconds".
base::Result<event::Override> override_from_json(const boost::json::object& object,
                                                 event::Override before, std::uint64_t log_ms);
base::Result<event::PutZoneSettings> settings_from_json(const boost::json::object& object);

}  // namespace tidemark::producer
