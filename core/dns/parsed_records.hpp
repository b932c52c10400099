// Records of a master file as they were read, and how they become RRsets.
#pragma once

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

// Canonical RRsets in canonical order of owner, then type. The first TTL counts, duplicates are
// dropped; both are warned about.
std::vector<Rrset> group_records(std::vector<ParsedRecord> records, RemarkList& warnings);

}  // namespace tidemark::dns
