// tidemark cookies show|add|promote|drop: the salts of DNS cookies, and their roll-over.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

std::string table_of(const json::object& body) {
  Table table({"SALT", "USE"});
  bool first = true;
  for (const json::value& salt : list_of(body, "salts")) {
    table.row({shown(salt), std::exchange(first, false) ? "signs and verifies" : "verifies"});
  }
  return first ? "no cookie salts: edges with a key file ignore COOKIE options\n" : table.to_text();
}

Outcome show(const Session& session) {
  return report_answer(session, {.path = {"cookies"}}, table_of);
}

Outcome step(const std::string& action, const MutationOptions& change, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply = api->mutate(
      {.method = "POST",
       .path = {"cookies"},
       .body = json::serialize(json::object{{"action", action}, {"reason", change.reason}})},
      change);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_change(session, "cookie salts", *reply);
}

}  // namespace

void add_cookies(Command root, Session& session) {
  Command cookies = root.add("cookies", "The salts of DNS cookies, and their roll-over",
                             "tidemark cookies add --reason 'monthly roll-over'");
  cookies.add("show", "Which salts there are; the first signs, all verify", "tidemark cookies show")
      .action([&session] { return show(session); });
  struct Stage {
    const char *action, *what, *example;
  };
  for (const Stage& stage :
       {Stage{"add", "Stage 1: draws a salt that verifies; the very first one signs too",
              "tidemark cookies add --reason 'monthly roll-over'"},
        Stage{"promote", "Stage 2, once every node serves stage 1: the second salt signs",
              "tidemark cookies promote --reason 'every edge has it'"},
        Stage{"drop", "Stage 3, an hour after stage 2: the last salt is no longer valid",
              "tidemark cookies drop --reason 'an hour has passed'"}}) {
    auto change = std::make_shared<MutationOptions>();
    Command command = cookies.add(stage.action, stage.what, stage.example);
    add_mutation_options(command, *change);
    add_rollout_option(command, *change);
    command.action([action = std::string(stage.action), change, &session] {
      return step(action, *change, session);
    });
  }
}

}  // namespace tidemark::cli
