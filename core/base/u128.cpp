#include "core/base/u128.hpp"

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"

namespace tidemark::base {

namespace {

std::optional<std::uint64_t> digit_of(char letter) noexcept {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint64_t>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<std::uint64_t>(letter - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::array<std::uint8_t, 16> to_octets(const U128& value) noexcept {
  std::array<std::uint8_t, 16> out{};
  store_u64(out.data(), value.high);
  store_u64(out.data() + 8, value.low);
  return out;
}

std::string to_hex(const U128& value) { return to_hex(ByteView(to_octets(value))); }

std::optional<U128> u128_from_hex(std::string_view text) noexcept {
  if (text.size() != 32) return std::nullopt;
  U128 value;
  for (const char letter : text) {
    const auto digit = digit_of(letter);
    if (!digit) return std::nullopt;
    value.high = (value.high << 4) | (value.low >> 60);
    value.low = (value.low << 4) | *digit;
  }
  return value;
}

}  // namespace tidemark::base
