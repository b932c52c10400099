// PinFiles: the pin or watermark that a node obeys, and its version, beside the generations of
// snapshot files.
//
//   pin.tmct                           the Pin or Watermark, as a record of `control`
//   pinned-<seq>-<SHA-256>.tmpin       its version, in the form of a snapshot file; for serving
//                                      only: it carries no position, so nobody folds on from it
//
// A node without a log must not unpin itself: what is here counts until `control` was read.
//
// Invariants  pin.tmct is written after the file of its version is durable, and removed before it:
//             the version of the pin that is noted is never collected. A file is used only if its
//             name's SHA-256, its checksums and its state hash agree.
// Threads     One call at a time.
// Errors      The disk's; afterwards what was there before is there, or both are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "core/base/result.hpp"

namespace tidemark::consumer {

class PinFiles {
 public:
  PinFiles(base::Disk& disk, dataset::Lineage lineage) : disk_(disk), lineage_(lineage) {}

  // A Pin or a Watermark. `version`: none, if it is not held: then the record alone is noted, and
  // of a Watermark the file stays that is there: an older version, which the ring had.
  [[nodiscard]] base::Result<void> keep(const event::ControlRecord& record,
                                        const std::optional<dataset::Dataset>& version);
  [[nodiscard]] base::Result<void> keep(const event::Pin& pin,
                                        const std::optional<dataset::Dataset>& version) {
    return keep(event::ControlRecord(pin), version);
  }
  [[nodiscard]] base::Result<void> forget();

  struct Found {
    std::optional<RestoredPin> pin;
    std::vector<std::string> remarks;
  };
  Found restore(dataset::HashSeed seed);

 private:
  base::Result<std::string> write(const dataset::Dataset& version);
  base::Result<void> remove_versions(std::string_view but);
  base::Result<std::optional<dataset::Dataset>> read(std::uint64_t seq, dataset::HashSeed seed);
  std::uint64_t newest_up_to(std::uint64_t seq) const;  // of the files; 0: none

  base::Disk& disk_;
  const dataset::Lineage lineage_;
};

}  // namespace tidemark::consumer
