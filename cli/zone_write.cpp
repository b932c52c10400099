// tidemark zone import|diff|delete.
#include <memory>

#include <boost/json.hpp>

#include "cli/report.hpp"
#include "cli/zone_commands.hpp"
#include "cli/zone_file.hpp"
#include "cli/zone_put.hpp"

namespace tidemark::cli {

namespace {

struct ImportOptions {
  std::vector<std::string> files;
  std::string zone;
  bool dry_run = false;
  std::optional<std::uint64_t> removals;
  MutationOptions change;
};

Outcome import_file(const ApiClient& api, const ImportOptions& options, const std::string& path,
                    const Session& session) {
  auto file = read_zone_file(path, options.zone);
  if (!file) return std::unexpected(std::move(file).error());
  const std::string object = "zone " + file->zone.origin.to_text();
  if (session.shows_progress()) {
    note(object + ": " + std::to_string(file->zone.rrsets.size()) + " RRsets read from " + path +
         ", sending " + std::to_string(file->text.size()) + " octets");
  }
  ApiRequest request = put_zone(*std::move(file));
  auto reply = Expected<ApiReply>();
  if (options.dry_run) {
    reply = dry_run(api, std::move(request));
  } else {
    if (options.removals) {
      request.query.emplace_back("acknowledge_removals", std::to_string(*options.removals));
    }
    reply = api.mutate(std::move(request), options.change);
  }
  if (!reply) {
    Failure failure = std::move(reply).error().at("import of " + path);
    if (failure.removals && options.files.size() > 1) {  // the number is of this file only
      failure.with.clear();
      failure.next = "tidemark zone import " + shell_quoted(path) +
                     " --reason TEXT --acknowledge-removals " + std::to_string(*failure.removals);
    }
    return std::unexpected(std::move(failure));
  }
  return options.dry_run ? report_dry_run(session, object, *reply)
                         : report_change(session, object, *reply);
}

Outcome import_files(const ImportOptions& options, const Session& session) {
  if (!options.zone.empty() && options.files.size() > 1) {
    return fail(Exit::Usage, "--zone names the zone of one FILE; here are " +
                                 std::to_string(options.files.size()));
  }
  if (auto given = reason_given(options.change, options.dry_run); !given) return given;
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  Outcome held;  // with --hold each file ends so, and the next one follows
  for (const std::string& path : options.files) {
    auto done = import_file(*api, options, path, session);
    if (done) continue;
    if (!options.change.hold || done.error().exit != Exit::Guard) return done;
    held = std::move(done);
  }
  return held;
}

void add_zone_import(Command& zone, Session& session) {
  auto options = std::make_shared<ImportOptions>();
  Command command =
      zone.add("import", "Makes zones hold exactly what master files say; creates them if need be",
               "tidemark zone import example.org.zone --reason 'new mail servers' --wait 10");
  command.arguments("FILE", options->files, "Master files, one zone each; - is standard input");
  command.option("--zone", options->zone, "NAME",
                 "The zone's name (default: $ORIGIN or the owner of the SOA)");
  command.option("--acknowledge-removals", options->removals, "N",
                 "Exactly N RRsets may go: what the guard asks for");
  add_dry_run_options(command, options->change, options->dry_run);
  add_hold_option(command, options->change);
  command.action([options, &session] { return import_files(*options, session); });
}

void add_zone_diff(Command& zone, Session& session) {
  struct Options {
    std::string zone, file;
  };
  auto options = std::make_shared<Options>();
  Command command = zone.add("diff", "Shows what an import of FILE would change",
                             "tidemark zone diff example.org example.org.zone");
  command.argument("ZONE", options->zone, "Name of the zone");
  command.argument("FILE", options->file, "Master file; - is standard input");
  command.action([options, &session]() -> Outcome {
    auto api = ApiClient::connect(session);
    if (!api) return std::unexpected(std::move(api).error());
    auto file = read_zone_file(options->file, options->zone);
    if (!file) return std::unexpected(std::move(file).error());
    const std::string object = "zone " + file->zone.origin.to_text();
    auto reply = dry_run(*api, put_zone(*std::move(file)));
    if (!reply) return std::unexpected(std::move(reply).error());
    return report_dry_run(session, object, *reply);
  });
}

struct DeleteOptions {
  std::string zone;
  bool dry_run = false, yes = false;
  std::optional<std::uint64_t> removals;
  MutationOptions change;
};

Outcome delete_zone(const DeleteOptions& options, const Session& session) {
  if (auto given = reason_given(options.change, options.dry_run); !given) return given;
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  const std::string object = "zone " + options.zone;
  ApiRequest request{.method = "DELETE", .path = {"zones", options.zone}};
  if (options.dry_run) {
    auto reply = dry_run(*api, std::move(request));
    if (!reply) return std::unexpected(std::move(reply).error());
    return report_dry_run(session, object, *reply);
  }
  const auto remove = [&](const std::optional<std::uint64_t>& removals) {
    ApiRequest one = request;
    if (removals) one.query.emplace_back("acknowledge_removals", std::to_string(*removals));
    return api->mutate(std::move(one), options.change);
  };
  auto reply = remove(options.removals);
  // A number that was given binds: what it does not count stays.
  const bool any = options.yes && !options.removals;
  if (!reply && any && reply.error().removals) reply = remove(reply.error().removals);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_change(session, object, *reply);
}

void add_delete(Command& zone, Session& session) {
  auto options = std::make_shared<DeleteOptions>();
  Command command =
      zone.add("delete", "Removes a zone with everything in it",
               "tidemark zone delete old.example --reason 'sold' --acknowledge-removals 12");
  command.argument("ZONE", options->zone, "Name of the zone");
  command.option("--acknowledge-removals", options->removals, "N",
                 "Exactly N RRsets may go; needed for a zone that holds more than SOA and NS");
  command.flag("--yes", options->yes, "As many as there are, if no number is given");
  add_dry_run_options(command, options->change, options->dry_run);
  add_hold_option(command, options->change);
  command.action([options, &session] { return delete_zone(*options, session); });
}

}  // namespace

void add_zone(Command root, Session& session) {
  Command zone = root.add("zone", "Whole zones", "tidemark zone list");
  add_zone_import(zone, session);
  add_zone_reads(zone, session);
  add_zone_diff(zone, session);
  add_zone_verify(zone, session);
  add_zone_settings(zone, session);
  add_delete(zone, session);
}

}  // namespace tidemark::cli
