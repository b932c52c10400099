#include "producer/api/history_shapes.hpp"

#include <map>

#include <boost/json.hpp>

#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"
#include "core/dns/types.hpp"
#include "producer/api/shapes.hpp"
#include "producer/decide/diff.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

json::array texts(const std::vector<std::string>& all) {
  return json::array(all.begin(), all.end());
}

const dns::Rrset& either(const consumer::Difference& difference) {
  return difference.after ? *difference.after : *difference.before;
}

json::object side(const dns::Rrset& rrset) {
  json::object whole = to_json(rrset);
  return {{"ttl", whole["ttl"]}, {"rdata", whole["rdata"]}};
}

std::map<std::string, std::string> lines_of(const std::vector<event::PoolEdit>& entries) {
  std::map<std::string, std::string> lines;
  for (const event::PoolEdit& one : entries) {
    if (const auto* put = std::get_if<event::PutPool>(&one)) {
      lines.emplace("pool " + put->pool.name, to_line(put->pool));
    } else if (const auto* set = std::get_if<event::PutOverride>(&one)) {
      const event::Override& value = set->override_;
      lines.emplace("override " + value.pool + "/" + value.endpoint, to_line(value));
    }
  }
  return lines;
}

}  // namespace

json::object outline_json(const consumer::PastChange& change) {
  json::object shown{{"change_id", base::to_hex(change.change_id.value())},
                     {"offset", change.offset},
                     {"time", base::rfc3339_of(change.appended_ms)},
                     {"author", change.author},
                     {"reason", change.reason}};
  if (change.seq) shown["seq"] = *change.seq;
  if (change.origin) {  // imported: from where, and when it was made there
    json::object origin{{"system", change.origin->system}, {"id", change.origin->id}};
    const auto ms = static_cast<std::int64_t>(change.origin->time_ms);
    if (ms != 0) origin["time"] = base::rfc3339_of(ms);
    shown["origin"] = std::move(origin);
  }
  return shown;
}

json::object to_json(const consumer::PastChange& change) {
  json::object shown = outline_json(change);
  shown["state"] = change.seq ? "accepted" : "rejected";
  shown["zones"] = texts(change.zones);
  shown["pools"] = texts(change.pools);
  shown["edits"] = texts(change.lines);
  if (!change.seq) {
    shown["rule"] = change.rule;
    shown["message"] = change.message;
  }
  return shown;
}

json::object to_json(const consumer::Difference& difference) {
  const dns::Rrset& any = either(difference);
  json::object shown{{"zone", difference.zone.to_text()},
                     {"name", any.owner.to_text()},
                     {"type", dns::to_text(any.type)}};
  if (difference.before) shown["before"] = side(*difference.before);
  if (difference.after) shown["after"] = side(*difference.after);
  return shown;
}

std::string place_text(const consumer::Difference& difference) {
  const dns::Rrset& any = either(difference);
  return difference.zone.to_text() + "/" + any.owner.to_text() + "/" + dns::to_text(any.type);
}

json::array pool_differences(const std::vector<event::PoolEdit>& before,
                             const std::vector<event::PoolEdit>& after) {
  const auto old_lines = lines_of(before), new_lines = lines_of(after);
  auto objects = old_lines;
  objects.insert(new_lines.begin(), new_lines.end());
  json::array differences;
  for (const auto& [object, line] : objects) {
    const auto was = old_lines.find(object), is = new_lines.find(object);
    if (was != old_lines.end() && is != new_lines.end() && was->second == is->second) continue;
    json::object shown{{"object", object}};
    if (was != old_lines.end()) shown["before"] = was->second;
    if (is != new_lines.end()) shown["after"] = is->second;
    differences.push_back(std::move(shown));
  }
  return differences;
}

}  // namespace tidemark::producer
