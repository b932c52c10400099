#include "consumer/history/moment.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"

namespace tidemark::consumer {

namespace {

using base::Errc;
using base::Result;

constexpr std::size_t change_digits = 32;
constexpr std::int64_t centuries_ms = std::int64_t{100'000} * 86'400'000;  // longer is nonsense

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // What SQLite can hold.
  return number <= static_cast<std::uint64_t>(INT64_MAX) ? std::optional(number) : std::nullopt;
}

std::int64_t unit_ms(char unit) {
  switch (unit) {
    case 's': return 1000;
    case 'm': return 60'000;
    case 'h': return 3'600'000;
    case 'd': return 86'400'000;
    case 'w': return 7 * std::int64_t{86'400'000};
    default:  return 0;
  }
}

// "1h30m": numbers with units, one behind the other.
std::optional<std::int64_t> length_ms(std::string_view text) {
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == text.npos) return std::nullopt;
    const auto number = number_of(text.substr(0, digits));
    const std::int64_t unit = unit_ms(text[digits]);
    if (!number || unit == 0) return std::nullopt;
    if (*number > static_cast<std::uint64_t>(centuries_ms / unit)) return std::nullopt;
    total += static_cast<std::int64_t>(*number) * unit;
    if (total > centuries_ms) return std::nullopt;
    text.remove_prefix(digits + 1);
  }
  return total;
}

std::string_view without_ago(std::string_view text) {
  constexpr std::string_view ago = "ago";
  if (!text.ends_with(ago)) return text;
  text.remove_suffix(ago.size());
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<Moment> read(std::string_view text, std::int64_t now_ms) {
  if (text == "now" || text == "latest") return Latest{};
  if (text.starts_with("change:") || text.size() == change_digits) {
    if (text.starts_with("change:")) text.remove_prefix(7);
    const auto id = base::u128_from_hex(text);
    return id ? std::optional<Moment>(event::ChangeId(*id)) : std::nullopt;
  }
  if (text.starts_with("seq:")) {
    const auto seq = number_of(text.substr(4));
    return seq ? std::optional<Moment>(AtSeq{*seq}) : std::nullopt;
  }
  if (const auto seq = number_of(text)) return AtSeq{*seq};
  if (const auto ms = base::rfc3339_to_ms(text)) return AtTime{*ms};
  if (const auto ms = base::rfc3339_to_ms(std::string(text) + "T00:00:00Z")) return AtTime{*ms};
  if (const auto length = length_ms(without_ago(text))) return AtTime{now_ms - *length};
  return std::nullopt;
}

// Zone by zone, as each has its own past. The deepest zone that was there tells the version of a
// name. Nothing: no zone of then.
Result<std::optional<std::uint64_t>> seq_in_zone(std::int64_t ms, History& history,
                                                 const Subject& subject) {
  const bool is_zone = subject.kind == Subject::Kind::Zone;
  std::uint64_t newest = 0;  // a deeper zone that went away must be gone in the version shown
  for (dns::NameView zone = *subject.name;; zone = zone.parent()) {
    TIDEMARK_TRY(const auto seq, history.seq_at(ms, zone));
    newest = std::max(newest, seq);
    if (seq > 0) {
      TIDEMARK_TRY(const auto there, history.zone_holding(zone, seq));
      if (is_zone || (there && *there == zone)) return newest;
    }
    if (is_zone || zone.is_root()) return std::nullopt;
  }
}

}  // namespace

Result<Moment> parse_moment(std::string_view text, std::int64_t now_ms) {
  if (auto moment = read(text, now_ms)) return *std::move(moment);
  return base::fail(Errc::Invalid,
                    "\"" + std::string(text) +
                        "\" names no version: a version (123, seq:123), a change (its 32 "
                        "hexadecimal digits), a time (2026-01-31T12:00:00Z, 2026-01-31), so long "
                        "ago (2h, \"3d ago\"), or latest");
}

Result<std::uint64_t> seq_of(const Moment& moment, History& history, const Subject& subject) {
  TIDEMARK_TRY(const auto known, history.position());
  if (std::holds_alternative<Latest>(moment)) return known.seq;
  if (const auto* at = std::get_if<AtSeq>(&moment)) {
    TIDEMARK_TRY_VOID(history.check_known(at->seq));
    return at->seq;
  }
  if (const auto* at = std::get_if<AtTime>(&moment)) {
    if (subject.name) {
      TIDEMARK_TRY(const auto told, seq_in_zone(at->ms, history, subject));
      if (told) return *told;
    }
    TIDEMARK_TRY(const auto seq, history.seq_at(at->ms));
    if (seq >= known.first_seq) return seq;
    return base::fail(Errc::OutOfRange, "the history knows nothing of " + base::rfc3339_of(at->ms) +
                                            ": it begins at version " +
                                            std::to_string(known.first_seq));
  }
  const auto id = std::get<event::ChangeId>(moment);
  TIDEMARK_TRY(const auto change, history.find(id));
  const std::string name = "change " + base::to_hex(id.value());
  if (!change) return base::fail(Errc::NotFound, name + " is not in the history");
  if (change->seq) return *change->seq;
  return base::fail(Errc::NotFound,
                    name + " was rejected (" + change->rule + "): it made no version");
}

}  // namespace tidemark::consumer
