// The call filter: a seccomp program that judges every system call of every thread, for ever.
//
// Written by hand as BPF rather than through a library: the whole of it is one list and a dozen
// argument rules, and a reader sees each instruction. Its verdicts: allowed, dies (the process ends
// by SIGSYS; the kernel's log names the number: `journalctl -k -g type=1326`), refused (an errno).
//
//   clone          threads only; clone3 is refused, as its arguments lie in memory
//   mmap, mprotect never writable and executable; never executable without a file
//   socket         AF_INET, AF_INET6, AF_UNIX, AF_NETLINK (which addresses we have); AF_PACKET dies
//   connect        dies, unless asked for (datagrams need none: answers are such)
//   kill, tgkill   ourselves only; prctl: a thread's name; ioctl: FIONBIO and other harmless ones
//   prlimit64      to read
//
// Threads   Any; binds all (TSYNC). The order of things is in sandbox.hpp.
// Requires  no_new_privs, or CAP_SYS_ADMIN.
// Errors    Unsupported: a kernel without it, or an architecture that this file does not know.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/result.hpp"

namespace tidemark::edge {

enum class Connecting : std::uint8_t { Deadly, Allowed };

// How many instructions it has.
[[nodiscard]] base::Result<std::size_t> install_call_filter(Connecting connecting);

}  // namespace tidemark::edge
