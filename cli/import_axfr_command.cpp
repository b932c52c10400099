// tidemark import axfr: a zone as another server has it.
#include <memory>

#include "cli/import_commands.hpp"
#include "cli/report.hpp"
#include "cli/zone_put.hpp"
#include "cli/zone_transfer.hpp"

namespace tidemark::cli {

namespace {

struct AxfrOptions {
  std::string server, zone;
  bool dry_run = false;
  std::optional<std::uint64_t> removals;
  MutationOptions change;
};

Outcome import_axfr(const AxfrOptions& options, const Session& session) {
  if (auto given = reason_given(options.change, options.dry_run); !given) return given;
  const auto server = parse_server(options.server);
  if (!server) return std::unexpected(server.error());
  const auto zone = dns::Name::parse(options.zone);
  if (!zone) return fail(Exit::Usage, "zone " + options.zone + ": " + zone.error().trail);
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto transferred = transfer_zone(*server, *zone);
  if (!transferred) return std::unexpected(std::move(transferred).error());
  const std::string object = "zone " + zone->to_text();
  ApiRequest request = put_zone(std::move(transferred->file));
  request.headers.emplace_back("Tidemark-Origin", "axfr:" + server->to_text() + " serial " +
                                                      std::to_string(transferred->serial));
  if (options.dry_run) {
    const auto reply = dry_run(*api, std::move(request));
    if (!reply) return std::unexpected(reply.error());
    return report_dry_run(session, object, *reply);
  }
  if (options.removals) {
    request.query.emplace_back("acknowledge_removals", std::to_string(*options.removals));
  }
  const auto reply = api->mutate(std::move(request), options.change);
  if (!reply) return std::unexpected(reply.error());
  return report_change(session, object, *reply);
}

}  // namespace

void add_import_axfr(Command& import, Session& session) {
  auto options = std::make_shared<AxfrOptions>();
  Command command = import.add(
      "axfr", "Makes a zone hold exactly what another server transfers (AXFR, without TSIG)",
      "tidemark import axfr ns1.example.org@53 example.org --dry-run");
  command.argument("SERVER", options->server, "Name or address, perhaps with @PORT (default 53)");
  command.argument("ZONE", options->zone, "Name of the zone");
  command.option("--acknowledge-removals", options->removals, "N",
                 "Exactly N RRsets may go: what the guard asks for");
  add_dry_run_options(command, options->change, options->dry_run);
  add_hold_option(command, options->change);
  command.action([options, &session] { return import_axfr(*options, session); });
}

}  // namespace tidemark::cli
