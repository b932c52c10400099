// TrialBook: what a node remembers across its crashes: which version and snapshot file have proved
// good, how often it crashed in a row, and before which version it holds.
//
// On disk: `trials.txt`, a line "name value" each, and last the SHA-256 of all before it. A file
// that does not agree with that is as good as none: a node that forgot tries everything anew.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/environment.hpp"
#include "core/base/result.hpp"

namespace tidemark::edge {

struct TrialBook {
  unsigned crashes = 0;      // in a row, each soon after a start or a new version
  std::uint64_t tried = 0;   // the newest version that the last crash had touched
  std::uint64_t proven = 0;  // the newest that was served for a crash window; 0: none
  std::uint64_t good = 0;    // the newest whose snapshot file soaked; 0: none
  std::string good_file{};
  std::uint64_t held_before = 0;  // this version and newer ones are not served; 0: none
  std::uint64_t until = 0;        // but from this one on; 0: not known
  std::string reason{};           // of the hold, for people
  std::uint64_t obeyed = 0;       // number of the newest decision that let it go
  std::string build{};            // that crashed
  friend bool operator==(const TrialBook&, const TrialBook&) = default;
};

std::string to_text(const TrialBook& book);
// Errors  Invalid: damaged.
[[nodiscard]] base::Result<TrialBook> parse_trial_book(std::string_view text);

constexpr std::string_view trial_book_file = "trials.txt";
// No file: an empty book. Errors: the disk's; Invalid.
[[nodiscard]] base::Result<TrialBook> read_trial_book(base::Disk& disk);
[[nodiscard]] base::Result<void> write_trial_book(base::Disk& disk, const TrialBook& book);

}  // namespace tidemark::edge
