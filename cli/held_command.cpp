// tidemark held: changes that wait for somebody else's word.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

std::string age_of(const json::object& held) {
  const std::uint64_t hours = number_of(held, "age_ms") / 3'600'000;
  return (hours < 48 ? std::to_string(hours) + " h" : std::to_string(hours / 24) + " d") +
         (is_true(held, "stale") ? ", stale" : "");
}

std::string state_of(const json::object& held) {
  const std::string state = shown(held, "state");
  return state == "approved" && !is_true(held, "made") ? "approved, not made yet" : state;
}

std::string list_text(const json::object& body) {
  Table table({"ID", "STATE", "AGE", "AUTHOR", "OBJECTS", "REASON", "CLOSED BY"});
  for (const json::value& one : list_of(body, "held")) {
    if (!one.is_object()) continue;
    const json::object& held = one.get_object();
    table.row({shown(held, "id"), state_of(held), age_of(held), shown(held, "author"),
               joined(list_of(held, "objects"), " "), shown(held, "reason"),
               held.contains("closed_by") ? shown(held, "closed_by") : "-"});
  }
  return table.empty() ? "nothing is held\n" : table.to_text();
}

std::string closed_text(const json::object& held) {
  if (!held.contains("closed_by")) return {};
  return "closed    " + plain(shown(held, "closed")) + " by " + plain(shown(held, "closed_by")) +
         ": " + plain(shown(held, "closed_reason")) + "\n";
}

std::string standing_text(const json::object& held) {
  const std::string standing = shown(held, "standing"), id = plain(shown(held, "id"));
  if (standing == "outdated") {
    return "outdated  " + plain(shown(held, "why")) + "\nnext      tidemark held reject " + id +
           " --reason TEXT, and propose it anew\n";
  }
  if (standing == "fits") {
    return "next      somebody else: tidemark held approve " + id + " --reason TEXT\n";
  }
  return {};
}

std::string show_text(const json::object& held) {
  std::string out =
      "held      " + plain(shown(held, "id")) + "\nstate     " + state_of(held) + "\nauthor    " +
      plain(shown(held, "author")) + ", " + shown(held, "created") +
      (is_true(held, "stale") ? ", stale" : "") + "\nreason    " + plain(shown(held, "reason")) +
      "\nobjects   " + plain(joined(list_of(held, "objects"), " ")) + "\nguard     " +
      (shown(held, "refusal").empty() ? "none; held on wish" : plain(shown(held, "refusal"))) +
      "\n" + closed_text(held);
  if (held.contains("seq")) {
    out +=
        "made      version " + shown(held, "seq") + ", change " + shown(held, "change_id") + "\n";
  }
  out += standing_text(held);
  const json::object& diff = object_of(held, "diff");
  if (diff.empty()) return out;
  out += "on version " + shown(object_of(held, "version"), "seq") + ": " + diff_counts(diff) + "\n";
  return out + diff_lines(diff);
}

struct Options {
  std::string id;
  MutationOptions change;
};

Outcome approve(const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply =
      api->mutate({.method = "POST", .path = {"held", options.id, "approve"}}, options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_change(session, "held change " + options.id, *reply);
}

Outcome reject(const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply =
      api->mutate({.method = "POST", .path = {"held", options.id, "reject"}}, options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  print(session.json() ? reply->body + "\n" : "held change " + options.id + ": rejected\n");
  return {};
}

}  // namespace

void add_held(Command root, Session& session) {
  Command held =
      root.add("held", "Changes that a guard stopped, or that wait on wish", "tidemark held list");
  Command list = held.add("list", "What is held, by whom and why", "tidemark held list");
  list.action([&session] { return report_answer(session, {.path = {"held"}}, list_text); });

  auto one = std::make_shared<Options>();
  Command show = held.add("show", "What one would change of the zone as it is now",
                          "tidemark held show 9f0c1a2b3c4d5e6f708192a3b4c5d6e7");
  show.argument("ID", one->id, "As held list shows it");
  show.action(
      [one, &session] { return report_answer(session, {.path = {"held", one->id}}, show_text); });

  auto yes = std::make_shared<Options>();
  Command approve_command =
      held.add("approve", "Makes the change; by another than its author",
               "tidemark held approve 9f0c1a2b3c4d5e6f708192a3b4c5d6e7 --reason 'looked at it'");
  approve_command.argument("ID", yes->id, "As held list shows it");
  add_mutation_options(approve_command, yes->change);
  approve_command.action([yes, &session] { return approve(*yes, session); });

  auto no = std::make_shared<Options>();
  Command reject_command =
      held.add("reject", "The change is not made; its author may say so too",
               "tidemark held reject 9f0c1a2b3c4d5e6f708192a3b4c5d6e7 --reason 'not this week'");
  reject_command.argument("ID", no->id, "As held list shows it");
  add_mutation_options(reject_command, no->change);
  reject_command.action([no, &session] { return reject(*no, session); });
}

}  // namespace tidemark::cli
