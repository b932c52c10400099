// tidemark import git: a repository's past becomes the dataset's.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <unordered_map>

#include <boost/json.hpp>

#include "cli/import_commands.hpp"
#include "cli/import_plan.hpp"
#include "cli/import_sender.hpp"
#include "cli/json_fields.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/zone_put.hpp"
#include "consumer/history/moment.hpp"
#include "core/base/time_text.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t changes_looked_at = 100;
constexpr std::size_t skips_shown = 40;
constexpr std::size_t hash_octets_shown = 12;

struct GitOptions {
  std::string repository, branch = "HEAD", naming = "name";
  std::vector<std::string> paths;
  std::optional<std::string> since;
  bool keep_deleted = false, dry_run = false;
};

// What there is to do, and what was found on the way.
struct GitImport {
  std::vector<GitCommit> commits{};
  std::vector<std::uint64_t> times_ms{};  // of the commits; never falls
  ImportPlan plan{};
  std::set<dns::Name> zones{};
  std::uint64_t known = 0;   // changes that were imported before
  std::uint64_t before = 0;  // changes older than --since that a newer one of their zone replaced
};

struct Done {
  ImportReport report{};
  double seconds = 0;
};

std::string short_hash(const GitCommit& commit) { return commit.hash.substr(0, hash_octets_shown); }

Expected<std::int64_t> since_ms(const GitOptions& options) {
  if (!options.since) return 0;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  TIDEMARK_TRY(const auto moment, consumer::parse_moment(*options.since, now.count()));
  if (const auto* time = std::get_if<consumer::AtTime>(&moment)) return time->ms;
  return fail(Exit::Usage, "--since " + *options.since + ": not a time",
              "a time as 2026-01-31T12:00:00Z or 2026-01-31, or 30d for so long ago");
}

Expected<GitImport> read_repository(const GitOptions& options, const Session& session) {
  auto naming = read_zone_naming(options.naming);
  if (!naming) return std::unexpected(std::move(naming).error());
  auto commits = read_git_history({options.repository, options.paths, options.branch});
  if (!commits) return std::unexpected(std::move(commits).error());
  auto blobs = GitBlobs::open(options.repository);
  if (!blobs) return std::unexpected(std::move(blobs).error());
  GitImport import{.commits = *std::move(commits)};
  ImportPlanner planner(*std::move(naming), options.keep_deleted,
                        [&blobs](const std::string& blob) { return blobs->read(blob); });
  Progress progress(session, "reading commits");
  std::uint64_t newest = 0;
  for (std::size_t i = 0; i < import.commits.size(); ++i) {
    const GitCommit& commit = import.commits[i];
    if (auto added = planner.add(i, commit); !added) {
      return std::unexpected(std::move(added).error().at("commit " + commit.hash));
    }
    newest = std::max(newest, static_cast<std::uint64_t>(commit.committed_s) * 1000);
    import.times_ms.push_back(newest);
    progress.show(i + 1, import.commits.size());
  }
  import.plan = std::move(planner).take();
  for (const ImportStep& step : import.plan.steps) import.zones.insert(step.zone);
  return import;
}

using ByHash = std::unordered_map<std::string, std::size_t>;

std::optional<std::size_t> newest_known(const json::object& answer, const ByHash& by_hash) {
  for (const json::value& one : list_of(answer, "changes")) {
    if (!one.is_object() || shown(one.get_object(), "state") != "accepted") continue;
    const json::object& origin = object_of(one.get_object(), "origin");
    if (!origin.contains("system") || shown(origin, "system") != "git") continue;
    const auto found = by_hash.find(shown(origin, "id"));
    if (found != by_hash.end()) return found->second;
  }
  return std::nullopt;
}

// The history index runs behind the log: what it has not seen yet would be imported twice.
Outcome wait_for_index(const ApiClient& api) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto offset_of = [&api](ApiRequest request, bool in_index) -> Expected<std::int64_t> {
    const auto reply = api.ask(request);
    if (!reply) return std::unexpected(reply.error());
    const auto answer = parse_answer(reply->body);
    if (!answer) return std::unexpected(answer.error());
    const json::object& whole = answer->get_object();
    const json::object& object = in_index ? object_of(whole, "index") : whole;
    const auto* const offset = object.if_contains("offset");
    return offset != nullptr && offset->is_int64() ? offset->get_int64() : -1;
  };
  const auto wanted = offset_of({.path = {"status"}}, false);
  if (!wanted) return std::unexpected(wanted.error());
  while (true) {
    const auto known =
        offset_of({.path = {"history"}, .query = {{"limit", "1"}, {"differences", "0"}}}, true);
    if (!known) return std::unexpected(known.error());
    if (*known >= *wanted) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Exit::TimeOut,
                  "the controller's history is at offset " + std::to_string(*known) + " of " +
                      std::to_string(*wanted) + ": where to go on cannot be known yet",
                  "the same command again, later");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// The commit of the newest change of `zone` that came from here.
