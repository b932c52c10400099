// prefetch: asks the cache for what will be read soon.
//
// g++ 12 takes a function that does nothing else for one without effect and drops its calls: the
// empty asm statement is what keeps them.
#pragma once

#include <cstddef>

namespace tidemark::base {

constexpr std::size_t cache_line_octets = 64;

inline void prefetch(const void* at) noexcept {
  __builtin_prefetch(at);
  asm volatile("" : : "r"(at));
}

}  // namespace tidemark::base
