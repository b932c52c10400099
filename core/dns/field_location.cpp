// LOC (RFC 1876): a place on the earth. Version 0 has a text form; others travel as they are.
//   52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
#include <algorithm>
#include <array>
#include <optional>

#include "core/dns/rdata_fields.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::size_t location_octets = 16;
constexpr std::uint32_t equator =
    0x80000000u;  // also the prime meridian; unit 1/1000 second of arc
constexpr std::uint32_t degree = 3600000;
constexpr std::uint32_t altitude_base = 10000000;  // cm below the reference spheroid

// A decimal with up to `places` digits behind the point, in units of its last place.
std::optional<std::uint64_t> parse_fixed(std::string_view text, std::size_t places) noexcept {
  const std::size_t point = text.find('.');
  const auto whole = parse_decimal(text.substr(0, point), UINT32_MAX);
  if (!whole) return std::nullopt;
  std::string_view digits = point == std::string_view::npos ? "" : text.substr(point + 1);
  const bool bare_point = point != std::string_view::npos && digits.empty();
  if (bare_point || digits.size() > places) return std::nullopt;
  std::uint64_t value = *whole;
  for (std::size_t i = 0; i < places; ++i) {
    const char digit = i < digits.size() ? digits[i] : '0';
    if (!is_digit(digit)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

struct Axis {
  std::uint32_t degrees_max;
  char positive, negative;
};
constexpr Axis latitude{90, 'n', 's'};
constexpr Axis longitude{180, 'e', 'w'};

// degrees [minutes [seconds[.fraction]]] letter
Result<std::uint32_t> take_angle(TokenCursor& in, const Axis& axis) {
  std::uint64_t angle = 0;
  constexpr std::array<std::uint32_t, 3> units{degree, degree / 60, 1};
  for (std::size_t i = 0; i <= units.size(); ++i) {
    TIDEMARK_TRY(const std::string_view word, in.word());
    const char letter = word.size() == 1 ? to_lower(word[0]) : ' ';
    if (i > 0 && (letter == axis.positive || letter == axis.negative)) {
      if (angle > std::uint64_t{axis.degrees_max} * degree) return malformed("angle too large");
      const auto offset = static_cast<std::uint32_t>(angle);
      return letter == axis.positive ? equator + offset : equator - offset;
    }
    if (i == units.size()) break;
    const bool seconds = i == 2;
    const auto part = parse_fixed(word, seconds ? 3 : 0);
    const std::uint32_t limit = seconds ? 60000 : (i == 1 ? 60 : axis.degrees_max + 1);
    if (!part || *part >= limit) return malformed("not an angle: " + std::string(word));
    angle += *part * units[i];
  }
  return malformed("an angle must end in one of N S E W");
}

std::string_view without_unit(std::string_view word) noexcept {
  if (!word.empty() && to_lower(word.back()) == 'm') word.remove_suffix(1);
  return word;
}

Result<std::uint32_t> take_altitude(TokenCursor& in) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  std::string_view metres = without_unit(word);
  const bool below = metres.starts_with('-');
  if (below) metres.remove_prefix(1);
  const auto cm = parse_fixed(metres, 2);
  const std::uint64_t limit = below ? altitude_base : UINT32_MAX - altitude_base;
  if (!cm || *cm > limit) return malformed("not an altitude: " + std::string(word));
  const auto offset = static_cast<std::uint32_t>(*cm);
  return below ? altitude_base - offset : altitude_base + offset;
}

// One digit and an exponent; what lies behind the first digit is cut off, as in the RFC's own code.
std::uint8_t to_digit_and_exponent(std::uint64_t cm) noexcept {
  unsigned exponent = 0;
  for (; cm >= 10; cm /= 10) ++exponent;
  return static_cast<std::uint8_t>(cm << 4 | exponent);
}

Result<std::uint8_t> take_precision(TokenCursor& in, std::uint8_t otherwise) {
  if (in.at_end()) return otherwise;
  constexpr std::uint64_t cm_max = 9000000000;  // 9e9
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto cm = parse_fixed(without_unit(word), 2);
  if (!cm || *cm > cm_max) return malformed("not a size or precision: " + std::string(word));
  return to_digit_and_exponent(*cm);
}

Result<void> read_location(TokenCursor& in, Writer& out) {
  constexpr std::uint8_t size = 0x12, horizontal = 0x16, vertical = 0x13;  // 1 m, 10 km, 10 m
  TIDEMARK_TRY(const std::uint32_t north, take_angle(in, latitude));
  TIDEMARK_TRY(const std::uint32_t east, take_angle(in, longitude));
  TIDEMARK_TRY(const std::uint32_t altitude, take_altitude(in));
  out.put_u8(0);  // version
  for (const std::uint8_t otherwise : {size, horizontal, vertical}) {
    TIDEMARK_TRY(const std::uint8_t precision, take_precision(in, otherwise));
    out.put_u8(precision);
  }
  out.put_u32(north);
  out.put_u32(east);
  out.put_u32(altitude);
  return {};
}

bool is_precision(std::uint8_t octet) noexcept {
  const unsigned digit = octet >> 4, exponent = octet & 0xf;
  return digit <= 9 && exponent <= 9 && (digit != 0 || exponent == 0);
}

bool is_angle(std::uint32_t angle, const Axis& axis) noexcept {
  const std::uint32_t reach = axis.degrees_max * degree;
  return angle >= equator - reach && angle <= equator + reach;
}

Result<void> check_location(Reader& in, Writer& out) {
  if (in.at_end()) return cut_short();
  const ByteView all = take_checked(in, in.left());
  out.put(all);
  if (all[0] != 0) return {};  // what another version means is not known
  if (all.size() != location_octets) return malformed("not 16 octets");
  if (!std::ranges::all_of(all.subspan(1, 3), is_precision)) {
    return malformed("a size or precision that is not a digit and an exponent");
  }
  if (!is_angle(base::load_u32(&all[4]), latitude)) return malformed("latitude beyond a pole");
  if (!is_angle(base::load_u32(&all[8]), longitude))
    return malformed("longitude beyond 180 degrees");
  return {};
}

void append_padded(std::string& out, std::uint64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void print_angle(std::uint32_t angle, const Axis& axis, std::string& out) {
  const bool positive = angle >= equator;
  const std::uint32_t offset = positive ? angle - equator : equator - angle;
  out += std::to_string(offset / degree) + " " + std::to_string(offset / (degree / 60) % 60) + " ";
  out += std::to_string(offset / 1000 % 60) + ".";
  append_padded(out, offset % 1000, 3);
  out.push_back(' ');
  out.push_back(static_cast<char>((positive ? axis.positive : axis.negative) - ('a' - 'A')));
}

void print_metres(std::uint64_t cm, std::string& out) {
  out += std::to_string(cm / 100) + ".";
  append_padded(out, cm % 100, 2);
  out.push_back('m');
}

void print_location(Reader& in, std::string& out) {
  const ByteView all = take_checked(in, location_octets);
  print_angle(base::load_u32(&all[4]), latitude, out);
  out.push_back(' ');
  print_angle(base::load_u32(&all[8]), longitude, out);
  out.push_back(' ');
  const std::uint32_t altitude = base::load_u32(&all[12]);
  if (altitude < altitude_base) out.push_back('-');
  print_metres(altitude < altitude_base ? altitude_base - altitude : altitude - altitude_base, out);
  for (const std::uint8_t precision : all.subspan(1, 3)) {
    std::uint64_t cm = precision >> 4;
    for (int exponent = precision & 0xf; exponent > 0; --exponent) cm *= 10;
    out.push_back(' ');
    print_metres(cm, out);
  }
}

}  // namespace

bool location_has_text(ByteView rdata) noexcept { return rdata[0] == 0; }

const FieldForm location_form{read_location, check_location, print_location};

}  // namespace tidemark::dns
