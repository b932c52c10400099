// Reading JSON to show it: what is absent or of another type is shown as "-", never an error.
//
// For answers of our own controller, which may be older or newer than this tool.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/outcome.hpp"

namespace boost::json {
class array;
class object;
class value;
}  // namespace boost::json

namespace tidemark::cli {

Expected<boost::json::value> parse_answer(const std::string& body);

std::string shown(const boost::json::value& scalar);
std::string shown(const boost::json::object& object, std::string_view key);
const boost::json::array& list_of(const boost::json::object& object, std::string_view key);
const boost::json::object& object_of(const boost::json::object& object, std::string_view key);
bool is_true(const boost::json::object& object, std::string_view key);
std::uint64_t number_of(const boost::json::object& object, std::string_view key);  // 0 if absent
std::string joined(const boost::json::array& scalars, std::string_view between);

}  // namespace tidemark::cli
