// Ladder: from whom a node gets a verified snapshot file: its own disk, peers, controllers.
//
// climb() asks each rung once, in that order, those of one rung in random order, and gives the
// first file that verifies: its SHA-256 is its name, its sections and state hash agree (parse()).
// That it belongs to the log is for the caller to find out (chain_check.hpp) before it is used; one
// that does not is named in Wanted::refused from then on.
//
// A source that fails, is busy (429, 503: Retry-After and up to half of it more, so that those who
// were refused together do not come back together) or gave a bad file rests, longer each time. What
// was fetched of a file stays, and whoever lists that file next goes on with it. A bad file is set
// aside as `snapshot-fetched-<SHA-256>.tmsnap.bad` for people.
//
// Threads  One; it waits for `ask` and the disk.
// Errors   None returned: Climb::remarks tells each new trouble once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/bootstrap/file_fetch.hpp"
#include "consumer/bootstrap/snapshot_source.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/environment.hpp"

namespace tidemark::consumer {

constexpr std::uint64_t fetched_octets_max = std::uint64_t{16} * 1024 * 1024 * 1024;
constexpr std::chrono::nanoseconds source_rest_min = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds source_rest_max = std::chrono::minutes(5);
constexpr std::chrono::nanoseconds bad_file_rest = std::chrono::minutes(10);

struct Wanted {
  std::uint64_t seq_min = 1, seq_max = UINT64_MAX;
  std::int64_t offset_min = 0;      // the log holds nothing before it, or we hold that ourselves
  std::string log_identity{};       // of the log that is followed; empty: any
  bool own_files = false;           // older generations too
  bool announced = true;            // sources that only the log names
  std::set<std::string> refused{};  // SHA-256 of files that the log did not confirm
};

struct FoundFile {
  SnapshotContents contents;
  base::Bytes octets;
  std::string sha256;
  std::string source;  // for people: a URL, or "own file NAME"
  bool own = false;
};

enum class FetchPhase : std::uint8_t { Idle, Listing, Fetching, Verifying };
std::string_view to_text(FetchPhase phase);

struct FetchProgress {
  FetchPhase phase = FetchPhase::Idle;
  std::string source{};
  std::string sha256{};
  std::uint64_t octets = 0, octets_total = 0;  // of this file
  // Since the start.
  std::uint64_t received = 0, busy = 0, failures = 0, bad_files = 0;
};

struct LadderPorts {
  base::Disk& disk;
  base::Clock& clock;
  base::Random& random;
  Ask ask;
  std::function<void(const FetchProgress&)> progress;
  std::function<bool()> ended;  // climb() gives up between two calls
};

class Ladder {
 public:
  Ladder(LadderPorts ports, dataset::Lineage lineage, dataset::HashSeed seed, CallTerms terms = {})
      : ports_(std::move(ports)), lineage_(lineage), seed_(seed), terms_(std::move(terms)) {}

  struct Climb {
    std::optional<FoundFile> found;
    std::vector<std::string> remarks;
    std::optional<std::chrono::nanoseconds> again_in;  // until a source has rested; none: no source
  };
  Climb climb(const Wanted& wanted, const std::vector<SnapshotSource>& sources);

 private:
  struct Rest {
    std::chrono::nanoseconds until{0};
    std::chrono::nanoseconds next = source_rest_min;
    std::string told{};
  };

  std::optional<FoundFile> look_at_own(const Wanted& wanted, Climb& climb);
  std::vector<SnapshotSource> in_order(const Wanted& wanted, std::vector<SnapshotSource> sources);
  std::optional<FoundFile> look_at(const SnapshotSource& source, const Wanted& wanted,
                                   Climb& climb);
  base::Result<std::optional<FoundFile>> ask(const SnapshotSource& source, const Wanted& wanted);
  base::Result<std::vector<ListedFile>> list(const SnapshotSource& source);
  std::optional<ListedFile> choose(std::vector<ListedFile> listed, const Wanted& wanted) const;
  base::Result<FoundFile> get(const SnapshotSource& source, const ListedFile& file,
                              const Wanted& wanted);
  base::Result<SnapshotContents> verify(const ListedFile& file, base::ByteView octets,
                                        const Wanted& wanted);
  void set_aside(const std::string& sha256, base::ByteView octets);
  void rest(const SnapshotSource& source, std::chrono::nanoseconds time);
  std::chrono::nanoseconds with_jitter(std::chrono::nanoseconds time);
  void show(FetchPhase phase);

  LadderPorts ports_;
  const dataset::Lineage lineage_;
  const dataset::HashSeed seed_;
  const CallTerms terms_;
  std::map<std::string, Rest> rests_;  // by source
  FetchProgress progress_;
  std::optional<std::chrono::nanoseconds> busy_for_;  // of the call under way
  bool bad_file_ = false;
};

}  // namespace tidemark::consumer
