// How a command ends: well, or with a Failure that tells what to do next.
//
// The exit codes are part of the contract with scripts: 0 ok, 1 error, 2 usage, 4 guard, 5
// time-out.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "core/base/result.hpp"

namespace tidemark::cli {

enum class Exit : int {
  Ok = 0,
  Error = 1,
  Usage = 2,    // the command line itself
  Guard = 4,    // a guard refused: nothing changed, and repeating it changes nothing
  TimeOut = 5,  // not known or not complete in time
};

struct Failure {
  // NOLINTNEXTLINE(google-explicit-constructor): an Error from below is a Failure to the user
  Failure(base::Error error) : what(std::move(error.trail)) {}
  Failure(Exit code, std::string sentence, std::string next_command = {})
      : exit(code), what(std::move(sentence)), next(std::move(next_command)) {}

  // The same failure, seen from one level further out.
  [[nodiscard]] Failure at(std::string_view place) && {
    what.insert(0, ": ").insert(0, place);
    return std::move(*this);
  }

  Exit exit = Exit::Error;
  std::string what;    // which object, what happened, why
  std::string next{};  // what to try, complete: "tidemark fleet"
  std::string with{};  // what the same command needs more: "--yes"; Tool::run makes it complete
  std::optional<std::uint64_t> removals{};  // what a guard counts
};

// A word of a command line, as a shell would read it again.
std::string shell_quoted(const std::string& word);

template <class T>
using Expected = std::expected<T, Failure>;
using Outcome = Expected<void>;

[[nodiscard]] inline std::unexpected<Failure> fail(Exit exit, std::string what,
                                                   std::string next = {}) {
  return std::unexpected(Failure(exit, std::move(what), std::move(next)));
}

}  // namespace tidemark::cli
