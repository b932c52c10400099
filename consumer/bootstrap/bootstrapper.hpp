// Bootstrapper: climbs the Ladder on a thread of its own until a file is found or nobody wants one
// any more. Waiting for sources, disks and the verification of a large file is its business; the
// feeder's loop asks now and then what came of it.
//
// Threads   All calls by one thread; it runs its own.
// Requires  The Disk outlives it; files of other names in it may be written meanwhile.
// Errors    None: take_remarks() tells.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "consumer/bootstrap/ladder.hpp"

namespace tidemark::consumer {

class Bootstrapper {
 public:
  Bootstrapper(base::Disk& disk, base::Clock& clock, base::Random& random, dataset::Lineage lineage,
               dataset::HashSeed seed, CallTerms terms);
  ~Bootstrapper();  // breaks off what is under way
  Bootstrapper(const Bootstrapper&) = delete;
  Bootstrapper& operator=(const Bootstrapper&) = delete;

  // From now on this is wanted, from these; what was found before counts no more. Cheap to repeat.
  void want(Wanted wanted, std::vector<SnapshotSource> sources);
  void cancel();  // nothing is wanted
  bool is_wanted() const;
  bool is_at_work() const;  // not waiting for sources to have rested; or there is a file to take

  // Then nothing is wanted any more, until the next want().
  std::optional<FoundFile> take_found();
  std::vector<std::string> take_remarks();
  FetchProgress progress() const;
  // Climbs since want() was called first that gave nothing.
  std::size_t vain_climbs() const;

 private:
  class Asker;
  void work(base::Disk& disk, base::Clock& clock, base::Random& random, dataset::Lineage lineage,
            dataset::HashSeed seed, CallTerms terms);
  void note(Ladder::Climb climb, std::uint64_t request);

  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::optional<Wanted> wanted_;
  std::vector<SnapshotSource> sources_;
  std::uint64_t request_ = 0;  // rises when what is wanted changes
  std::optional<std::chrono::steady_clock::time_point> rest_until_;
  std::optional<FoundFile> found_;
  std::vector<std::string> remarks_;
  FetchProgress progress_;
  std::size_t vain_climbs_ = 0;
  bool climbing_ = false;
  bool ending_ = false;
  std::unique_ptr<Asker> asker_;
  std::thread thread_;
};

}  // namespace tidemark::consumer
