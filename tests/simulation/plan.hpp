// What one simulated history is made of: its seed, and the guard that is switched off, if any.
//
// A guard is switched off from outside, by what it looks at: a Source that hides a cut from the
// overlap read, records without their `expect`, a disk that forgets what it promised to keep. The
// product's code is the one that runs in production, bit for bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/manual_clock.hpp"

namespace tidemark::simulation {

enum class Guard : std::uint8_t {
  None,            // all stand
  Expect,          // preconditions are judged when a ChangeSet is applied
  AuthorEpoch,     // a zombie's epoch is fenced
  ChangeId,        // twins change nothing
  Removals,        // a mass deletion needs its count acknowledged
  OverlapRead,     // the last applied record is read again before anything is applied
  NeverOlder,      // what is rebuilt is not served while it is older
  SnapshotSync,    // a snapshot file is on the disk before it has its name
  OutboxSync,      // the outbox is on the disk before anybody hears "accepted"
  UnknownOutcome,  // what may not be in the log is sent again
  SendAgain,       // what the log lost is sent again
  Whole,           // a ChangeSet applies whole or not at all
};
std::string_view to_text(Guard guard);
std::optional<Guard> guard_from(std::string_view text);
const std::vector<Guard>& all_guards();  // but None

struct Plan {
  std::uint64_t seed = 1;
  Guard off = Guard::None;
  bool tells = false;  // prints its trace
};

struct Verdict {
  std::string violation{};  // empty: none
  std::string trace;        // SHA-256 of all that happened, 64 digits
  std::uint64_t events = 0, records = 0, queries = 0, accepted = 0, faults = 0, restarts = 0;
  std::uint64_t heal_rounds = 0, given_up = 0, astray = 0;
};

// All chance of a history: the same numbers for the same seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15u + 1) {}
  std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }  // bound > 0
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  base::Random& random() { return random_; }

 private:
  support::SeededRandom random_;
};

}  // namespace tidemark::simulation
