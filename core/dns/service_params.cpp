#include "core/dns/service_params.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/dns/address_text.hpp"
#include "core/dns/encodings.hpp"
#include "core/dns/rdata_fields.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::array<std::string_view, 8> key_names{
    "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath"};
constexpr std::string_view numbered_key = "key";

std::unexpected<base::Error> wrong(std::string what) {
  return base::fail(Errc::Invalid, std::move(what));
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

// RFC 9460 appendix A.1: inside an item a comma or backslash stands behind a backslash.
Result<std::vector<std::string>> split_list(std::string_view octets) {
  std::vector<std::string> items(1);
  for (std::size_t at = 0; at < octets.size(); ++at) {
    if (octets[at] == ',') {
      items.emplace_back();
      continue;
    }
    if (octets[at] == '\\') ++at;
    if (at == octets.size()) return wrong("a list ends in a backslash");
    items.back().push_back(octets[at]);
  }
  return items;
}

Result<Bytes> mandatory_from_text(std::string_view text) {
  std::vector<std::uint16_t> keys;
  for (const std::string_view part : split_at_commas(text)) {
    const auto key = service_key_from_text(part);
    if (!key) return wrong("not a key: " + std::string(part));
    keys.push_back(std::to_underlying(*key));
  }
  std::ranges::sort(keys);
  Writer out;
  for (const std::uint16_t key : keys) out.put_u16(key);
  return std::move(out).take();
}

Result<Bytes> alpn_from_text(std::string_view text) {
  TIDEMARK_TRY(const std::string octets, unescape_all(text));
  TIDEMARK_TRY(const std::vector<std::string> ids, split_list(octets));
  Writer out;
  for (const std::string& id : ids) {
    if (id.empty() || id.size() > 255) return wrong("a protocol id has 1 to 255 octets");
    out.put_u8(static_cast<std::uint8_t>(id.size()));
    out.put(id);
  }
  return std::move(out).take();
}

Result<Bytes> port_from_text(std::string_view text) {
  const auto port = parse_decimal(text, 65535);
  if (!port) return wrong("not a port: " + std::string(text));
  Writer out;
  out.put_u16(static_cast<std::uint16_t>(*port));
  return std::move(out).take();
}

Result<Bytes> ipv4hint_from_text(std::string_view text) {
  Writer out;
  for (const std::string_view part : split_at_commas(text)) {
    const auto address = ipv4_from_text(part);
    if (!address) return wrong("not an IPv4 address: " + std::string(part));
    out.put(*address);
  }
  return std::move(out).take();
}

Result<Bytes> ipv6hint_from_text(std::string_view text) {
  Writer out;
  for (const std::string_view part : split_at_commas(text)) {
    const auto address = ipv6_from_text(part);
    if (!address) return wrong("not an IPv6 address: " + std::string(part));
    out.put(*address);
  }
  return std::move(out).take();
}

Result<Bytes> ech_from_text(std::string_view text) {
  auto octets = from_base64(text);
  if (!octets) return wrong("not base64");
  return *std::move(octets);
}

Result<Bytes> opaque_from_text(std::string_view text) {
  TIDEMARK_TRY(const std::string octets, unescape_all(text));
  const ByteView view = base::as_bytes(octets);
  return Bytes(view.begin(), view.end());
}

// RFC 9460 section 8: ascending, so that equal sets have equal octets; never itself.
Result<void> check_mandatory(ByteView value) {
  if (value.empty() || value.size() % 2 != 0) return wrong("not a list of keys");
  int last = 0;
  Reader in(value);
  while (const auto key = in.take_u16()) {
    if (*key == 0) return wrong("mandatory names itself");
    if (*key <= last) return wrong("keys that do not ascend");
    last = *key;
  }
  return {};
}

Result<void> check_alpn(ByteView value) {
  if (value.empty()) return wrong("no protocol id");
  for (Reader in(value); !in.at_end();) {
    const auto length = in.take_u8();
    if (!length || *length == 0 || !in.take(*length)) return wrong("a protocol id cut short");
  }
  return {};
}

Result<void> check_multiple_of(ByteView value, std::size_t octets) {
  if (value.empty() || value.size() % octets != 0) return wrong("not a list of addresses");
  return {};
}

bool needs_list_escape(std::uint8_t octet) noexcept { return octet == ',' || octet == '\\'; }

void append_alpn(std::string& out, ByteView value) {
  Bytes list;
  for (Reader in(value); !in.at_end();) {
    if (!list.empty()) list.push_back(',');
    const ByteView id = take_checked(in, take_checked(in, 1)[0]);
    for (const std::uint8_t octet : id) {
      if (needs_list_escape(octet)) list.push_back('\\');
      list.push_back(octet);
    }
  }
  append_quoted(out, list);
}

void append_keys(std::string& out, ByteView value) {
  Reader in(value);
  while (const auto key = in.take_u16()) {
    out += to_text(static_cast<ServiceKey>(*key));
    if (!in.at_end()) out.push_back(',');
  }
}

void append_addresses(std::string& out, ByteView value, std::size_t octets) {
  Reader in(value);
  while (const auto address = in.take(octets)) {
    if (octets == 4) append_ipv4(out, *address);
    if (octets == 16) append_ipv6(out, *address);
    if (!in.at_end()) out.push_back(',');
  }
}

}  // namespace

