#include "producer/prober/target.hpp"

#include <algorithm>

namespace tidemark::producer {

Targets targets_of(const dataset::Dataset& dataset) {
  Targets targets;
  for (const dataset::PoolView& view : dataset.pools()) {
    const event::Pool& pool = view.pool();
    if (pool.check.kind == event::CheckKind::None) continue;
    event::Check check = pool.check;
    check.interval_ms = std::clamp(check.interval_ms, check_interval_ms_min, check_interval_ms_max);
    check.timeout_ms = std::clamp(check.timeout_ms, std::uint32_t{1}, check_timeout_ms_max);
    for (const event::Endpoint& endpoint : pool.endpoints) {
      if (targets.all.size() == targets_max) {
        ++targets.left_out;
        continue;
      }
      targets.all.push_back({pool.name, endpoint.id, endpoint.address, check});
    }
  }
  return targets;
}

}  // namespace tidemark::producer
