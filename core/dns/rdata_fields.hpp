// The kinds of fields that RDATA is made of. Each has three sides: text to wire, wire to canonical
// wire, canonical wire to text. One file a family: field_number, field_name, field_text,
// field_octets, field_address, field_bitmap, field_location, field_service.
//
// Errors  read and check say what is wrong with the field; the rule puts type and field in front.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {

// The tokens of one record's RDATA, from left to right.
class TokenCursor {
 public:
  // Without an origin a relative name is an error.
  TokenCursor(std::span<const Token> tokens, std::optional<NameView> origin)
      : tokens_(tokens), origin_(origin) {}

  base::Result<NameOctets> name();
  bool at_end() const noexcept { return taken_ == tokens_.size(); }
  std::size_t taken() const noexcept { return taken_; }
  const Token* peek() const noexcept { return at_end() ? nullptr : &tokens_[taken_]; }
  base::Result<Token> next();
  base::Result<std::string_view> word();  // a token that must not be quoted
  base::Result<std::string> joined();     // all that is left, for digests and keys; at least one

 private:
  std::span<const Token> tokens_;
  std::optional<NameView> origin_;
  std::size_t taken_ = 0;
};

enum class Field : std::uint8_t {
  None,
  U8,
  U16,
  U32,
  Seconds,      // u32; text may have units
  Time,         // u32; YYYYMMDDHHmmSS
  TypeCode,     // u16; a type's name
  Algorithm,    // u8; a DNSSEC algorithm, text may be its mnemonic
  CertType,     // u16; text may be a mnemonic of RFC 4398
  Name,         // lower-cased in canonical form
  NameAsSent,   // letter case kept
  CharString,   // length octet and octets
  CharStrings,  // one or more, to the end
  Text,         // octets to the end, without a length octet
  CaaTag,       // length octet and letters or digits
  Hex,          // octets to the end, at least one
  Base64,       // octets to the end, at least one
  Salt,         // length octet and octets; hexadecimal, "-" if empty
  HashedOwner,  // length octet and octets; base32hex
  Ipv4,
  Ipv6,
  Eui48,
  Eui64,
  Bitmap,    // the set of types of NSEC, to the end
  ApItems,   // RFC 3123, to the end
  Location,  // RFC 1876, all of the RDATA
  Service,   // SvcParams of RFC 9460, to the end
  Pool,      // the name of a pool, all of the RDATA
};

struct FieldForm {
  base::Result<void> (*read)(TokenCursor& in, base::Writer& out);
  base::Result<void> (*check)(base::Reader& in, base::Writer& out);  // writes the canonical octets
  void (*print)(base::Reader& in, std::string& out);  // Requires what check has let through
};

const FieldForm& form_of(Field field) noexcept;

// One family a line; form_of puts them together.
extern const FieldForm u8_form, u16_form, u32_form, seconds_form, time_form, type_code_form,
    algorithm_form, cert_type_form;
extern const FieldForm name_form, name_as_sent_form, pool_form;
extern const FieldForm char_string_form, char_strings_form, text_form, caa_tag_form;
extern const FieldForm hex_form, base64_form, salt_form, hashed_owner_form, eui48_form, eui64_form;
extern const FieldForm ipv4_form, ipv6_form, ap_items_form;
extern const FieldForm bitmap_form;
extern const FieldForm location_form;
extern const FieldForm service_form;

[[nodiscard]] inline std::unexpected<base::Error> malformed(std::string what) {
  return base::fail(base::Errc::Invalid, std::move(what));
}
[[nodiscard]] inline std::unexpected<base::Error> cut_short() { return malformed("cut short"); }

// Octets that print may take without asking: check has seen that they are there.
base::ByteView take_checked(base::Reader& in, std::size_t octets) noexcept;

// rdata_from_text on a cursor: behind an error taken() tells which token was read last.
base::Result<base::Bytes> rdata_from_tokens(RrType type, TokenCursor& in);

// Forms whose text says less than their octets may hold: such RDATA is written as "\# len hex".
bool location_has_text(base::ByteView rdata) noexcept;
bool ap_items_have_text(base::ByteView rdata) noexcept;

}  // namespace tidemark::dns
