// Octets without inner form: digests, keys, salts, hashed owners, hardware addresses.
#include "core/base/hash.hpp"
#include "core/dns/encodings.hpp"
#include "core/dns/rdata_fields.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

Result<void> read_hex(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string digits, in.joined());
  const auto octets = from_hex(digits);
  if (!octets) return malformed("not hexadecimal");
  out.put(*octets);
  return {};
}

Result<void> read_base64(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string digits, in.joined());
  const auto octets = from_base64(digits);
  if (!octets) return malformed("not base64");
  out.put(*octets);
  return {};
}

Result<void> check_rest(Reader& in, Writer& out) {
  if (in.at_end()) return malformed("empty");
  out.put(take_checked(in, in.left()));
  return {};
}

void print_hex(Reader& in, std::string& out) { append_hex(out, take_checked(in, in.left())); }
void print_base64(Reader& in, std::string& out) { append_base64(out, take_checked(in, in.left())); }

Result<void> put_counted(ByteView octets, Writer& out) {
  if (octets.size() > UINT8_MAX) return malformed("more than 255 octets");
  out.put_u8(static_cast<std::uint8_t>(octets.size()));
  out.put(octets);
  return {};
}

Result<void> check_counted(Reader& in, Writer& out) {
  const auto length = in.take_u8();
  const auto octets = length ? in.take(*length) : std::nullopt;
  if (!octets) return cut_short();
  return put_counted(*octets, out);
}

Result<void> read_salt(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto octets = word == "-" ? Bytes{} : from_hex(word);
  if (!octets) return malformed("neither hexadecimal nor -");
  return put_counted(*octets, out);
}

void print_salt(Reader& in, std::string& out) {
  const std::size_t length = take_checked(in, 1)[0];
  if (length == 0) out.push_back('-');
  append_hex(out, take_checked(in, length));
}

Result<void> read_hashed_owner(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto octets = from_base32hex(word);
  if (!octets || octets->empty()) return malformed("not base32hex");
  return put_counted(*octets, out);
}

Result<void> check_hashed_owner(Reader& in, Writer& out) {
  if (in.at_end() || in.rest()[0] == 0) return malformed("empty");
  return check_counted(in, out);
}

void print_hashed_owner(Reader& in, std::string& out) {
  const std::size_t length = take_checked(in, 1)[0];
  append_base32hex(out, take_checked(in, length));
}

// RFC 7043: pairs of digits with hyphens between them.
template <std::size_t Octets>
Result<void> read_eui(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  if (word.size() != Octets * 3 - 1) return malformed("not " + std::to_string(Octets) + " pairs");
  for (std::size_t at = 0; at < word.size(); at += 3) {
    const auto octet = from_hex(word.substr(at, 2));
    const bool hyphen = at + 2 == word.size() || word[at + 2] == '-';
    if (!octet || !hyphen) return malformed("not hexadecimal pairs with hyphens");
    out.put(*octet);
  }
  return {};
}

template <std::size_t Octets>
Result<void> check_eui(Reader& in, Writer& out) {
  const auto taken = in.take(Octets);
  if (!taken) return cut_short();
  out.put(*taken);
  return {};
}

template <std::size_t Octets>
void print_eui(Reader& in, std::string& out) {
  const ByteView address = take_checked(in, Octets);
  for (std::size_t i = 0; i < Octets; ++i) {
    if (i > 0) out.push_back('-');
    out += base::to_hex(address.subspan(i, 1));
  }
}

}  // namespace

const FieldForm hex_form{read_hex, check_rest, print_hex};
const FieldForm base64_form{read_base64, check_rest, print_base64};
const FieldForm salt_form{read_salt, check_counted, print_salt};
const FieldForm hashed_owner_form{read_hashed_owner, check_hashed_owner, print_hashed_owner};
const FieldForm eui48_form{read_eui<6>, check_eui<6>, print_eui<6>};
const FieldForm eui64_form{read_eui<8>, check_eui<8>, print_eui<8>};

}  // namespace tidemark::dns
