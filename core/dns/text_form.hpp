// Presentation form of single octets and numbers: what names, character-strings and fields share.
//
// "\DDD" is the octet of that decimal number, "\X" is X itself (RFC 1035 section 5.1). Digits and
// letters are those of ASCII whatever the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace tidemark::dns {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

// True if a name in presentation form is absolute: its final dot is not escaped.
bool ends_in_dot(std::string_view name) noexcept;

// The octet that the escape at text[at], a backslash, stands for; moves `at` behind it. Nothing if
// the escape is cut short or above \255.
std::optional<std::uint8_t> unescape(std::string_view text, std::size_t& at) noexcept;

// All octets of `text` with its escapes resolved. The error names the place.
base::Result<std::string> unescape_all(std::string_view text);

void append_decimal_escape(std::string& out, std::uint8_t octet);  // \DDD
// In double quotes, with the escapes that it needs.
void append_quoted(std::string& out, base::ByteView octets);

// Decimal digits only, no sign, at most `max`.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) noexcept;
// Seconds as a number or with the units w d h m s ("1h30m"); at most 2^32 - 1.
std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept;

}  // namespace tidemark::dns
