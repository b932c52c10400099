// Bytes and the two cursors over them: the only place that does pointer arithmetic for wire
// formats.
//
// All integers are big-endian (network order), as everywhere in DNS. Reader is for bytes of
// strangers: every take_ checks the bounds first and returns nothing when they do not suffice.
// Writer appends to a growing buffer; FixedWriter fills a buffer of fixed size and, once something
// did not fit, stays overflowed and writes nothing more.
//
// Threads  None is shared.
// Cost     No allocation in Reader and FixedWriter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::uint16_t load_u16(const std::uint8_t* at) noexcept {
  return static_cast<std::uint16_t>((at[0] << 8) | at[1]);
}
inline std::uint32_t load_u32(const std::uint8_t* at) noexcept {
  return (std::uint32_t{at[0]} << 24) | (std::uint32_t{at[1]} << 16) | (std::uint32_t{at[2]} << 8) |
         at[3];
}
inline std::uint64_t load_u64(const std::uint8_t* at) noexcept {
  return (std::uint64_t{load_u32(at)} << 32) | load_u32(at + 4);
}
inline void store_u16(std::uint8_t* at, std::uint16_t value) noexcept {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void store_u32(std::uint8_t* at, std::uint32_t value) noexcept {
  store_u16(at, static_cast<std::uint16_t>(value >> 16));
  store_u16(at + 2, static_cast<std::uint16_t>(value));
}
inline void store_u64(std::uint8_t* at, std::uint64_t value) noexcept {
  store_u32(at, static_cast<std::uint32_t>(value >> 32));
  store_u32(at + 4, static_cast<std::uint32_t>(value));
}

class Reader {
 public:
  explicit Reader(ByteView bytes) noexcept : bytes_(bytes) {}

  std::size_t position() const noexcept { return position_; }
  std::size_t left() const noexcept { return bytes_.size() - position_; }
  bool at_end() const noexcept { return left() == 0; }
  ByteView rest() const noexcept { return bytes_.subspan(position_); }

  std::optional<std::uint8_t> take_u8() noexcept {
    if (left() < 1) return std::nullopt;
    return bytes_[position_++];
  }
  std::optional<std::uint16_t> take_u16() noexcept {
    if (left() < 2) return std::nullopt;
    position_ += 2;
    return load_u16(bytes_.data() + position_ - 2);
  }
  std::optional<std::uint32_t> take_u32() noexcept {
    if (left() < 4) return std::nullopt;
    position_ += 4;
    return load_u32(bytes_.data() + position_ - 4);
  }
  std::optional<std::uint64_t> take_u64() noexcept {
    if (left() < 8) return std::nullopt;
    position_ += 8;
    return load_u64(bytes_.data() + position_ - 8);
  }
  std::optional<ByteView> take(std::size_t octets) noexcept {
    if (left() < octets) return std::nullopt;
    position_ += octets;
    return bytes_.subspan(position_ - octets, octets);
  }

 private:
  ByteView bytes_;
  std::size_t position_ = 0;
};

class Writer {
 public:
  void put_u8(std::uint8_t value) { bytes_.push_back(value); }
  void put_u16(std::uint16_t value) { store_u16(grow(2), value); }
  void put_u32(std::uint32_t value) { store_u32(grow(4), value); }
  void put_u64(std::uint64_t value) { store_u64(grow(8), value); }
  void put(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void put(std::string_view text) { put(as_bytes(text)); }
  // Overwrites what was written before, for lengths known only afterwards.
  void patch_u16(std::size_t at, std::uint16_t value) { store_u16(bytes_.data() + at, value); }
  void patch_u32(std::size_t at, std::uint32_t value) { store_u32(bytes_.data() + at, value); }

  std::size_t size() const noexcept { return bytes_.size(); }
  ByteView view() const noexcept { return bytes_; }
  Bytes take() && { return std::move(bytes_); }

 private:
  std::uint8_t* grow(std::size_t octets) {
    bytes_.resize(bytes_.size() + octets);
    return bytes_.data() + bytes_.size() - octets;
  }
  Bytes bytes_;
};

class FixedWriter {
 public:
  explicit FixedWriter(std::span<std::uint8_t> room) noexcept : room_(room) {}

  void put_u8(std::uint8_t value) noexcept {
    if (std::uint8_t* at = advance(1)) *at = value;
  }
  void put_u16(std::uint16_t value) noexcept {
    if (std::uint8_t* at = advance(2)) store_u16(at, value);
  }
  void put_u32(std::uint32_t value) noexcept {
    if (std::uint8_t* at = advance(4)) store_u32(at, value);
  }
  void put(ByteView bytes) noexcept {
    if (bytes.empty()) return;
    if (std::uint8_t* at = advance(bytes.size())) std::memcpy(at, bytes.data(), bytes.size());
  }
  void patch_u16(std::size_t at, std::uint16_t value) noexcept {
    if (at + 2 <= size_) store_u16(room_.data() + at, value);
  }
  void patch_u8(std::size_t at, std::uint8_t value) noexcept {
    if (at < size_) room_[at] = value;
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t room() const noexcept { return room_.size() - size_; }
  bool overflowed() const noexcept { return overflowed_; }
  ByteView view() const noexcept { return room_.first(size_); }
  // Back to an earlier size: drops whole RRsets that did not fit.
  void rewind(std::size_t size) noexcept {
    size_ = size;
    overflowed_ = false;
  }

 private:
  std::uint8_t* advance(std::size_t octets) noexcept {
    if (overflowed_ || room_.size() - size_ < octets) {
      overflowed_ = true;
      return nullptr;
    }
    size_ += octets;
    return room_.data() + size_ - octets;
  }
  std::span<std::uint8_t> room_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace tidemark::base
