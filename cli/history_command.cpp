// tidemark history|blame|show|export: what was, and who made it so.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/past.hpp"
#include "cli/past_text.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct HistoryOptions {
  PastOptions past;
  std::optional<std::string> name, type, zone, author, text, since, until;
  std::optional<std::uint64_t> limit, before;
};

std::string changes_text(const json::object& answer) {
  std::string out;
  for (const json::value& one : list_of(answer, "changes")) {
    if (!one.is_object()) continue;
    const json::object& change = one.get_object();
    out += outline_text(change) + "\n";
    if (change.contains("rule")) {
      out += "    " + shown(change, "rule") + ": " + plain(shown(change, "message")) + "\n";
    }
    for (const json::value& each : list_of(change, "differences")) {
      if (each.is_object()) out += difference_text(each.get_object(), "    ");
    }
    if (is_true(change, "more_differences")) out += "    ...\n";
  }
  if (out.empty()) out = "no changes\n";
  if (answer.contains("next") && !answer.at("next").is_null()) {
    out += "older ones: --before " + shown(answer, "next") + "\n";
  }
  return out;
}

Outcome show_answer(const Session& session, Expected<json::object> answer,
                    std::string (*text)(const json::object&)) {
  if (!answer) return std::unexpected(std::move(answer).error());
  print(session.json() ? json::serialize(*answer) + "\n" : text(*answer));
  return {};
}

Outcome history(const HistoryOptions& options, const Session& session) {
  auto past = Past::open(options.past, session);
  if (!past) return std::unexpected(std::move(past).error());
  Past::Query query;
  const auto add = [&query](const std::string& key, const std::optional<std::string>& value) {
    if (value) query.emplace_back(key, *value);
  };
  add("name", options.name);
  add("type", options.type);
  add("zone", options.zone);
  add("author", options.author);
  add("text", options.text);
  add("since", options.since);
  add("until", options.until);
  if (options.limit) query.emplace_back("limit", std::to_string(*options.limit));
  if (options.before) query.emplace_back("before", std::to_string(*options.before));
  return show_answer(session, past->ask_json({"history"}, query), changes_text);
}

std::string blame_text(const json::object& answer) {
  Table table({"SEQ", "TIME", "AUTHOR", "RECORD", "REASON"});
  for (const json::value& one : list_of(answer, "lines")) {
    if (!one.is_object()) continue;
    const json::object& line = one.get_object();
    const json::object& change = object_of(line, "change");
    for (const json::value& rdata : list_of(line, "rdata")) {
      table.row({shown(change, "seq"), made_at(change), shown(change, "author"),
                 shown(line, "name") + " " + shown(line, "ttl") + " " + shown(line, "type") + " " +
                     shown(rdata),
                 shown(change, "reason")});
    }
  }
  return table.to_text();
}

Outcome blame(const std::string& zone, const PastOptions& options, const Session& session) {
  auto past = Past::open(options, session);
  if (!past) return std::unexpected(std::move(past).error());
  constexpr const char* page = "100000";
  Expected<json::object> all = past->ask_json({"blame", zone}, {{"limit", page}});
  while (all && all->contains("next") && !all->at("next").is_null()) {
    auto more = past->ask_json({"blame", zone}, {{"limit", page}, {"after", shown(*all, "next")}});
    if (!more) return std::unexpected(std::move(more).error());
    for (json::value& line : more->at("lines").as_array()) {
      all->at("lines").as_array().push_back(std::move(line));
    }
    all->at("next") = more->at("next");
  }
  return show_answer(session, std::move(all), blame_text);
}

std::string shown_text(const json::object& answer) {
  std::string out;
  for (const json::value& rrset : list_of(answer, "rrsets")) {
    if (rrset.is_object()) out += plain_lines(rrset_lines(rrset.get_object()));
  }
  return out.empty() ? "no records of that name\n" : out;
}

struct ShowOptions {
  PastOptions past;
  std::string name, at;
  std::optional<std::string> type;
};

// A zone of that time is shown whole, any other name with what it had.
Outcome show(const ShowOptions& options, const Session& session) {
  auto past = Past::open(options.past, session);
  if (!past) return std::unexpected(std::move(past).error());
  if (!options.type) {
    auto zone = past->ask_json({"show"}, {{"zone", options.name}, {"at", options.at}});
    if (zone) return show_answer(session, std::move(zone), shown_text);
  }
  Past::Query query{{"name", options.name}, {"at", options.at}};
  if (options.type) query.emplace_back("type", *options.type);
  return show_answer(session, past->ask_json({"show"}, query), shown_text);
}

Outcome export_zone(const ShowOptions& options, const Session& session) {
  auto past = Past::open(options.past, session);
  if (!past) return std::unexpected(std::move(past).error());
  auto zone = past->ask({"show"}, {{"zone", options.name}, {"at", options.at}},
                        session.json() ? "application/json" : "text/dns");
  if (!zone) return std::unexpected(std::move(zone).error());
  print(*zone + (session.json() ? "\n" : ""));
  return {};
}

constexpr const char* when =
    "A version (123), a change's id, a time (2026-01-31T12:00:00Z), so long ago (2h), or latest";

}  // namespace

void add_history(Command root, Session& session) {
  auto options = std::make_shared<HistoryOptions>();
  Command command = root.add("history", "What was changed, by whom and why, before and after",
                             "tidemark history www.example.org A --since 30d");
  command.argument("NAME", options->name, "Only what changed this name (default: everything)");
  command.argument("TYPE", options->type, "Only this type of it");
  command.option("--zone", options->zone, "ZONE", "Only changes that touch this zone");
  command.option("--author", options->author, "NAME", "Only by this author");
  command.option("--text", options->text, "TEXT", "Only with this in the reason");
  command.option("--since", options->since, "WHEN", "From this version or time on");
  command.option("--until", options->until, "WHEN", "Up to this version or time");
  command.option("--limit", options->limit, "N", "At most N, 1 to 1000 (default 100)");
  command.option("--before", options->before, "OFFSET", "The next page, as the last one said");
  add_past_options(command, options->past);
  command.action([options, &session] { return history(*options, session); });
}

void add_blame(Command root, Session& session) {
  struct Options {
    PastOptions past;
    std::string zone;
  };
  auto options = std::make_shared<Options>();
  Command command = root.add("blame", "Who made each record of a zone what it is, when and why",
                             "tidemark blame example.org");
  command.argument("ZONE", options->zone, "Name of the zone");
  add_past_options(command, options->past);
  command.action([options, &session] { return blame(options->zone, options->past, session); });
}

void add_show(Command root, Session& session) {
  auto options = std::make_shared<ShowOptions>();
  Command command = root.add("show", "Shows a zone or a name as it was at some time",
                             "tidemark show www.example.org --at '3d ago'");
  command.argument("NAME|ZONE", options->name, "A zone of that time, or a name in one");
  command.argument("TYPE", options->type, "Only this type of the name");
  command.required_option("--at", options->at, "WHEN", when);
  add_past_options(command, options->past);
  command.action([options, &session] { return show(*options, session); });
}

void add_export(Command root, Session& session) {
  auto options = std::make_shared<ShowOptions>();
  Command command = root.add("export", "Writes a zone of the past as a master file",
                             "tidemark export example.org --at 2026-01-31 > example.zone");
  command.argument("ZONE", options->name, "Name of the zone");
  command.required_option("--at", options->at, "WHEN", when);
  add_past_options(command, options->past);
  command.action([options, &session] { return export_zone(*options, session); });
}

}  // namespace tidemark::cli
