// Result<T>: a value or an Error, returned and never thrown.
//
// Error carries a code only where some caller reacts to it, and a trail that people read. The trail
// grows outwards: each level that knows more puts its place in front
// ("zone example.org: www A: record 2: not an IPv4 address").
//
// Errors  Untrusted bytes and the environment return Results. Broken invariants end the process
//         (check.hpp). No error is both logged and returned.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark::base {

enum class Errc : unsigned char {
  Invalid,      // the input breaks a rule; the same input will fail again
  NotFound,     // the object named does not exist
  Conflict,     // a precondition did not hold
  TooLarge,     // a named limit was exceeded
  Unavailable,  // the environment failed; a later try may succeed
  OutOfRange,   // a log position lies outside what the log holds
  Diverged,     // the log or a file is not the one that was read before
  Unknown,      // the outcome is not known: it may or may not have happened
  Unsupported,  // written by a newer Tidemark than this one
  Denied,       // not allowed to this caller
};

struct Error {
  Errc code;
  std::string trail;

  // The same error, seen from one level further out.
  [[nodiscard]] Error at(std::string_view place) && {
    trail.insert(0, ": ").insert(0, place);
    return std::move(*this);
  }
  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string trail) {
  return std::unexpected(Error{code, std::move(trail)});
}

}  // namespace tidemark::base

// TIDEMARK_TRY(const auto owner, Name::parse(text)); declares `owner`, or returns the Error.
#define TIDEMARK_TRY(declaration, ...) \
  TIDEMARK_TRY_AS(TIDEMARK_TRY_JOIN(tried_, __LINE__), declaration, __VA_ARGS__)
#define TIDEMARK_TRY_AS(tried, declaration, ...)                \
  auto tried = (__VA_ARGS__);                                   \
  if (!tried) return std::unexpected(std::move(tried).error()); \
  declaration = *std::move(tried)
#define TIDEMARK_TRY_JOIN(a, b) TIDEMARK_TRY_JOIN_INNER(a, b)
#define TIDEMARK_TRY_JOIN_INNER(a, b) a##b
// The same for Result<void>: there is nothing to declare.
#define TIDEMARK_TRY_VOID(...)                          \
  do {                                                  \
    if (auto tried = (__VA_ARGS__); !tried) {           \
      return std::unexpected(std::move(tried).error()); \
    }                                                   \
  } while (false)
