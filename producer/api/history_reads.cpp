#include "producer/api/history_reads.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "consumer/history/moment.hpp"
#include "core/base/time_text.hpp"
#include "core/dns/master_file.hpp"
#include "producer/api/history_question.hpp"
#include "producer/api/history_shapes.hpp"
#include "producer/api/shapes.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

using consumer::History;

// text/dns before any JSON.
bool wants_text(const net::HttpRequest& request) {
  const std::string_view accept = request.headers.get("Accept").value_or("");
  const std::size_t text = accept.find("text/dns");
  return text != accept.npos && text < accept.find("application/json");
}

Asked<json::object> index_json(History& history) {
  const auto position = history.position();
  if (!position) return refused(position.error(), "history");
  return json::object{
      {"offset", position->offset}, {"seq", position->seq}, {"first_seq", position->first_seq}};
}

Answered answer(History& history, json::object body) {
  TIDEMARK_TRY(auto index, index_json(history));
  body["index"] = std::move(index);
  net::HttpResponse response;
  response.body = json::serialize(body);
  return response;
}

// A time bounds by itself; whatever names a version bounds by its change.
Asked<void> bound(History& history, const PastQuestion& question, consumer::ChangeQuery& query) {
  TIDEMARK_TRY(query.by, question.by());
  TIDEMARK_TRY(const auto since, question.moment("since"));
  if (since) {
    if (const auto* at = std::get_if<consumer::AtTime>(&*since)) {
      query.since_ms = at->ms;
    } else {
      TIDEMARK_TRY(const auto seq, question.seq("since"));
      const auto change = history.change_of(seq);
      if (!change) return refused(change.error(), "since");
      if (*change) query.since_offset = (*change)->offset - 1;
    }
  }
  TIDEMARK_TRY(const auto until, question.moment("until"));
  if (until) {
    if (const auto* at = std::get_if<consumer::AtTime>(&*until)) {
      query.until_ms = at->ms;
    } else {
      TIDEMARK_TRY(const auto seq, question.seq("until"));
      const auto change = history.change_of(seq);
      if (!change) return refused(change.error(), "until");
      query.before_offset = *change ? (*change)->offset + 1 : 0;
    }
  }
  return {};
}

Asked<void> add_differences(History& history, const consumer::ChangeQuery& query,
                            const consumer::PastChange& change, std::size_t limit,
                            json::object& shown) {
  const auto position = history.position();
  if (!position) return refused(position.error(), "history");
  json::array all;
  if (limit > 0 && change.seq && *change.seq > position->first_seq) {
    const auto found = history.diff({.from = *change.seq - 1,
                                     .to = *change.seq,
                                     .zone = query.zone,
                                     .name = query.name,
                                     .type = query.type,
                                     .limit = limit + 1});
    if (!found) return refused(found.error(), "history");
    for (const consumer::Difference& one : *found) {
      if (all.size() < limit) all.push_back(to_json(one));
    }
    shown["more_differences"] = found->size() > limit;
  }
  shown["differences"] = std::move(all);
  return {};
}

Answered read_history(History& history, const net::HttpRequest& request,
                      const PastQuestion& question) {
  if (auto known = only(request, {"zone", "name", "type", "author", "text", "since", "until",
                                  "limit", "before", "differences"});
      !known) {
    return std::unexpected(known.error());
  }
  consumer::ChangeQuery query;
  TIDEMARK_TRY(query.zone, question.name("zone"));
  TIDEMARK_TRY(query.name, question.name("name"));
  TIDEMARK_TRY(query.type, question.type());
  if (query.type && !query.name) {
    return std::unexpected(bad_request("type: a name is needed with it", "name=www.example.org"));
  }
  TIDEMARK_TRY(const auto limit, question.limit("limit", 100, past_changes_max));
  TIDEMARK_TRY(const auto differences, question.limit("differences", 20, past_differences_max));
  if (const auto author = request.parameter("author")) query.author = std::string(*author);
  if (const auto text = request.parameter("text")) query.text = std::string(*text);
  if (auto bounded = bound(history, question, query); !bounded) {
    return std::unexpected(bounded.error());
  }
  TIDEMARK_TRY(const auto before, number_parameter(request, "before"));
  if (before) {
    query.before_offset =
        std::min(query.before_offset.value_or(INT64_MAX), static_cast<std::int64_t>(*before));
  }
  query.limit = limit + 1;
  auto found = history.changes(query);
  if (!found) return refused(found.error(), "history");
  json::object body{{"next", nullptr}};
  if (found->size() > limit) {
    found->erase(found->begin() + static_cast<std::ptrdiff_t>(limit), found->end());
    body["next"] = found->back().offset;
  }
  json::array changes;
  for (const consumer::PastChange& change : *found) {
    json::object shown = to_json(change);
    if (auto added = add_differences(history, query, change, differences, shown); !added) {
      return std::unexpected(added.error());
    }
    changes.push_back(std::move(shown));
  }
  body["changes"] = std::move(changes);
  return answer(history, std::move(body));
}

