#include "cli/git_history.hpp"

#include <algorithm>
#include <charconv>

#include "core/event/change_set.hpp"

namespace tidemark::cli {

namespace {

constexpr std::size_t log_octets_max = std::size_t{1} << 30U;
constexpr std::size_t zone_octets_max = 32 * 1024 * 1024;  // what the API takes
constexpr char commit_mark = '\x1e';

// What git wrote with -z: pieces that end in NUL.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : text_(text) {}
  bool done() const noexcept { return text_.empty(); }
  std::string_view next() {
    const std::size_t end = std::min(text_.find('\0'), text_.size());
    const std::string_view piece = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    return piece;
  }

 private:
  std::string_view text_;
};

std::string author_text(std::string_view name, std::string_view mail) {
  std::string text(name);
  if (!mail.empty()) text += (text.empty() ? "<" : " <") + std::string(mail) + ">";
  return valid_utf8(text.empty() ? "nobody" : text, event::author_octets_max);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

GitCommit read_commit(std::string_view hash, Pieces& pieces) {
  const std::string_view name = pieces.next();
  const std::string_view mail = pieces.next();
  const std::string_view time = pieces.next();
  std::int64_t seconds = 0;
  (void)std::from_chars(time.data(), time.data() + time.size(), seconds);
  return {.hash = std::string(hash),
          .author = author_text(name, mail),
          .message = valid_utf8(trimmed(pieces.next()), event::reason_octets_max),
          .committed_s = std::max<std::int64_t>(seconds, 0)};
}

// ":100644 100644 OID OID R100", then its path or paths.
std::optional<GitFileChange> read_change(std::string_view raw, Pieces& pieces) {
  std::vector<std::string_view> words;
  for (std::string_view left = raw.substr(1); !left.empty();) {
    const std::size_t end = std::min(left.find(' '), left.size());
    words.push_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (words.size() != 5 || words[4].empty()) return std::nullopt;
  GitFileChange change{.status = words[4].front(),
                       .mode = std::string(words[1]),
                       .blob = std::string(words[3]),
                       .path = {},
                       .old_path = {}};
  if (change.status == 'R' || change.status == 'C') change.old_path = pieces.next();
  change.path = pieces.next();
  return change;
}

// How many octets the UTF-8 character at the front takes; 0 if there is none.
std::size_t character_octets(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return 1;
  const std::size_t octets = first >= 0xf0 && first < 0xf5   ? 4
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xc2 && first < 0xe0 ? 2
                                                             : 0;
  if (octets == 0 || text.size() < octets) return 0;
  for (std::size_t i = 1; i < octets; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : octets;
}

}  // namespace

std::string valid_utf8(std::string_view octets, std::size_t octets_max) {
  std::string text;
  while (!octets.empty()) {
    const std::size_t size = character_octets(octets);
    const std::string_view piece = size == 0 ? "\xef\xbf\xbd" : octets.substr(0, size);
    if (text.size() + piece.size() > octets_max) break;
    text += piece;
    octets.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return text;
}

Expected<std::vector<GitCommit>> read_git_history(const GitSelection& selection) {
  if (selection.branch.empty() || selection.branch.front() == '-') {
    return fail(Exit::Usage, "--branch " + selection.branch + ": not a branch or commit");
  }
  std::vector<std::string> arguments{"log",
                                     "--first-parent",
                                     "--reverse",
                                     "-z",
                                     "--raw",
                                     "--no-abbrev",
                                     "-M",
                                     "--diff-merges=first-parent",
                                     "--no-ext-diff",
                                     "--no-show-signature",
                                     "--no-textconv",
                                     "--no-color",
                                     "--no-relative",
                                     "--encoding=UTF-8",
                                     "--format=tformat:%x1e%H%x00%an%x00%ae%x00%ct%x00%B%x00",
                                     selection.branch,
                                     "--"};
  for (const std::string& path : selection.paths) arguments.push_back(":(top,glob)" + path);
  auto process = GitProcess::start(selection.repository, arguments);
  if (!process) return std::unexpected(std::move(process).error());
  const auto text = process->read_all(log_octets_max);
  if (!text) return std::unexpected(text.error());
  std::vector<GitCommit> commits;
  Pieces pieces(*text);
  while (!pieces.done()) {
    std::string_view piece = pieces.next();
    if (piece.starts_with('\n')) piece.remove_prefix(1);
    if (piece.empty()) continue;
    if (piece.front() == commit_mark) {
      commits.push_back(read_commit(piece.substr(1), pieces));
      continue;
    }
    auto change = piece.front() == ':' && !commits.empty() ? read_change(piece, pieces)
                                                           : std::optional<GitFileChange>();
    if (!change) {
      return fail(Exit::Error, selection.repository + ": git log wrote what is not understood",
                  "git version 2.31 or newer is needed");
    }
    commits.back().changes.push_back(*std::move(change));
  }
  return commits;
}

Expected<GitBlobs> GitBlobs::open(const std::string& repository) {
  auto process = GitProcess::start(repository, {"cat-file", "--batch"});
  if (!process) return std::unexpected(std::move(process).error());
  return GitBlobs(*std::move(process));
}

Expected<std::optional<std::string>> GitBlobs::read(const std::string& blob) {
  if (auto asked = process_.write(blob + "\n"); !asked) return std::unexpected(asked.error());
  const auto head = process_.read_line();  // "OID blob SIZE"
  if (!head) return std::unexpected(head.error());
  const std::string start = blob + " blob ";
  std::size_t size = 0;
  const char* const digits = head->data() + std::min(start.size(), head->size());
  const char* const end = head->data() + head->size();
  if (!head->starts_with(start) || std::from_chars(digits, end, size).ptr != end) {
    return fail(Exit::Error, "git cat-file: " + *head, "git fsck");
  }
  if (size > zone_octets_max) {
    if (auto gone = process_.skip(size + 1); !gone) return std::unexpected(gone.error());
    return std::optional<std::string>();
  }
  auto text = process_.read(size + 1);  // and a line end
  if (!text) return std::unexpected(std::move(text).error());
  text->pop_back();
  return std::optional(*std::move(text));
}

}  // namespace tidemark::cli
