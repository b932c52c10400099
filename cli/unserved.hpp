// Unserved: in words, why edges do not serve what somebody waits for, and what to do about it.
//
// Fed with what the controller says: of a change (its progress), of the fleet, of itself.
#pragma once

#include <string>

#include "cli/outcome.hpp"

namespace boost::json {
class object;
}

namespace tidemark::cli {

// "" of a controller that is LIVE, or does not say; else "the controller itself is DIVERGED: ...".
// `told`: {"state", "detail"}.
std::string not_vouching(const boost::json::object& told);

// The stragglers of a progress, a line each, with the reason.
std::string straggler_lines(const boost::json::object& progress);

// The failure of whoever waited for a change: `what` tells of the change, how long, and who does
// not serve it. The next command is about what holds them: a pin, a ring's watermark.
Failure unserved(std::string what, const boost::json::object& progress);

}  // namespace tidemark::cli
