// ZoneServer: zone files, served by this process alone: a Pipeline, Workers, and perhaps an Admin.
//
// Threads   One, which also folds; the Workers' and the Admin's are their own.
// Requires  The Signals are blocked in all threads (made before this).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/pipeline.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "dns-edge/admin/admin.hpp"
#include "dns-edge/serve/workers.hpp"

namespace tidemark::cli {

struct ZoneServerSettings {
  std::vector<std::string> zone_files{};
  edge::ServeSettings serve{};
  std::optional<net::SocketAddress> admin{};
};

class ZoneServer {
 public:
  ZoneServer(ZoneServerSettings settings, const Session& session)
      : settings_(std::move(settings)), session_(session) {}

  // Reads and folds all files.
  Outcome load();
  // Binds, says "ready" and answers until SIGTERM or SIGINT; SIGHUP loads again.
  Outcome serve(Signals& signals);

 private:
  Outcome load_file(const std::string& path);
  std::unique_ptr<const consumer::Snapshot> first_snapshot();
  void show_newest(const consumer::Snapshot& snapshot);
  void follow(Signals& signals);
  void reload();
  void show_status(std::size_t retired);

  const ZoneServerSettings settings_;
  const Session& session_;
  Pipeline pipeline_;
  std::optional<edge::PublishedSnapshot> published_;
  std::unique_ptr<edge::Workers> workers_;
  edge::Guarded<edge::EdgeStatus> status_;
  edge::Guarded<const edge::Workers*> shown_workers_;
  edge::NewestSnapshot newest_;
};

}  // namespace tidemark::cli
