// Churn: how much of what was answered before is answered otherwise now.
//
// Counted are the RRsets of the older version: those that changed or went away, among all. What is
// new changes no answer that was there. SOA RRsets are left out: their serials change with
// everything.
//
// Threads  Any; Datasets are values.
// Cost     O(zones), and O(names) of each zone that differs, about 0.2 us a name.
#pragma once

#include <cstdint>

#include "core/dataset/dataset.hpp"

namespace tidemark::producer {

struct Churn {
  std::uint64_t rrsets = 0;
  std::uint64_t changed = 0;
  friend bool operator==(const Churn&, const Churn&) = default;
};

Churn churn_between(const dataset::Dataset& before, const dataset::Dataset& after);

}  // namespace tidemark::producer
