// What holds for every codec of schemas, whatever the octets are.
#pragma once

#include "core/base/check.hpp"
#include "schemas/codec.hpp"
#include "schemas/text.hpp"

namespace tidemark::fuzz {

// A value that was decoded is encoded to a record of the same value, and people can read it.
template <class Value>
void check_codec(const base::Result<Value>& decoded,
                 base::Result<Value> (*decode)(base::ByteView)) {
  if (!decoded) {
    TIDEMARK_CHECK(!decoded.error().trail.empty(), "a refusal says why");
    return;
  }
  const auto again = decode(schemas::encode(*decoded));
  TIDEMARK_CHECK(again.has_value(), "what was decoded can be encoded");
  TIDEMARK_CHECK(*again == *decoded, "a value survives its record");
  TIDEMARK_CHECK(!schemas::to_text(*decoded).empty(), "a record has a text");
  TIDEMARK_CHECK(!schemas::to_json(*decoded).empty(), "a record has a JSON");
}

}  // namespace tidemark::fuzz
