// why of the past: what an edge would have answered at some version, and which change made it so.
//
// The zones that the walk touches and the pools of that version become a Dataset; the same code as
// an edge's explains the answer over it. Health of that time is not kept: endpoints are judged as
// if no prober had spoken.
#pragma once

#include <string>

#include "cli/past.hpp"
#include "net/http.hpp"

namespace tidemark::cli {

// `question`: with the parameters of an edge's /why. The answer has its form, and `remarks` and
// `made_by` beside.
Expected<boost::json::object> why_past(Past& past, const net::HttpRequest& question,
                                       const std::string& at);

// "made_by" and "remarks" as text.
std::string why_past_text(const boost::json::object& why);

}  // namespace tidemark::cli
