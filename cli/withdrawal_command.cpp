// tidemark watch-withdrawal: runs a command whenever an edge changes its mind about anycast.
//
// The edge itself starts no program (its sandbox forbids it): it writes one word into a file, and
// this runs beside it with whatever rights the command needs.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>

#include <spawn.h>
#include <sys/wait.h>

#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"

namespace tidemark::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds look_period = 500ms;
constexpr std::chrono::seconds retry_period{5};  // of a command that failed

struct Options {
  std::string file, run;
};

// "announce", "withdraw"; anything else, or no file: nothing is known, so nothing is done.
std::string word_of(const std::string& file) {
  auto text = read_text_file(file);
  if (!text) return {};
  if (*text == "announce\n" || *text == "withdraw\n") return text->substr(0, text->size() - 1);
  return {};
}

// The exit code; 128 and more: a signal; -1: it did not start.
int run_command(const std::string& command, const std::string& word) {
  std::string shell = "sh", flag = "-c", text = command, name = "tidemark", argument = word;
  char* const arguments[] = {shell.data(), flag.data(),     text.data(),
                             name.data(),  argument.data(), nullptr};
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, "/bin/sh", nullptr, &attributes, arguments, ::environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) return -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Outcome watch(const Options& options) {
  Signals signals({SIGINT, SIGTERM});
  std::string done, tried;
  auto next_try = std::chrono::steady_clock::now();
  for (;;) {
    const std::string word = word_of(options.file);
    const auto now = std::chrono::steady_clock::now();
    if (!word.empty() && word != done && (word != tried || now >= next_try)) {
      const int code = run_command(options.run, word);
      note("tidemark: " + word + ": the command ended with " + std::to_string(code));
      tried = word;
      next_try = now + retry_period;
      if (code == 0) done = word;
    }
    if (signals.wait(look_period) != 0) return {};
  }
}

}  // namespace

void add_watch_withdrawal(Command root) {
  auto options = std::make_shared<Options>();
  Command command =
      root.add("watch-withdrawal", "Runs a command whenever an edge wants in or out of anycast",
               "tidemark watch-withdrawal --file /run/tidemark/anycast --run "
               "'/etc/tidemark/anycast \"$1\"'");
  command.required_option("--file", options->file, "FILE",
                          "withdrawal.file of the edge's settings");
  command.required_option(
      "--run", options->run, "COMMAND",
      "For sh -c; $1 is announce or withdraw. At the start too; again every 5 s "
      "while it fails");
  command.action([options] { return watch(*options); });
}

}  // namespace tidemark::cli
