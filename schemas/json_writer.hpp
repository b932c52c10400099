// Writes one JSON value onto a string, with commas and escapes; valid UTF-8 whatever the input is
// (octets that are not UTF-8 become U+FFFD).
//
// Requires  Begin and end match; inside an object each value has a key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/u128.hpp"

namespace tidemark::schemas {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& signed_number(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  // Members of an object.
  JsonWriter& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  JsonWriter& member(std::string_view name, std::uint64_t value) { return key(name).number(value); }
  JsonWriter& member(std::string_view name, const base::U128& value) {
    return key(name).text(base::to_hex(value));
  }
  template <class T>
  JsonWriter& optional_member(std::string_view name, const std::optional<T>& value) {
    return value ? member(name, *value) : key(name).null();
  }

  std::string take() && { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& literal(std::string_view value);
  void comma();

  std::string out_;
  bool first_ = true;
};

}  // namespace tidemark::schemas
