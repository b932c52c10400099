#include "core/base/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace tidemark::base {
namespace {

// Takes `digits` decimal digits and the character behind them.
std::optional<int> take(std::string_view& text, std::size_t digits, char behind) {
  int number = 0;
  if (text.size() <= digits || text[digits] != behind) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + digits, number);
  if (failed != std::errc() || end != text.data() + digits || number < 0) return std::nullopt;
  text.remove_prefix(digits + 1);
  return number;
}

}  // namespace

std::string rfc3339_of(std::int64_t unix_ms) {
  using namespace std::chrono;
  constexpr std::int64_t year_9999_ms = 253'402'300'799'999;
  const sys_time<milliseconds> time{
      milliseconds(std::clamp<std::int64_t>(unix_ms, 0, year_9999_ms))};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<std::int64_t> rfc3339_to_ms(std::string_view text) {
  using namespace std::chrono;
  const auto y = take(text, 4, '-');
  const auto m = y ? take(text, 2, '-') : std::nullopt;
  const auto d = m ? take(text, 2, 'T') : std::nullopt;
  const auto hour = d ? take(text, 2, ':') : std::nullopt;
  const auto minute = hour ? take(text, 2, ':') : std::nullopt;
  if (!minute) return std::nullopt;
  int thousandths = 0;
  std::optional<int> second = take(text, 2, 'Z');
  if (!second) {
    second = take(text, 2, '.');
    const auto fraction = second ? take(text, 3, 'Z') : std::nullopt;
    if (!fraction) return std::nullopt;
    thousandths = *fraction;
  }
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60 || !text.empty()) {
    return std::nullopt;
  }
  const auto time = sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
  return duration_cast<milliseconds>(time.time_since_epoch()).count() + thousandths;
}

}  // namespace tidemark::base
