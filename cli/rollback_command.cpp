// tidemark rollback: zones as they were, by new changes with higher serials.
#include <algorithm>
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/zone_put.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::optional<std::string> zone;
  std::string to;
  bool all = false, dry_run = false, yes = false, unpin = false;
  std::optional<std::uint64_t> removals;
  MutationOptions change;
};

ApiRequest request_for(const std::string& zone, const std::string& to) {
  return {.method = "POST",
          .path = {"zones", zone, "rollback"},
          .body = json::serialize(json::object{{"to", to}})};
}

// `past` becomes the version that holds the revert.
Outcome roll_back(const ApiClient& api, const std::string& zone, const std::string& to,
                  const Options& options, const Session& session, std::uint64_t& past) {
  const std::string object = "zone " + zone;
  const auto shown_first = dry_run(api, request_for(zone, to));
  if (!shown_first) return std::unexpected(Failure(shown_first.error()).at("rollback"));
  if (options.dry_run || !session.json()) {
    if (auto told = report_dry_run(session, object, *shown_first); !told) return told;
  }
  if (options.dry_run) return {};
  ApiRequest request = request_for(zone, to);
  if (options.removals) {
    request.query.emplace_back("acknowledge_removals", std::to_string(*options.removals));
  } else if (shown_first->removals && !options.change.hold) {
    if (!options.yes) {
      Failure guarded(Exit::Guard, object + ": guard: " + std::to_string(*shown_first->removals) +
                                       " RRsets would go away");
      guarded.with = "--yes";
      return std::unexpected(std::move(guarded));
    }
    request.query.emplace_back("acknowledge_removals", std::to_string(*shown_first->removals));
  }
  MutationOptions change = options.change;
  if (options.unpin) change.wait_seconds.reset();  // under a pin nobody serves it yet
  auto reply = api.mutate(std::move(request), change);
  if (!reply) return std::unexpected(std::move(reply).error().at("rollback"));
  if (const auto answer = parse_answer(reply->body)) {
    past = std::max(past, number_of(object_of(answer->get_object(), "version"), "seq"));
  }
  return report_change(session, object, *reply);
}

// The version that TO means, and the zones that are not as they were.
struct Extent {
  std::uint64_t newest = 0;
  std::string seq;
  std::vector<std::string> zones;
};
Expected<Extent> extent_of(const ApiClient& api, const std::string& to) {
  auto reply = api.ask({.path = {"rollback"}, .query = {{"to", to}}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  const json::object& body = answer->get_object();
  Extent extent{number_of(object_of(body, "version"), "seq"), shown(body, "seq"), {}};
  for (const json::value& one : list_of(answer->get_object(), "zones")) {
    if (one.is_object()) extent.zones.push_back(shown(one.get_object(), "zone"));
  }
  return extent;
}

// Ends the pins of this operator; those of others are told. No ring serves what lies between a pin
// and `past` then, also where one was gated at it.
Outcome end_own_pins(const ApiClient& api, const Options& options, const Session& session,
                     std::uint64_t past) {
  auto reply = api.ask({.path = {"pins"}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  for (const json::value& one : list_of(answer->get_object(), "pins")) {
    if (!one.is_object()) continue;
    const std::string scope = shown(one.get_object(), "scope");
    ApiRequest request{.method = "DELETE", .path = {"pins", scope}, .query = {{"own", "1"}}};
    if (past != 0) request.query.emplace_back("past", std::to_string(past));
    auto ended = api.mutate(std::move(request), options.change);
    if (ended) {
      if (!session.json()) print(plain(scope) + " is no longer pinned\n");
    } else if (ended.error().exit == Exit::TimeOut) {
      return std::unexpected(std::move(ended).error());
    } else {
      note("tidemark: warning: " + ended.error().what + "; that pin stays");
    }
  }
  return {};
}

Outcome run(const Options& options, const Session& session) {
  if (options.all == options.zone.has_value()) {
    return fail(Exit::Usage, "name one ZONE, or say --all",
                "tidemark rollback example.org --to 41 --dry-run");
  }
  if (auto given = reason_given(options.change, options.dry_run); !given) return given;
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  Extent extent{0, options.to, {}};
  if (options.zone) {
    extent.zones.push_back(*options.zone);
  } else {
    auto all = extent_of(*api, options.to);
    if (!all) return std::unexpected(std::move(all).error());
    extent = *std::move(all);
    if (!session.json()) {
      print("version " + extent.seq + ": " + std::to_string(extent.zones.size()) +
            " zones are not as they were\n");
    }
  }
  Outcome held;  // with --hold each zone ends so, and the next one follows
  for (const std::string& zone : extent.zones) {
    auto done = roll_back(*api, zone, extent.seq, options, session, extent.newest);
    if (done) continue;
    if (!options.change.hold || done.error().exit != Exit::Guard) return done;
    held = std::move(done);
  }
  if (!held) return held;
  if (options.unpin && !options.dry_run) return end_own_pins(*api, options, session, extent.newest);
  return {};
}

}  // namespace

void add_rollback(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = root.add(
      "rollback", "Makes zones what they were, by a new change with a higher serial",
      "tidemark rollback example.org --to 41 --reason 'the import was wrong' --yes --unpin");
  command.argument("ZONE", options->zone, "The zone; or --all");
  command.required_option("--to", options->to, "TO",
                          "A version; a time as 2026-01-31T12:00:00Z; a change's id, or before:ID");
  command.flag("--all", options->all, "Every zone that is not as it was");
  command.flag("--yes", options->yes,
               "Acknowledge as many removals as the diff shows, if no number is given");
  command.option("--acknowledge-removals", options->removals, "N",
                 "Exactly N RRsets may go: what the guard asks for");
  command.flag("--unpin", options->unpin, "Afterwards end the pins that are yours");
  add_dry_run_options(command, options->change, options->dry_run);
  add_hold_option(command, options->change);
  command.action([options, &session] { return run(*options, session); });
}

}  // namespace tidemark::cli
