#include "cli/past_text.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "cli/json_fields.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

// " (git 0123456789ab...)"
std::string origin_text(const json::object& change) {
  if (!change.contains("origin")) return {};
  constexpr std::size_t octets_shown = 40;  // a commit, whole
  const json::object& origin = object_of(change, "origin");
  return " (" + plain(shown(origin, "system") + " " + shown(origin, "id").substr(0, octets_shown)) +
         ")";
}

}  // namespace

std::string made_at(const json::object& change) {
  const json::object& origin = object_of(change, "origin");
  return shown(origin.contains("time") ? origin : change, "time");
}

std::string outline_text(const json::object& change) {
  return (change.contains("seq") ? "seq " + shown(change, "seq") : std::string("rejected")) + "  " +
         made_at(change) + "  " + plain(shown(change, "author")) + "  " +
         shown(change, "change_id") + "  " + plain(shown(change, "reason")) + origin_text(change);
}

std::string difference_text(const json::object& difference, const std::string& indent) {
  std::string out;
  const auto side = [&](const char* key, const char* sign) {
    if (!difference.contains(key)) return;
    const json::object& rrset = object_of(difference, key);
    for (const json::value& rdata : list_of(rrset, "rdata")) {
      out += indent + sign +
             plain(shown(difference, "name") + " " + shown(rrset, "ttl") + " IN " +
                   shown(difference, "type") + " " + shown(rdata)) +
             "\n";
    }
  };
  side("before", "- ");
  side("after", "+ ");
  return out;
}

std::string plain_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += plain(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace tidemark::cli
