// Character-strings (RFC 1035 section 3.3) and other text of RDATA.
#include <algorithm>

#include "core/dns/rdata_fields.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::size_t char_string_octets_max = 255;

Result<void> read_char_string(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const Token token, in.next());
  TIDEMARK_TRY(const std::string octets, unescape_all(token.text));
  if (octets.size() > char_string_octets_max) {
    return malformed("a string of " + std::to_string(octets.size()) +
                     " octets; one has at most 255, write several");
  }
  out.put_u8(static_cast<std::uint8_t>(octets.size()));
  out.put(octets);
  return {};
}

// The value behind the length octet at the reader.
Result<ByteView> take_counted(Reader& in) {
  const auto length = in.take_u8();
  if (!length) return cut_short();
  const auto value = in.take(*length);
  if (!value) return cut_short();
  return *value;
}

void put_counted(ByteView value, Writer& out) {
  out.put_u8(static_cast<std::uint8_t>(value.size()));
  out.put(value);
}

Result<void> check_char_string(Reader& in, Writer& out) {
  TIDEMARK_TRY(const ByteView value, take_counted(in));
  put_counted(value, out);
  return {};
}

void print_char_string(Reader& in, std::string& out) {
  const std::size_t length = take_checked(in, 1)[0];
  append_quoted(out, take_checked(in, length));
}

Result<void> read_char_strings(TokenCursor& in, Writer& out) {
  do {
    TIDEMARK_TRY_VOID(read_char_string(in, out));
  } while (!in.at_end());
  return {};
}

Result<void> check_char_strings(Reader& in, Writer& out) {
  do {
    TIDEMARK_TRY_VOID(check_char_string(in, out));
  } while (!in.at_end());
  return {};
}

void print_char_strings(Reader& in, std::string& out) {
  for (bool first = true; !in.at_end(); first = false) {
    if (!first) out.push_back(' ');
    print_char_string(in, out);
  }
}

Result<void> read_text(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const Token token, in.next());
  TIDEMARK_TRY(const std::string octets, unescape_all(token.text));
  out.put(octets);
  return {};
}

Result<void> check_text(Reader& in, Writer& out) {
  out.put(take_checked(in, in.left()));
  return {};
}

void print_text(Reader& in, std::string& out) { append_quoted(out, take_checked(in, in.left())); }

constexpr bool is_letter_or_digit(std::uint8_t octet) noexcept {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
         (octet >= '0' && octet <= '9');
}

// RFC 8659 section 4.1.
Result<void> put_caa_tag(ByteView tag, Writer& out) {
  if (tag.empty() || tag.size() > char_string_octets_max ||
      !std::ranges::all_of(tag, is_letter_or_digit)) {
    return malformed("not 1 to 255 letters and digits");
  }
  put_counted(tag, out);
  return {};
}

Result<void> read_caa_tag(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  return put_caa_tag(base::as_bytes(word), out);
}

Result<void> check_caa_tag(Reader& in, Writer& out) {
  TIDEMARK_TRY(const ByteView tag, take_counted(in));
  return put_caa_tag(tag, out);
}

void print_caa_tag(Reader& in, std::string& out) {
  const std::size_t length = take_checked(in, 1)[0];
  out += base::as_text(take_checked(in, length));
}

}  // namespace

const FieldForm char_string_form{read_char_string, check_char_string, print_char_string};
const FieldForm char_strings_form{read_char_strings, check_char_strings, print_char_strings};
const FieldForm text_form{read_text, check_text, print_text};
const FieldForm caa_tag_form{read_caa_tag, check_caa_tag, print_caa_tag};

}  // namespace tidemark::dns
