#include "core/dns/rdata_fields.hpp"

#include <utility>

#include "core/base/check.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

base::Result<Token> TokenCursor::next() {
  if (at_end()) return malformed("missing");
  return tokens_[taken_++];
}

base::Result<std::string_view> TokenCursor::word() {
  TIDEMARK_TRY(const Token token, next());
  if (token.quoted) return malformed("must not be quoted");
  return token.text;
}

base::Result<std::string> TokenCursor::joined() {
  TIDEMARK_TRY(const std::string_view first, word());
  std::string all(first);
  while (!at_end()) {
    TIDEMARK_TRY(const std::string_view further, word());
    all.append(further);
  }
  return all;
}

base::Result<NameOctets> TokenCursor::name() {
  TIDEMARK_TRY(const std::string_view text, word());
  if (origin_) return name_octets_from_text(text, *origin_);
  if (!ends_in_dot(text)) return malformed("a relative name without an origin");
  return name_octets_from_text(text, Name::root());
}

base::ByteView take_checked(base::Reader& in, std::size_t octets) noexcept {
  const auto taken = in.take(octets);
  TIDEMARK_CHECK(taken, "RDATA is printed only after it was checked");
  return *taken;
}

const FieldForm& form_of(Field field) noexcept {
  switch (field) {
    case Field::None:        break;
    case Field::U8:          return u8_form;
    case Field::U16:         return u16_form;
    case Field::U32:         return u32_form;
    case Field::Seconds:     return seconds_form;
    case Field::Time:        return time_form;
    case Field::TypeCode:    return type_code_form;
    case Field::Algorithm:   return algorithm_form;
    case Field::CertType:    return cert_type_form;
    case Field::Name:        return name_form;
    case Field::NameAsSent:  return name_as_sent_form;
    case Field::CharString:  return char_string_form;
    case Field::CharStrings: return char_strings_form;
    case Field::Text:        return text_form;
    case Field::CaaTag:      return caa_tag_form;
    case Field::Hex:         return hex_form;
    case Field::Base64:      return base64_form;
    case Field::Salt:        return salt_form;
    case Field::HashedOwner: return hashed_owner_form;
    case Field::Ipv4:        return ipv4_form;
    case Field::Ipv6:        return ipv6_form;
    case Field::Eui48:       return eui48_form;
    case Field::Eui64:       return eui64_form;
    case Field::Bitmap:      return bitmap_form;
    case Field::ApItems:     return ap_items_form;
    case Field::Location:    return location_form;
    case Field::Service:     return service_form;
    case Field::Pool:        return pool_form;
  }
  std::unreachable();
}

}  // namespace tidemark::dns
