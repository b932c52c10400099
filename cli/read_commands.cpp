// tidemark status|changes|fleet|health: what the controller knows.
#include <chrono>
#include <memory>
#include <thread>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/unserved.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds watch_period{1};
constexpr std::string_view clear_screen = "\033[H\033[2J";

std::string seconds_of(const json::object& object, std::string_view key) {
  const std::uint64_t ms = number_of(object, key);
  return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

std::string pins_text(const json::object& status) {
  std::string out;
  for (const json::value& one : list_of(status, "pins")) {
    if (!one.is_object()) continue;
    const json::object& pin = one.get_object();
    out += "pinned      " + plain(shown(pin, "scope")) + " at seq " + shown(pin, "seq") + " by " +
           plain(shown(pin, "author")) + ": " + plain(shown(pin, "reason")) + "\n";
  }
  return out;
}

std::string pin_of(const json::object& node) {
  const std::uint64_t seq = number_of(node, "pin_seq");
  if (seq == 0) return "-";
  return shown(node, "pin_scope") + "@" + std::to_string(seq) +
         (shown(node, "pin_trouble").empty() ? "" : "!");
}

std::string status_text(const json::object& status) {
  const json::object& version = object_of(status, "version");
  const json::object& log = object_of(status, "log");
  std::string out = "controller  " + shown(status, "name") + ", dataset " +
                    shown(status, "dataset") + "\nstate       " + shown(status, "state");
  if (const std::string detail = shown(status, "detail"); !detail.empty()) out += ": " + detail;
  return out + "\nversion     seq " + shown(version, "seq") + ", hash " +
         shown(version, "state_hash") + "\noffset      " + shown(status, "offset") +
         "\nlog         " + (is_true(log, "reachable") ? "reachable" : "NOT REACHABLE") +
         "\noutbox      " + shown(object_of(status, "outbox"), "changes") + " changes wait\n" +
         pins_text(status) + "records     " + shown(status, "accepted") + " accepted, " +
         shown(status, "rejected") + " rejected, " + shown(status, "undecodable") +
         " undecodable\n";
}

std::string proof_of(const json::object& node) {
  const std::string proof = shown(node, "proof");
  if (proof == "same" || proof == "unknown") return proof;
  return node.contains("proof") ? "DIFFERS" : "-";
}

// What people should look at, a line each.
std::string troubles_of(const json::object& node) {
  std::string out;
  const auto add = [&](const std::string& what, std::string_view key) {
    if (!node.contains(key) || shown(node, key).empty()) return;
    out += plain(shown(node, "node")) + ": " + what + plain(shown(node, key)) + "\n";
  };
  if (number_of(node, "pin_seq") != 0) add("pin: ", "pin_trouble");
  add("", "proof_text");
  add("", "shared_name");
  add("", "trouble");
  if (number_of(node, "rebuilds") != 0) {
    out += plain(shown(node, "node")) + ": rebuilt " + shown(node, "rebuilds") +
           " times, last at version " + shown(node, "rebuilt_seq") + ": hash " +
           shown(node, "rebuilt_from_hash") + " became " + shown(node, "rebuilt_to_hash") + "\n";
  }
  return out;
}

std::string fleet_text(const json::object& fleet) {
  const std::uint64_t newest = number_of(object_of(fleet, "version"), "seq");
  Table table({"NODE", "RING", "STATE", "LIVE", "SEQ", "BEHIND", "PROOF", "PIN", "OFFSET", "AGE",
               "DNS", "ADMIN", "NACKS"});
  for (const json::value& one : list_of(fleet, "nodes")) {
    if (!one.is_object()) continue;
    const json::object& node = one.get_object();
    const std::uint64_t seq = number_of(node, "active_seq");
    table.row({shown(node, "node"), shown(node, "ring"), shown(node, "state"), shown(node, "live"),
               std::to_string(seq), std::to_string(newest > seq ? newest - seq : 0), proof_of(node),
               pin_of(node), shown(node, "offset"), seconds_of(node, "age_ms"),
               shown(node, "dns_listen"), shown(node, "admin_listen"),
               std::to_string(list_of(node, "nacks").size())});
  }
  std::string troubles = not_vouching(fleet);
  if (!troubles.empty()) troubles += "\n";
  if (table.empty()) return "no edge has reported yet\n" + troubles;
  for (const json::value& one : list_of(fleet, "nodes")) {
    if (!one.is_object()) continue;
    troubles += troubles_of(one.get_object());
  }
  return table.to_text() + troubles;
}

std::string health_text(const json::object& health) {
  Table table({"POOL", "ENDPOINT", "ADDRESS", "VERDICT", "RULE", "CAUSE", "OVERRIDE"});
  for (const json::value& one : list_of(health, "pools")) {
    if (!one.is_object()) continue;
    const json::object& pool = one.get_object();
    for (const json::value& each : list_of(pool, "endpoints")) {
      if (!each.is_object()) continue;
      const json::object& endpoint = each.get_object();
      const bool drained = is_true(endpoint, "drained");
      table.row({shown(pool, "name"), shown(endpoint, "id"), shown(endpoint, "address"),
                 drained                   ? "drained"
                 : is_true(endpoint, "up") ? "up"
                                           : "DOWN",
                 shown(endpoint, "rule"), shown(endpoint, "cause"),
                 shown(object_of(endpoint, "override"), "state")});
    }
  }
  std::string probers;
  for (const json::value& one : list_of(health, "probers")) {
    if (!one.is_object()) continue;
    probers += "prober " + shown(one.get_object(), "name") + ", heard " +
               seconds_of(one.get_object(), "age_ms") + " ago by the log's clock\n";
  }
  return (table.empty() ? std::string("no pools\n") : table.to_text()) +
         (probers.empty() ? "no prober has reported yet\n" : probers);
}

std::string changes_text(const json::object& body) {
  Table table({"CHANGE", "OFFSET", "TIME", "STATE", "SEQ", "AUTHOR", "OBJECTS", "REASON"});
  for (const json::value& one : list_of(body, "changes")) {
    if (!one.is_object()) continue;
    const json::object& change = one.get_object();
    std::string objects = joined(list_of(change, "zones"), " ");
    for (const json::value& pool : list_of(change, "pools")) {
      objects += (objects.empty() ? "" : " ") + std::string("pool:") + shown(pool);
    }
    table.row({shown(change, "change_id"), shown(change, "offset"), shown(change, "time"),
               shown(change, "state"), shown(change, "seq"), shown(change, "author"), objects,
               shown(change, "reason")});
  }
  return table.empty() ? "no changes\n" : table.to_text();
}

std::string change_text(const json::object& change) {
  std::string out = "change  " + shown(change, "change_id") + "\nstate   " + shown(change, "state");
  if (change.contains("rule")) out += ": " + shown(change, "rule");
  if (change.contains("message")) out += ": " + plain(shown(change, "message"));
  out += "\noffset  " + shown(change, "offset") + ", " + shown(change, "time") + ", seq " +
         shown(change, "seq") + "\nauthor  " + plain(shown(change, "author")) + "\nreason  " +
         plain(shown(change, "reason")) + "\n";
  if (change.contains("origin")) {
    const json::object& origin = object_of(change, "origin");
    out += "origin  " + plain(shown(origin, "system")) + " " + plain(shown(origin, "id")) + ", " +
           shown(origin, "time") + "\n";
  }
  for (const json::value& edit : list_of(change, "edits")) out += "  " + plain(shown(edit)) + "\n";
  return out;
}

}  // namespace

