// Metrics: EdgeStatus and the workers' counters as Prometheus text.
//
// Labels come from closed sets only: transport, RCODE, fate, state. Nothing of a query ever becomes
// a label. Values are read at scrape; nothing is accumulated here.
//
// Threads  The admin listener's.
#pragma once

#include <string>
#include <vector>

#include "dns-edge/admin/status.hpp"
#include "dns-edge/serve/counters.hpp"

namespace tidemark::edge {

// `workers`: counters that stay alive during the call; empty while nothing is bound.
std::string metrics_text(const EdgeStatus& status,
                         const std::vector<const WorkerCounters*>& workers, bool ready);

}  // namespace tidemark::edge
