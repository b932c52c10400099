#include "cli/import_plan.hpp"

#include <algorithm>

#include "cli/session.hpp"
#include "cli/zone_file.hpp"

namespace tidemark::cli {

namespace {

// The first of several lines, and how many more there are.
std::string first_line(const std::string& text) {
  const auto more = std::ranges::count(text, '\n');
  if (more == 0) return text;
  return text.substr(0, text.find('\n')) + " (and " + std::to_string(more) + " more)";
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  constexpr std::string_view blank = " \t\r";
  while (true) {
    const std::size_t begin = line.find_first_not_of(blank);
    if (begin == std::string_view::npos || line[begin] == '#') return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(blank), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

}  // namespace

base::Result<dns::Name> zone_of_file_name(const std::string& path) {
  std::string_view name(path);
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  if (name.starts_with("db.")) name.remove_prefix(3);
  for (const std::string_view end : {".zone", ".db", ".dns", ".txt", ".hosts"}) {
    if (name.ends_with(end) && name.size() > end.size()) {
      name.remove_suffix(end.size());
      break;
    }
  }
  return dns::Name::parse(name);
}

Expected<ZoneNaming> read_zone_naming(const std::string& word) {
  using From = ZoneNaming::From;
  if (word == "name") return ZoneNaming{From::FileName};
  if (word == "origin") return ZoneNaming{From::Origin};
  TIDEMARK_TRY(const std::string text, read_text_file(word));
  ZoneNaming naming{From::Map};
  std::size_t number = 0;
  for (std::string_view left(text); !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const auto words = words_of(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    ++number;
    if (words.empty()) continue;
    const std::string place = word + ":" + std::to_string(number) + ": ";
    if (words.size() != 2) return fail(Exit::Usage, place + "not PATH ZONE");
    auto zone = dns::Name::parse(words[1]);
    if (!zone) return fail(Exit::Usage, place + zone.error().trail);
    naming.map.insert_or_assign(words[0], *std::move(zone));
  }
  return naming;
}

void ImportPlanner::skip(const std::string& path, std::string why) {
  plan_.skips.push_back({commit_, path, std::move(why)});
}

std::optional<dns::Name> ImportPlanner::zone_by_path(const std::string& path) {
  if (naming_.from == ZoneNaming::From::Map) {
    const auto found = naming_.map.find(path);
    if (found != naming_.map.end()) return found->second;
    skip(path, "the map of --zone-from does not name it");
    return std::nullopt;
  }
  auto name = zone_of_file_name(path);
  if (name) return *std::move(name);
  skip(path, "its name is not that of a zone: " + name.error().trail);
  return std::nullopt;
}

// The file is no more.
void ImportPlanner::leave(const std::string& path) {
  const auto file = files_.find(path);
  if (file == files_.end()) return;
  if (const auto zone = file->second.zone) {
    const auto holder = holders_.find(*zone);
    if (holder != holders_.end() && holder->second == path) {
      holders_.erase(holder);
      gone_.insert(*zone);
    }
  }
  files_.erase(file);
}

void ImportPlanner::hold(const std::string& path, const dns::Name& zone, const std::string& blob) {
  files_[path] = {zone, blob};
  const auto [holder, first] = holders_.try_emplace(zone, path);
  if (!first && holder->second != path) {
    return skip(path, "zone " + zone.to_text() + " is held by " + holder->second);
  }
  gone_.erase(zone);
  if (blob.empty()) return;
  std::string& known = content_[zone];
  if (known == blob) return;
  known = blob;
  const auto [step, fresh] = stepped_.try_emplace(zone, plan_.steps.size());
  if (fresh) {
    plan_.steps.push_back({commit_, zone, path, blob});
  } else {
    plan_.steps[step->second] = {commit_, zone, path, blob};
  }
}

// `before`: the zone that the file held, under this name or its old one.
Outcome ImportPlanner::enter(const GitFileChange& change, std::optional<dns::Name> before) {
  const std::string& path = change.path;
  if (change.mode != "100644" && change.mode != "100755") {
    skip(path, "not a regular file (mode " + change.mode + ")");
    return {};
  }
  std::optional<dns::Name> zone;
  const bool from_text = naming_.from == ZoneNaming::From::Origin;
  if (!from_text) {
    zone = zone_by_path(path);
    if (!zone) return {};
  }
  auto text = read_(change.blob);
  if (!text) return std::unexpected(std::move(text).error());
  if (!*text) {
    skip(path, "it is larger than 32 MiB");
  } else {
    const auto read = read_zone_text(path, **std::move(text), zone ? zone->to_text() : "");
    if (read) {
      hold(path, read->zone.origin, change.blob);
      return {};
    }
    skip(path, first_line(read.error().what));
  }
  if (!zone) zone = std::move(before);
  if (zone) hold(path, *zone, {});
  return {};
}

// Zones whose file went, unless another file has been waiting to hold them.
void ImportPlanner::drop_gone() {
  for (const dns::Name& zone : std::exchange(gone_, {})) {
    const auto heir = std::ranges::find_if(files_, [&zone](const auto& file) {
      return file.second.zone == zone && !file.second.blob.empty();
    });
    if (heir != files_.end()) {
      hold(heir->first, zone, heir->second.blob);
      continue;
    }
    if (keep_deleted_ || content_.erase(zone) == 0) continue;
    plan_.steps.push_back({commit_, zone, {}, {}});
  }
}

Outcome ImportPlanner::add(std::size_t index, const GitCommit& commit) {
  commit_ = index;
  stepped_.clear();
  std::map<std::string, std::optional<dns::Name>> before;  // by the path that it has now
  for (const GitFileChange& change : commit.changes) {
    const std::string& old_path = change.status == 'R' ? change.old_path : change.path;
    const auto file = files_.find(old_path);
    if (file != files_.end()) before[change.path] = file->second.zone;
    if (change.status != 'C') leave(old_path);
  }
  for (const GitFileChange& change : commit.changes) {
    if (change.status == 'D') continue;
    if (auto done = enter(change, before[change.path]); !done) return done;
  }
  drop_gone();
  return {};
}

}  // namespace tidemark::cli
