// Served: what this node answers from: the published Snapshot, its workers, and which version every
// worker has passed to.
//
// The first Snapshot that is given opens the sockets; without one nothing is bound.
//
// Threads  All calls by the feeder's thread; `workers` and `newest_snapshot` are shown to the admin
//          listener.
// Owns     The published and retired Snapshots, the workers.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "core/dataset/version.hpp"
#include "dns-edge/admin/admin.hpp"
#include "dns-edge/serve/workers.hpp"

namespace tidemark::edge {

class Served {
 public:
  struct Active {  // the newest version that every worker has passed to
    dataset::Version version;
    std::int64_t health_position;
  };

  struct Totals {  // of all workers, since the start
    std::uint64_t answers = 0, servfail = 0, nxdomain = 0;
  };

  explicit Served(ServeSettings settings) : settings_(std::move(settings)) {}
  ~Served() { stop(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // Errors  of Workers::open(), with the first Snapshot only.
  base::Result<void> publish(std::unique_ptr<const consumer::Snapshot> snapshot);
  // The version that is served already, with other cookie secrets. Requires holds_snapshot().
  void republish(const dns::CookieSecrets& secrets);
  const consumer::Snapshot& snapshot() const noexcept { return published_->newest(); }
  void set_stale_seconds(std::uint32_t seconds) noexcept {
    if (workers_) workers_->set_stale_seconds(seconds);
  }
  // Frees what nobody reads any more. True while some worker has not passed to the newest.
  bool settle();
  void stop();

  bool holds_snapshot() const noexcept { return published_ != nullptr; }
  const std::optional<Active>& active() const noexcept { return active_; }
  const std::optional<Active>& newest() const noexcept { return newest_; }
  std::uint64_t publications() const noexcept;
  std::size_t retired() const noexcept { return retired_; }
  Totals totals() const noexcept;
  std::vector<net::SocketAddress> addresses() const;
  Guarded<const Workers*>& workers() noexcept { return shown_; }
  NewestSnapshot& newest_snapshot() noexcept { return newest_snapshot_; }
  const AnswerSettings& answers() const noexcept { return settings_.answers; }

 private:
  struct Passing {
    std::uint64_t publication;
    Active what;
  };
  base::Result<void> open(std::unique_ptr<const consumer::Snapshot> first);

  const ServeSettings settings_;
  std::unique_ptr<PublishedSnapshot> published_;
  std::unique_ptr<Workers> workers_;
  Guarded<const Workers*> shown_{nullptr};
  NewestSnapshot newest_snapshot_;
  std::deque<Passing> passing_;  // published, not yet passed by all
  std::optional<Active> active_, newest_;
  std::size_t retired_ = 0;
};

}  // namespace tidemark::edge
