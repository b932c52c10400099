#include "core/dns/text_form.hpp"

#include <algorithm>

namespace tidemark::dns {

namespace {

std::optional<std::uint32_t> seconds_in(char unit) noexcept {
  switch (to_lower(unit)) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 604800;
    default:  return std::nullopt;
  }
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

bool ends_in_dot(std::string_view name) noexcept {
  if (!name.ends_with('.')) return false;
  const std::size_t last_other = name.substr(0, name.size() - 1).find_last_not_of('\\');
  const std::size_t backslashes =
      last_other == std::string_view::npos ? name.size() - 1 : name.size() - 2 - last_other;
  return backslashes % 2 == 0;
}

std::optional<std::uint8_t> unescape(std::string_view text, std::size_t& at) noexcept {
  if (at + 1 >= text.size()) return std::nullopt;
  if (!is_digit(text[at + 1])) {
    at += 2;
    return static_cast<std::uint8_t>(text[at - 1]);
  }
  if (at + 3 >= text.size() || !is_digit(text[at + 2]) || !is_digit(text[at + 3])) {
    return std::nullopt;
  }
  const int octet = (text[at + 1] - '0') * 100 + (text[at + 2] - '0') * 10 + (text[at + 3] - '0');
  if (octet > 255) return std::nullopt;
  at += 4;
  return static_cast<std::uint8_t>(octet);
}

base::Result<std::string> unescape_all(std::string_view text) {
  std::string octets;
  octets.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      return base::fail(base::Errc::Invalid, "a quote inside a word: put all of it in quotes");
    }
    if (text[at] != '\\') {
      octets.push_back(text[at++]);
      continue;
    }
    const auto octet = unescape(text, at);
    if (!octet) {
      return base::fail(base::Errc::Invalid, "bad escape at character " + std::to_string(at + 1));
    }
    octets.push_back(static_cast<char>(*octet));
  }
  return octets;
}

void append_decimal_escape(std::string& out, std::uint8_t octet) {
  out.push_back('\\');
  out.push_back(static_cast<char>('0' + octet / 100));
  out.push_back(static_cast<char>('0' + octet / 10 % 10));
  out.push_back(static_cast<char>('0' + octet % 10));
}

void append_quoted(std::string& out, base::ByteView octets) {
  out.push_back('"');
  for (const std::uint8_t octet : octets) {
    if (octet < 0x20 || octet >= 0x7f) {
      append_decimal_escape(out, octet);
      continue;
    }
    if (octet == '"' || octet == '\\') out.push_back('\\');
    out.push_back(static_cast<char>(octet));
  }
  out.push_back('"');
}

std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : text) {
    if (!is_digit(digit)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    if (value > max) return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::uint64_t part = 0;
  bool digits = false;
  for (const char c : text) {
    if (is_digit(c)) {
      part = part * 10 + static_cast<std::uint64_t>(c - '0');
      if (part > UINT32_MAX) return std::nullopt;
      digits = true;
      continue;
    }
    const auto unit = seconds_in(c);
    if (!unit || !digits) return std::nullopt;
    total += part * *unit;
    if (total > UINT32_MAX) return std::nullopt;
    part = 0;
    digits = false;
  }
  total += part;  // digits without unit are seconds
  if (total > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(total);
}

}  // namespace tidemark::dns