void add_status(Command root, Session& session) {
  Command command = root.add("status", "Says how the controller and its log are",
                             "tidemark status --api http://127.0.0.1:8053");
  command.action([&session] { return report_answer(session, {.path = {"status"}}, status_text); });
}

void add_fleet(Command root, Session& session) {
  Command command = root.add("fleet", "Shows the newest report of each edge, and how far it is",
                             "tidemark fleet -o json");
  struct Options {
    bool watch = false;
    std::optional<std::uint64_t> rounds;
  };
  auto options = std::make_shared<Options>();
  command.flag("--watch", options->watch, "Show it anew each second, until interrupted");
  command.option("--rounds", options->rounds, "N", "With --watch: so often");
  command.action([options, &session]() -> Outcome {
    const ApiRequest request{.path = {"fleet"}};
    for (std::uint64_t round = 1; options->watch; ++round) {
      if (!session.json()) print(clear_screen);
      if (auto shown_once = report_answer(session, request, fleet_text); !shown_once) {
        return shown_once;
      }
      if (!flush_output() || (options->rounds && round >= *options->rounds)) return {};
      std::this_thread::sleep_for(watch_period);
    }
    return report_answer(session, request, fleet_text);
  });
  add_diverged(command, session);
  add_release(command, session);
  command.stands_alone();
}

void add_health(Command root, Session& session) {
  Command command =
      root.add("health", "Shows the verdict on each endpoint, and why", "tidemark health");
  command.action([&session] { return report_answer(session, {.path = {"health"}}, health_text); });
}

void add_changes(Command root, Session& session) {
  struct Options {
    std::optional<std::string> id, zone, name, author, since;
    std::optional<std::uint64_t> limit;
  };
  auto options = std::make_shared<Options>();
  Command command = root.add("changes", "Who changed what, when and why; newest first",
                             "tidemark changes --zone example.org --since 2026-11-01T00:00:00Z");
  command.argument("ID", options->id, "One change, with its edits (default: the newest)");
  command.option("--zone", options->zone, "ZONE", "Only of this zone");
  command.option("--name", options->name, "NAME", "Only those that touch this name");
  command.option("--author", options->author, "NAME", "Only by this author");
  command.option("--since", options->since, "OFFSET|TIME", "From an offset, or an RFC 3339 time");
  command.option("--limit", options->limit, "N", "At most N, 1 to 1000 (default 100)");
  command.action([options, &session] {
    if (options->id)
      return report_answer(session, {.path = {"changes", *options->id}}, change_text);
    ApiRequest request{.path = {"changes"}};
    const auto filter = [&request](const std::string& key,
                                   const std::optional<std::string>& value) {
      if (value) request.query.emplace_back(key, *value);
    };
    filter("zone", options->zone);
    filter("name", options->name);
    filter("author", options->author);
    filter("since", options->since);
    if (options->limit) request.query.emplace_back("limit", std::to_string(*options->limit));
    return report_answer(session, request, changes_text);
  });
}

}  // namespace tidemark::cli
