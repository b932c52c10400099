#include "tests/privilege/caged_process.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tidemark::edge {

constexpr unsigned deadline_seconds = 30;  // SIGALRM: an attempt that neither works nor dies

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  if (ending.signal != 0) return out << "signal " << ending.signal;
  return out << "exit code " << ending.code << " (" << std::strerror(ending.code) << ")";
}

Ending in_cage(const Confinement& wanted, const std::function<int()>& attempt) {
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(deadline_seconds);
    const auto confined = confine(wanted);
    if (!confined) {
      std::cerr << confined.error().trail << "\n";
      ::_exit(confine_failed);
    }
    ::_exit(attempt());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return {.signal = WTERMSIG(status), .code = 0};
  return {.signal = 0, .code = WEXITSTATUS(status)};
}

Cage::Cage() {
  std::string pattern = std::filesystem::temp_directory_path() / "tidemark-cage-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  std::filesystem::create_directories(path("state"));
  std::ofstream(path("outside")) << "as it was\n";
  std::ofstream(path("state/inside")) << "ours\n";
}

Cage::~Cage() { std::filesystem::remove_all(folder_); }

Confinement Cage::sqlite() const {
  Confinement wanted;
  wanted.mode = SandboxMode::On;
  wanted.readable = {"/etc/hosts"};
  wanted.writable = {path("state")};
  wanted.bind_ports = {0};
  wanted.outgoing = Outgoing::None;
  wanted.open_files = 256;
  return wanted;
}

Confinement Cage::kafka() const {
  Confinement wanted = sqlite();
  wanted.outgoing = Outgoing::AnyPort;
  return wanted;
}

}  // namespace tidemark::edge
