// Snapshot: what workers read: one Dataset and the HealthView frozen with it. Immutable.
//
// Its provenance is (seq, health position): every answer is computable from exactly one Snapshot.
// The secrets of DNS cookies stand beside: plain values that whoever publishes it put in.
#pragma once

#include <utility>

#include "core/dataset/dataset.hpp"
#include "core/dns/cookie.hpp"
#include "core/health/verdict.hpp"

namespace tidemark::consumer {

struct Snapshot {
  dataset::Dataset dataset;
  health::HealthView health;
  dns::CookieSecrets cookie_secrets{};  // none: COOKIE options are ignored
};

}  // namespace tidemark::consumer
