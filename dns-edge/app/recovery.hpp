// Recovery: how a node gets a state when folding on is not enough, without hands.
//
//   why                                      what it does
//   nothing is held, and the replay will     fetches a snapshot file; meanwhile the replay waits,
//   take long, or the log is away            if the file comes on
//   the log no longer holds what comes next  fetches a file that the log still continues
//   DIVERGED, and the log went on past us    an own older file, or one of others, that is of this
//                                            log; else folds from the log's beginning
//   DIVERGED, and the log ends before us     asks the log again, each time later
//
// A file is used when its octets verified and the record that it was folded to last stands in the
// log (ChainCheck); only a node that holds nothing and cannot reach the log uses it unseen, as it
// would its own. What is rebuilt stands beside what is served until it is not older: versions never
// fall by themselves (docs/adr, 7). A log of another identity (another cluster, a topic made anew)
// is followed only with a file of a source that this node's operator named, and of a version not
// below our own: what such a log announces itself counts for nothing.
//
// Threads   The feeder's; files are fetched and verified on a thread of its own.
// Requires  What it is made of outlives it.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/bootstrap/bootstrapper.hpp"
#include "consumer/bootstrap/chain_check.hpp"
#include "consumer/feeder/feeder.hpp"
#include "dns-edge/app/replay_pace.hpp"
#include "dns-edge/app/snapshot_settings.hpp"

namespace tidemark::edge {

struct RecoveryPorts {
  base::Clock& clock;
  base::Random& random;
  base::Disk& disk;
  log::Log& log;
};

class Recovery {
 public:
  Recovery(RecoveryPorts ports, std::string dataset, dataset::HashSeed seed,
           SnapshotSettings settings);

  struct Turn {
    std::vector<std::string> remarks, warnings;
    // A file that was taken: to be kept as the newest generation. Its version.
    std::optional<base::Bytes> keep;
    std::uint64_t keep_seq = 0;
    std::int64_t keep_offset = -1;
  };
  // After each step of the feeder.
  Turn step(consumer::Feeder& feeder);
  bool is_busy() const noexcept { return busy_; }  // wants to be called soon

  struct Shown {
    consumer::FetchProgress fetch;
    std::uint64_t adopted = 0, refused = 0;  // files that were used; that the log did not confirm
    double records_per_second = 0;
    std::int64_t records_left = 0;
    std::optional<std::int64_t> seconds_left;
  };
  Shown shown() const;

 private:
  enum class Cause : std::uint8_t { None, Slow, Passed, Diverged };

  Cause cause_of(const consumer::FeederStatus& at);
  bool is_slow(const consumer::FeederStatus& at) const;
  void request(const consumer::Feeder& feeder, const consumer::FeederStatus& at, Turn& turn);
  std::optional<consumer::Wanted> wanted(const consumer::FeederStatus& at) const;
  std::vector<consumer::SnapshotSource> sources(const consumer::Feeder& feeder) const;
  bool is_other_log(const consumer::FeederStatus& at) const;
  void judge(consumer::Feeder& feeder, const consumer::FeederStatus& at, Turn& turn);
  void adopt(consumer::Feeder& feeder, const consumer::FeederStatus& at, Turn& turn);
  void drop_found();
  void replay_if_alone(consumer::Feeder& feeder, const consumer::FeederStatus& at, Turn& turn);
  void ask_again(consumer::Feeder& feeder, const consumer::FeederStatus& at, Turn& turn);
  std::string what_is_wrong(const consumer::FeederStatus& at) const;
  void hold_replay(consumer::Feeder& feeder, const consumer::FeederStatus& at);
  void tell_progress(const consumer::FeederStatus& at, Turn& turn);

  const RecoveryPorts ports_;
  const std::string topic_;
  const SnapshotSettings settings_;
  consumer::Bootstrapper bootstrapper_;
  ReplayPace pace_;
  const std::chrono::nanoseconds started_;

  Cause cause_ = Cause::None;
  Cause lost_ = Cause::None;  // until LIVE again: Passed or Diverged
  std::chrono::nanoseconds now_{0}, lost_at_{0};
  std::optional<consumer::FoundFile> found_;
  std::optional<consumer::ChainCheck> check_;
  std::chrono::nanoseconds check_begun_{0};
  std::set<std::string> refused_;  // SHA-256
  std::uint64_t adopted_ = 0, refusals_ = 0;
  bool replayed_ = false;  // since LIVE: from the log's beginning
  bool busy_ = false, asked_ = false, told_ = false;
  std::optional<std::chrono::nanoseconds> due_;
  std::chrono::nanoseconds pause_ = std::chrono::seconds(1);
  // Of a fetch that the replay waits for.
  std::optional<std::chrono::nanoseconds> held_since_;
  std::uint64_t moved_octets_ = 0;
  std::chrono::nanoseconds moved_at_{0}, told_at_{0};
};

}  // namespace tidemark::edge
