// tidemark zone settings: the thresholds of one zone.
#include <memory>

#include <boost/json.hpp>

#include "cli/report.hpp"
#include "cli/zone_commands.hpp"
#include "cli/zone_put.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::string zone;
  std::optional<std::uint64_t> percent, rrsets_min, ttl_ceiling, expire_seconds;
  bool dry_run = false;
  MutationOptions change;
};

json::object wanted_of(const Options& options) {
  json::object wanted;
  const auto add = [&wanted](const char* key, const std::optional<std::uint64_t>& value) {
    if (value) wanted[key] = *value;
  };
  add("removal_percent_max", options.percent);
  add("removal_rrsets_min", options.rrsets_min);
  add("ttl_seconds_ceiling", options.ttl_ceiling);
  add("expire_seconds", options.expire_seconds);
  return wanted;
}

Outcome show(const ApiClient& api, const Options& options, const Session& session) {
  auto reply = api.ask({.path = {"zones", options.zone}});
  if (!reply) return std::unexpected(std::move(reply).error());
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  const json::object& settings = object_of(answer->get_object(), "settings");
  if (session.json()) {
    print(json::serialize(settings) + "\n");
    return {};
  }
  for (const auto& [key, value] : settings) {
    const std::string name(key.data(), key.size());
    print(name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') + shown(value) + "\n");
  }
  return {};
}

Outcome run(const Options& options, const Session& session) {
  const json::object wanted = wanted_of(options);
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  if (wanted.empty()) return show(*api, options, session);
  if (auto given = reason_given(options.change, options.dry_run); !given) return given;
  ApiRequest request{.method = "PATCH",
                     .path = {"zones", options.zone},
                     .body = json::serialize(json::object{{"settings", wanted}})};
  auto reply = options.dry_run ? dry_run(*api, std::move(request))
                               : api->mutate(std::move(request), options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  const std::string object = "settings of zone " + options.zone;
  return options.dry_run ? report_dry_run(session, object, *reply)
                         : report_change(session, object, *reply);
}

}  // namespace

void add_zone_settings(Command& zone, Session& session) {
  auto options = std::make_shared<Options>();
  Command command =
      zone.add("settings", "Shows a zone's settings, or changes those that are given",
               "tidemark zone settings example.org --expire-seconds 604800 --reason 'never stale'");
  command.argument("ZONE", options->zone, "Name of the zone");
  command.option("--expire-seconds", options->expire_seconds, "SECONDS",
                 "An edge that has not heard from the log for longer refuses the zone; 0: never");
  command.option("--removal-percent-max", options->percent, "PERCENT",
                 "So many RRsets one change may remove without being asked; 100: all");
  command.option("--removal-rrsets-min", options->rrsets_min, "N",
                 "The guard looks at zones from so many RRsets on");
  command.option("--ttl-seconds-ceiling", options->ttl_ceiling, "SECONDS",
                 "No record may have a higher TTL");
  add_dry_run_options(command, options->change, options->dry_run);
  add_hold_option(command, options->change);
  command.action([options, &session] { return run(*options, session); });
}

}  // namespace tidemark::cli
