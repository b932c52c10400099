// The stale-plan race of October 2025, told step by step on the real fold: once without what guards
// against it, once with it (docs/stale-plan-race.md). No process, no socket, no file.
#pragma once

#include <string>

namespace tidemark::cli {

// What happened, for people. The same text each time.
std::string tell_stale_plan();

}  // namespace tidemark::cli
