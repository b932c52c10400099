// Names in RDATA, and the one name that is not a domain name: that of a pool.
#include <algorithm>

#include "core/dns/rdata_fields.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

void put_folded(ByteView wire, Writer& out) {
  std::array<std::uint8_t, name_octets_max> folded;
  fold_case(wire, folded.data());
  out.put(ByteView(folded).first(wire.size()));
}

Result<ByteView> take_wire(Reader& in) {
  const std::size_t octets = wire_length(in.rest());
  if (octets == 0) return malformed("not an uncompressed name");
  return take_checked(in, octets);
}

Result<void> read_name(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const NameOctets name, in.name());
  put_folded(name.view(), out);
  return {};
}

Result<void> read_name_as_sent(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const NameOctets name, in.name());
  out.put(name.view());
  return {};
}

Result<void> check_name(Reader& in, Writer& out) {
  TIDEMARK_TRY(const ByteView wire, take_wire(in));
  put_folded(wire, out);
  return {};
}

Result<void> check_name_as_sent(Reader& in, Writer& out) {
  TIDEMARK_TRY(const ByteView wire, take_wire(in));
  out.put(wire);
  return {};
}

void print_name(Reader& in, std::string& out) {
  out += name_octets_to_text(take_checked(in, wire_length(in.rest())));
}

constexpr bool is_pool_octet(std::uint8_t octet) noexcept {
  return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' ||
         octet == '_' || octet == '.';
}

Result<void> put_pool(ByteView name, Writer& out) {
  if (name.empty() || name.size() > label_octets_max) {
    return malformed("the name of a pool has 1 to 63 characters");
  }
  if (!std::ranges::all_of(name, is_pool_octet)) {
    return malformed("the name of a pool is made of a-z 0-9 - _ .");
  }
  out.put(name);
  return {};
}

Result<void> read_pool(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  return put_pool(base::as_bytes(word), out);
}

Result<void> check_pool(Reader& in, Writer& out) {
  return put_pool(take_checked(in, in.left()), out);
}

void print_pool(Reader& in, std::string& out) { out += base::as_text(take_checked(in, in.left())); }

}  // namespace

const FieldForm name_form{read_name, check_name, print_name};
const FieldForm name_as_sent_form{read_name_as_sent, check_name_as_sent, print_name};
const FieldForm pool_form{read_pool, check_pool, print_pool};

}  // namespace tidemark::dns