Expected<std::optional<std::size_t>> imported_until(const ApiClient& api, const dns::Name& zone,
                                                    const ByHash& by_hash) {
  std::string before;  // where the next page begins
  while (true) {
    ApiRequest request{.path = {"history"},
                       .query = {{"zone", zone.to_text()},
                                 {"limit", std::to_string(changes_looked_at)},
                                 {"differences", "0"}}};
    if (!before.empty()) request.query.emplace_back("before", before);
    const auto reply = api.ask(request);
    if (!reply) return std::unexpected(reply.error());
    const auto answer = parse_answer(reply->body);
    if (!answer) return std::unexpected(answer.error());
    if (const auto found = newest_known(answer->get_object(), by_hash)) return found;
    before = shown(answer->get_object(), "next");
    if (before == "-" || before == "null") return std::optional<std::size_t>();
  }
}

// Leaves out what the controller has from an earlier run.
Outcome drop_known(const ApiClient& api, GitImport& import) {
  if (import.zones.empty()) return {};
  if (auto waited = wait_for_index(api); !waited) return waited;
  ByHash by_hash;
  for (std::size_t i = 0; i < import.commits.size(); ++i) by_hash[import.commits[i].hash] = i;
  std::map<dns::Name, std::size_t> until;
  for (const dns::Name& zone : import.zones) {
    const auto last = imported_until(api, zone, by_hash);
    if (!last) return std::unexpected(last.error());
    if (*last) until[zone] = **last;
  }
  import.known = std::erase_if(import.plan.steps, [&until](const ImportStep& step) {
    const auto last = until.find(step.zone);
    return last != until.end() && step.commit <= last->second;
  });
  return {};
}

// Of what is older, the last state of each zone alone.
void drop_older(GitImport& import, std::int64_t since) {
  const auto is_old = [&](const ImportStep& step) {
    return import.times_ms[step.commit] < static_cast<std::uint64_t>(since);
  };
  std::map<dns::Name, std::size_t> last;
  for (const ImportStep& step : import.plan.steps) {
    if (is_old(step)) last[step.zone] = step.commit;
  }
  import.before = std::erase_if(import.plan.steps, [&](const ImportStep& step) {
    return is_old(step) && (last[step.zone] != step.commit || step.blob.empty());
  });
}

std::vector<ImportChange> changes_of(const GitImport& import, GitBlobs& blobs) {
  std::vector<ImportChange> changes;
  for (const ImportStep& step : import.plan.steps) {
    const GitCommit& commit = import.commits[step.commit];
    const std::string label =
        short_hash(commit) + " " + (step.blob.empty() ? step.zone.to_text() : step.path);
    changes.push_back({.zone = step.zone.to_text(),
                       .removal = step.blob.empty(),
                       .text = [&blobs, blob = step.blob]() -> Expected<std::string> {
                         auto text = blobs.read(blob);
                         if (!text) return std::unexpected(std::move(text).error());
                         return std::move(*text).value_or("");
                       },
                       .author = commit.author,
                       .reason = commit.message,
                       .origin = "git:" + commit.hash,
                       .time_ms = import.times_ms[step.commit],
                       .label = label});
  }
  return changes;
}

std::string summary_json(const GitImport& import, const Done* done) {
  json::array skipped;
  for (const ImportSkip& skip : import.plan.skips) {
    skipped.push_back(json::object{{"commit", import.commits[skip.commit].hash},
                                   {"path", valid_utf8(skip.path, skip.path.size() * 3)},
                                   {"reason", valid_utf8(skip.why, skip.why.size() * 3)}});
  }
  json::object summary{{"commits", import.commits.size()},
                       {"zones", import.zones.size()},
                       {"known", import.known},
                       {"before_since", import.before},
                       {"skipped", std::move(skipped)}};
  if (done == nullptr) {
    summary["dry_run"] = true;
    summary["changes"] = import.plan.steps.size();
  } else {
    json::array refused;
    for (const auto& one : done->report.refused) {
      refused.push_back(json::object{{"change", valid_utf8(one.label, one.label.size() * 3)},
                                     {"reason", valid_utf8(one.why, one.why.size() * 3)}});
    }
    summary["changes"] = done->report.changed;
    summary["unchanged"] = done->report.unchanged;
    summary["refused"] = std::move(refused);
    summary["seconds"] = done->seconds;
  }
  return json::serialize(summary) + "\n";
}

void print_skips(const GitImport& import, const ImportReport* report) {
  std::size_t left = skips_shown;
  const auto line = [&left](const std::string& text) {
    if (left > 0) print("  " + plain(text) + "\n");
    left -= left > 0 ? 1 : 0;
  };
  const std::size_t all =
      import.plan.skips.size() + (report == nullptr ? 0 : report->refused.size());
  if (all > 0) print("skipped:\n");
  for (const ImportSkip& skip : import.plan.skips) {
    const bool placed = skip.why.starts_with(skip.path);
    line(short_hash(import.commits[skip.commit]) + " " +
         (placed ? skip.why : skip.path + ": " + skip.why));
  }
  if (report != nullptr) {
    for (const auto& one : report->refused) line(one.label + ": " + one.why);
  }
  if (all > skips_shown) {
    print("  and " + std::to_string(all - skips_shown) + " more: -o json shows all\n");
  }
}

