#include "net/json.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <boost/json.hpp>

namespace tidemark::net {

namespace json = boost::json;
using base::Errc;
using base::fail;
using base::Result;

namespace {

std::unexpected<base::Error> wrong(std::string_view key, std::string_view why) {
  return fail(Errc::Invalid, std::string(key) + ": " + std::string(why));
}

const json::value* present(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

template <class T>
Result<std::optional<T>> optional_of(const json::object& object, std::string_view key,
                                     Result<T> (*read)(const json::value&, std::string_view)) {
  const json::value* value = present(object, key);
  if (value == nullptr) return std::optional<T>();
  auto found = read(*value, key);
  if (!found) return std::unexpected(std::move(found).error());
  return std::optional<T>(*std::move(found));
}

template <class T>
Result<T> required(Result<std::optional<T>> found, std::string_view key) {
  if (!found) return std::unexpected(std::move(found).error());
  if (!found->has_value()) return wrong(key, "missing");
  return **std::move(found);
}

Result<const json::object*> required(Result<const json::object*> found, std::string_view key) {
  if (found && *found == nullptr) return wrong(key, "missing");
  return found;
}
Result<const json::array*> required(Result<const json::array*> found, std::string_view key) {
  if (found && *found == nullptr) return wrong(key, "missing");
  return found;
}

Result<std::string> read_text(const json::value& value, std::string_view key) {
  if (!value.is_string()) return wrong(key, "not a string");
  return std::string(value.get_string());
}

Result<bool> read_flag(const json::value& value, std::string_view key) {
  if (!value.is_bool()) return wrong(key, "neither true nor false");
  return value.get_bool();
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::stream_parser parser({}, options);
  boost::system::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (error) {
    return fail(Errc::Invalid, "JSON: " + line_and_column(text, read) + ": " + error.message());
  }
  return parser.release();
}

Result<const json::object*> as_object(const json::value& value) {
  if (const json::object* object = value.if_object()) return object;
  return fail(Errc::Invalid, "not a JSON object");
}

Result<void> check_keys(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::ranges::find(known, key) != known.end()) continue;
    const auto nearest = nearest_word(key, known);
    return wrong(key, nearest ? "unknown; did you mean \"" + std::string(*nearest) + "\"?"
                              : std::string("unknown"));
  }
  return {};
}

Result<std::optional<std::string>> optional_text_field(const json::object& object,
                                                       std::string_view key) {
  return optional_of(object, key, read_text);
}

Result<std::optional<bool>> optional_flag_field(const json::object& object, std::string_view key) {
  return optional_of(object, key, read_flag);
}

Result<std::optional<std::uint64_t>> optional_number_field(const json::object& object,
                                                           std::string_view key, std::uint64_t low,
                                                           std::uint64_t high) {
  const json::value* value = present(object, key);
  if (value == nullptr) return std::optional<std::uint64_t>();
  boost::system::error_code inexact;
  const auto number = value->is_number() ? value->to_number<std::uint64_t>(inexact) : 0;
  if (!value->is_number() || inexact || number < low || number > high) {
    return wrong(key,
                 "not a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return std::optional<std::uint64_t>(number);
}

Result<const json::object*> optional_object_field(const json::object& object,
                                                  std::string_view key) {
  const json::value* value = present(object, key);
  if (value == nullptr) return static_cast<const json::object*>(nullptr);
  if (!value->is_object()) return wrong(key, "not an object");
  return &value->get_object();
}

Result<const json::array*> optional_array_field(const json::object& object, std::string_view key) {
  const json::value* value = present(object, key);
  if (value == nullptr) return static_cast<const json::array*>(nullptr);
  if (!value->is_array()) return wrong(key, "not an array");
  return &value->get_array();
}

Result<std::string> text_field(const json::object& object, std::string_view key) {
  return required(optional_text_field(object, key), key);
}
Result<std::uint64_t> number_field(const json::object& object, std::string_view key,
                                   std::uint64_t low, std::uint64_t high) {
  return required(optional_number_field(object, key, low, high), key);
}
Result<bool> flag_field(const json::object& object, std::string_view key) {
  return required(optional_flag_field(object, key), key);
}
Result<const json::object*> object_field(const json::object& object, std::string_view key) {
  return required(optional_object_field(object, key), key);
}
Result<const json::array*> array_field(const json::object& object, std::string_view key) {
  return required(optional_array_field(object, key), key);
}

std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::initializer_list<std::string_view> known) {
  constexpr std::size_t word_octets_max = 64;
  if (word.size() > word_octets_max) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t least = 1 + word.size() / 3;  // more than this is another word, not a slip
  for (const std::string_view candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t change = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({change, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() <= least) {
      if (!nearest || row.back() < least) nearest = candidate;
      least = row.back();
    }
  }
  return nearest;
}

}  // namespace tidemark::net
