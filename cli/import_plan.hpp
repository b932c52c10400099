// ImportPlan: what the commits of a repository did to zones, in order.
//
// A zone is held by one file at a time. A file that goes takes its zone with it; one that is
// renamed keeps or renames it, as its name or text says. A text that is no zone changes nothing:
// the zone stays as the last good commit left it, and the next good one carries on.
//
// Pure but for the reader of blobs.
// Cost  each file is parsed once a commit that changed it; texts are not kept.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/git_history.hpp"
#include "cli/outcome.hpp"
#include "core/dns/name.hpp"

namespace tidemark::cli {

// How a file's zone is known.
struct ZoneNaming {
  enum class From : std::uint8_t { FileName, Origin, Map } from = From::FileName;
  std::map<std::string, dns::Name> map{};  // by path
};
// "name", "origin", or a file with a line "PATH ZONE" for each.
Expected<ZoneNaming> read_zone_naming(const std::string& word);
// "zones/db.example.org" and "example.org.zone" are example.org.
base::Result<dns::Name> zone_of_file_name(const std::string& path);

struct ImportStep {
  std::size_t commit;  // index
  dns::Name zone;
  std::string path;
  std::string blob;  // empty: the zone goes
};
struct ImportSkip {
  std::size_t commit;
  std::string path;
  std::string why;  // one line
};
struct ImportPlan {
  std::vector<ImportStep> steps{};  // at most one of a zone and commit
  std::vector<ImportSkip> skips{};
};

class ImportPlanner {
 public:
  using ReadBlob = std::function<Expected<std::optional<std::string>>(const std::string& blob)>;
  ImportPlanner(ZoneNaming naming, bool keep_deleted, ReadBlob read)
      : naming_(std::move(naming)), keep_deleted_(keep_deleted), read_(std::move(read)) {}

  // Commits in their order.
  Outcome add(std::size_t index, const GitCommit& commit);
  ImportPlan take() && { return std::move(plan_); }

 private:
  struct File {
    std::optional<dns::Name> zone{};
    std::string blob{};  // of its last good text
  };
  void leave(const std::string& path);
  Outcome enter(const GitFileChange& change, std::optional<dns::Name> before);
  std::optional<dns::Name> zone_by_path(const std::string& path);
  void hold(const std::string& path, const dns::Name& zone, const std::string& blob);
  void drop_gone();
  void skip(const std::string& path, std::string why);

  const ZoneNaming naming_;
  const bool keep_deleted_;
  const ReadBlob read_;
  std::size_t commit_ = 0;
  std::map<std::string, File> files_;         // that are there
  std::map<dns::Name, std::string> holders_;  // zone -> path
  std::map<dns::Name, std::string> content_;  // zone -> blob that was planned last
  std::set<dns::Name> gone_;                  // in this commit
  std::map<dns::Name, std::size_t> stepped_;  // zone -> its step of this commit
  ImportPlan plan_;
};

}  // namespace tidemark::cli
