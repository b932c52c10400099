// Fields of fixed length that hold a number: integers, times, types, algorithms.
#include <array>
#include <chrono>

#include "core/dns/rdata_fields.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::Reader;
using base::Result;
using base::Writer;

struct Mnemonic {
  std::string_view text;
  std::uint16_t number;
};

// RFC 4034 appendix A.1, 5702, 5155, 6605, 8080.
constexpr auto algorithms = std::to_array<Mnemonic>({
    {"DELETE", 0},
    {"RSAMD5", 1},
    {"DH", 2},
    {"DSA", 3},
    {"RSASHA1", 5},
    {"DSA-NSEC3-SHA1", 6},
    {"RSASHA1-NSEC3-SHA1", 7},
    {"RSASHA256", 8},
    {"RSASHA512", 10},
    {"ECC-GOST", 12},
    {"ECDSAP256SHA256", 13},
    {"ECDSAP384SHA384", 14},
    {"ED25519", 15},
    {"ED448", 16},
    {"INDIRECT", 252},
    {"PRIVATEDNS", 253},
    {"PRIVATEOID", 254},
});

// RFC 4398 section 2.1.
constexpr auto cert_types = std::to_array<Mnemonic>({
    {"PKIX", 1},
    {"SPKI", 2},
    {"PGP", 3},
    {"IPKIX", 4},
    {"ISPKI", 5},
    {"IPGP", 6},
    {"ACPKIX", 7},
    {"IACPKIX", 8},
    {"URI", 253},
    {"OID", 254},
});

Result<std::uint32_t> take_number(TokenCursor& in, std::uint32_t max) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto number = parse_decimal(word, max);
  if (!number) {
    return malformed("not a number from 0 to " + std::to_string(max) + ": " + std::string(word));
  }
  return *number;
}

Result<std::uint32_t> take_number_or(TokenCursor& in, std::span<const Mnemonic> mnemonics,
                                     std::uint32_t max) {
  const Token* token = in.peek();
  for (const Mnemonic& known : mnemonics) {
    if (token == nullptr || !equal_ignoring_case(known.text, token->text)) continue;
    TIDEMARK_TRY_VOID(in.word());
    return known.number;
  }
  return take_number(in, max);
}

Result<void> read_u8(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::uint32_t number, take_number(in, UINT8_MAX));
  out.put_u8(static_cast<std::uint8_t>(number));
  return {};
}

Result<void> read_u16(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::uint32_t number, take_number(in, UINT16_MAX));
  out.put_u16(static_cast<std::uint16_t>(number));
  return {};
}

Result<void> read_u32(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::uint32_t number, take_number(in, UINT32_MAX));
  out.put_u32(number);
  return {};
}

Result<void> read_seconds(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto seconds = parse_seconds(word);
  if (!seconds) return malformed("not a time in seconds: " + std::string(word));
  out.put_u32(*seconds);
  return {};
}

// Seconds since 1970 of YYYYMMDDHHmmSS, if it is a moment that 32 bits can count to (2106).
std::optional<std::uint32_t> seconds_of_date(std::string_view text) noexcept {
  const auto part = [&](std::size_t at, std::size_t digits) {
    return parse_decimal(text.substr(at, digits), 9999);
  };
  const auto year = part(0, 4), month = part(4, 2), day = part(6, 2);
  const auto hour = part(8, 2), minute = part(10, 2), second = part(12, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::uint32_t second_of_day = *hour * 3600 + *minute * 60 + *second;
  const std::int64_t seconds = std::int64_t{days} * 86400 + second_of_day;
  if (seconds < 0 || seconds > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(seconds);
}

// RFC 4034 section 3.2: 14 digits are a date, up to 10 are seconds.
Result<void> read_time(TokenCursor& in, Writer& out) {
  constexpr std::size_t date_digits = 14;
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto seconds =
      word.size() == date_digits ? seconds_of_date(word) : parse_decimal(word, UINT32_MAX);
  if (!seconds) return malformed("not a time (YYYYMMDDHHmmSS): " + std::string(word));
  out.put_u32(*seconds);
  return {};
}

Result<void> read_type_code(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto type = rr_type_from_text(word);
  if (!type) return malformed("not a type: " + std::string(word));
  out.put_u16(static_cast<std::uint16_t>(*type));
  return {};
}

Result<void> read_algorithm(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::uint32_t number, take_number_or(in, algorithms, UINT8_MAX));
  out.put_u8(static_cast<std::uint8_t>(number));
  return {};
}

Result<void> read_cert_type(TokenCursor& in, Writer& out) {
  TIDEMARK_TRY(const std::uint32_t number, take_number_or(in, cert_types, UINT16_MAX));
  out.put_u16(static_cast<std::uint16_t>(number));
  return {};
}

template <std::size_t Octets>
Result<void> check_fixed(Reader& in, Writer& out) {
  const auto taken = in.take(Octets);
  if (!taken) return cut_short();
  out.put(*taken);
  return {};
}

void print_u8(Reader& in, std::string& out) { out += std::to_string(take_checked(in, 1)[0]); }
void print_u16(Reader& in, std::string& out) {
  out += std::to_string(base::load_u16(take_checked(in, 2).data()));
}
void print_u32(Reader& in, std::string& out) {
  out += std::to_string(base::load_u32(take_checked(in, 4).data()));
}

void append_two_digits(std::string& out, unsigned number) {
  out.push_back(static_cast<char>('0' + number / 10 % 10));
  out.push_back(static_cast<char>('0' + number % 10));
}

void print_time(Reader& in, std::string& out) {
  const std::chrono::sys_seconds moment(
      std::chrono::seconds(base::load_u32(take_checked(in, 4).data())));
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const auto second_of_day = static_cast<unsigned>((moment - day).count());
  out += std::to_string(static_cast<int>(date.year()));
  append_two_digits(out, static_cast<unsigned>(date.month()));
  append_two_digits(out, static_cast<unsigned>(date.day()));
  append_two_digits(out, second_of_day / 3600);
  append_two_digits(out, second_of_day / 60 % 60);
  append_two_digits(out, second_of_day % 60);
}

void print_type_code(Reader& in, std::string& out) {
  out += to_text(static_cast<RrType>(base::load_u16(take_checked(in, 2).data())));
}

}  // namespace

const FieldForm u8_form{read_u8, check_fixed<1>, print_u8};
const FieldForm u16_form{read_u16, check_fixed<2>, print_u16};
const FieldForm u32_form{read_u32, check_fixed<4>, print_u32};
const FieldForm seconds_form{read_seconds, check_fixed<4>, print_u32};
const FieldForm time_form{read_time, check_fixed<4>, print_time};
const FieldForm type_code_form{read_type_code, check_fixed<2>, print_type_code};
const FieldForm algorithm_form{read_algorithm, check_fixed<1>, print_u8};
const FieldForm cert_type_form{read_cert_type, check_fixed<2>, print_u16};

}  // namespace tidemark::dns
