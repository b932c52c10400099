// ChildProcess: a program that this one started, in a process group of its own (so that Ctrl-C at
// the terminal is ours alone), with its output in a file. It ends with us, whatever happens to us.
//
// Threads   The thread that starts children lives as long as they do.
// Requires  Ended by its own pid only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cli/outcome.hpp"

namespace tidemark::cli {

class ChildProcess {
 public:
  // Output goes to the end of `output_file`.
  static Expected<ChildProcess> start(std::string name, const std::string& program,
                                      std::vector<std::string> arguments, std::string output_file);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  // stop()

  const std::string& name() const noexcept { return name_; }
  pid_t pid() const noexcept { return pid_; }
  // The exit code once it has ended; 128 + the signal if one ended it.
  std::optional<int> ended();
  int wait();
  // SIGTERM, and SIGKILL if that does not end it in time.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(10));
  // The last lines of its output, indented.
  std::string last_words() const;

 private:
  ChildProcess(std::string name, std::string output_file, pid_t pid)
      : name_(std::move(name)), output_file_(std::move(output_file)), pid_(pid) {}
  std::string name_;
  std::string output_file_;
  pid_t pid_;  // -1: moved from
  std::optional<int> code_{};
};

}  // namespace tidemark::cli
