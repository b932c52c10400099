// addresses: the NS RRset of a referral, and the addresses of NS targets.
//
// Only addresses that the same zone holds at exactly the target: never through a wildcard, a CNAME
// or another hosted zone. Of a referral those at or below the cut are required (RFC 9471 section
// 3.1); the others are sent as long as they fit.
#pragma once

#include "dns-edge/answer/answer.hpp"
#include "dns-edge/answer/response_writer.hpp"

namespace tidemark::edge {

// NS of the cut into authority, in-domain glue into additional. The cut is `name` or above it.
void put_referral(const dataset::Zone& zone, const dataset::Node& cut, const Placed& name,
                  ResponseWriter& out) noexcept;

// What the Outcome said may follow; never overflows: an RRset that does not fit in the room less
// `kept` octets is left out. Returns how many were.
std::size_t put_addresses(const Addresses& addresses, std::size_t kept,
                          ResponseWriter& out) noexcept;

}  // namespace tidemark::edge
