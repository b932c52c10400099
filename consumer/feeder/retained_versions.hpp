// RetainedVersions: the newest versions of a node, held for pin, rollback and diff.
//
// A version is a handle of a Dataset: it shares all but what later changes replaced. It holds the
// newest `versions_max` of them while what only older ones need stays within `octets_max` and as
// much again as the newest one needs: the version before an import that replaced everything must
// not be the first to go. The oldest go first, a few with each change. A version that only brought
// a part of a zone under construction is not worth many pages: while older versions need more than
// `parts_octets_max`, it goes when the next one comes.
// Beside them it holds the one that is kept on purpose.
//
// Invariants  What is kept is never dropped, but by keep() of another one and by clear().
// Threads     The feeder's. What it hands out is a value.
// Cost        add: O(1). Memory: about 25 KiB a version that changed one RRset.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/dataset/dataset.hpp"

namespace tidemark::consumer {

constexpr std::size_t parts_octets_max = std::size_t{32} * 1024 * 1024;

class RetainedVersions {
 public:
  RetainedVersions(std::size_t versions_max, std::size_t octets_max,
                   std::size_t parts_max = parts_octets_max)
      : versions_max_(versions_max), octets_max_(octets_max), parts_max_(parts_max) {}

  // Requires a higher seq than at any add() since clear().
  void add(const dataset::Dataset& dataset);
  // A version that will be too old soon anyway: only looked at for keep().
  void pass(const dataset::Dataset& dataset);
  // This seq stays once it is here, however old it becomes; none: nothing is kept on purpose.
  void keep(std::optional<std::uint64_t> seq);
  // The version to keep, from elsewhere (a file). Requires the seq given to keep().
  void provide(const dataset::Dataset& dataset);
  void clear();  // all but what is kept

  std::optional<dataset::Dataset> find(std::uint64_t seq) const;
  std::size_t size() const noexcept { return versions_.size(); }
  std::uint64_t oldest_seq() const noexcept;  // of those that are not kept on purpose; 0: none

 private:
  const std::size_t versions_max_, octets_max_, parts_max_;
  std::deque<dataset::Dataset> versions_;  // seqs rise
  bool newest_is_part_ = false;            // and answers as the one before it does
  std::optional<std::uint64_t> keep_seq_;
  std::optional<dataset::Dataset> kept_;
};

}  // namespace tidemark::consumer
