// FileBootstrap: how a controller gets a state when the log no longer holds what comes next: its
// position was passed by retention, or it knows nothing and the log's beginning is gone.
//
// It climbs the same ladder as an edge (consumer/bootstrap): own older files, then, each rung in
// random order, edges that share theirs, sources that its operator named, and controllers that
// announce theirs in the log. A file is used when its octets verified, the record that it was
// folded to last stands in the log, and its version is not below the one that is held.
//
// Threads   The feeder's; files are fetched and verified on a thread of its own.
// Requires  What Ports refers to outlives it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/bootstrap/bootstrapper.hpp"
#include "consumer/bootstrap/chain_check.hpp"
#include "consumer/feeder/feeder.hpp"

namespace tidemark::producer {

class FileBootstrap {
 public:
  struct Ports {
    base::Clock& clock;
    base::Random& random;
    base::Disk& disk;
    log::Log& log;
  };
  struct Sources {
    std::vector<consumer::SnapshotSource> named{};  // by the operator
    std::string own_url{};                          // is not asked
  };
  using Urls = std::function<std::vector<std::string>()>;
  FileBootstrap(Ports ports, std::string dataset, dataset::HashSeed seed, Sources sources);

  // After each step of the feeder. `edges`: URLs under which edges share their files. For the log.
  std::vector<std::string> step(consumer::Feeder& feeder, const Urls& edges);
  bool is_busy() const { return check_ || bootstrapper_.is_at_work(); }

 private:
  bool is_lost(const consumer::Feeder& feeder);
  void request(const consumer::Feeder& feeder, const Urls& edges,
               std::vector<std::string>& remarks);
  void judge(consumer::Feeder& feeder, std::vector<std::string>& remarks);
  void drop_found();

  const Ports ports_;
  const std::string topic_;
  const Sources sources_;
  consumer::Bootstrapper bootstrapper_;
  bool lost_ = false, told_ = false;
  std::optional<consumer::FoundFile> found_;
  std::optional<consumer::ChainCheck> check_;
  std::set<std::string> refused_;  // SHA-256
};

}  // namespace tidemark::producer
