#include "schemas/json_writer.hpp"

namespace tidemark::schemas {

namespace {

// Length of the UTF-8 sequence at the front of `text` (RFC 3629); 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto octet = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = octet(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((octet(at) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = octet(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_high = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

void append_escaped(std::string& out, char c) {
  constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"':  out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\t': out += "\\t"; return;
    default:   break;
  }
  const auto octet = static_cast<unsigned char>(c);
  if (octet >= 0x20 && octet != 0x7f) {
    out += c;
  } else {
    out += {'\\', 'u', '0', '0', hex[octet >> 4], hex[octet & 15]};
  }
}

}  // namespace

void JsonWriter::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::literal(std::string_view value) {
  comma();
  out_ += value;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  text(name);
  out_ += ':';
  first_ = true;  // the value follows without a comma
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  comma();
  out_ += '"';
  while (!value.empty()) {
    const std::size_t length = utf8_length(value);
    if (length == 1) {
      append_escaped(out_, value[0]);
    } else if (length == 0) {
      out_ += "\xef\xbf\xbd";
    } else {
      out_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) { return literal(std::to_string(value)); }
JsonWriter& JsonWriter::signed_number(std::int64_t value) { return literal(std::to_string(value)); }
JsonWriter& JsonWriter::boolean(bool value) { return literal(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return literal("null"); }

}  // namespace tidemark::schemas
