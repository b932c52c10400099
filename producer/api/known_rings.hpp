// Whether a ring or a node that a request names is there at all: a name that was mistyped would be
// pinned, or waited for, in vain.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumer/feeder/control_view.hpp"
#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/fleet_view.hpp"

namespace tidemark::producer {

// Nothing: an edge of that ring has reported, or the ring is gated, or ?unseen=1 says that it may
// come later, or the reports were not read yet. Else an error that lists the rings.
std::optional<ApiError> check_ring(const net::HttpRequest& request, const FleetView& fleet,
                                   const consumer::ControlView& control, std::string_view ring);
// Likewise of what a pin is for: the fleet, a ring, a node.
std::optional<ApiError> check_scope(const net::HttpRequest& request, const FleetView& fleet,
                                    const consumer::ControlView& control, std::string_view scope);

}  // namespace tidemark::producer
