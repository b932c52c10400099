// The edge's cage: what a process that answers strangers gives up before it hears the first one.
//
// confine() is called once, by main, in this order, each step while the next is still possible:
//   1  limits.hpp      raise RLIMIT_NOFILE (root may), no core files
//   2  privileges.hpp  groups, gid, uid, capabilities, bounding set, no_new_privs, not dumpable
//   3  landlock.hpp    files and TCP ports: the kernel binds the calling thread and its children,
//                      so it stands before the first thread is made
//   4  call_filter.hpp system calls, last, for all threads (TSYNC): it forbids steps 1 to 3
// Only then are opened: the log, snapshot files, sockets. No byte of a stranger is read before.
// DNS sockets are bound much later, with the first verified Snapshot: that is why bind(), listen()
// and CAP_NET_BIND_SERVICE (for ports that need it) stay.
//
// What attacks need dies (SIGSYS): other programs and processes, foreign memory, mounts, kernel
// modules, keys, io_uring and their like (calls.hpp). What nobody foresaw is refused with ENOSYS
// and service goes on: a newer C library that probes for a newer call must not take DNS down.
//
// Threads   Before any other thread exists.
// Requires  The folders of `writable` exist. What is replaced by rename later is a new file: name
//           its folder if it must stay readable.
// Errors    BestEffort: only what was asked for and denied (user, its folders). On: Unsupported
//           too, naming what this kernel or build has not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "dns-edge/sandbox/limits.hpp"
#include "dns-edge/sandbox/privileges.hpp"

namespace tidemark::edge {

enum class SandboxMode : std::uint8_t {
  Off,         // only `user` and the limits
  BestEffort,  // what the kernel has; `missing` names the rest
  On,          // all of it or no start
};

enum class Outgoing : std::uint8_t {
  None,      // connect() dies: a SQLite log needs none
  AnyPort,   // TCP anywhere, and the system's resolver: brokers tell their addresses themselves
  SomePorts  // TCP to `connect_ports` only (Landlock ABI 4), and the resolver over UDP
};

struct Confinement {
  std::string user{};                       // empty: stay who we are
  std::vector<std::string> readable{};      // files, folders with all below; left out if not there
  std::vector<std::string> writable{};      // folders
  std::vector<std::uint16_t> bind_ports{};  // TCP; with a 0 in it any
  Outgoing outgoing = Outgoing::None;
  std::vector<std::uint16_t> connect_ports{};
  std::uint64_t open_files = 0;  // descriptors that are needed at most
  SandboxMode mode = SandboxMode::BestEffort;
};

struct Confined {
  std::vector<std::string> done;     // for one line of a log
  std::vector<std::string> missing;  // each a sentence with its remedy
};

[[nodiscard]] base::Result<Confined> confine(const Confinement& wanted);

// AddressSanitizer and ThreadSanitizer make system calls of their own, late and from anywhere: in
// such a build the mode is Off, whatever was asked (but On is an error).
extern const bool built_with_sanitizer;

}  // namespace tidemark::edge
