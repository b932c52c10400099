// Lookup: the search for one name in one Dataset, in steps that wait for memory.
//
// begin() hashes all ends of the name in one pass, finds the zone and asks the cache for the way to
// the name and its ancestors; probe() asks for their places, prefetch() for the nodes that stand
// there; locate() (locate.hpp) then walks through what has come. Done for many names at once, each
// step for all of them, the waits fall together: memory is what a look-up costs. Done for one name
// it is an ordinary search.
//
// Requires  Name and Dataset outlive it.
// Cost      No allocation. 350 octets, of which a search touches what the name's length asks for.
#pragma once

#include <array>
#include <optional>

#include "core/dataset/dataset.hpp"
#include "core/dataset/name_path.hpp"
#include "core/dns/name.hpp"
#include "core/dns/types.hpp"

namespace tidemark::edge {

class Lookup {
 public:
  // Names below the apex that are asked for ahead. Deeper ones are found one by one.
  static constexpr std::size_t probes_max = 4;

  Lookup() noexcept {}  // nothing to look at until begin()

  // Into the zone that answers `type` of `name`: of DS that is the parent side's.
  void begin(const dataset::Dataset& dataset, dns::NameView name, dns::RrType type) noexcept;
  void probe() noexcept;
  void prefetch() const noexcept;

  // The deepest hosted zone; nothing: the name is not hosted, and there is nothing to locate.
  const std::optional<dataset::Zone>& zone() const noexcept { return zone_; }
  const dataset::NamePath& path() const noexcept { return path_; }
  // The name's end with `labels` labels, more than the apex has. `above` is its parent's hash and
  // becomes its own.
  std::optional<dataset::Node> find(std::size_t labels, std::uint64_t& above) const noexcept;
  std::size_t apex_labels() const noexcept { return apex_labels_; }

 private:
  dataset::NamePath path_;
  std::optional<dataset::Zone> zone_;
  std::size_t apex_labels_ = 0;
  std::size_t ahead_ = 0;        // so many names below the apex are asked for
  std::size_t probe_count_ = 0;  // and their places found
  std::array<dataset::TableProbe, probes_max> probes_;
};

}  // namespace tidemark::edge
