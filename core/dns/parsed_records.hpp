// Records of a master file as they were read, and how they become RRsets.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/dns/entry_lexer.hpp"
#include "core/dns/name.hpp"
#include "core/dns/remark_list.hpp"
#include "core/dns/rrset.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

struct ParsedRecord {
  Name owner;
  RrType type;
  Ttl ttl;
  base::Bytes rdata;  // canonical
  Place place;
};

struct Rrsets {
  std::vector<Rrset> rrsets;
  std::vector<std::uint32_t> lines;  // of the first record of each
};

// Canonical RRsets in canonical order of owner, then type. The first TTL counts, duplicates are
// dropped; both are warned about.
Rrsets group_records(std::vector<ParsedRecord> records, RemarkList& warnings);

}  // namespace tidemark::dns
