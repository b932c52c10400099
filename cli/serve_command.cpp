// tidemark serve: the whole pipeline in one process: zone files -> ChangeSets -> fold -> workers.
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include <malloc.h>
#include <poll.h>

#include "cli/commands.hpp"
#include "cli/pipeline.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "dns-edge/serve/workers.hpp"

namespace tidemark::cli {

namespace {

// How often retired Snapshots are looked at while there are some.
constexpr std::chrono::milliseconds reclaim_every{97};

struct Options {
  std::vector<std::string> zone_files;
  std::vector<std::string> listen;
  std::optional<std::uint64_t> workers;
  std::optional<std::string> admin;
  std::string nsid;
};

std::string seconds_since(std::chrono::steady_clock::time_point begun) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  char text[32];
  (void)std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

Expected<edge::ServeSettings> serve_settings(const Options& options) {
  edge::ServeSettings settings;
  for (const std::string& one : options.listen) {
    auto address = net::parse_address(one);
    if (!address) return fail(Exit::Usage, "--listen " + one + ": " + address.error().trail);
    settings.listen.push_back(*address);
  }
  settings.workers = options.workers.value_or(std::max(1U, std::thread::hardware_concurrency()));
  if (settings.workers < 1 || settings.workers > edge::workers_max) {
    return fail(Exit::Usage, "--workers: 1 to " + std::to_string(edge::workers_max));
  }
  settings.answers.nsid = options.nsid;
  return settings;
}

class Server {
 public:
  Server(const Options& options, const Session& session) : options_(options), session_(session) {}

  Outcome load() {
    for (const std::string& path : options_.zone_files) {
      const auto begun = std::chrono::steady_clock::now();
      auto file = read_zone_file(path, "");
      if (!file) return std::unexpected(std::move(file).error());
      for (const std::string& line : warning_lines(*file)) note("tidemark: warning: " + line);
      const dns::Name origin = file->zone.origin;
      Progress progress(session_, "folding " + origin.to_text());
      auto loaded = pipeline_.load(
          *std::move(file),
          [&progress](std::size_t done, std::size_t all) { progress.show(done, all); });
      if (!loaded) return loaded;
      const auto zone = pipeline_.state().dataset.find_zone(origin);
      if (zone) say_zone(*zone, seconds_since(begun));
    }
    (void)malloc_trim(0);  // reading a large file took far more than the state keeps
    return {};
  }

  Outcome serve(edge::ServeSettings settings, Signals& signals) {
    published_.emplace(first_snapshot(), settings.workers);
    auto workers = edge::Workers::open(std::move(settings), *published_);
    if (!workers) return std::unexpected(Failure(std::move(workers).error()));
    for (const net::SocketAddress& address : (*workers)->addresses()) {
      say("listening on " + net::to_text(address) + ", UDP and TCP, " +
          std::to_string((*workers)->size()) + " workers");
    }
    say("ready");
    follow(signals);
    (*workers)->stop();
    return {};
  }

 private:
  static void say(const std::string& line) {
    print(line + "\n");
    (void)std::fflush(stdout);
  }
  static void say_zone(const dataset::Zone& zone, const std::string& took) {
    say("zone " + zone.name().to_text() + ": " + std::to_string(zone.rrset_count()) +
        " RRsets, serial " + std::to_string(zone.serial().value()) + ", seq " +
        std::to_string(zone.seq().value()) + ", " + took);
  }

  // The Feeder holds a Snapshot back for a moment to gather what comes together.
  std::unique_ptr<const consumer::Snapshot> first_snapshot() {
    while (true) {
      const auto again = pipeline_.step();
      if (auto snapshot = pipeline_.take_snapshot()) return snapshot;
      std::this_thread::sleep_for(again.value_or(std::chrono::milliseconds(1)));
    }
  }

  void follow(Signals& signals) {
    for (int signal = 0; signal != SIGTERM && signal != SIGINT; signal = signals.take()) {
      if (signal == SIGHUP) reload();
      const auto again = pipeline_.step();
      if (auto next = pipeline_.take_snapshot()) published_->publish(std::move(next));
      const bool retired = published_->reclaim() > 0;
      auto timeout = std::chrono::milliseconds(-1);
      if (retired) timeout = reclaim_every;
      if (again) timeout = std::chrono::ceil<std::chrono::milliseconds>(*again);
      pollfd wake[2] = {{.fd = signals.descriptor(), .events = POLLIN, .revents = 0},
                        {.fd = pipeline_.bell(), .events = POLLIN, .revents = 0}};
      (void)poll(wake, 2, static_cast<int>(timeout.count()));
    }
  }

  void reload() {
    if (const auto loaded = load(); !loaded) {
      note("tidemark: reload: " + loaded.error().what + "\n  what was served before is served on");
    } else {
      say("reloaded");
    }
  }

  const Options& options_;
  const Session& session_;
  Pipeline pipeline_;
  std::optional<edge::PublishedSnapshot> published_;
};

Outcome serve(const Options& options, const Session& session) {
  auto settings = serve_settings(options);
  if (!settings) return std::unexpected(std::move(settings).error());
  TIDEMARK_TRY_VOID(edge::check_addresses_free(settings->listen));
  Signals signals({SIGTERM, SIGINT, SIGHUP});
  Server server(options, session);
  if (auto loaded = server.load(); !loaded) return loaded;
  return server.serve(*std::move(settings), signals);
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
  command.option("--nsid", options->nsid, "TEXT", "Tells resolvers that ask which server this is");
  command.action([options, &session] { return serve(*options, session); });
}

}  // namespace tidemark::cli
