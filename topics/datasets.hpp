// The datasets of a log, by its topics: who names no dataset may mean the only one.
//
// Errors  Those of opening the log. Waits for the log: never on a feeder or a worker.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "topics/log_url.hpp"

namespace tidemark::topics {

// In order; a topic NAME.changes is a dataset NAME.
base::Result<std::vector<std::string>> datasets_of(const LogSettings& settings);

}  // namespace tidemark::topics
