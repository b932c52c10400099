#include "cli/git_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/table.hpp"

namespace tidemark::cli {

namespace {

constexpr int exit_not_started = 127;
constexpr std::size_t line_octets_max = 4096;

std::vector<std::string> arguments_of(const std::string& repository,
                                      const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"git", "--no-pager", "--no-replace-objects"};
  for (const char* setting :
       {"core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false",
        "log.follow=false", "protocol.allow=never", "diff.orderFile=/dev/null"}) {
    all.emplace_back("-c");
    all.emplace_back(setting);
  }
  all.emplace_back("-C");
  all.push_back(repository);
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::vector<std::string> environment() {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view variable(*one);
    const bool of_git = variable.starts_with("GIT_") && !variable.starts_with("GIT_CONFIG_");
    if (!of_git && !variable.starts_with("LC_ALL=")) all.emplace_back(variable);
  }
  for (const char* one : {"LC_ALL=C", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1",
                          "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_ATTR_NOSYSTEM=1"}) {
    all.emplace_back(one);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Between fork and exec: nothing here may allocate or lock.
[[noreturn]] void become_git(char* const* arguments, char* const* variables, int channel,
                             int complaints, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(exit_not_started);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  dup2(channel, STDIN_FILENO);
  dup2(channel, STDOUT_FILENO);
  dup2(complaints, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);
  execvpe("git", arguments, variables);
  _exit(exit_not_started);
}

Failure system_failure(const std::string& what) {
  return {Exit::Error, what + ": " + std::generic_category().message(errno)};
}

}  // namespace

Expected<GitProcess> GitProcess::start(std::string repository,
                                       const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::unexpected(system_failure("git cannot be started"));
  }
  const int complaints = memfd_create("git", MFD_CLOEXEC);
  std::vector<std::string> words = arguments_of(repository, arguments);
  std::vector<std::string> variables = environment();
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become_git(argv.data(), envp.data(), ends[1], complaints, parent);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    close(complaints);
    return std::unexpected(system_failure("git cannot be started"));
  }
  return GitProcess(std::move(repository), pid, ends[0], complaints);
}

GitProcess::GitProcess(GitProcess&& other) noexcept
    : repository_(std::move(other.repository_)),
      pid_(std::exchange(other.pid_, -1)),
      channel_(std::exchange(other.channel_, -1)),
      complaints_(std::exchange(other.complaints_, -1)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_) {}

GitProcess::~GitProcess() {
  if (channel_ >= 0) close(channel_);  // it ends for want of input, or of a reader
  if (pid_ > 0) (void)wait();
  if (complaints_ >= 0) close(complaints_);
}

int GitProcess::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Failure GitProcess::broken() {
  if (channel_ >= 0) close(std::exchange(channel_, -1));
  return ended_with(pid_ > 0 ? wait() : 0);
}

Failure GitProcess::ended_with(int code) const {
  if (code == exit_not_started) {
    return {Exit::Error, "there is no program git in PATH", "install git"};
  }
  std::array<char, 1000> words{};
  const ssize_t got = pread(complaints_, words.data(), words.size(), 0);
  std::string said(words.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  std::ranges::replace(said, '\n', ' ');
  return {Exit::Error,
          repository_ + ": git ended with code " + std::to_string(code) + ": " + plain(said)};
}

Expected<bool> GitProcess::fill() {
  constexpr std::size_t chunk = 1 << 16;
  if (begin_ > 0 && begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + chunk);
  ssize_t got = 0;
  do {
    got = recv(channel_, buffer_.data() + before, chunk, 0);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return std::unexpected(broken());
  return got > 0;
}

Expected<std::string> GitProcess::read_all(std::size_t octets_max) {
  shutdown(channel_, SHUT_WR);
  while (true) {
    const auto more = fill();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (buffer_.size() > octets_max) {
      return fail(Exit::Error,
                  repository_ + ": git writes more than " + std::to_string(octets_max) + " octets",
                  "narrow it with --path or --since");
    }
  }
  const int code = wait();
  if (code == 0) return std::move(buffer_);
  return std::unexpected(ended_with(code));
}

Outcome GitProcess::write(std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t sent = send(channel_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::unexpected(broken());
    octets.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Expected<std::string> GitProcess::read_line() {
  while (true) {
    const std::size_t end = buffer_.find('\n', begin_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(begin_, end - begin_);
      begin_ = end + 1;
      return line;
    }
    if (buffer_.size() - begin_ > line_octets_max) return std::unexpected(broken());
    const auto more = fill();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::unexpected(broken());
  }
}

Expected<std::string> GitProcess::read(std::size_t octets) {
  std::string text;
  while (text.size() < octets) {
    if (begin_ == buffer_.size()) {
      const auto more = fill();
      if (!more) return std::unexpected(more.error());
      if (!*more) return std::unexpected(broken());
    }
    const std::size_t part = std::min(octets - text.size(), buffer_.size() - begin_);
    text.append(buffer_, begin_, part);
    begin_ += part;
  }
  return text;
}

Outcome GitProcess::skip(std::size_t octets) {
  constexpr std::size_t piece = 1 << 20;
  while (octets > 0) {
    auto gone = read(std::min(octets, piece));
    if (!gone) return std::unexpected(std::move(gone).error());
    octets -= gone->size();
  }
  return {};
}

}  // namespace tidemark::cli
