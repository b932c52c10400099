#include "cli/zone_file.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "cli/session.hpp"
#include "core/dns/zone_rules.hpp"

namespace tidemark::cli {

namespace {

std::string joined(const std::string& path, const std::vector<dns::Remark>& remarks) {
  std::string out;
  for (const dns::Remark& remark : remarks) {
    if (!out.empty()) out += "\n  ";
    out += path + ":" + remark.to_text();
  }
  return out;
}

// What the zone as a whole breaks, at the lines of the owners concerned.
std::vector<dns::Remark> remarks_of(const dns::MasterFile& zone, dns::Severity severity) {
  std::vector<dns::ZoneRemark> remarks = dns::check_zone(zone.origin, zone.rrsets);
  std::erase_if(remarks, [severity](const auto& remark) { return remark.severity != severity; });
  std::unordered_map<std::string_view, std::size_t> lines;  // by owner, in wire form
  for (const auto& remark : remarks) lines.emplace(base::as_text(remark.owner.wire()), 0);
  for (std::size_t i = 0; i < zone.rrsets.size(); ++i) {
    const auto found = lines.find(base::as_text(zone.rrsets[i].owner.wire()));
    if (found != lines.end() && found->second == 0) found->second = zone.lines[i];
  }
  std::vector<dns::Remark> placed;
  for (const dns::ZoneRemark& remark : remarks) {
    const std::size_t line = lines.at(base::as_text(remark.owner.wire()));
    placed.push_back({std::max<std::size_t>(line, 1), 1, remark.what});
  }
  return placed;
}

}  // namespace

Expected<ZoneFile> read_zone_file(const std::string& path, const std::string& origin) {
  TIDEMARK_TRY(std::string text, read_text_file(path));
  return read_zone_text(path, std::move(text), origin);
}

Expected<ZoneFile> read_zone_text(const std::string& path, std::string text,
                                  const std::string& origin) {
  auto read = [&text,
               &origin]() -> Expected<std::expected<dns::MasterFile, dns::MasterFileErrors>> {
    if (origin.empty()) return dns::read_master_file(text);
    auto name = dns::Name::parse(origin);
    if (!name) return fail(Exit::Usage, "zone " + origin + ": " + name.error().trail);
    return dns::read_master_file(text, *name);
  }();
  if (!read) return std::unexpected(std::move(read).error());
  if (!*read) {
    return fail(Exit::Error, joined(path, read->error().errors),
                "repair the lines named and run the command again; nothing was changed");
  }
  if ((*read)->rrsets.size() <= judged_rrsets_max) {
    const auto errors = remarks_of(**read, dns::Severity::Error);
    if (!errors.empty()) {
      return fail(Exit::Error, joined(path, errors),
                  "repair the names given and run the command again; nothing was changed");
    }
  }
  return ZoneFile{path, std::move(**read), std::move(text)};
}

std::vector<std::string> warning_lines(const ZoneFile& file) {
  std::vector<dns::Remark> warnings = file.zone.warnings;
  if (file.zone.rrsets.size() <= judged_rrsets_max) {
    std::ranges::move(remarks_of(file.zone, dns::Severity::Warning), std::back_inserter(warnings));
  }
  std::vector<std::string> lines;
  lines.reserve(warnings.size());
  for (const dns::Remark& remark : warnings) lines.push_back(file.path + ":" + remark.to_text());
  return lines;
}

}  // namespace tidemark::cli
