#include "core/dns/generate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::Errc;
using base::Result;

constexpr std::uint32_t step_max = 0x7fffffff;
constexpr std::uint32_t width_max = 255;

// ${offset,width,base}
struct Modifier {
  std::int64_t offset = 0;
  std::uint32_t width = 0;
  char base = 'd';
};

std::optional<std::int64_t> parse_offset(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto size = parse_decimal(text, step_max);
  if (!size) return std::nullopt;
  return negative ? -std::int64_t{*size} : std::int64_t{*size};
}

std::optional<Modifier> parse_modifier(std::string_view text) noexcept {
  Modifier modifier;
  const std::size_t comma = text.find(',');
  const auto offset = parse_offset(text.substr(0, comma));
  if (!offset) return std::nullopt;
  modifier.offset = *offset;
  if (comma == std::string_view::npos) return modifier;
  text.remove_prefix(comma + 1);
  const std::size_t second_comma = text.find(',');
  const auto width = parse_decimal(text.substr(0, second_comma), width_max);
  if (!width) return std::nullopt;
  modifier.width = *width;
  if (second_comma == std::string_view::npos) return modifier;
  text.remove_prefix(second_comma + 1);
  if (text.size() != 1 || !std::string_view("doxXnN").contains(text[0])) return std::nullopt;
  modifier.base = text[0];
  return modifier;
}

char hex_digit(std::uint32_t value, char base) noexcept {
  const char digit = "0123456789abcdef"[value & 0xf];
  const bool upper = base == 'X' || base == 'N';
  return upper && digit >= 'a' ? static_cast<char>(digit - ('a' - 'A')) : digit;
}

// Width counts the dots, as in BIND.
void append_nibbles(std::string& out, std::uint32_t value, std::uint32_t width, char base) {
  do {
    out.push_back(hex_digit(value, base));
    value >>= 4;
    if (width > 0) --width;
    if (width > 0 || value != 0) {
      out.push_back('.');
      if (width > 0) --width;
    }
  } while (value != 0 || width > 0);
}

void append_padded(std::string& out, std::string_view digits, std::uint32_t width) {
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out.append(digits);
}

void append_number(std::string& out, std::uint32_t value, const Modifier& modifier) {
  const char base = modifier.base;
  if (base == 'n' || base == 'N') return append_nibbles(out, value, modifier.width, base);
  const int radix = base == 'd' ? 10 : (base == 'o' ? 8 : 16);
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), value, radix).ptr;
  const std::string_view text(digits.begin(), end);
  if (base != 'X') return append_padded(out, text, modifier.width);
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' ? static_cast<char>(c - ('a' - 'A')) : c; });
  append_padded(out, upper, modifier.width);
}

// What stands behind the "$" at pattern[at]; moves `at` behind all of it.
Result<void> expand_step(std::string_view pattern, std::size_t& at, std::uint32_t step,
                         std::string& out) {
  Modifier modifier;
  ++at;
  if (at < pattern.size() && pattern[at] == '$') {
    ++at;
    out.append("\\$");
    return {};
  }
  if (at < pattern.size() && pattern[at] == '{') {
    const std::size_t close = pattern.find('}', at);
    const auto parsed = close == std::string_view::npos
                            ? std::nullopt
                            : parse_modifier(pattern.substr(at + 1, close - at - 1));
    if (!parsed) return base::fail(Errc::Invalid, "$GENERATE: not ${offset,width,base}");
    modifier = *parsed;
    at = close + 1;
  }
  const std::int64_t value = step + modifier.offset;
  if (value < 0 || value > step_max) {
    return base::fail(Errc::Invalid, "$GENERATE: a number below 0 or above 2147483647");
  }
  append_number(out, static_cast<std::uint32_t>(value), modifier);
  return {};
}

}  // namespace

Result<GenerateRange> generate_range_from_text(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  const auto invalid = [&] {
    return base::fail(Errc::Invalid,
                      "$GENERATE: not first-last or first-last/step: " + std::string(text));
  };
  if (dash == std::string_view::npos || slash < dash) return invalid();
  const auto first = parse_decimal(text.substr(0, dash), step_max);
  const auto last = parse_decimal(text.substr(dash + 1, slash - dash - 1), step_max);
  const auto step = slash == std::string_view::npos
                        ? std::optional<std::uint32_t>(1)
                        : parse_decimal(text.substr(slash + 1), step_max);
  if (!first || !last || !step || *step == 0 || *last < *first) return invalid();
  return GenerateRange{*first, *last, *step};
}

Result<std::string> expand_generate(std::string_view pattern, std::uint32_t step,
                                    std::size_t octets_max) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    if (out.size() > octets_max) {
      return base::fail(Errc::TooLarge, "$GENERATE: makes too much text");
    }
    const char c = pattern[at];
    if (c == '$') {
      TIDEMARK_TRY_VOID(expand_step(pattern, at, step, out));
      continue;
    }
    out.push_back(c);
    ++at;
    if (c == '\\' && at < pattern.size()) out.push_back(pattern[at++]);
  }
  return out;
}

}  // namespace tidemark::dns
