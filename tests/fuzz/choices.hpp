// Choices: a fuzz input read as decisions. At its end every decision is 0, so each input is whole
// and a shorter one means a simpler case.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/bytes.hpp"

namespace tidemark::fuzz {

class Choices {
 public:
  explicit Choices(base::ByteView octets) : in_(octets) {}

  bool at_end() const noexcept { return in_.at_end(); }
  std::uint8_t u8() { return in_.take_u8().value_or(0); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(u8() << 8 | u8()); }
  std::uint32_t u32() { return std::uint32_t{u16()} << 16 | u16(); }
  std::size_t below(std::size_t limit) { return u8() % limit; }  // Requires limit <= 256
  // Now and then, so that most decisions are the usual ones.
  bool rarely() { return (u8() & 0x0f) == 0x0f; }
  base::ByteView octets(std::size_t octets_max) {
    return *in_.take(std::min(octets_max, in_.left()));
  }
  base::ByteView rest() { return octets(in_.left()); }

 private:
  base::Reader in_;
};

}  // namespace tidemark::fuzz
