// The limits that the kernel keeps for this process.
//
// RLIMIT_NPROC is left alone: it counts the threads of a *user* on the whole machine, so one edge
// would stop another. The call filter forbids new processes; a unit's TasksMax bounds the threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace tidemark::edge {

// RLIMIT_NOFILE is raised to `needed` if it is lower. The sentence: it could not be, and the
// remedy. The node runs then too; it refuses TCP connections earlier.
std::optional<std::string> allow_open_files(std::uint64_t needed);
// A core file would hold keys and cookies' secrets.
base::Result<void> forbid_core_files();

}  // namespace tidemark::edge
