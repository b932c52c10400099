#include "producer/api/rollback.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <boost/json.hpp>

#include "consumer/history/history.hpp"
#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"
#include "net/json.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

using consumer::History;
using Rrsets = std::vector<dns::Rrset>;

constexpr std::string_view before_mark = "before:";

ApiError not_known(const std::string& what, const std::string& why) {
  return {404, "not-found", what + " is not known any more: " + why, what,
          "a newer version; or let the controller build its history index"};
}

std::expected<History, ApiError> open_history(const RollbackPorts& ports, const std::string& what) {
  // What is folded must be known before it can be said what came last.
  if (!ports.history.settle(std::chrono::milliseconds(200))) {
    return refuse(ApiError{503, "unavailable", "the history index is behind the log", what,
                           "ask again a little later"});
  }
  auto history = ports.history.reader();
  if (!history) {
    return refuse(not_known(what,
                            "it is older than the versions held here, and the history index "
                            "cannot be read: " +
                                history.error().message));
  }
  return *std::move(history);
}

std::expected<std::uint64_t, ApiError> version_at_time(const RollbackPorts& ports, std::int64_t ms,
                                                       const std::string& text,
                                                       const dns::Name* zone) {
  auto history = open_history(ports, text);
  if (!history) return refuse(std::move(history).error());
  // Of a zone: when its changes were made, also where that was elsewhere.
  if (zone != nullptr) {
    if (const auto seq = history->seq_at(ms, *zone); seq && *seq != 0) return *seq;
  }
  if (const auto seq = history->seq_at(ms); seq && *seq != 0) return *seq;
  return refuse(not_known("the version at " + text, "no change that the history knows is so old"));
}

std::expected<std::uint64_t, ApiError> version_by_change(const RollbackPorts& ports,
                                                         event::ChangeId id,
                                                         const std::string& text) {
  const auto remembered = ports.feeder.state().ledger.find(id);
  std::optional<std::uint64_t> seq;
  if (remembered) seq = remembered->seq;
  if (!remembered) {
    auto history = open_history(ports, "change " + text);
    if (!history) return refuse(std::move(history).error());
    const auto found = history->find(id);
    if (!found || !*found)
      return refuse(not_found("there is no such change", text, "tidemark changes"));
    seq = (*found)->seq.value_or(0);
  }
  if (*seq == 0) {
    return refuse(invalid("the change was rejected: it made no version", text,
                          "name an accepted change: tidemark changes"));
  }
  return *seq;
}

std::expected<std::string, ApiError> read_body(const net::HttpRequest& request, Terms& terms) {
  const auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(value.error());
  const auto& object = value->get_object();
  if (const auto known = net::check_keys(object, {"to", "dry_run", "reason"}); !known) {
    return refuse(bad_request(known.error().trail));
  }
  const auto to = net::text_field(object, "to");
  if (!to) return refuse(bad_request(to.error().trail, "a version, a time, or a change as text"));
  const auto dry_run = net::optional_flag_field(object, "dry_run");
  if (!dry_run) return refuse(bad_request(dry_run.error().trail));
  terms.dry_run = terms.dry_run || dry_run->value_or(false);
  return *to;
}

bool is_same(const Rrsets& now, const Rrsets& then) {
  const auto indexed = [](const Rrsets& all) {
    std::map<std::pair<dns::Name, dns::RrType>, const dns::Rrset*> index;
    for (const dns::Rrset& one : all) index.emplace(std::pair(one.owner, one.type), &one);
    return index;
  };
  const auto left = indexed(now), right = indexed(then);
  return left.size() == right.size() && std::ranges::all_of(left, [&](const auto& one) {
           const auto at = right.find(one.first);
           if (at == right.end()) return false;
           return one.first.second == dns::RrType::Soa
                      ? same_but_for_serial(*one.second, *at->second)
                      : *one.second == *at->second;
         });
}

}  // namespace

std::expected<std::optional<Rrsets>, ApiError> zone_then(const RollbackPorts& ports,
                                                         const dns::Name& zone, std::uint64_t seq) {
  if (const auto held = ports.feeder.version_at(dataset::Seq(seq))) {
    const auto found = held->find_zone(zone);
    return found ? std::optional(found->rrsets()) : std::nullopt;
  }
  auto history = open_history(ports, "version " + std::to_string(seq));
  if (!history) return refuse(std::move(history).error());
  const auto zones = history->zones_at(seq);
  if (!zones) return refuse(not_known("version " + std::to_string(seq), zones.error().trail));
  if (std::ranges::find(*zones, zone) == zones->end()) return std::nullopt;
  auto then = history->zone_at(zone, seq);
  if (!then) return refuse(not_known("version " + std::to_string(seq), then.error().trail));
  return std::move(then->rrsets);
}

