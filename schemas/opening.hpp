// From the bytes of a record to tables that are safe to read, and the rules for reading them.
//
// Not for users of the codec: they include schemas/codec.hpp. No FlatBuffers type is named here
// (one door, and its .cpp files only); the reading functions take any vector or string of it.
//
// Invariants  An Opened's bytes are 8-aligned and verified to the depth and number below.
//             A Reading never lets more than 4 octets be read for each octet of the record.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/base/u128.hpp"
#include "core/dns/name.hpp"

namespace flatbuffers {
class Verifier;
}

namespace tidemark::schemas {

constexpr std::size_t record_depth_max = 16;
// Each table that is visited takes at least one 4-octet offset: no record of 900 KiB reaches it.
constexpr std::size_t record_tables_max = 262'144;
constexpr std::size_t read_factor_max = 4;
constexpr std::size_t foreign_record_octets_max = 1 << 20;  // no reader's limit will be above this

struct RecordForm {
  std::string_view noun;
  const char* identifier;
  std::size_t octets_max;
  bool (*verify)(flatbuffers::Verifier&);
};

class Opened {
 public:
  explicit Opened(base::ByteView record);
  const std::uint8_t* data() const noexcept;
  std::size_t size() const noexcept { return octets_; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t octets_;
};

// Unsupported if min_reader is above ours; Invalid if anything of the structure is not sound.
base::Result<Opened> open(base::ByteView record, const RecordForm& form);

class Reading {
 public:
  explicit Reading(std::size_t record_octets) : left_(read_factor_max * record_octets) {}

  base::Result<void> charge(std::size_t octets) {
    if (octets > left_) {
      return base::fail(base::Errc::Invalid, "parts are shared more often than any writer does");
    }
    left_ -= octets;
    return {};
  }

  template <class String>
  base::Result<std::string> text(std::string_view field, const String* value,
                                 std::size_t octets_max) {
    if (value == nullptr) return std::string();
    if (value->size() > octets_max) return too_long(field, value->size(), octets_max);
    if (auto paid = charge(value->size()); !paid)
      return std::unexpected(std::move(paid).error().at(field));
    return std::string(value->c_str(), value->size());
  }

  template <class Vector>
  base::Result<base::Bytes> octets(std::string_view field, const Vector* value,
                                   std::size_t octets_max) {
    if (value == nullptr) return base::Bytes();
    if (value->size() > octets_max) return too_long(field, value->size(), octets_max);
    if (auto paid = charge(value->size()); !paid)
      return std::unexpected(std::move(paid).error().at(field));
    return base::Bytes(value->begin(), value->end());
  }

  // Exactly as many octets as a digest of this size has.
  template <std::size_t Size, class Vector>
  base::Result<std::array<std::uint8_t, Size>> digest(std::string_view field, const Vector* value) {
    TIDEMARK_TRY(const base::Bytes read, octets(field, value, Size));
    if (read.size() != Size) {
      return base::fail(base::Errc::Invalid,
                        std::string(field) + ": not " + std::to_string(Size) + " octets");
    }
    std::array<std::uint8_t, Size> out{};
    std::ranges::copy(read, out.begin());
    return out;
  }

  // Wire form, and already canonical: two spellings of one name would be two histories.
  template <class Vector>
  base::Result<dns::Name> name(std::string_view field, const Vector* value) {
    if (value == nullptr) return base::fail(base::Errc::Invalid, std::string(field) + ": missing");
    if (value->size() > dns::name_octets_max) {
      return too_long(field, value->size(), dns::name_octets_max);
    }
    if (auto paid = charge(value->size()); !paid)
      return std::unexpected(std::move(paid).error().at(field));
    return canonical_name(field, base::ByteView(value->data(), value->size()));
  }

  // Reads each item with read(item, *this); the trail of a failing one gets "field[index]".
  template <class Out, class Vector, class Read>
  base::Result<std::vector<Out>> list(std::string_view field, const Vector* items,
                                      std::size_t items_max, Read read) {
    std::vector<Out> out;
    if (items == nullptr) return out;
    if (items->size() > items_max) return too_long(field, items->size(), items_max);
    if (auto paid = charge(8 * std::size_t{items->size()}); !paid) {
      return std::unexpected(std::move(paid).error().at(field));
    }
    out.reserve(items->size());
    for (std::uint32_t index = 0; index < items->size(); ++index) {
      base::Result<Out> item = read(*items->Get(index), *this);
      if (!item) return std::unexpected(std::move(item).error().at(at_index(field, index)));
      out.push_back(*std::move(item));
    }
    return out;
  }

 private:
  static std::unexpected<base::Error> too_long(std::string_view field, std::size_t size,
                                               std::size_t max);
  static std::string at_index(std::string_view field, std::size_t index);
  static base::Result<dns::Name> canonical_name(std::string_view field, base::ByteView wire);

  std::size_t left_;
};

// An enumerator that this reader knows: one of those listed.
template <class Enum, class WireEnum>
base::Result<Enum> known(std::string_view field, WireEnum value, std::initializer_list<Enum> all) {
  for (const Enum candidate : all) {
    if (static_cast<unsigned>(candidate) == static_cast<unsigned>(value)) return candidate;
  }
  return base::fail(base::Errc::Invalid,
                    std::string(field) + ": unknown value " + std::to_string(unsigned(value)));
}

template <class WireU128>
base::Result<base::U128> number(std::string_view field, const WireU128* value) {
  if (value == nullptr) return base::fail(base::Errc::Invalid, std::string(field) + ": missing");
  return base::U128{.high = value->high(), .low = value->low()};
}

// A younger field: absent is zero.
template <class WireU128>
base::U128 number_or_zero(const WireU128* value) {
  return value == nullptr ? base::U128{} : base::U128{.high = value->high(), .low = value->low()};
}
// For the builder, which writes no struct that is null: zero is absent.
template <class WireU128>
class NumberOrAbsent {
 public:
  explicit NumberOrAbsent(base::U128 value)
      : wire_(value.high, value.low), present_(value != base::U128{}) {}
  const WireU128* get() const noexcept { return present_ ? &wire_ : nullptr; }

 private:
  WireU128 wire_;
  bool present_;
};

}  // namespace tidemark::schemas
