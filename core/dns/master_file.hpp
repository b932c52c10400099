// Master files (RFC 1035 section 5): text to Rrsets and back.
//
// The reader knows $ORIGIN, $TTL, $INCLUDE (refused: a zone arrives as one text), $GENERATE
// (BIND's form, bounded), parentheses, quotes, escapes, comments, blank owners, TTL units (1h30m).
// It collects every error of a file, not only the first, each with line and column. Records of one
// owner and type become one canonical Rrset; different TTLs take the first and warn; duplicates are
// dropped and warned about.
//
// It judges each record and whether it lies in the zone; what several RRsets together may not be is
// check_zone's (zone_rules.hpp).
//
// Errors  A file with an error gives no zone at all. Memory is bounded by a multiple of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"

namespace tidemark::dns {

struct Remark {  // an error or a warning at one place of a text
  std::size_t line;
  std::size_t column;
  std::string what;

  std::string to_text() const;  // "12:7: www: A: not an IPv4 address: 10.0.0.256"
};

struct MasterFile {
  Name origin;                // the owner of the SOA, or the origin that was given
  std::vector<Rrset> rrsets;  // canonical order of owner, then type
  std::vector<Remark> warnings;
  std::vector<std::uint32_t> lines{};  // of the first record of each of `rrsets`
};

constexpr std::size_t remarks_max = 100;  // of errors, and of warnings; the last says how many more

struct MasterFileErrors {
  std::vector<Remark> errors;  // never empty
};

// `origin`: the zone's name; records outside it are errors. Empty text of it is not allowed.
std::expected<MasterFile, MasterFileErrors> read_master_file(std::string_view text,
                                                             NameView origin);
// Takes the origin from $ORIGIN or the SOA's owner.
std::expected<MasterFile, MasterFileErrors> read_master_file(std::string_view text);

// SOA first, then canonical order; absolute owners; one record a line. Reading it gives the same
// Rrsets.
std::string write_master_file(NameView origin, const std::vector<Rrset>& rrsets);

}  // namespace tidemark::dns
