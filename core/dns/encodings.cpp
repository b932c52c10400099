#include "core/dns/encodings.hpp"

#include <array>

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::ByteView;

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_digits = "0123456789abcdefghijklmnopqrstuv";
constexpr std::uint8_t no_digit = 255;

using Values = std::array<std::uint8_t, 256>;

enum class Case : std::uint8_t { Exact, Either };

constexpr Values values_of(std::string_view digits, Case letters) {
  Values values;
  values.fill(no_digit);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto c = static_cast<unsigned char>(digits[i]);
    values[c] = static_cast<std::uint8_t>(i);
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (letters == Case::Either && letter) values[c ^ 0x20] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr Values hex_values = values_of(hex_digits, Case::Either);
constexpr Values base64_values = values_of(base64_digits, Case::Exact);
constexpr Values base32_values = values_of(base32_digits, Case::Either);

// Digits of `bits` bits each, most significant first; bits behind the last octet must be 0 and
// fewer than one digit.
std::optional<Bytes> from_digits(std::string_view text, const Values& values, unsigned bits) {
  Bytes octets;
  octets.reserve(text.size() * bits / 8);
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == no_digit) return std::nullopt;
    pending = (pending << bits) | value;
    pending_bits += bits;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      octets.push_back(static_cast<std::uint8_t>(pending >> pending_bits));
      pending &= (1u << pending_bits) - 1;
    }
  }
  if (pending_bits >= bits || pending != 0) return std::nullopt;
  return octets;
}

void append_digits(std::string& out, ByteView octets, std::string_view digits, unsigned bits) {
  std::uint32_t pending = 0;
  unsigned pending_bits = 0;
  for (const std::uint8_t octet : octets) {
    pending = (pending << 8) | octet;
    pending_bits += 8;
    while (pending_bits >= bits) {
      pending_bits -= bits;
      out.push_back(digits[pending >> pending_bits]);
      pending &= (1u << pending_bits) - 1;
    }
  }
  if (pending_bits > 0) out.push_back(digits[pending << (bits - pending_bits)]);
}

}  // namespace

std::optional<Bytes> from_hex(std::string_view text) { return from_digits(text, hex_values, 4); }

void append_hex(std::string& out, ByteView octets) { append_digits(out, octets, hex_digits, 4); }

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return from_digits(text, base64_values, 6);
}

void append_base64(std::string& out, ByteView octets) {
  append_digits(out, octets, base64_digits, 6);
  out.append((3 - octets.size() % 3) % 3, '=');
}

std::optional<Bytes> from_base32hex(std::string_view text) {
  return from_digits(text, base32_values, 5);
}

void append_base32hex(std::string& out, ByteView octets) {
  append_digits(out, octets, base32_digits, 5);
}

}  // namespace tidemark::dns
