// GitHistory: the commits of a branch that touch some files, oldest first, and the files' octets.
//
// First parents only: what a merge brought counts as the merge's change.
//
// Errors  git's own words. A path or message may be any octets; text() is for messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/git_process.hpp"
#include "cli/outcome.hpp"

namespace tidemark::cli {

struct GitFileChange {
  char status;           // A, M, D, R, T as git names them
  std::string mode;      // afterwards: "100644"
  std::string blob;      // afterwards
  std::string path;      // of R: the new one
  std::string old_path;  // of R
};

struct GitCommit {
  std::string hash;
  std::string author;  // "Alice <alice@example.org>", valid UTF-8
  std::string message;
  std::int64_t committed_s;  // when it came to the branch
  std::vector<GitFileChange> changes{};
};

struct GitSelection {
  std::string repository;
  std::vector<std::string> paths;  // globs from the repository's root, as git's :(glob)
  std::string branch = "HEAD";
};

Expected<std::vector<GitCommit>> read_git_history(const GitSelection& selection);

// The same octets as UTF-8: what is not becomes U+FFFD. At most `octets_max`, cut between
// characters.
std::string valid_utf8(std::string_view octets, std::size_t octets_max);

class GitBlobs {
 public:
  static Expected<GitBlobs> open(const std::string& repository);
  // Nothing if it is larger than a zone may be.
  Expected<std::optional<std::string>> read(const std::string& blob);

 private:
  explicit GitBlobs(GitProcess process) : process_(std::move(process)) {}
  GitProcess process_;
};

}  // namespace tidemark::cli
