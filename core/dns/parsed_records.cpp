#include "core/dns/parsed_records.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "core/dns/canonical_order.hpp"

namespace tidemark::dns {

namespace {

bool same_rrset(const ParsedRecord& a, const ParsedRecord& b) noexcept {
  return a.type == b.type && a.owner == b.owner;
}

std::string rrset_text(const ParsedRecord& record) {
  return record.owner.to_text() + " " + to_text(record.type);
}

void warn_of_other_ttls(std::span<ParsedRecord* const> records, RemarkList& warnings) {
  const ParsedRecord& first = *records.front();
  for (const ParsedRecord* record : records.subspan(1)) {
    if (record->ttl == first.ttl) continue;
    warnings.add(record->place, "TTL " + std::to_string(record->ttl.value()) + " of " +
                                    rrset_text(*record) + " is not that of its first record, " +
                                    std::to_string(first.ttl.value()) + ", which counts");
  }
}

// Records of one owner and type, in the order of the text.
Rrset make_rrset(std::span<ParsedRecord* const> records, RemarkList& warnings) {
  warn_of_other_ttls(records, warnings);
  ParsedRecord& first = *records.front();
  Rrset rrset{std::move(first.owner), first.type, first.ttl, {}};
  std::vector<ParsedRecord*> sorted(records.begin(), records.end());
  std::ranges::stable_sort(
      sorted, {}, [](const ParsedRecord* record) -> const base::Bytes& { return record->rdata; });
  rrset.rdata.reserve(sorted.size());
  for (ParsedRecord* record : sorted) {
    if (!rrset.rdata.empty() && rrset.rdata.back() == record->rdata) {
      warnings.add(record->place,
                   "duplicate record " + rrset.owner.to_text() + " " + to_text(rrset.type));
      continue;
    }
    rrset.rdata.push_back(std::move(record->rdata));
  }
  return rrset;
}

// Pointers to the records in canonical order.
std::vector<ParsedRecord*> sorted_records(std::vector<ParsedRecord>& records) {
  std::vector<OwnerAndType> keys;
  keys.reserve(records.size());
  for (const ParsedRecord& record : records) keys.push_back({record.owner, record.type});
  std::vector<ParsedRecord*> sorted;
  sorted.reserve(records.size());
  for (const std::size_t index : canonical_order(keys)) sorted.push_back(&records[index]);
  return sorted;
}

}  // namespace

Rrsets group_records(std::vector<ParsedRecord> records, RemarkList& warnings) {
  const std::vector<ParsedRecord*> sorted = sorted_records(records);
  const std::span<ParsedRecord* const> all(sorted);
  Rrsets grouped;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && same_rrset(*all[begin], *all[end])) ++end;
    grouped.lines.push_back(static_cast<std::uint32_t>(all[begin]->place.line));
    grouped.rrsets.push_back(make_rrset(all.subspan(begin, end - begin), warnings));
    begin = end;
  }
  return grouped;
}

}  // namespace tidemark::dns
