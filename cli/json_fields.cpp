#include "cli/json_fields.hpp"

#include <boost/json.hpp>

#include "net/json.hpp"

namespace tidemark::cli {

namespace json = boost::json;

Expected<json::value> parse_answer(const std::string& body) {
  auto value = net::parse_json(body);
  if (!value || !value->is_object()) {
    return fail(Exit::Error, "the answer is no JSON object: is this a Tidemark controller?",
                "tidemark status --api URL");
  }
  return *std::move(value);
}

std::string shown(const json::value& scalar) {
  if (const auto* text = scalar.if_string()) return std::string(text->data(), text->size());
  if (const auto* flag = scalar.if_bool()) return *flag ? "yes" : "no";
  if (scalar.is_number()) return json::serialize(scalar);
  return "-";
}

std::string shown(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? "-" : shown(*value);
}

const json::array& list_of(const json::object& object, std::string_view key) {
  static const json::array none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

const json::object& object_of(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

bool is_true(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::uint64_t number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code failed;
  const auto number = value->to_number<std::uint64_t>(failed);
  return failed ? 0 : number;
}

std::string joined(const json::array& scalars, std::string_view between) {
  std::string out;
  for (const json::value& scalar : scalars) {
    if (!out.empty()) out += between;
    out += shown(scalar);
  }
  return out;
}

}  // namespace tidemark::cli
