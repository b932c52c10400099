// Moment: the words by which people name a version of the past.
//
//   seq:123 or 123                 that version
//   change:HEX or 32 hex digits    the version that this change made
//   2026-01-31T12:00:00Z           the version of that time; also 2026-01-31
//   2h, 3d ago, 1h30m              so long before now; w, d, h, m, s
//   now, latest                    the newest version
//
// A time asked of a zone, or of a name in one, is when the changes of that zone were made: where
// they were imported, by the clock of where they come from. Asked of everything it is the log's.
//
// Errors  parse: Invalid, naming the word and the forms. seq_of: NotFound (no such change, or it
//         was rejected and made no version), OutOfRange (not in the history), the file's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "consumer/history/history.hpp"
#include "core/base/result.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::consumer {

struct Latest {
  friend bool operator==(const Latest&, const Latest&) = default;
};
struct AtSeq {
  std::uint64_t seq;
  friend bool operator==(const AtSeq&, const AtSeq&) = default;
};
struct AtTime {
  std::int64_t ms;
  friend bool operator==(const AtTime&, const AtTime&) = default;
};
using Moment = std::variant<Latest, AtSeq, AtTime, event::ChangeId>;

[[nodiscard]] base::Result<Moment> parse_moment(std::string_view text, std::int64_t now_ms);

struct Subject {  // what a moment is asked of
  enum class Kind : std::uint8_t { Everything, Zone, Name } kind = Kind::Everything;
  std::optional<dns::Name> name{};
};
[[nodiscard]] base::Result<std::uint64_t> seq_of(const Moment& moment, History& history,
                                                 const Subject& subject = {});

}  // namespace tidemark::consumer
