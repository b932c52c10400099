// Version: which state this is. {lineage, seq, state_hash}.
//
// seq counts accepted ChangeSets in log order; it is computed by the fold and never written by a
// controller. state_hash is over canonical content only: equal content, equal hash, on every node.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/base/strong.hpp"
#include "core/base/u128.hpp"

namespace tidemark::dataset {

using Seq = base::Strong<struct SeqTag, std::uint64_t>;       // 0: nothing accepted yet
using Lineage = base::Strong<struct LineageTag, base::U128>;  // names one history for ever
using StateHash = base::Strong<struct StateHashTag, base::U128>;
// Secret of one process: places entries in tables, never stored, sent or logged.
using HashSeed = base::Strong<struct HashSeedTag, std::uint64_t>;

struct Version {
  Lineage lineage;
  Seq seq;
  StateHash state_hash;

  friend bool operator==(const Version&, const Version&) = default;
};

}  // namespace tidemark::dataset
