// tidemark override set|clear: an operator's word against health's.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "topics/definitions.hpp"

namespace tidemark::cli {

namespace {

struct Options {
  std::string pool, endpoint, state;
  std::optional<std::string> duration;
  MutationOptions change;
};

Expected<std::string> body_of(const Options& options) {
  boost::json::object body{{"state", options.state}, {"reason", options.change.reason}};
  if (options.duration) {
    const auto ms = topics::parse_duration_ms(*options.duration);
    if (!ms) return fail(Exit::Usage, "--for: " + ms.error().trail);
    if (*ms > 0) body["for_seconds"] = (*ms + 999) / 1000;
  }
  return boost::json::serialize(body);
}

Outcome run(const std::string& method, const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  ApiRequest request{.method = method,
                     .path = {"pools", options.pool, "endpoints", options.endpoint, "override"}};
  if (method == "PUT") {
    auto body = body_of(options);
    if (!body) return std::unexpected(std::move(body).error());
    request.body = *std::move(body);
  }
  auto reply = api->mutate(std::move(request), options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_change(session, "override " + options.pool + "/" + options.endpoint, *reply);
}

void add_endpoint(Command& command, Options& options) {
  command.argument("POOL", options.pool, "Name of the pool");
  command.argument("ENDPOINT", options.endpoint, "Id of the endpoint");
}

}  // namespace

void add_override(Command root, Session& session) {
  Command override_ = root.add("override", "An operator's word against health's, shown by health",
                               "tidemark override set web b1 drain --for 30m --reason 'reboot'");
  auto set_options = std::make_shared<Options>();
  Command set = override_.add("set", "Takes an endpoint as up, down, or left out on purpose",
                              "tidemark override set web b1 drain --for 30m --reason 'reboot'");
  add_endpoint(set, *set_options);
  set.choice_argument("STATE", set_options->state, {"up", "down", "drain"}, "What it is taken for");
  set.option("--for", set_options->duration, "DURATION",
             "90s, 30m, 6h, 2d by the log's clock (default: until it is cleared)");
  add_mutation_options(set, set_options->change);
  add_hold_option(set, set_options->change);
  set.action([set_options, &session] { return run("PUT", *set_options, session); });

  auto clear_options = std::make_shared<Options>();
  Command clear = override_.add("clear", "Lets health decide again",
                                "tidemark override clear web b1 --reason 'rebooted'");
  add_endpoint(clear, *clear_options);
  add_mutation_options(clear, clear_options->change);
  add_hold_option(clear, clear_options->change);
  clear.action([clear_options, &session] { return run("DELETE", *clear_options, session); });
}

}  // namespace tidemark::cli