void print_summary(const GitImport& import, const Done& done) {
  const auto rate =
      done.seconds > 0 ? static_cast<double>(import.plan.steps.size()) / done.seconds : 0.0;
  Table table({"COMMITS", "ZONES", "CHANGES", "UNCHANGED", "KNOWN", "SKIPPED", "SECONDS", "RATE"});
  table.row({std::to_string(import.commits.size()), std::to_string(import.zones.size()),
             std::to_string(done.report.changed), std::to_string(done.report.unchanged),
             std::to_string(import.known + import.before),
             std::to_string(import.plan.skips.size() + done.report.refused.size()),
             std::to_string(static_cast<std::uint64_t>(done.seconds + 0.5)),
             std::to_string(static_cast<std::uint64_t>(rate)) + "/s"});
  print(table.to_text());
  print_skips(import, &done.report);
}

// What would be sent, and how far each zone is from the state at its end.
Outcome show_plan(const ApiClient& api, const GitImport& import, GitBlobs& blobs,
                  const Session& session) {
  if (session.json()) {
    print(summary_json(import, nullptr));
    return {};
  }
  struct Zone {
    std::size_t changes = 0;
    const ImportStep* last = nullptr;
  };
  std::map<dns::Name, Zone> zones;
  for (const ImportStep& step : import.plan.steps) {
    Zone& zone = zones[step.zone];
    ++zone.changes;
    zone.last = &step;
  }
  Table table({"ZONE", "CHANGES", "LAST COMMIT", "TIME", "FILE"});
  for (const auto& [name, zone] : zones) {
    table.row({name.to_text(), std::to_string(zone.changes),
               short_hash(import.commits[zone.last->commit]),
               base::rfc3339_of(static_cast<std::int64_t>(import.times_ms[zone.last->commit])),
               zone.last->blob.empty() ? "(deleted)" : zone.last->path});
  }
  print(table.empty() ? "nothing to import\n" : table.to_text());
  print_skips(import, nullptr);
  for (const auto& [name, zone] : zones) {
    if (zone.last->blob.empty()) continue;
    auto text = blobs.read(zone.last->blob);
    if (!text) return std::unexpected(std::move(text).error());
    auto file = read_zone_text(zone.last->path, text->value_or(""), name.to_text());
    if (!file) return std::unexpected(std::move(file).error());
    const auto reply = dry_run(api, put_zone(*std::move(file)));
    if (!reply) {
      print("zone " + name.to_text() + ": refused: " + plain(reply.error().what) + "\n");
      continue;
    }
    if (auto done = report_dry_run(session, "zone " + name.to_text(), *reply); !done) return done;
  }
  return {};
}

Outcome import_git(const GitOptions& options, const Session& session) {
  const auto since = since_ms(options);
  if (!since) return std::unexpected(since.error());
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto import = read_repository(options, session);
  if (!import) return std::unexpected(std::move(import).error());
  if (auto dropped = drop_known(*api, *import); !dropped) return dropped;
  drop_older(*import, *since);
  auto blobs = GitBlobs::open(options.repository);
  if (!blobs) return std::unexpected(std::move(blobs).error());
  if (options.dry_run) return show_plan(*api, *import, *blobs, session);
  const auto begun = std::chrono::steady_clock::now();
  auto report = send_changes(*api, session, changes_of(*import, *blobs));
  if (!report) return std::unexpected(std::move(report).error());
  const Done done{*std::move(report),
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count()};
  if (session.json()) {
    print(summary_json(*import, &done));
  } else {
    print_summary(*import, done);
  }
  return {};
}

}  // namespace

void add_import_git(Command& import, Session& session) {
  auto options = std::make_shared<GitOptions>();
  Command command = import.add(
      "git",
      "Makes the history of a repository of zone files the history of their zones: a change for "
      "each commit and zone, with its author, time and message. Again, it goes on where it stopped",
      "tidemark import git ~/dns --path 'zones/*.zone' --zone-from origin");
  command.argument("REPO", options->repository, "Folder of the repository");
  command.required_option(
      "--path", options->paths, "GLOB",
      "Zone files, from the repository's root; * stays in a folder, ** does not");
  command.option("--zone-from", options->naming, "name|origin|MAP",
                 "A file's zone is in its name (zones/db.example.org, example.org.zone), in its "
                 "text ($ORIGIN or the SOA), or in the file MAP of lines PATH ZONE");
  command.option("--branch", options->branch, "BRANCH", "Whose first parents are followed");
  command.option("--since", options->since, "TIME",
                 "Of what is older, only the state that zones had then");
  command.flag("--keep-deleted", options->keep_deleted,
               "A zone stays when its file is deleted or its zone renamed");
  command.flag("--dry-run", options->dry_run, "Show what would change, change nothing");
  command.action([options, &session] { return import_git(*options, session); });
}

}  // namespace tidemark::cli
