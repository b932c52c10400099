// SelfRepair: compares what this node folded with what the controllers say in their Heartbeats, and
// repairs the node if it is wrong.
//
// Controllers tell version, state hash, offset and chain of what they folded; here they are
// compared at the same offset. If they differ, nobody is believed: the log is folded anew beside
// the node (consumer/proof/rebuild.hpp), which serves on, and
//
//   the log says what this node said      the controller is wrong: told, and it is not listened to
//                                         until it agrees again
//   the same records, another state       the node is wrong: it takes the rebuilt state
//   other records (another chain)         the node holds another history than the log's: it was
//                                         DIVERGED since the difference was seen, and takes the
//                                         rebuilt state if a controller vouches for that history
//   it cannot be said                     the log's beginning is gone, no file here is older: told
//
// The rebuilt state is offered once it has caught up (Feeder::bootstrap). When it is on the disk
// the snapshot files of the wrong one are renamed to `<name>.diverged`, kept for people, not read.
//
// Invariants  One difference leads to one rebuild.
// Threads     The feeder's; the log is folded by a thread of its own.
// Requires    What Ports refers to outlives it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/proof/rebuild.hpp"
#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::edge {

// All nodes of a fleet hear the same Heartbeat: they do not read the whole log at one time.
constexpr std::chrono::milliseconds repair_jitter_max{2000};
constexpr std::size_t diverged_files_max = 3;

class SelfRepair {
 public:
  struct Ports {
    base::Clock& clock;
    base::Random& random;
    log::Log& log;
    base::Disk& disk;
    std::string dataset;
    dataset::HashSeed seed;
  };
  struct Done {  // the last rebuild whose state was taken
    std::string controller;
    std::uint64_t seq;  // at which the two were compared
    base::U128 from_hash, to_hash;
    std::vector<dataset::Difference> differences;  // left: as it was here
  };

  explicit SelfRepair(Ports ports) : ports_(std::move(ports)) {}

  // After each step of the feeder. What it saw and did, for the log.
  std::vector<std::string> step(consumer::Feeder& feeder);
  // A difference was seen and is not judged yet: what is folded here is not written to files.
  bool is_busy() const noexcept { return suspicion_.has_value(); }
  // After `file` was written: what is older and of the wrong state is set aside.
  std::vector<std::string> saved(const std::string& file);
  void stop() { rebuild_.reset(); }

  std::uint64_t rebuilds() const noexcept { return rebuilds_; }
  const std::optional<Done>& last() const noexcept { return last_; }
  const std::string& trouble() const noexcept { return trouble_; }  // empty: none
  bool took_rebuilt() noexcept { return std::exchange(took_, false); }

 private:
  struct Suspicion {
    event::Heartbeat said;
    fold::Footprint own;
    fold::Agreement what;
    std::optional<dataset::Dataset> version;
    std::chrono::nanoseconds due;
  };
  using Remarks = std::vector<std::string>;
  void listen(consumer::Feeder& feeder, Remarks& remarks);
  void suspect(consumer::Feeder& feeder, const event::Heartbeat& said, fold::Agreement what,
               Remarks& remarks);
  void begin(const consumer::Feeder& feeder);
  void judge(consumer::Feeder& feeder, Remarks& remarks);
  void adopt(consumer::Feeder& feeder, consumer::Rebuilt made, Remarks& remarks);
  void overrule(consumer::Feeder& feeder, std::string why, Remarks& remarks);
  std::optional<consumer::SnapshotContents> oldest_file(std::size_t attempt) const;

  const Ports ports_;
  std::optional<Suspicion> suspicion_;
  std::unique_ptr<consumer::Rebuild> rebuild_;
  std::set<std::string> overruled_;  // controllers that are not listened to
  std::optional<Done> last_;
  std::uint64_t rebuilds_ = 0;
  bool took_ = false, set_aside_due_ = false;
  std::string trouble_;
};

}  // namespace tidemark::edge
