// Intake: takes fields from octets of strangers and remembers that one of them was unsound.
//
// After an unsound field every take gives zero or nothing, so a run of fields is read without a
// branch each and judged once by check(). A loop over a count of the file asks sound() or check()
// in each turn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/base/u128.hpp"

namespace tidemark::consumer {

class Intake {
 public:
  explicit Intake(base::ByteView octets) noexcept : in_(octets) {}

  std::uint8_t u8() noexcept { return kept(in_.take_u8()); }
  std::uint16_t u16() noexcept { return kept(in_.take_u16()); }
  std::uint32_t u32() noexcept { return kept(in_.take_u32()); }
  std::uint64_t u64() noexcept { return kept(in_.take_u64()); }
  base::U128 u128() noexcept {
    const std::uint64_t high = u64();
    return {high, u64()};
  }
  // A position in a log, or -1.
  std::int64_t offset() noexcept {
    const auto value = static_cast<std::int64_t>(u64());
    require(value >= -1);
    return value;
  }
  bool flag() noexcept {
    const std::uint8_t value = u8();
    require(value <= 1);
    return value == 1;
  }
  template <class Enum>
  Enum enumerator(Enum first, Enum last) noexcept {
    const std::uint8_t value = u8();
    require(value >= std::to_underlying(first) && value <= std::to_underlying(last));
    return static_cast<Enum>(value);
  }
  base::ByteView octets(std::size_t count) noexcept { return kept(in_.take(count)); }
  std::string text(std::size_t octets_max = 0xffff) {
    const std::size_t size = u16();
    require(size <= octets_max);
    return std::string(base::as_text(octets(size)));
  }
  base::Sha256 sha256() noexcept {
    base::Sha256 hash{};
    std::ranges::copy(octets(hash.size()), hash.begin());
    return hash;
  }

  void require(bool holds) noexcept { sound_ = sound_ && holds; }
  bool sound() const noexcept { return sound_; }
  std::size_t position() const noexcept { return in_.position(); }

  [[nodiscard]] base::Result<void> check() const {
    if (sound_) return {};
    return base::fail(base::Errc::Invalid,
                      "a field before octet " + std::to_string(in_.position()) + " is unsound");
  }
  [[nodiscard]] base::Result<void> finish() const {
    if (sound_ && !in_.at_end()) return base::fail(base::Errc::Invalid, "octets are left over");
    return check();
  }

 private:
  template <class T>
  T kept(std::optional<T> taken) noexcept {
    if (!taken) sound_ = false;
    return sound_ ? *taken : T{};
  }

  base::Reader in_;
  bool sound_ = true;
};

}  // namespace tidemark::consumer
