// why: the page that explains an answer: its parameters, and an Explanation as JSON.
//
//   GET /why?name=www.example.org&type=A[&client=ADDRESS][&transport=udp|tcp][&dnssec=0|1]
//           [&payload=OCTETS]    (payload=0: a query without EDNS)
//
// Errors  question_of(): Invalid, naming the parameter and what it may be.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "dns-edge/answer/explain.hpp"
#include "net/http.hpp"

namespace tidemark::edge {

base::Result<WhyQuestion> question_of(const net::HttpRequest& request);

std::string to_json(const WhyQuestion& question, const Explanation& explanation);

}  // namespace tidemark::edge
