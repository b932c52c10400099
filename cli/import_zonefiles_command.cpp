// tidemark import zonefiles: many master files at once.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <boost/json.hpp>

#include "cli/import_commands.hpp"
#include "cli/import_plan.hpp"
#include "cli/import_sender.hpp"
#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "cli/zone_put.hpp"

namespace tidemark::cli {

namespace {

namespace fs = std::filesystem;

struct FilesOptions {
  std::vector<std::string> paths;
  std::string naming = "origin", reason;
  bool dry_run = false;
};

// Files as named; of folders all regular files in them and below, but for hidden ones.
Expected<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (auto at = fs::recursive_directory_iterator(path, failed);
         !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
      const bool hidden = at->path().filename().string().starts_with('.');
      if (hidden && at->is_directory(failed)) at.disable_recursion_pending();
      if (!hidden && at->is_regular_file(failed)) inside.push_back(at->path().string());
    }
    if (failed) return fail(Exit::Error, path + ": " + failed.message());
    std::ranges::sort(inside);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  if (files.empty()) return fail(Exit::Usage, "there are no files");
  return files;
}

Expected<std::string> origin_of(const ZoneNaming& naming, const std::string& path) {
  using From = ZoneNaming::From;
  if (naming.from == From::Origin) return std::string();
  if (naming.from == From::Map) {
    const auto found = naming.map.find(path);
    if (found != naming.map.end()) return found->second.to_text();
    return fail(Exit::Error, path + ": the map of --zone-from does not name it");
  }
  const auto zone = zone_of_file_name(path);
  if (!zone) return fail(Exit::Error, path + ": not a zone's name: " + zone.error().trail);
  return zone->to_text();
}

// All, or all that is wrong.
Expected<std::vector<ZoneFile>> read_files(const FilesOptions& options) {
  const auto naming = read_zone_naming(options.naming);
  if (!naming) return std::unexpected(naming.error());
  const auto paths = files_of(options.paths);
  if (!paths) return std::unexpected(paths.error());
  std::vector<ZoneFile> files;
  std::map<dns::Name, std::string> holders;
  std::string wrong;
  const auto complain = [&wrong](const std::string& what) {
    wrong += (wrong.empty() ? "" : "\n  ") + what;
  };
  for (const std::string& path : *paths) {
    const auto origin = origin_of(*naming, path);
    auto file = origin ? read_zone_file(path, *origin) : std::unexpected(origin.error());
    if (!file) {
      complain(file.error().what);
      continue;
    }
    const auto [holder, first] = holders.try_emplace(file->zone.origin, path);
    if (!first) {
      complain(path + ": zone " + file->zone.origin.to_text() + " is in " + holder->second);
    }
    files.push_back(*std::move(file));
  }
  if (wrong.empty()) return files;
  return fail(Exit::Error, wrong, "repair or leave out the files named; nothing was changed");
}

Outcome report(const ImportReport& done, const Session& session) {
  if (session.json()) {
    boost::json::array refused;
    for (const auto& one : done.refused) {
      refused.push_back(boost::json::object{{"zone", one.label}, {"reason", plain(one.why)}});
    }
    print(boost::json::serialize(boost::json::object{{"changes", done.changed},
                                                     {"unchanged", done.unchanged},
                                                     {"refused", std::move(refused)}}) +
          "\n");
  } else {
    print(std::to_string(done.changed) + " zones changed, " + std::to_string(done.unchanged) +
          " were so already\n");
  }
  if (done.refused.empty()) return {};
  std::string what = std::to_string(done.refused.size()) + " zones were refused";
  const ImportReport::Refused* guarded = nullptr;
  for (const auto& one : done.refused) {
    what += "\n  " + one.label + ": " + one.why;
    if (guarded == nullptr && one.removals) guarded = &one;
  }
  if (guarded == nullptr) return fail(Exit::Error, what, "repair the zones named");
  return fail(Exit::Guard, what,
              "tidemark zone import " + shell_quoted(guarded->label) + " --zone " + guarded->zone +
                  " --reason TEXT --acknowledge-removals " + std::to_string(*guarded->removals) +
                  (done.refused.size() > 1 ? ", and so for each" : ""));
}

Outcome import_zonefiles(const FilesOptions& options, const Session& session) {
  if (auto given = reason_given({.reason = options.reason}, options.dry_run); !given) return given;
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto files = read_files(options);
  if (!files) return std::unexpected(std::move(files).error());
  if (options.dry_run) {
    for (ZoneFile& file : *files) {
      const std::string object = "zone " + file.zone.origin.to_text();
      const auto reply = dry_run(*api, put_zone(std::move(file)));
      if (!reply) return std::unexpected(reply.error());
      if (auto shown = report_dry_run(session, object, *reply); !shown) return shown;
    }
    return {};
  }
  std::vector<ImportChange> changes;
  for (ZoneFile& file : *files) {
    changes.push_back(
        {.zone = file.zone.origin.to_text(),
         .text = [text = std::move(file.text)]() -> Expected<std::string> { return text; },
         .reason = options.reason,
         .origin = "zonefile:" + valid_utf8(plain(file.path), 400),
         .label = file.path});
  }
  const auto done = send_changes(*api, session, std::move(changes), {.acknowledges = false});
  if (!done) return std::unexpected(done.error());
  return report(*done, session);
}

}  // namespace

void add_import_zonefiles(Command& import, Session& session) {
  auto options = std::make_shared<FilesOptions>();
  Command command = import.add(
      "zonefiles", "Makes many zones hold exactly what their master files say, if all can be read",
      "tidemark import zonefiles /etc/bind/zones --reason 'moved here'");
  command.arguments("FILE|DIR", options->paths, "Master files, and folders of nothing else");
  command.option("--zone-from", options->naming, "name|origin|MAP",
                 "A file's zone is in its name (db.example.org, example.org.zone), in its text "
                 "($ORIGIN or the SOA), or in the file MAP of lines PATH ZONE");
  command.flag("--dry-run", options->dry_run, "Show what would change, change nothing");
  command.words("--reason", options->reason, "TEXT",
                "Why: kept with the change for ever; only --dry-run needs none");
  command.action([options, &session] { return import_zonefiles(*options, session); });
}

}  // namespace tidemark::cli
