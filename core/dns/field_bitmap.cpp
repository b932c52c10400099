// The set of types of NSEC, NSEC3 and CSYNC (RFC 4034 section 4.1.2).
#include <algorithm>
#include <array>
#include <vector>

#include "core/dns/rdata_fields.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::size_t window_octets_max = 32;  // 256 types a window, one bit each

struct Window {
  std::uint8_t number;
  std::array<std::uint8_t, window_octets_max> bits{};
  std::size_t octets = 0;  // up to the last one that is not 0
};

void put_window(const Window& window, Writer& out) {
  if (window.octets == 0) return;
  out.put_u8(window.number);
  out.put_u8(static_cast<std::uint8_t>(window.octets));
  out.put(ByteView(window.bits).first(window.octets));
}

void put_types(std::vector<std::uint16_t>& types, Writer& out) {
  std::ranges::sort(types);
  Window window{0};
  for (const std::uint16_t type : types) {
    const auto number = static_cast<std::uint8_t>(type >> 8);
    if (number != window.number) {
      put_window(window, out);
      window = Window{number};
    }
    const std::size_t octet = (type & 0xff) / 8;
    window.bits[octet] = static_cast<std::uint8_t>(window.bits[octet] | (0x80 >> (type % 8)));
    window.octets = octet + 1;
  }
  put_window(window, out);
}

Result<void> read_bitmap(TokenCursor& in, Writer& out) {
  std::vector<std::uint16_t> types;
  while (!in.at_end()) {
    TIDEMARK_TRY(const std::string_view word, in.word());
    const auto type = rr_type_from_text(word);
    if (!type) return malformed("not a type: " + std::string(word));
    types.push_back(static_cast<std::uint16_t>(*type));
  }
  put_types(types, out);
  return {};
}

Result<void> check_bitmap(Reader& in, Writer& out) {
  int last_window = -1;
  while (!in.at_end()) {
    const auto number = in.take_u8();
    const auto length = in.take_u8();
    if (!number || !length) return cut_short();
    if (*number <= last_window) return malformed("windows that do not ascend");
    if (*length == 0 || *length > window_octets_max) return malformed("a window of a wrong length");
    const auto bits = in.take(*length);
    if (!bits) return cut_short();
    if (bits->back() == 0) return malformed("a window that ends in a zero octet");
    last_window = *number;
    out.put_u8(*number);
    out.put_u8(*length);
    out.put(*bits);
  }
  return {};
}

void print_bitmap(Reader& in, std::string& out) {
  bool first = true;
  while (!in.at_end()) {
    const ByteView head = take_checked(in, 2);
    const ByteView bits = take_checked(in, head[1]);
    for (std::size_t bit = 0; bit < bits.size() * 8; ++bit) {
      if ((bits[bit / 8] & (0x80 >> (bit % 8))) == 0) continue;
      if (!first) out.push_back(' ');
      first = false;
      out += to_text(static_cast<RrType>(std::size_t{head[0]} * 256 + bit));
    }
  }
}

}  // namespace

const FieldForm bitmap_form{read_bitmap, check_bitmap, print_bitmap};

}  // namespace tidemark::dns