// RFC 1035 section 3.3.13: the serial stands 20 octets before the end.
bool same_but_for_serial(const dns::Rrset& left, const dns::Rrset& right) {
  constexpr std::size_t from_serial = 20, behind_serial = 16;
  const auto& a = left.rdata.front();
  const auto& b = right.rdata.front();
  return left.ttl == right.ttl && a.size() == b.size() &&
         std::equal(a.begin(), a.end() - from_serial, b.begin()) &&
         std::equal(a.end() - behind_serial, a.end(), b.end() - behind_serial);
}

std::expected<std::uint64_t, ApiError> version_of(const RollbackPorts& ports, std::string_view to,
                                                  const dns::Name* zone) {
  const std::string text(to);
  const std::uint64_t newest = ports.feeder.state().dataset.version().seq.value();
  const bool is_before = to.starts_with(before_mark);
  if (is_before) to.remove_prefix(before_mark.size());
  std::expected<std::uint64_t, ApiError> seq = 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(to.data(), to.data() + to.size(), number);
  if (const auto id = base::u128_from_hex(to)) {
    seq = version_by_change(ports, event::ChangeId(*id), text);
    if (seq && is_before) --*seq;
  } else if (!is_before && error == std::errc() && end == to.data() + to.size()) {
    seq = number;
  } else if (const auto ms = base::rfc3339_to_ms(to); !is_before && ms) {
    seq = version_at_time(ports, *ms, text, zone);
  } else {
    return refuse(bad_request("to: " + text + ": not a version, a time or a change",
                              "42, 2026-01-31T12:00:00Z, a change's id of 32 digits, or "
                              "before:ID"));
  }
  if (!seq) return seq;
  if (*seq == 0) {
    return refuse(invalid("there was no version then", text, "name a version from 1 on"));
  }
  if (*seq > newest) {
    return refuse(invalid("version " + std::to_string(*seq) +
                              " does not exist yet: the newest is " + std::to_string(newest),
                          text, "name an older one"));
  }
  return seq;
}

WishResult rollback_zone(const net::HttpRequest& request, std::string_view zone,
                         const RollbackPorts& ports, Terms& terms) {
  auto name = zone_name_from(zone);
  if (!name) return refuse(std::move(name).error());
  const auto to = read_body(request, terms);
  if (!to) return refuse(to.error());
  const auto seq = version_of(ports, *to, &*name);
  if (!seq) return refuse(seq.error());
  auto then = zone_then(ports, *name, *seq);
  if (!then) return refuse(std::move(then).error());
  if (terms.reason.empty()) terms.reason = "rollback to version " + std::to_string(*seq);
  return ReadWish{name->to_text(),
                  [name = *name, then = *std::move(then),
                   seq = *seq](const Base& base) -> std::expected<Wish, ApiError> {
                    if (then) return ReplaceZone{name, *then};
                    if (ZoneView(base, name).exists()) return RemoveZone{name};
                    return refuse(not_found("the zone is neither there now nor was it at version " +
                                                std::to_string(seq),
                                            name.to_text(), "tidemark history " + name.to_text()));
                  }};
}

Answered read_rollback(const RollbackPorts& ports, const net::HttpRequest& request) {
  const auto to = request.parameter("to");
  if (!to) return refuse(bad_request("to: is missing", "?to=VERSION, TIME or CHANGE"));
  const auto seq = version_of(ports, *to);
  if (!seq) return refuse(seq.error());
  const dataset::Dataset& now = ports.feeder.state().dataset;
  std::set<dns::Name> names;
  for (const dataset::Zone& zone : now.zones()) names.insert(dns::Name(zone.name()));
  if (const auto held = ports.feeder.version_at(dataset::Seq(*seq))) {
    for (const dataset::Zone& zone : held->zones()) names.insert(dns::Name(zone.name()));
  } else {
    auto history = open_history(ports, "version " + std::to_string(*seq));
    if (!history) return refuse(std::move(history).error());
    auto zones = history->zones_at(*seq);
    if (!zones) return refuse(not_known("version " + std::to_string(*seq), zones.error().trail));
    names.insert(zones->begin(), zones->end());
  }
  json::array zones;
  for (const dns::Name& name : names) {
    const auto zone = now.find_zone(name);
    if (zone && zone->seq().value() <= *seq) continue;  // not touched since
    auto then = zone_then(ports, name, *seq);
    if (!then) return refuse(std::move(then).error());
    if (zone && *then && is_same(zone->rrsets(), **then)) continue;
    zones.push_back(json::object{{"zone", name.to_text()},
                                 {"rollback", !*then  ? "removed"
                                              : !zone ? "created"
                                                      : "changed"}});
  }
  net::HttpResponse response;
  response.body = json::serialize(json::object{
      {"seq", *seq}, {"version", to_json(now.version())}, {"zones", std::move(zones)}});
  return response;
}

}  // namespace tidemark::producer
