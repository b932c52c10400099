// TIDEMARK_CHECK(condition, "sentence"): an invariant of our own, in every build type.
//
// Never for input: strangers' bytes and the environment return Results. A broken invariant ends the
// process with the sentence on standard error; restarting is fast and starts from a verified state.
#pragma once

namespace tidemark::base {

[[noreturn]] void check_failed(const char* condition, const char* sentence, const char* file,
                               int line) noexcept;

}  // namespace tidemark::base

#define TIDEMARK_CHECK(condition, sentence)                                     \
  do {                                                                          \
    if (!(condition)) [[unlikely]] {                                            \
      ::tidemark::base::check_failed(#condition, sentence, __FILE__, __LINE__); \
    }                                                                           \
  } while (false)
