// unlike: where two Datasets that should be the same are not. Zones whose sums agree are passed
// over, so a difference in one zone costs that zone.
//
// Threads  Any; both Datasets are only read. They may be of different families.
#pragma once

#include <string>
#include <vector>

#include "core/dataset/dataset.hpp"

namespace tidemark::consumer {

struct Unlike {
  std::string object;       // "zone example.org.: www.example.org. A", "pool web"
  std::string left, right;  // as each has it; empty: it is not there
  friend bool operator==(const Unlike&, const Unlike&) = default;
};

// At most `limit` of them: zones in canonical order, then pools, then overrides.
std::vector<Unlike> find_unlike(const dataset::Dataset& left, const dataset::Dataset& right,
                                std::size_t limit);

}  // namespace tidemark::consumer
