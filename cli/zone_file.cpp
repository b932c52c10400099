#include "cli/zone_file.hpp"

#include "cli/session.hpp"

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

}  // namespace

Expected<ZoneFile> read_zone_file(const std::string& path, const std::string& origin) {
  TIDEMARK_TRY(std::string text, read_text_file(path));
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
  return ZoneFile{path, std::move(**read), std::move(text)};
}

std::vector<std::string> warning_lines(const ZoneFile& file) {
  std::vector<std::string> lines;
  lines.reserve(file.zone.warnings.size());
  for (const dns::Remark& remark : file.zone.warnings) {
    lines.push_back(file.path + ":" + remark.to_text());
  }
  return lines;
}

}  // namespace tidemark::cli
