#include "tests/conformance/log/appender.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT: as POSIX has it

namespace tidemark::conformance {

std::optional<std::int64_t> append_until_killed(const std::string& url, const std::string& topic,
                                                int acknowledgements) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  std::string program = (self.parent_path() / "log_appender").string();
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe[0]);
  std::string url_text = url, topic_text = topic;
  const std::array<char*, 4> arguments{program.data(), url_text.data(), topic_text.data(), nullptr};
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (failed != 0) return std::nullopt;
  FILE* const lines = ::fdopen(pipe[0], "r");
  std::int64_t acknowledged = 0;
  std::array<char, 64> line{};
  bool killed = false;
  bool ran = false;
  while (std::fgets(line.data(), line.size(), lines) !=
         nullptr) {  // also what was still in the pipe
    ran = true;
    acknowledged = std::strtoll(line.data(), nullptr, 10);
    if (!killed && acknowledged >= std::int64_t{acknowledgements} * appender_batch) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  std::fclose(lines);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  if (!ran) return std::nullopt;
  return acknowledged;
}

}  // namespace tidemark::conformance
