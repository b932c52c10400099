// One rule a type: the fields of its RDATA in order, and what ties them together.
#pragma once

#include <array>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/dns/rdata_fields.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

struct RuleField {
  Field field = Field::None;
  std::string_view name = {};  // in errors
};

struct RdataRule {
  static constexpr std::size_t fields_max = 9;

  RrType type;
  std::array<RuleField, fields_max> fields;  // up to the first Field::None
  // What concerns several fields, on RDATA whose fields are sound. None if null.
  base::Result<void> (*check)(base::ByteView rdata) = nullptr;
  // Whether this RDATA has a text form besides "\# len hex". All have one if null.
  bool (*has_text)(base::ByteView rdata) noexcept = nullptr;
};

// Null: the type is opaque (RFC 3597).
const RdataRule* rule_of(RrType type) noexcept;

}  // namespace tidemark::dns
