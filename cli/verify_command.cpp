// tidemark verify: does the log give what the snapshot files say?
#include <algorithm>
#include <filesystem>
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/log_options.hpp"
#include "cli/progress.hpp"
#include "cli/topic_reading.hpp"
#include "consumer/history/replay.hpp"
#include "consumer/history/unlike.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t unlike_shown_max = 20;
constexpr dataset::HashSeed seed{0x7469646d61726b};  // places entries in our own tables only

struct Options {
  LogOptions log;
  std::vector<std::string> files;
  std::optional<std::string> from;
};

struct FileFacts {  // a snapshot file that verified by itself
  std::string path;
  dataset::Version version;
  std::int64_t offset;
  base::Sha256 chain;
};

struct Findings {
  std::vector<std::string> problems;
  std::size_t files = 0, compared = 0;
  std::uint64_t records = 0;
};

Expected<consumer::SnapshotContents> load(const std::string& path, const LogOptions& options) {
  TIDEMARK_TRY(const std::string octets, read_text_file(path));
  auto contents =
      consumer::parse(base::as_bytes(octets), consumer::lineage_of(options.dataset), seed);
  if (!contents) return std::unexpected(Failure(std::move(contents).error()).at(path));
  return *std::move(contents);
}

// The files of each folder, or the file itself.
Expected<std::vector<std::string>> paths_of(const std::vector<std::string>& given) {
  std::vector<std::string> paths;
  for (const std::string& one : given) {
    std::error_code error;
    if (!std::filesystem::is_directory(one, error)) {
      paths.push_back(one);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(one, error)) {
      if (entry.path().extension() == ".tmsnap") paths.push_back(entry.path());
    }
    if (error) return fail(Exit::Error, one + ": " + error.message());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string shown(const dataset::Version& version, const base::Sha256& chain) {
  return "seq " + std::to_string(version.seq.value()) + ", state hash " +
         base::to_hex(version.state_hash.value()) + ", chain " + base::to_hex(chain);
}

class Verification {
 public:
  Verification(const Options& options, const Session& session)
      : options_(options), session_(session) {}

  Outcome run() {
    TIDEMARK_TRY_VOID(load_files());
    TIDEMARK_TRY_VOID(replay());
    check_hash();
    for (const FileFacts& file : files_) {  // still unmet: the log does not reach them
      problem(file.path + ": its offset " + std::to_string(file.offset) +
              " is not in what was replayed (" + std::to_string(first_) + " to " +
              std::to_string(replay_->state().offset) + ")");
    }
    return report();
  }

 private:
  Outcome load_files() {
    TIDEMARK_TRY(const auto paths, paths_of(options_.files));
    for (const std::string& path : paths) {
      ++findings_.files;
      auto contents = load(path, options_.log);
      if (!contents) {
        problem(contents.error().what);
        continue;
      }
      const fold::State& state = contents->state;
      files_.push_back({path, state.dataset.version(), state.offset, state.chain});
    }
    std::ranges::sort(files_, std::greater<>{}, &FileFacts::offset);  // the next one is last
    return {};
  }

  Outcome replay() {
    fold::State start = fold::State::empty(consumer::lineage_of(options_.log.dataset), seed);
    if (options_.from) {
      TIDEMARK_TRY(auto contents, load(*options_.from, options_.log));
      start = std::move(contents.state);
    }
    first_ = start.offset + 1;
    replay_.emplace(std::move(start));
    compare();
    TIDEMARK_TRY(const auto log, open_log_of(options_.log));
    const std::string topic = topic_name(options_.log, "changes");
    TIDEMARK_TRY(const auto source, log->source(topic));
    return read(*source, topic);
  }

  Outcome read(log::Source& source, const std::string& topic) {
    Progress progress(session_, "replayed");
    Outcome outcome;
    const auto take = [&](const log::Record& record) {
      if (!outcome) return;
      if (auto taken = replay_->take(record, {}); !taken) {
        outcome = std::unexpected(Failure(std::move(taken).error()));
        return;
      }
      ++findings_.records;
      progress.show(findings_.records, findings_.records);
      compare();
    };
    const auto read = read_topic(source, {.from = static_cast<std::uint64_t>(first_)}, take,
                                 [](const std::string& remark) { note("tidemark: " + remark); });
    if (!outcome) return std::unexpected(std::move(outcome).error().at(topic));
    if (read) return {};
    Failure failure = Failure(read.error()).at(topic);
    if (!options_.from) failure.next = "tidemark verify --from SNAPSHOT-FILE";
    return std::unexpected(std::move(failure));
  }

  // The files that hold what is folded now.
  void compare() {
    const fold::State& state = replay_->state();
    while (!files_.empty() && files_.back().offset <= state.offset) {
      const FileFacts file = std::move(files_.back());
      files_.pop_back();
      if (file.offset < state.offset) {
        problem(file.path + ": of offset " + std::to_string(file.offset) +
                ", which lies before the start of this replay");
        continue;
      }
      ++findings_.compared;
      const dataset::Version version = state.dataset.version();
      if (file.version == version && file.chain == state.chain) continue;
      problem(file.path + ": " + shown(file.version, file.chain) + ", but the log gives " +
              shown(version, state.chain));
      if (file.version != version) name_differences(file);
    }
  }

  void name_differences(const FileFacts& file) {
    const auto contents = load(file.path, options_.log);
    if (!contents) return problem(contents.error().what);
    for (const consumer::Unlike& one : consumer::find_unlike(
             contents->state.dataset, replay_->state().dataset, unlike_shown_max)) {
      problem("  " + one.object + ": file [" + one.left + "], log [" + one.right + "]");
    }
  }

  void check_hash() {
    const dataset::Dataset& dataset = replay_->state().dataset;
    if (dataset.recompute_state_hash() != dataset.version().state_hash) {
      problem(
          "the state hash computed anew is not the one kept by the fold: a defect, or bad "
          "memory");
    }
  }

  void problem(std::string what) { findings_.problems.push_back(std::move(what)); }

  Outcome report() const {
    const fold::State& state = replay_->state();
    const dataset::Version version = state.dataset.version();
    if (session_.json()) {
      json::array problems(findings_.problems.begin(), findings_.problems.end());
      print(json::serialize(json::object{{"records", findings_.records},
                                         {"first_offset", first_},
                                         {"offset", state.offset},
                                         {"seq", version.seq.value()},
                                         {"state_hash", base::to_hex(version.state_hash.value())},
                                         {"chain", base::to_hex(state.chain)},
                                         {"accepted", state.accepted},
                                         {"rejected", state.rejected},
                                         {"undecodable", state.undecodable},
                                         {"twins", state.twins},
                                         {"files", findings_.files},
                                         {"files_compared", findings_.compared},
                                         {"problems", std::move(problems)}}) +
            "\n");
    } else {
      print("replayed    " + std::to_string(findings_.records) + " records, offsets " +
            std::to_string(first_) + " to " + std::to_string(state.offset) + "\nresult      " +
            shown(version, state.chain) + "\nrecords     " + std::to_string(state.accepted) +
            " accepted, " + std::to_string(state.rejected) + " rejected, " +
            std::to_string(state.undecodable) + " undecodable, " + std::to_string(state.twins) +
            " twins\nfiles       " + std::to_string(findings_.files) + " read, " +
            std::to_string(findings_.compared) + " compared with the replay\n");
      for (const std::string& one : findings_.problems) print("PROBLEM     " + one + "\n");
    }
    if (findings_.problems.empty()) return {};
    return fail(Exit::Error, std::to_string(findings_.problems.size()) + " problems were found",
                "tidemark log show changes --from OFFSET");
  }

  const Options& options_;
  const Session& session_;
  std::vector<FileFacts> files_;
  std::optional<consumer::Replay> replay_;
  std::int64_t first_ = 0;
  Findings findings_;
};

}  // namespace

void add_verify(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = root.add(
      "verify", "Folds a log anew and compares snapshot files with it: chain, versions, contents",
      "tidemark verify --log sqlite:tidemark.tmlog --files /var/lib/tidemark/edge");
  add_reading_options(command, options->log);
  command.option("--files", options->files, "PATH",
                 "A snapshot file, or a folder of them (*.tmsnap); may be repeated");
  command.option("--from", options->from, "FILE",
                 "Begin at this snapshot file, where the log's beginning is gone");
  command.action([options, &session]() -> Outcome {
    TIDEMARK_TRY_VOID(settle_dataset(options->log));
    return Verification(*options, session).run();
  });
}

}  // namespace tidemark::cli
