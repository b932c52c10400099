// Landlock: which files and TCP ports this thread, and every thread it makes, may ever use.
//
// The kernel's answer to "which ABI" decides what is asked for; what Debian 12's <linux/landlock.h>
// does not know (it ends with ABI 2) is written in landlock.cpp. It cannot be taken back. Open
// descriptors stay as they are. Not covered by it: chmod, chown, utimes and extended attributes
// (call_filter.hpp refuses those), reading a file's size and times.
//
// Threads   Binds the calling thread and those it makes later.
// Requires  no_new_privs.
// Errors    Unsupported: the kernel has none (ABI 0), or it is switched off at boot. NotFound: a
//           folder that must be writable is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace tidemark::edge {

struct LandlockRules {
  std::vector<std::string> readable;  // left out if not there
  std::vector<std::string> writable;
  // Absent: any. Empty: none.
  std::optional<std::vector<std::uint16_t>> tcp_bind;
  std::optional<std::vector<std::uint16_t>> tcp_connect;
};

constexpr int landlock_network_abi = 4;

int landlock_abi();  // 0: none
[[nodiscard]] base::Result<void> apply_landlock(const LandlockRules& rules);

}  // namespace tidemark::edge
