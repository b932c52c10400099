#include "net/http.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <boost/json.hpp>

namespace tidemark::net {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct Range {
  std::uint64_t first;
  std::uint64_t end;  // one past the last; first == end: it lies outside
};

// "bytes=FIRST-LAST", "bytes=FIRST-", "bytes=-COUNT". Nothing if it is no single range of octets.
std::optional<Range> parse_range(std::string_view text, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!text.starts_with(unit)) return std::nullopt;
  text.remove_prefix(unit.size());
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    const auto count = take_number(text);
    if (!count || !text.empty()) return std::nullopt;
    return Range{size - std::min(*count, size), size};
  }
  const auto first = take_number(text);
  if (!first || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return Range{std::min(*first, size), size};
  const auto last = take_number(text);
  if (!last || !text.empty() || *last < *first) return std::nullopt;
  return Range{std::min(*first, size), *last < size ? *last + 1 : size};
}

}  // namespace

std::optional<std::string_view> HttpHeaders::get(std::string_view name) const {
  for (const auto& [key, value] : all_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

HttpHeaders::HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> all) {
  for (const auto& [name, value] : all) add(name, value);
}

void HttpHeaders::add(std::string name, std::string value) {
  for (char& c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  all_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::uint64_t HttpResponse::size() const { return shared ? shared->octets : body.size(); }

namespace {

std::string_view code_of(unsigned status) {
  switch (status) {
    case 400: return "bad-request";
    case 404: return "not-found";
    case 405: return "method-not-allowed";
    case 413: return "too-large";
    case 416: return "range";
    case 429: return "busy";
    case 431: return "too-large";
    case 503: return "unavailable";
    default:  return "refused";
  }
}

std::string_view remedy_for(unsigned status) {
  switch (status) {
    case 400: return "send well-formed HTTP/1.1; nothing was changed";
    case 404: return "ask for one of the pages that there are";
    case 405: return "use a method that this path takes";
    case 413: return "send less at once; nothing was changed";
    case 416: return "ask for octets that there are";
    case 429: return "ask again after Retry-After seconds, or somebody else";
    case 431: return "send fewer or shorter headers; nothing was changed";
    case 503: return "try again later";
    default:  return "look into the program's log";
  }
}

}  // namespace

HttpResponse error_response(unsigned status, std::string_view error) {
  const boost::json::object body{{"error",
                                  {{"code", code_of(status)},
                                   {"message", error},
                                   {"object", "this request"},
                                   {"remedy", remedy_for(status)},
                                   {"details", boost::json::array()}}}};
  return {.status = status,
          .body = boost::json::serialize(body) + "\n",
          .shared = std::nullopt,
          .headers = {}};
}

HttpResponse ranged_response(const HttpRequest& request, std::shared_ptr<const OctetSource> source,
                             std::string content_type) {
  const std::uint64_t size = source->size();
  HttpResponse response{.status = 200,
                        .content_type = std::move(content_type),
                        .body = {},
                        .shared = SharedPart{std::move(source), 0, size},
                        .headers = {{"Accept-Ranges", "bytes"}}};
  const auto wish = request.headers.get("Range");
  const auto range = wish ? parse_range(*wish, size) : std::nullopt;
  if (!range) return response;
  if (range->first >= range->end) {
    response =
        error_response(416, "the range lies outside the " + std::to_string(size) + " octets");
    response.headers.add("Content-Range", "bytes */" + std::to_string(size));
    return response;
  }
  response.status = 206;
  response.shared->first = range->first;
  response.shared->octets = range->end - range->first;
  response.headers.add("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                            std::to_string(range->end - 1) + "/" +
                                            std::to_string(size));
  return response;
}

}  // namespace tidemark::net