std::optional<ServiceKey> service_key_from_text(std::string_view text) noexcept {
  for (std::size_t i = 0; i < key_names.size(); ++i) {
    if (text == key_names[i]) return static_cast<ServiceKey>(i);
  }
  if (!text.starts_with(numbered_key)) return std::nullopt;
  text.remove_prefix(numbered_key.size());
  const auto number = parse_decimal(text, 65534);
  if (!number || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return static_cast<ServiceKey>(*number);
}

std::string to_text(ServiceKey key) {
  const auto number = std::to_underlying(key);
  if (number < key_names.size()) return std::string(key_names[number]);
  return std::string(numbered_key) + std::to_string(number);
}

Result<Bytes> service_value_from_text(ServiceKey key, std::string_view text) {
  switch (key) {
    case ServiceKey::Mandatory:     return mandatory_from_text(text);
    case ServiceKey::Alpn:          return alpn_from_text(text);
    case ServiceKey::Port:          return port_from_text(text);
    case ServiceKey::Ipv4hint:      return ipv4hint_from_text(text);
    case ServiceKey::Ipv6hint:      return ipv6hint_from_text(text);
    case ServiceKey::Ech:           return ech_from_text(text);
    case ServiceKey::NoDefaultAlpn:
    case ServiceKey::Dohpath:
    case ServiceKey::Invalid:       break;
  }
  return opaque_from_text(text);
}

Result<void> check_service_value(ServiceKey key, ByteView value) {
  switch (key) {
    case ServiceKey::Mandatory: return check_mandatory(value);
    case ServiceKey::Alpn:      return check_alpn(value);
    case ServiceKey::NoDefaultAlpn:
      if (!value.empty()) return wrong("takes no value");
      return {};
    case ServiceKey::Port:
      if (value.size() != 2) return wrong("not 2 octets");
      return {};
    case ServiceKey::Ipv4hint: return check_multiple_of(value, 4);
    case ServiceKey::Ipv6hint: return check_multiple_of(value, 16);
    case ServiceKey::Ech:
    case ServiceKey::Dohpath:
      if (value.empty()) return wrong("empty");
      return {};
    case ServiceKey::Invalid: return wrong("key 65535 is invalid");
  }
  return {};
}

void append_service_value(std::string& out, ServiceKey key, ByteView value) {
  if (value.empty()) return;
  out.push_back('=');
  switch (key) {
    case ServiceKey::Mandatory:     append_keys(out, value); return;
    case ServiceKey::Alpn:          append_alpn(out, value); return;
    case ServiceKey::Port:          out += std::to_string(base::load_u16(value.data())); return;
    case ServiceKey::Ipv4hint:      append_addresses(out, value, 4); return;
    case ServiceKey::Ipv6hint:      append_addresses(out, value, 16); return;
    case ServiceKey::Ech:           append_base64(out, value); return;
    case ServiceKey::NoDefaultAlpn:
    case ServiceKey::Dohpath:
    case ServiceKey::Invalid:       break;
  }
  append_quoted(out, value);
}

}  // namespace tidemark::dns
