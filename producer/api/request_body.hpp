// The body of a mutating request: its media type, its size, its JSON.
#pragma once

#include <expected>

#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/terms.hpp"

namespace boost::json {
class value;
}

namespace tidemark::producer {

constexpr std::size_t small_body_octets_max = 4 * 1024 * 1024;  // of all but PUT of a zone

inline std::unexpected<ApiError> refuse(ApiError error) {
  return std::unexpected(std::move(error));
}

enum class Body : std::uint8_t { Json, Text };

// What the Content-Type says; an absent one is `usual`. Only where Text is usual it may be text.
std::expected<Body, ApiError> body_kind(const net::HttpRequest& request, Body usual);

// The JSON object of the body; `terms` gets the reason in it. Of PUT of a zone the server alone
// limits the size.
enum class BodySize : std::uint8_t { Small, Zone };
std::expected<boost::json::value, ApiError> read_object(const net::HttpRequest& request,
                                                        BodySize size, Terms& terms);

}  // namespace tidemark::producer
