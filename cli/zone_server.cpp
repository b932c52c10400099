#include "cli/zone_server.hpp"

#include <csignal>
#include <cstdio>
#include <thread>

#include <malloc.h>
#include <poll.h>

#include "cli/progress.hpp"

namespace tidemark::cli {

namespace {

// How often retired Snapshots are looked at while there are some.
constexpr std::chrono::milliseconds reclaim_every{97};

void say(const std::string& line) {
  print(line + "\n");
  (void)std::fflush(stdout);
}

std::string seconds_since(std::chrono::steady_clock::time_point begun) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  char text[32];
  (void)std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

}  // namespace

Outcome ZoneServer::load() {
  for (const std::string& path : settings_.zone_files) {
    if (auto loaded = load_file(path); !loaded) return loaded;
  }
  (void)malloc_trim(0);  // reading a large file took far more than the state keeps
  return {};
}

Outcome ZoneServer::load_file(const std::string& path) {
  const auto begun = std::chrono::steady_clock::now();
  auto file = read_zone_file(path, "");
  if (!file) return std::unexpected(std::move(file).error());
  for (const std::string& line : warning_lines(*file)) note("tidemark: warning: " + line);
  const dns::Name origin = file->zone.origin;
  {
    Progress progress(session_, "folding " + origin.to_text());
    auto loaded = pipeline_.load(*std::move(file), [&progress](std::size_t done, std::size_t all) {
      progress.show(done, all);
    });
    if (!loaded) return loaded;
  }
  if (const auto zone = pipeline_.state().dataset.find_zone(origin)) {
    say("zone " + origin.to_text() + ": " + std::to_string(zone->rrset_count()) +
        " RRsets, serial " + std::to_string(zone->serial().value()) + ", seq " +
        std::to_string(zone->seq().value()) + ", " + seconds_since(begun));
  }
  return {};
}

Outcome ZoneServer::serve(Signals& signals) {
  auto first = first_snapshot();
  show_newest(*first);
  published_.emplace(std::move(first), settings_.serve.workers);
  auto workers = edge::Workers::open(settings_.serve, *published_);
  if (!workers) return std::unexpected(Failure(std::move(workers).error()));
  workers_ = *std::move(workers);
  show_status(0);
  std::unique_ptr<edge::Admin> admin;
  if (settings_.admin) {
    shown_workers_.with([this](const edge::Workers*& at) { at = workers_.get(); });
    TIDEMARK_TRY(admin, edge::Admin::start(*settings_.admin, {status_, shown_workers_, newest_,
                                                              settings_.serve.answers}));
    say("admin on " + net::to_text(admin->address()));
  }
  for (const net::SocketAddress& address : workers_->addresses()) {
    say("listening on " + net::to_text(address) + ", UDP and TCP, " +
        std::to_string(workers_->size()) + " workers");
  }
  say("ready");
  follow(signals);
  shown_workers_.with([](const edge::Workers*& at) { at = nullptr; });
  workers_->stop();
  return {};
}

// The Feeder holds a Snapshot back for a moment to gather what comes together.
std::unique_ptr<const consumer::Snapshot> ZoneServer::first_snapshot() {
  while (true) {
    const auto again = pipeline_.step();
    if (auto snapshot = pipeline_.take_snapshot()) return snapshot;
    std::this_thread::sleep_for(again.value_or(std::chrono::milliseconds(1)));
  }
}

void ZoneServer::follow(Signals& signals) {
  for (int signal = 0; signal != SIGTERM && signal != SIGINT; signal = signals.take()) {
    if (signal == SIGHUP) reload();
    const auto again = pipeline_.step();
    auto next = pipeline_.take_snapshot();
    const bool fresh = next != nullptr;
    if (fresh) {
      show_newest(*next);
      published_->publish(std::move(next));
    }
    const std::size_t retired = published_->reclaim();
    if (fresh || signal == SIGHUP) show_status(retired);

    auto timeout = std::chrono::milliseconds(-1);
    if (retired > 0) timeout = reclaim_every;
    if (again) timeout = std::chrono::ceil<std::chrono::milliseconds>(*again);
    pollfd wake[2] = {{.fd = signals.descriptor(), .events = POLLIN, .revents = 0},
                      {.fd = pipeline_.bell(), .events = POLLIN, .revents = 0}};
    (void)poll(wake, 2, static_cast<int>(timeout.count()));
  }
}

void ZoneServer::show_newest(const consumer::Snapshot& snapshot) {
  auto share = std::make_optional(snapshot);
  newest_.with([&share](auto& at) { at.swap(share); });
}

void ZoneServer::reload() {
  if (const auto loaded = load(); !loaded) {
    note("tidemark: reload: " + loaded.error().what + "\n  what was served before is served on");
  } else {
    say("reloaded");
  }
}

void ZoneServer::show_status(std::size_t retired) {
  const consumer::FeederStatus now = pipeline_.status();
  const dataset::Dataset& dataset = pipeline_.state().dataset;
  edge::EdgeStatus shown;
  shown.node = "serve";
  shown.dataset = "serve";
  shown.state = event::to_text(now.state);
  shown.detail = now.detail;
  shown.lineage = base::to_hex(now.version.lineage.value());
  shown.state_hash = base::to_hex(now.version.state_hash.value());
  shown.chain = base::to_hex(now.chain);
  shown.active_seq = shown.staged_seq = now.version.seq.value();
  shown.offset = now.offset;
  shown.log_next = now.log_next;
  shown.log_reachable = now.log_reachable;
  shown.appended_ms = now.appended_ms;
  shown.accepted = now.accepted;
  shown.rejected = now.rejected;
  shown.zones = dataset.zone_count();
  shown.rrsets = dataset.rrset_count();
  shown.dataset_octets = dataset.store().octets_in_use();
  shown.publications = published_->publications();
  shown.retired_snapshots = retired;
  shown.snapshot_held = true;
  shown.listen = workers_->addresses();
  status_.with([&shown](edge::EdgeStatus& at) { at = std::move(shown); });
}

}  // namespace tidemark::cli
