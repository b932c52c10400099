// Session: the options that every command has, and where output goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "cli/outcome.hpp"

namespace tidemark::cli {

struct Session {
  std::string output = "table";
  std::string api = "http://127.0.0.1:8053";
  std::optional<std::string> token_file{};
  std::optional<std::string> ca_file{};
  std::optional<std::string> author{};
  bool quiet = false;     // no progress
  bool progress = false;  // progress even where standard error is no terminal

  bool json() const noexcept { return output == "json"; }
  bool shows_progress() const;
};

void add_session_options(Command& root, Session& session);

// What every mutation takes.
struct MutationOptions {
  std::string reason;
  std::optional<std::uint64_t> wait_seconds{};
  bool hold = false;  // kept for somebody else to approve
  std::string rollout = "standard";
};
void add_mutation_options(Command& command, MutationOptions& options);
// Of a command with --dry-run, which needs no reason: its action asks reason_given().
void add_dry_run_options(Command& command, MutationOptions& options, bool& dry_run);
void add_hold_option(Command& command, MutationOptions& options);  // and --rollout
void add_rollout_option(Command& command, MutationOptions& options);
Outcome reason_given(const MutationOptions& options, bool dry_run);

// Standard output, whole; a closed pipe is no error.
void print(std::string_view text);
// What was printed is on its way to the reader, be it a pipe. False: nobody reads any more.
bool flush_output();
// Standard error.
void note(std::string_view line);

base::Result<std::string> read_text_file(const std::string& path);  // "-": standard input

}  // namespace tidemark::cli
