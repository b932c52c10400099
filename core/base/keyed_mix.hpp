// keyed_mix: a fast keyed hash of a few octets that continues another one.
//
// Places things in tables of this process and nowhere else: its value depends on the machine's byte
// order, and is never stored, sent or logged. With a secret key nobody can aim at a place; it is no
// cryptographic hash.
//
// Cost  About 2 ns up to 16 octets, 1 ns for 16 more.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/base/bytes.hpp"

namespace tidemark::base {

// Both halves of the 128-bit product, folded into one.
inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class T>
inline T load_native(const std::uint8_t* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Requires  `bytes` is not empty, and its first octet tells its length (as that of a label does):
//           pieces of different lengths are not told apart otherwise.
inline std::uint64_t keyed_mix(ByteView bytes, std::uint64_t above, std::uint64_t key) noexcept {
  const std::uint8_t* at = bytes.data();
  const std::size_t octets = bytes.size();
  std::uint64_t first, last;
  if (octets >= 8) {
    for (std::size_t left = octets; left > 16; left -= 16, at += 16) {
      above = fold_product(load_native<std::uint64_t>(at) ^ key,
                           load_native<std::uint64_t>(at + 8) ^ above);
    }
    const std::uint8_t* end = bytes.data() + octets;
    first = load_native<std::uint64_t>(octets >= 16 ? end - 16 : bytes.data());
    last = load_native<std::uint64_t>(end - 8);
  } else if (octets >= 4) {
    first = load_native<std::uint32_t>(at);
    last = load_native<std::uint32_t>(at + octets - 4);
  } else {
    first = at[0] | std::uint64_t{at[octets / 2]} << 8 | std::uint64_t{at[octets - 1]} << 16;
    last = 0;
  }
  return fold_product(first ^ key, last ^ above);
}

}  // namespace tidemark::base
