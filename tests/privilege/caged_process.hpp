// Runs one attempt in a child process that has confined itself as an edge does, and says how that
// ended.
#pragma once

#include <functional>
#include <string>

#include "dns-edge/sandbox/sandbox.hpp"

namespace tidemark::edge {

struct Ending {
  int signal = 0;  // that ended it
  int code = 0;    // that it ended with, if no signal did
  bool operator==(const Ending&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Ending& ending);

constexpr Ending killed_by_filter{.signal = 31, .code = 0};  // SIGSYS
constexpr int confine_failed = 250;                          // exit code of the child

// `attempt` returns 0, or the errno that it met: the child's exit code.
Ending in_cage(const Confinement& wanted, const std::function<int()>& attempt);

// A folder of its own below the system's temporary one, with what it needs to be confined to
// `folder/state`; beside it stands the file `folder/outside`.
class Cage {
 public:
  Cage();
  ~Cage();
  Cage(const Cage&) = delete;
  Cage& operator=(const Cage&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  Confinement sqlite() const;  // no outgoing connection
  Confinement kafka() const;   // any
  Ending run(const std::function<int()>& attempt) const { return in_cage(sqlite(), attempt); }

 private:
  std::string folder_;
};

}  // namespace tidemark::edge
