// Who the process is and what the kernel lets it do beside files and calls.
//
// One capability may stay, CAP_NET_BIND_SERVICE, for a node that listens on port 53. It stays for
// the whole life, as sockets are bound only with the first verified Snapshot (a bound socket
// without an answer would swallow queries), which may be hours after the start, by whichever thread
// runs the feeder. It allows nothing but binding low ports; Landlock (ABI 4) narrows TCP to ours.
//
// Threads  Before any other thread exists: the kernel keeps capabilities per thread.
// Errors   Invalid: no such user. Denied: this process may not become it. Each names the remedy.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <sys/types.h>

#include "core/base/result.hpp"

namespace tidemark::edge {

struct User {
  std::string name;
  uid_t uid;
  gid_t gid;
};

// NAME or NAME:GROUP; without a group that user's own.
[[nodiscard]] base::Result<User> find_user(const std::string& text);
// The user that this process is, root too.
User current_user();

// Binding one of them needs CAP_NET_BIND_SERVICE here (net.ipv4.ip_unprivileged_port_start).
bool needs_bind_capability(std::span<const std::uint16_t> ports);

// No supplementary group, then gid, then uid. The capabilities are kept until drop_capabilities().
[[nodiscard]] base::Result<void> become(const User& user);

enum class Keep : std::uint8_t { Nothing, BindService };
// All others go from every set, the bounding set too where we may; what stays is checked again.
[[nodiscard]] base::Result<void> drop_capabilities(Keep keep);

// No program that is started gains anything (set-user-ID); also what Landlock and seccomp ask for.
[[nodiscard]] base::Result<void> forbid_new_privileges();
// Nobody of the same user attaches a debugger or reads /proc/PID/mem; no core file.
[[nodiscard]] base::Result<void> forbid_dumps();

}  // namespace tidemark::edge
