// Addresses, and lists of address prefixes (RFC 3123).
#include <algorithm>
#include <optional>

#include "core/dns/address_text.hpp"
#include "core/dns/rdata_fields.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::uint16_t family_ipv4 = 1;  // IANA address family numbers
constexpr std::uint16_t family_ipv6 = 2;
constexpr std::uint8_t negation = 0x80;  // of the octet that holds the length, too

Result<void> read_ipv4(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto address = ipv4_from_text(word);
  if (!address) return malformed("not an IPv4 address: " + std::string(word));
  out.put(*address);
  return {};
}

Result<void> read_ipv6(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto address = ipv6_from_text(word);
  if (!address) return malformed("not an IPv6 address: " + std::string(word));
  out.put(*address);
  return {};
}

template <std::size_t Octets>
Result<void> check_address(Reader& in, Writer& out) {
  const auto address = in.take(Octets);
  if (!address) return cut_short();
  out.put(*address);
  return {};
}

void print_ipv4(Reader& in, std::string& out) { append_ipv4(out, take_checked(in, 4)); }
void print_ipv6(Reader& in, std::string& out) { append_ipv6(out, take_checked(in, 16)); }

// Octets of an address of a family that has a text form; 0 for others.
std::size_t address_octets(std::uint16_t family) noexcept {
  if (family == family_ipv4) return 4;
  return family == family_ipv6 ? 16 : 0;
}

// One item of an APL: its address without trailing zero octets.
struct ApItem {
  std::uint16_t family;
  std::uint8_t prefix;
  bool negated;
  ByteView address;
};

void put_ap_item(const ApItem& item, Writer& out) {
  out.put_u16(item.family);
  out.put_u8(item.prefix);
  const auto length = static_cast<std::uint8_t>(item.address.size());
  out.put_u8(static_cast<std::uint8_t>(item.negated ? length | negation : length));
  out.put(item.address);
}

ByteView without_trailing_zeros(ByteView octets) noexcept {
  while (!octets.empty() && octets.back() == 0) octets = octets.first(octets.size() - 1);
  return octets;
}

Result<void> read_ap_address(std::string_view text, ApItem item, Writer& out) {
  if (item.family == family_ipv4) {
    const auto address = ipv4_from_text(text);
    if (!address) return malformed("not an IPv4 address: " + std::string(text));
    item.address = without_trailing_zeros(*address);
    put_ap_item(item, out);
    return {};
  }
  const auto address = ipv6_from_text(text);
  if (!address) return malformed("not an IPv6 address: " + std::string(text));
  item.address = without_trailing_zeros(*address);
  put_ap_item(item, out);
  return {};
}

// [!]family:address/prefix
Result<void> read_ap_item(std::string_view word, Writer& out) {
  const bool negated = word.starts_with('!');
  if (negated) word.remove_prefix(1);
  const std::size_t colon = word.find(':');
  const std::size_t slash = word.rfind('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash < colon) {
    return malformed("not [!]family:address/prefix: " + std::string(word));
  }
  const auto family = parse_decimal(word.substr(0, colon), family_ipv6);
  if (!family || *family == 0) return malformed("family is neither 1 nor 2");
  const auto bits = static_cast<std::uint32_t>(*family == family_ipv4 ? 32 : 128);
  const auto prefix = parse_decimal(word.substr(slash + 1), bits);
  if (!prefix) return malformed("not a prefix length: " + std::string(word.substr(slash + 1)));
  const ApItem item{static_cast<std::uint16_t>(*family), static_cast<std::uint8_t>(*prefix),
                    negated, ByteView{}};
  return read_ap_address(word.substr(colon + 1, slash - colon - 1), item, out);
}

Result<void> read_ap_items(TokenCursor& in, Writer& out) {
  while (!in.at_end()) {
    TIDEMARK_TRY(const std::string_view word, in.word());
    TIDEMARK_TRY_VOID(read_ap_item(word, out));
  }
  return {};
}

std::optional<ApItem> take_ap_item(Reader& in) noexcept {
  const auto family = in.take_u16();
  const auto prefix = in.take_u8();
  const auto length = in.take_u8();
  if (!family || !prefix || !length) return std::nullopt;
  const auto address = in.take(*length & ~unsigned{negation});
  if (!address) return std::nullopt;
  return ApItem{*family, *prefix, (*length & negation) != 0, *address};
}

Result<void> check_ap_items(Reader& in, Writer& out) {
  while (!in.at_end()) {
    const auto item = take_ap_item(in);
    if (!item) return cut_short();
    if (!item->address.empty() && item->address.back() == 0) {
      return malformed("an address with trailing zero octets");
    }
    const std::size_t room = address_octets(item->family);
    if (room != 0 && (item->address.size() > room || item->prefix > room * 8)) {
      return malformed("an address or prefix too long for its family");
    }
    put_ap_item(*item, out);
  }
  return {};
}

void print_ap_items(Reader& in, std::string& out) {
  for (bool first = true; !in.at_end(); first = false) {
    const auto item = take_ap_item(in);
    if (!item) return;
    if (!first) out.push_back(' ');
    if (item->negated) out.push_back('!');
    out += std::to_string(item->family) + ":";
    Ipv6Octets whole{};
    std::ranges::copy(item->address, whole.begin());
    if (item->family == family_ipv4) {
      append_ipv4(out, base::ByteView(whole).first(4));
    } else {
      append_ipv6(out, whole);
    }
    out += "/" + std::to_string(item->prefix);
  }
}

}  // namespace

bool ap_items_have_text(ByteView rdata) noexcept {
  Reader in(rdata);
  while (!in.at_end()) {
    const auto item = take_ap_item(in);
    if (!item || address_octets(item->family) == 0) return false;
  }
  return true;
}

const FieldForm ipv4_form{read_ipv4, check_address<4>, print_ipv4};
const FieldForm ipv6_form{read_ipv6, check_address<16>, print_ipv6};
const FieldForm ap_items_form{read_ap_items, check_ap_items, print_ap_items};

}  // namespace tidemark::dns
