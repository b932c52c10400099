#include "cli/session.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include <unistd.h>

namespace tidemark::cli {

bool Session::shows_progress() const { return !quiet && (progress || isatty(STDERR_FILENO) == 1); }

void add_session_options(Command& root, Session& session) {
  root.choice("-o,--output", session.output, {"table", "json"}, "For people, or for programs");
  root.option("--api", session.api, "URL", "The controller's HTTP API");
  root.from_environment("--api", "TIDEMARK_API");
  root.option("--token-file", session.token_file, "FILE", "Holds the bearer token for the API");
  root.from_environment("--token-file", "TIDEMARK_TOKEN_FILE");
  root.option("--ca-file", session.ca_file, "FILE",
              "PEM of the authority that signed the API's certificate; else the system's");
  root.option("--author", session.author, "NAME",
              "Who changes; a token's name comes first (default: $USER)");
  root.from_environment("--author", "TIDEMARK_AUTHOR");
  root.flag("--progress", session.progress, "Show progress even if this is no terminal");
  root.flag("--quiet", session.quiet, "Show no progress");
}

namespace {

void add_wait(Command& command, MutationOptions& options) {
  command.option("--wait", options.wait_seconds, "SECONDS",
                 "Return only when every live edge serves the change; exit code 5 if they do not "
                 "within this time");
}

}  // namespace

void add_mutation_options(Command& command, MutationOptions& options) {
  command.required_words("--reason", options.reason, "TEXT", "Why: kept with the change for ever");
  add_wait(command, options);
}

void add_dry_run_options(Command& command, MutationOptions& options, bool& dry_run) {
  command.flag("--dry-run", dry_run, "Show what would change, change nothing");
  command.words("--reason", options.reason, "TEXT",
                "Why: kept with the change for ever; only --dry-run needs none");
  add_wait(command, options);
}

void add_hold_option(Command& command, MutationOptions& options) {
  command.flag("--hold", options.hold,
               "Change nothing yet: keep it for somebody else to approve (tidemark held); exit "
               "code 4");
  add_rollout_option(command, options);
}

void add_rollout_option(Command& command, MutationOptions& options) {
  command.choice(
      "--rollout", options.rollout, {"standard", "expedite", "manual"},
      "How the rings get it (docs/rollout.md): one after the other, all at once, or each "
      "by tidemark rollout promote");
}

Outcome reason_given(const MutationOptions& options, bool dry_run) {
  if (dry_run || !options.reason.empty()) return {};
  return fail(Exit::Usage, "--reason is required", "--reason TEXT, or --dry-run");
}

void print(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), stdout); }

bool flush_output() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

void note(std::string_view line) {
  (void)std::fflush(stdout);
  (void)std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

base::Result<std::string> read_text_file(const std::string& path) {
  const auto failed = [&path](const char* what) {
    const auto code = errno == ENOENT ? base::Errc::NotFound : base::Errc::Unavailable;
    return base::fail(code, path + ": " + what + ": " + std::generic_category().message(errno));
  };
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) (void)std::fclose(file);
    }
  };
  const std::unique_ptr<std::FILE, Close> file(path == "-" ? stdin
                                                           : std::fopen(path.c_str(), "rb"));
  if (!file) return failed("cannot be opened");
  std::string text;
  constexpr std::size_t chunk = 1 << 20;
  for (std::size_t got = chunk; got == chunk;) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    got = std::fread(text.data() + before, 1, chunk, file.get());
    text.resize(before + got);
  }
  if (std::ferror(file.get()) != 0) return failed("cannot be read");
  return text;
}

}  // namespace tidemark::cli
