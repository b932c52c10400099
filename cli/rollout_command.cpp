// tidemark rollout: how far each ring is, why it waits; promote, release, resume.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

std::string rollout_text(const json::object& body) {
  Table table({"RING", "UP TO", "SERVES", "LIVE", "SOAK", "BY", "REASON", "WAITS FOR"});
  for (const json::value& one : list_of(body, "rings")) {
    if (!one.is_object()) continue;
    const json::object& ring = one.get_object();
    const json::object& mark = object_of(ring, "watermark");
    const std::string trouble = shown(ring, "trouble");
    table.row({shown(ring, "name"), is_true(ring, "gated") ? shown(mark, "seq") : "newest",
               shown(ring, "lowest_active"), shown(ring, "live"),
               shown(ring, "soak_seconds") + " s",
               mark.empty() ? "-" : plain(shown(mark, "author")),
               mark.empty() ? "-" : plain(shown(mark, "reason")),
               trouble.empty() ? plain(shown(ring, "waits_for")) : "TROUBLE: " + plain(trouble)});
  }
  std::string out;
  if (table.empty()) {
    out = "no rings: every edge activates what it has folded\n";
  } else {
    out = "newest version " + shown(object_of(body, "version"), "seq") + "\n" + table.to_text();
  }
  const json::object& stop = object_of(body, "stop");
  if (!stop.empty()) {
    out += std::string(is_true(stop, "undone") ? "last stop, undone" : "STOPPED") + " at change " +
           shown(stop, "change_id") + ": " + plain(shown(stop, "reason")) + "; back to version " +
           shown(stop, "good_seq") + "\n";
    if (const std::string trouble = shown(stop, "trouble");
        stop.contains("trouble") && !trouble.empty()) {
      out += "its revert: " + plain(trouble) + "\n";
    }
  }
  return out;
}

struct Options {
  std::optional<std::string> ring;
  std::optional<std::uint64_t> seq;
  bool all = false;
  MutationOptions change;
};

Expected<std::vector<std::string>> rings_of(const Options& options, const ApiClient& api) {
  if (options.ring.has_value() == options.all) {
    return fail(Exit::Usage, "name one RING, or say --all");
  }
  if (options.ring) return std::vector<std::string>{*options.ring};
  auto reply = api.ask({.path = {"rollout"}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  std::vector<std::string> rings;
  for (const char* list : {"rings", "others"}) {
    for (const json::value& one : list_of(answer->get_object(), list)) {
      if (!one.is_object()) continue;
      const json::object& ring = one.get_object();
      if (list == std::string_view("others")) {
        rings.push_back(shown(ring, "ring"));
      } else if (is_true(ring, "gated")) {
        rings.push_back(shown(ring, "name"));
      }
    }
  }
  return rings;
}

Outcome order(const Options& options, const Session& session, const std::string& verb,
              const std::string& done) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto rings = rings_of(options, *api);
  if (!rings) return std::unexpected(std::move(rings).error());
  for (const std::string& ring : *rings) {
    json::object body{{"reason", options.change.reason}};
    if (options.seq) body["seq"] = *options.seq;
    auto reply = api->mutate(
        {.method = "POST", .path = {"rollout", ring, verb}, .body = json::serialize(body)},
        options.change);
    if (!reply) return std::unexpected(std::move(reply).error());
    auto answer = parse_answer(reply->body);
    if (!answer) return std::unexpected(std::move(answer).error());
    const json::object& mark = object_of(answer->get_object(), "watermark");
    print(session.json() ? reply->body + "\n"
                         : "ring " + plain(ring) + " " + done +
                               (is_true(mark, "released") ? "" : " " + shown(mark, "seq")) + "\n");
  }
  if (rings->empty()) note("tidemark: no ring is gated");
  return {};
}

void add_order(Command& rollout, Session& session, const std::string& verb, const std::string& what,
               const std::string& example, const std::string& done) {
  auto options = std::make_shared<Options>();
  Command command = rollout.add(verb, what, example);
  command.argument("RING", options->ring, "One ring");
  if (verb == "promote") {
    command.option("--to", options->seq, "SEQ", "Up to this version (default: the newest)");
  } else {
    command.flag("--all", options->all, "Every gated ring");
  }
  command.required_words("--reason", options->change.reason, "TEXT", "Why: kept with the decision");
  command.action([options, &session, verb, done] { return order(*options, session, verb, done); });
}

Outcome release_node(const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  const json::object body{{"reason", options.change.reason}};
  auto reply = api->mutate({.method = "POST",
                            .path = {"rollout", "node:" + *options.ring, "release"},
                            .body = json::serialize(body)},
                           options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  print(session.json() ? reply->body + "\n"
                       : "node " + plain(*options.ring) +
                             " may try again what it holds before, if it holds before anything\n");
  return {};
}

}  // namespace

void add_release(Command fleet, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = fleet.add("release", "Lets an edge try again the versions that made it crash",
                              "tidemark fleet release edge1 --reason 'the record is mended'");
  command.argument("NODE", options->ring, "One edge");
  command.required_words("--reason", options->change.reason, "TEXT", "Why: kept with the decision");
  command.action([options, &session]() -> Outcome {
    if (!options->ring) return fail(Exit::Usage, "name one NODE");
    return release_node(*options, session);
  });
}

void add_rollout(Command root, Session& session) {
  Command rollout =
      root.add("rollout", "How changes go from ring to ring", "tidemark rollout status");
  Command status = rollout.add("status", "How far each ring is, by whom, and what it waits for",
                               "tidemark rollout status");
  status.action([&session] { return report_answer(session, {.path = {"rollout"}}, rollout_text); });
  add_order(rollout, session, "promote", "Gives a ring a version without waiting",
            "tidemark rollout promote eu --reason 'seen on canary'", "may activate up to version");
  add_order(rollout, session, "release",
            "Break-glass: lets a ring activate everything, until it is resumed",
            "tidemark rollout release --all --reason 'the fix must out'", "is not gated any more");
  add_order(rollout, session, "resume", "Gates a ring again, from the newest version on",
            "tidemark rollout resume eu --reason 'the fix is out'", "is gated again, from version");
}

}  // namespace tidemark::cli
