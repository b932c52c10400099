#include "core/dns/address_text.hpp"

#include <algorithm>

#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

constexpr std::size_t groups_max = 8;

struct Groups {
  std::array<std::uint16_t, groups_max> group{};
  std::size_t count = 0;
};

std::optional<std::uint16_t> group_from_text(std::string_view text) noexcept {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    const char lower = to_lower(c);
    if (is_digit(c)) {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<unsigned>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return static_cast<std::uint16_t>(value);
}

// Appends the IPv4 address that may end an IPv6 one as its last two groups.
bool append_embedded_ipv4(std::string_view text, Groups& groups) noexcept {
  const auto octets = ipv4_from_text(text);
  if (!octets || groups.count + 2 > groups_max) return false;
  groups.group[groups.count++] = base::load_u16(&(*octets)[0]);
  groups.group[groups.count++] = base::load_u16(&(*octets)[2]);
  return true;
}

// One side of a "::": groups between colons, or nothing at all.
std::optional<Groups> groups_from_text(std::string_view text) noexcept {
  Groups groups;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && part.contains('.')) {
      return append_embedded_ipv4(part, groups) ? std::optional(groups) : std::nullopt;
    }
    const auto group = group_from_text(part);
    if (!group || groups.count == groups_max) return std::nullopt;
    groups.group[groups.count++] = *group;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return groups;
}

// The longest run of zero groups, the first of equals; RFC 5952 shortens it if it has two or more.
struct ZeroRun {
  std::size_t begin = groups_max;
  std::size_t length = 1;
};

ZeroRun longest_zero_run(const std::array<std::uint16_t, groups_max>& groups) noexcept {
  ZeroRun best;
  for (std::size_t begin = 0; begin < groups_max; ++begin) {
    std::size_t end = begin;
    while (end < groups_max && groups[end] == 0) ++end;
    if (end - begin > best.length) best = {begin, end - begin};
  }
  return best;
}

void append_group(std::string& out, std::uint16_t group) {
  constexpr std::string_view digits = "0123456789abcdef";
  bool begun = false;
  for (unsigned shift = 16; shift > 0;) {
    shift -= 4;
    const unsigned digit = (group >> shift) & 0xf;
    begun = begun || digit != 0 || shift == 0;
    if (begun) out.push_back(digits[digit]);
  }
}

}  // namespace

std::optional<Ipv4Octets> ipv4_from_text(std::string_view text) noexcept {
  Ipv4Octets octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const std::string_view part = text.substr(0, dot);
    const auto octet = parse_decimal(part, 255);
    if (!octet || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(*octet);
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return octets;
}

std::optional<Ipv6Octets> ipv6_from_text(std::string_view text) noexcept {
  const std::size_t gap = text.find("::");
  const auto front = groups_from_text(text.substr(0, gap));
  const auto back = gap == std::string_view::npos ? std::optional<Groups>(Groups{})
                                                  : groups_from_text(text.substr(gap + 2));
  if (!front || !back) return std::nullopt;
  // An IPv4 part may only stand at the very end.
  if (gap != std::string_view::npos && text.substr(0, gap).contains('.')) return std::nullopt;
  const std::size_t present = front->count + back->count;
  if (gap == std::string_view::npos ? present != groups_max : present >= groups_max) {
    return std::nullopt;
  }
  std::array<std::uint16_t, groups_max> groups{};
  std::copy_n(front->group.begin(), front->count, groups.begin());
  std::copy_n(back->group.begin(), back->count,
              groups.end() - static_cast<std::ptrdiff_t>(back->count));
  Ipv6Octets octets;
  for (std::size_t i = 0; i < groups_max; ++i) base::store_u16(&octets[2 * i], groups[i]);
  return octets;
}

void append_ipv4(std::string& out, base::ByteView octets) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) out.push_back('.');
    const unsigned octet = octets[i];
    if (octet >= 100) out.push_back(static_cast<char>('0' + octet / 100));
    if (octet >= 10) out.push_back(static_cast<char>('0' + octet / 10 % 10));
    out.push_back(static_cast<char>('0' + octet % 10));
  }
}

void append_ipv6(std::string& out, base::ByteView octets) {
  std::array<std::uint16_t, groups_max> groups;
  for (std::size_t i = 0; i < groups_max; ++i) groups[i] = base::load_u16(&octets[2 * i]);
  const ZeroRun gap = longest_zero_run(groups);
  for (std::size_t i = 0; i < groups_max; ++i) {
    if (i == gap.begin) {
      out.append("::");
      i += gap.length - 1;
      continue;
    }
    const bool behind_gap = gap.begin < groups_max && i == gap.begin + gap.length;
    if (i > 0 && !behind_gap) out.push_back(':');
    append_group(out, groups[i]);
  }
}

}  // namespace tidemark::dns
