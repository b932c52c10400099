// tidemark pin|unpin|pins: staying on an old version on purpose.
#include <charconv>
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::string seq;
  std::optional<std::string> ring, node, lineage;
  std::optional<std::uint64_t> past;
  bool own = false, unseen = false;
  MutationOptions change;
};

Expected<std::string> scope_of(const Options& options) {
  if (options.ring && options.node) {
    return fail(Exit::Usage, "--ring and --node exclude each other");
  }
  if (options.ring) return "ring:" + *options.ring;
  if (options.node) return "node:" + *options.node;
  return std::string("fleet");
}

Outcome report_pin(const Session& session, const std::string& what, const ApiReply& reply) {
  if (session.json()) {
    print(reply.body + "\n");
    return {};
  }
  auto parsed = parse_answer(reply.body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const json::object& answer = parsed->get_object();
  for (const json::value& warning : list_of(answer, "warnings")) {
    note("tidemark: warning: " + plain(shown(warning)));
  }
  print(what +
        (is_true(answer, "acked") ? "; obeyed by " + joined(list_of(answer, "edges"), ", ")
                                  : std::string("; see who obeys: tidemark fleet")) +
        "\n");
  return {};
}

Outcome pin(const Options& options, const Session& session) {
  auto scope = scope_of(options);
  if (!scope) return std::unexpected(std::move(scope).error());
  std::uint64_t seq = 0;
  const char* const end = options.seq.data() + options.seq.size();
  const auto [read, error] = std::from_chars(options.seq.data(), end, seq);
  if (error != std::errc() || read != end || seq == 0) {
    return fail(Exit::Usage, "SEQ: " + options.seq + " is no version",
                "tidemark changes, whose column SEQ shows versions");
  }
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  json::object body{{"seq", seq}, {"reason", options.change.reason}};
  if (options.lineage) body["lineage"] = *options.lineage;
  ApiRequest request{.method = "POST", .path = {"pins", *scope}, .body = json::serialize(body)};
  if (options.unseen) request.query.emplace_back("unseen", "1");
  auto reply = api->mutate(std::move(request), options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_pin(session, *scope + " is pinned to version " + std::to_string(seq), *reply);
}

Outcome unpin(const Options& options, const Session& session) {
  auto scope = scope_of(options);
  if (!scope) return std::unexpected(std::move(scope).error());
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  ApiRequest request{.method = "DELETE", .path = {"pins", *scope}};
  if (options.own) request.query.emplace_back("own", "1");
  if (options.past) request.query.emplace_back("past", std::to_string(*options.past));
  auto reply = api->mutate(std::move(request), options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_pin(session, *scope + " is no longer pinned", *reply);
}

std::string pins_table(const json::object& body) {
  Table table({"SCOPE", "SEQ", "SINCE", "AUTHOR", "REASON", "OBEYED BY", "NOT BY"});
  for (const json::value& one : list_of(body, "pins")) {
    if (!one.is_object()) continue;
    const json::object& pin = one.get_object();
    std::string obeying, others;
    for (const json::value& each : list_of(pin, "nodes")) {
      if (!each.is_object()) continue;
      std::string& list = is_true(each.get_object(), "obeys") ? obeying : others;
      list += (list.empty() ? "" : " ") + shown(each.get_object(), "node");
    }
    table.row({shown(pin, "scope"), shown(pin, "seq"), shown(pin, "since"), shown(pin, "author"),
               shown(pin, "reason"), obeying, others});
  }
  return table.empty() ? "nothing is pinned\n" : table.to_text();
}

void add_scope(Command& command, Options& options) {
  command.option("--ring", options.ring, "RING",
                 "Only the nodes of this ring (default: the fleet)");
  command.option("--node", options.node, "NODE", "Only this node");
}

}  // namespace

void add_pins(Command root, Session& session) {
  auto set = std::make_shared<Options>();
  Command pin_command =
      root.add("pin", "Every edge serves this old version from memory, and goes on folding",
               "tidemark pin 41 --reason 'the import was wrong' --wait 5");
  pin_command.argument("SEQ", set->seq, "The version to serve");
  add_scope(pin_command, *set);
  pin_command.option("--lineage", set->lineage, "HEX",
                     "Refuse if the version is meant of another history than the controller's");
  pin_command.flag("--unseen", set->unseen, "Also for a ring or node that has not reported yet");
  add_mutation_options(pin_command, set->change);
  pin_command.action([set, &session] { return pin(*set, session); });

  auto end = std::make_shared<Options>();
  Command unpin_command =
      root.add("unpin", "Ends a pin: its nodes go forward to the newest version",
               "tidemark unpin --reason 'rolled back' --wait 5");
  add_scope(unpin_command, *end);
  unpin_command.option("--past", end->past, "SEQ",
                       "The version that holds the revert: no ring serves what lies before it");
  unpin_command.flag("--own", end->own, "Only if the pin is yours");
  add_mutation_options(unpin_command, end->change);
  unpin_command.action([end, &session] { return unpin(*end, session); });

  Command list = root.add("pins", "What is pinned, by whom, why, and who obeys", "tidemark pins");
  list.action([&session] { return report_answer(session, {.path = {"pins"}}, pins_table); });
}

}  // namespace tidemark::cli