// What was judged, newest first, without what it changed: cheap.
Answered read_changes(History& history, const net::HttpRequest& request,
                      const PastQuestion& question) {
  if (auto known = only(request, {"zone", "name", "author", "since", "limit"}); !known) {
    return std::unexpected(known.error());
  }
  consumer::ChangeQuery query;
  TIDEMARK_TRY(query.zone, question.name("zone"));
  TIDEMARK_TRY(query.name, question.name("name"));
  TIDEMARK_TRY(query.limit, question.limit("limit", 100, past_changes_max));
  if (const auto author = request.parameter("author")) query.author = std::string(*author);
  if (const auto since = number_parameter(request, "since"); since && *since) {
    query.since_offset = static_cast<std::int64_t>(**since);
  } else if (const auto text = request.parameter("since")) {
    query.since_ms = base::rfc3339_to_ms(*text);
    if (!query.since_ms) {
      return std::unexpected(bad_request("since: neither an offset nor a time",
                                         "an offset, or a time as 2026-01-31T12:00:00Z"));
    }
  }
  const auto found = history.changes(query);
  if (!found) return refused(found.error(), "changes");
  json::array changes;
  for (const consumer::PastChange& change : *found) changes.push_back(to_json(change));
  return answer(history, {{"changes", std::move(changes)}});
}

Answered read_blame(History& history, const net::HttpRequest& request,
                    const PastQuestion& question) {
  if (auto known = only(request, {"limit", "after"}); !known) {
    return std::unexpected(known.error());
  }
  TIDEMARK_TRY(const auto zone, zone_name_from(request.path[2]));
  TIDEMARK_TRY(const auto limit, question.limit("limit", 1000, blame_lines_max));
  TIDEMARK_TRY(const auto after, question.limit("after", 0, INT64_MAX));
  const auto found = history.blame(zone);
  if (!found) return refused(found.error(), zone.to_text());
  json::array lines;
  for (std::size_t i = after; i < found->size() && lines.size() < limit; ++i) {
    json::object line = to_json((*found)[i].rrset);
    line["change"] = outline_json((*found)[i].change);
    lines.push_back(std::move(line));
  }
  const std::size_t end = std::min(after, found->size()) + lines.size();
  json::object body{{"zone", zone.to_text()}, {"lines", std::move(lines)}, {"next", nullptr}};
  if (end < found->size()) body["next"] = end;
  return answer(history, std::move(body));
}

Answered read_diff(History& history, const net::HttpRequest& request,
                   const PastQuestion& question) {
  if (auto known = only(request, {"from", "to", "zone", "name", "type", "limit", "after"});
      !known) {
    return std::unexpected(known.error());
  }
  if (!request.parameter("from")) {
    return std::unexpected(bad_request("from: is missing", "from=2h, from=123; `to` is latest"));
  }
  consumer::DiffQuery query{};
  TIDEMARK_TRY(query.from, question.seq("from"));
  TIDEMARK_TRY(query.to, question.seq("to"));
  TIDEMARK_TRY(query.zone, question.name("zone"));
  TIDEMARK_TRY(query.name, question.name("name"));
  TIDEMARK_TRY(query.type, question.type());
  TIDEMARK_TRY(query.after, question.after());
  TIDEMARK_TRY(const auto limit, question.limit("limit", 100, past_differences_max));
  query.limit = limit + 1;
  auto found = history.diff(query);
  if (!found) return refused(found.error(), "diff");
  json::object body{{"from", query.from}, {"to", query.to}, {"next", nullptr}};
  if (found->size() > limit) {
    found->pop_back();
    body["next"] = place_text(found->back());
  }
  json::array differences;
  for (const consumer::Difference& one : *found) differences.push_back(to_json(one));
  body["differences"] = std::move(differences);
  json::array pools;
  if (!query.zone && !query.name && !query.after) {
    const auto before = history.pools_at(query.from);
    const auto after = history.pools_at(query.to);
    if (!before || !after) return refused(before ? after.error() : before.error(), "pools");
    pools = pool_differences(*before, *after);
  }
  body["pools"] = std::move(pools);
  return answer(history, std::move(body));
}

Answered show_zone(History& history, const net::HttpRequest& request, const dns::Name& zone,
                   std::uint64_t seq) {
  const auto found = history.zone_at(zone, seq);
  if (!found) return refused(found.error(), zone.to_text());
  if (wants_text(request)) {
    net::HttpResponse response;
    response.content_type = "text/dns";
    response.body = dns::write_master_file(zone, found->rrsets);
    return response;
  }
  json::array rrsets;
  for (const dns::Rrset& rrset : found->rrsets) rrsets.push_back(to_json(rrset));
  return answer(history, {{"seq", seq},
                          {"zone", zone.to_text()},
                          {"serial", found->serial.value()},
                          {"rrsets", std::move(rrsets)}});
}

