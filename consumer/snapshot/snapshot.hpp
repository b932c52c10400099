// Snapshot: what workers read: one Dataset and the HealthView frozen with it. Immutable.
//
// Its provenance is (seq, health position): every answer is computable from exactly one Snapshot.
#pragma once

#include <utility>

#include "core/dataset/dataset.hpp"
#include "core/health/verdict.hpp"

namespace tidemark::consumer {

struct Snapshot {
  dataset::Dataset dataset;
  health::HealthView health;
};

}  // namespace tidemark::consumer
