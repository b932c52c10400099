// A zone file, read and judged as far as one can without a Dataset.
#pragma once

#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "core/dns/master_file.hpp"

namespace tidemark::cli {

// Beyond so many the zone as a whole is judged by the fold alone, which knows no lines: the judging
// here takes several times the memory of the names.
constexpr std::size_t judged_rrsets_max = 200'000;

struct ZoneFile {
  std::string path;
  dns::MasterFile zone;
  std::string text;  // as it was read
};

// `origin`: the zone's name, or empty: $ORIGIN or the SOA's owner tells it. All errors of the file
// are in the Failure, one a line: "FILE:12:7: ...".
Expected<ZoneFile> read_zone_file(const std::string& path, const std::string& origin);
// The same of a text that came from elsewhere; `path` is what stands before its errors.
Expected<ZoneFile> read_zone_text(const std::string& path, std::string text,
                                  const std::string& origin);

// "FILE:12:7: ..." each, of records and of the zone as a whole.
std::vector<std::string> warning_lines(const ZoneFile& file);

}  // namespace tidemark::cli
