// The `rate_limit` mapping of the edge's YAML file.
//
//   rate_limit:
//     mode: on            # off, dry-run (the default: counts, limits nobody), on
//     per_second: 50      # responses to one address, by each worker; errors count apart
//     burst: 125          # and at once after a pause; at most 10 s of the rate
//     slip: 1             # one of so many limited responses is sent, short; 0: none
//     allow: [192.0.2.0/24, "2001:db8::/32"]    # never limited
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "dns-edge/serve/rate_limiter.hpp"
#include "topics/config_file.hpp"

namespace tidemark::edge {

std::vector<topics::ConfigKey> rate_keys();

// Errors  Invalid, naming FILE:LINE:COLUMN and what would be right.
[[nodiscard]] base::Result<RateSettings> read_rate(const topics::ConfigFile& config);

}  // namespace tidemark::edge
