// Reading JSON of strangers: bounded parsing, and fields by name, type and range.
//
// Writing is Boost.JSON's own business; the folders that speak JSON include <boost/json.hpp> in
// their .cpp files. Trails name the field; whoever knows the place puts it in front.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace boost::json {
class array;
class object;
class value;
}  // namespace boost::json

namespace tidemark::net {

constexpr std::size_t json_depth_max = 16;

// Errors  Invalid, with line and column of the first octet that is wrong.
[[nodiscard]] base::Result<boost::json::value> parse_json(std::string_view text);

// The members of a value that must be an object. Valid as long as the value.
[[nodiscard]] base::Result<const boost::json::object*> as_object(const boost::json::value& value);
// Refuses a key that is not listed, and names the nearest one that is.
[[nodiscard]] base::Result<void> check_keys(const boost::json::object& object,
                                            std::initializer_list<std::string_view> known);

[[nodiscard]] base::Result<std::string> text_field(const boost::json::object& object,
                                                   std::string_view key);
[[nodiscard]] base::Result<std::uint64_t> number_field(const boost::json::object& object,
                                                       std::string_view key, std::uint64_t low,
                                                       std::uint64_t high);
[[nodiscard]] base::Result<bool> flag_field(const boost::json::object& object,
                                            std::string_view key);
[[nodiscard]] base::Result<const boost::json::object*> object_field(
    const boost::json::object& object, std::string_view key);
[[nodiscard]] base::Result<const boost::json::array*> array_field(const boost::json::object& object,
                                                                  std::string_view key);

// Absent and null are nothing; anything else is judged as above.
[[nodiscard]] base::Result<std::optional<std::string>> optional_text_field(
    const boost::json::object& object, std::string_view key);
[[nodiscard]] base::Result<std::optional<std::uint64_t>> optional_number_field(
    const boost::json::object& object, std::string_view key, std::uint64_t low, std::uint64_t high);
[[nodiscard]] base::Result<std::optional<bool>> optional_flag_field(
    const boost::json::object& object, std::string_view key);
// nullptr if absent or null.
[[nodiscard]] base::Result<const boost::json::object*> optional_object_field(
    const boost::json::object& object, std::string_view key);
[[nodiscard]] base::Result<const boost::json::array*> optional_array_field(
    const boost::json::object& object, std::string_view key);

// The nearest of `known` to `word` by edit distance, if it is near enough to be a slip.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::initializer_list<std::string_view> known);

}  // namespace tidemark::net