Answered show_name(History& history, const dns::Name& name, std::optional<dns::RrType> type,
                   std::uint64_t seq) {
  const auto zone = history.zone_holding(name, seq);
  if (!zone) return refused(zone.error(), name.to_text());
  if (!*zone) {
    return std::unexpected(not_found("no zone held this name at version " + std::to_string(seq),
                                     name.to_text(), "tidemark history " + name.to_text()));
  }
  const auto found = history.rrsets_at(name, type, seq);
  if (!found) return refused(found.error(), name.to_text());
  json::array rrsets;
  for (const dns::Rrset& rrset : *found) rrsets.push_back(to_json(rrset));
  return answer(history, {{"seq", seq},
                          {"name", name.to_text()},
                          {"zone", (*zone)->to_text()},
                          {"rrsets", std::move(rrsets)}});
}

Answered show_all(History& history, std::uint64_t seq) {
  const auto zones = history.zones_at(seq);
  if (!zones) return refused(zones.error(), "zones");
  const auto entries = history.pools_at(seq);
  if (!entries) return refused(entries.error(), "pools");
  json::array names, pools, overrides;
  for (const dns::Name& zone : *zones) names.emplace_back(zone.to_text());
  for (const event::PoolEdit& one : *entries) {
    if (const auto* put = std::get_if<event::PutPool>(&one)) pools.push_back(to_json(put->pool));
    if (const auto* set = std::get_if<event::PutOverride>(&one)) {
      overrides.push_back(to_json(set->override_));
    }
  }
  return answer(history, {{"seq", seq},
                          {"zones", std::move(names)},
                          {"pools", std::move(pools)},
                          {"overrides", std::move(overrides)}});
}

Answered read_show(History& history, const net::HttpRequest& request,
                   const PastQuestion& question) {
  if (auto known = only(request, {"name", "zone", "type", "at"}); !known) {
    return std::unexpected(known.error());
  }
  TIDEMARK_TRY(const auto zone, question.name("zone"));
  TIDEMARK_TRY(const auto name, question.name("name"));
  TIDEMARK_TRY(const auto type, question.type());
  if ((zone && name) || (type && !name)) {
    return std::unexpected(bad_request("either a zone, or a name and perhaps its type"));
  }
  if (zone || name) {
    TIDEMARK_TRY(const auto seq, question.seq("at"));
    return zone ? show_zone(history, request, *zone, seq) : show_name(history, *name, type, seq);
  }
  TIDEMARK_TRY(const auto seq, question.seq("at"));
  return show_all(history, seq);
}

Answered read_versions(History& history, const net::HttpRequest& request,
                       const PastQuestion& question) {
  if (auto known = only(request, {"zone", "name", "from", "to"}); !known) {
    return std::unexpected(known.error());
  }
  TIDEMARK_TRY(const auto zone, question.name("zone"));
  TIDEMARK_TRY(const auto name, question.name("name"));
  if (zone && name) return std::unexpected(bad_request("either a zone or a name"));
  TIDEMARK_TRY(const auto from, question.seq("from"));
  TIDEMARK_TRY(const auto to, question.seq("to"));
  json::object body{{"from", from}, {"to", to}};
  if (zone) {
    const auto found = history.versions_of(*zone, from, to);
    if (!found) return refused(found.error(), zone->to_text());
    body["versions"] = json::array(found->begin(), found->end());
  }
  return answer(history, std::move(body));
}

}  // namespace

bool is_past(const std::vector<std::string>& path) {
  if (path.size() == 3) return path[0] == "v1" && path[1] == "blame";
  return path.size() == 2 && path[0] == "v1" &&
         (path[1] == "changes" || path[1] == "history" || path[1] == "diff" || path[1] == "show" ||
          path[1] == "versions");
}

Answered read_past(History& history, const net::HttpRequest& request, std::int64_t now_ms) {
  const PastQuestion question(history, request, now_ms);
  const std::string_view what = is_past(request.path) ? std::string_view(request.path[1]) : "";
  if (what == "changes") return read_changes(history, request, question);
  if (what == "history") return read_history(history, request, question);
  if (what == "blame") return read_blame(history, request, question);
  if (what == "diff") return read_diff(history, request, question);
  if (what == "show") return read_show(history, request, question);
  if (what == "versions") return read_versions(history, request, question);
  return std::unexpected(not_found("there is no such route", request.target));
}

}  // namespace tidemark::producer
