#include "cli/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/session.hpp"
#include "cli/table.hpp"

namespace tidemark::cli {

namespace {

constexpr int exit_not_started = 127;

// Between fork and exec: nothing here may allocate or lock.
[[noreturn]] void become(const char* program, char* const* arguments, int output, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(exit_not_started);  // it ended before we asked to be told
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);  // Asio's sockets are not closed by exec
  execv(program, arguments);
  _exit(exit_not_started);
}

}  // namespace

Expected<ChildProcess> ChildProcess::start(std::string name, const std::string& program,
                                           std::vector<std::string> arguments,
                                           std::string output_file) {
  if (access(program.c_str(), X_OK) != 0) {
    return fail(Exit::Error, name + ": there is no program " + program,
                "build all programs: scripts/demo does");
  }
  const int output = open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) {
    return fail(Exit::Error, output_file + ": " + std::generic_category().message(errno));
  }
  std::string first = program;
  std::vector<char*> argv{first.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(program.c_str(), argv.data(), output, parent);
  close(output);
  if (pid < 0) {
    return fail(Exit::Error,
                name + ": cannot be started: " + std::generic_category().message(errno));
  }
  return ChildProcess(std::move(name), std::move(output_file), pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : name_(std::move(other.name_)),
      output_file_(std::move(other.output_file_)),
      pid_(std::exchange(other.pid_, -1)),
      code_(other.code_) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) stop();
}

std::optional<int> ChildProcess::ended() {
  if (code_) return code_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

int ChildProcess::wait() {
  while (true) {
    if (const auto code = ended()) return *code;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void ChildProcess::stop(std::chrono::milliseconds patience) {
  if (ended()) return;
  kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (!ended()) kill(pid_, SIGKILL);
  (void)wait();
}

std::string ChildProcess::last_words() const {
  constexpr std::size_t octets_shown = 2000;
  const auto text = read_text_file(output_file_);
  if (!text) return "";
  std::string_view words(*text);
  if (words.size() > octets_shown) words.remove_prefix(words.size() - octets_shown);
  std::string out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find('\n'), words.size());
    out += "    " + plain(words.substr(0, end)) + "\n";
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

}  // namespace tidemark::cli
