// GitProcess: git as a child process, for reading a repository that nobody vouches for.
//
// No shell. Nothing that the repository's configuration names is run: no hooks, no fsmonitor, no
// external diff or textconv, no signature checker, and no remote is asked for missing objects.
// Variables GIT_* of our own environment are not handed on, but for GIT_CONFIG_*.
//
// Errors  Its own words (standard error), with the repository in front.
// Threads One.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "cli/outcome.hpp"

namespace tidemark::cli {

class GitProcess {
 public:
  static Expected<GitProcess> start(std::string repository,
                                    const std::vector<std::string>& arguments);
  GitProcess(GitProcess&& other) noexcept;
  GitProcess& operator=(GitProcess&&) = delete;
  ~GitProcess();

  // To the end of what it writes; a Failure if it does not end well, or writes more than that.
  Expected<std::string> read_all(std::size_t octets_max);
  Outcome write(std::string_view octets);
  Expected<std::string> read_line();  // without its line end
  Expected<std::string> read(std::size_t octets);
  Outcome skip(std::size_t octets);

 private:
  GitProcess(std::string repository, pid_t pid, int channel, int complaints)
      : repository_(std::move(repository)), pid_(pid), channel_(channel), complaints_(complaints) {}
  Expected<bool> fill();  // false at the end
  Failure broken();       // it ended early
  Failure ended_with(int code) const;
  int wait();

  std::string repository_;
  pid_t pid_;
  int channel_;     // its standard input and output
  int complaints_;  // its standard error, in memory
  std::string buffer_{};
  std::size_t begin_ = 0;  // of what was not given away yet
};

}  // namespace tidemark::cli
