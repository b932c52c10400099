// tidemark serve: the whole pipeline in one process: zone files -> ChangeSets -> fold -> workers.
#include <csignal>
#include <memory>
#include <thread>

#include "cli/commands.hpp"
#include "cli/zone_server.hpp"

namespace tidemark::cli {

namespace {

struct Options {
  std::vector<std::string> zone_files;
  std::vector<std::string> listen;
  std::optional<std::uint64_t> workers;
  std::optional<std::string> admin;
  std::string nsid;
  std::optional<std::string> rate_limit;
};

Expected<ZoneServerSettings> settings_of(const Options& options) {
  ZoneServerSettings settings{.zone_files = options.zone_files};
  for (const std::string& one : options.listen) {
    auto address = net::parse_address(one);
    if (!address) return fail(Exit::Usage, "--listen " + one + ": " + address.error().trail);
    settings.serve.listen.push_back(*address);
  }
  if (options.admin) {
    auto address = net::parse_address(*options.admin);
    if (!address)
      return fail(Exit::Usage, "--admin " + *options.admin + ": " + address.error().trail);
    settings.admin = *address;
  }
  settings.serve.workers =
      options.workers.value_or(std::max(1U, std::thread::hardware_concurrency()));
  if (settings.serve.workers < 1 || settings.serve.workers > edge::workers_max) {
    return fail(Exit::Usage, "--workers: 1 to " + std::to_string(edge::workers_max));
  }
  settings.serve.answers.nsid = options.nsid;
  if (options.rate_limit) {
    const auto mode = edge::rate_mode_of(*options.rate_limit);
    if (!mode)
      return fail(Exit::Usage, "--rate-limit " + *options.rate_limit + ": off, dry-run, on");
    settings.serve.rate.mode = *mode;
  }
  return settings;
}

Outcome serve(const Options& options, const Session& session) {
  auto settings = settings_of(options);
  if (!settings) return std::unexpected(std::move(settings).error());
  TIDEMARK_TRY_VOID(edge::check_addresses_free(settings->serve.listen));
  Signals signals({SIGTERM, SIGINT, SIGHUP});
  ZoneServer server(*std::move(settings), session);
  if (auto loaded = server.load(); !loaded) return loaded;
  return server.serve(signals);
}

}  // namespace

void add_serve(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = root.add(
      "serve",
      "Serves zone files from this one process, on a log in memory; SIGHUP reads them again",
      "tidemark serve --zone-file example.org.zone --listen 127.0.0.1:5300");
  command.required_option("--zone-file", options->zone_files, "FILE",
                          "Master file; its zone is its $ORIGIN or the owner of its SOA");
  command.required_option("--listen", options->listen, "ADDR:PORT",
                          "UDP and TCP; port 0: any free one, told on standard output");
  command.option("--workers", options->workers, "N", "Threads that answer (default: one a core)");
  command.option("--admin", options->admin, "ADDR:PORT",
                 "HTTP: /metrics, /livez, /readyz, /version, /why (default: none)");
  command.option("--nsid", options->nsid, "TEXT", "Tells resolvers that ask which server this is");
  command.option("--rate-limit", options->rate_limit, "MODE",
                 "off, dry-run, on: 50 responses a second to one address (default: dry-run)");
  command.action([options, &session] { return serve(*options, session); });
}

}  // namespace tidemark::cli
