#include "core/dns/parsed_records.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace tidemark::dns {

namespace {

bool same_rrset(const ParsedRecord& a, const ParsedRecord& b) noexcept {
  return a.type == b.type && a.owner == b.owner;
}

std::string rrset_text(const ParsedRecord& record) {
  return record.owner.to_text() + " " + to_text(record.type);
}

void warn_of_other_ttls(std::span<const ParsedRecord> records, RemarkList& warnings) {
  const ParsedRecord& first = records.front();
  for (const ParsedRecord& record : records.subspan(1)) {
    if (record.ttl == first.ttl) continue;
    warnings.add(record.place, "TTL " + std::to_string(record.ttl.value()) + " of " +
                                   rrset_text(record) + " is not that of its first record, " +
                                   std::to_string(first.ttl.value()) + ", which counts");
  }
}

// Records of one owner and type, in the order of the text.
Rrset make_rrset(std::span<ParsedRecord> records, RemarkList& warnings) {
  warn_of_other_ttls(records, warnings);
  Rrset rrset{std::move(records.front().owner), records.front().type, records.front().ttl, {}};
  if (records.size() > 1) std::ranges::stable_sort(records, {}, &ParsedRecord::rdata);
  rrset.rdata.reserve(records.size());
  for (ParsedRecord& record : records) {
    if (!rrset.rdata.empty() && rrset.rdata.back() == record.rdata) {
      warnings.add(record.place,
                   "duplicate record " + rrset.owner.to_text() + " " + to_text(rrset.type));
      continue;
    }
    rrset.rdata.push_back(std::move(record.rdata));
  }
  return rrset;
}

}  // namespace

std::vector<Rrset> group_records(std::vector<ParsedRecord> records, RemarkList& warnings) {
  std::ranges::stable_sort(records, [](const ParsedRecord& a, const ParsedRecord& b) {
    if (a.owner == b.owner) return a.type < b.type;
    return a.owner < b.owner;
  });
  std::vector<Rrset> rrsets;
  const std::span<ParsedRecord> all(records);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && same_rrset(all[begin], all[end])) ++end;
    rrsets.push_back(make_rrset(all.subspan(begin, end - begin), warnings));
    begin = end;
  }
  return rrsets;
}

}  // namespace tidemark::dns
