// U128: an unsigned 128-bit number with wrap-around addition, for state hashes and ids.
//
// Text form is 32 lower-case hexadecimal digits, most significant first.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::base {

struct U128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend constexpr auto operator<=>(const U128&, const U128&) = default;
  constexpr U128& operator+=(const U128& other) noexcept {
    const std::uint64_t sum = low + other.low;
    high += other.high + (sum < low ? 1 : 0);
    low = sum;
    return *this;
  }
  constexpr U128& operator-=(const U128& other) noexcept {
    const std::uint64_t borrow = low < other.low ? 1 : 0;
    low -= other.low;
    high -= other.high + borrow;
    return *this;
  }
};

std::string to_hex(const U128& value);
std::optional<U128> u128_from_hex(std::string_view text) noexcept;
// Big-endian octets, the form in which a U128 is hashed, stored and sent.
std::array<std::uint8_t, 16> to_octets(const U128& value) noexcept;

}  // namespace tidemark::base
