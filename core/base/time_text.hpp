// Times for people: RFC 3339 in UTC, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::base {

std::string rfc3339_of(std::int64_t unix_ms);  // "2026-01-31T12:00:00.000Z"; the epoch if negative
// UTC only ("Z"), with or without a fraction of a second.
std::optional<std::int64_t> rfc3339_to_ms(std::string_view text);

}  // namespace tidemark::base
