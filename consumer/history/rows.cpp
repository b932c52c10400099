#include "consumer/history/rows.hpp"

#include <algorithm>
#include <utility>

#include "consumer/history/stored_rrset.hpp"

namespace tidemark::consumer {

using base::Result;
using topics::SqliteStatement;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::unexpected<base::Error> damaged(std::string_view what) {
  return base::fail(base::Errc::Invalid, "the history index is damaged (" + std::string(what) +
                                             "); delete it, and it is built anew from the log");
}

Result<PastChange> read_change(const SqliteStatement& row, int first) {
  const base::Bytes id = row.blob(first + 2);
  if (id.size() != 16) return damaged("a change id is not 16 octets");
  PastChange change{
      .offset = row.number(first),
      .seq = {},
      .change_id = event::ChangeId({base::load_u64(id.data()), base::load_u64(id.data() + 8)}),
      .appended_ms = row.number(first + 3),
      .author = row.text(first + 4),
      .reason = row.text(first + 5),
      .edits = static_cast<std::uint64_t>(row.number(first + 6)),
      .rule = row.text(first + 7),
      .message = row.text(first + 8),
      .zones = lines_of(row.text(first + 9)),
      .pools = lines_of(row.text(first + 10)),
      .lines = lines_of(row.text(first + 11)),
      .origin = {}};
  if (!row.is_null(first + 13)) {
    change.origin = event::Origin{row.text(first + 13), row.text(first + 14),
                                  static_cast<std::uint64_t>(row.number(first + 12))};
  }
  if (!row.is_null(first + 1)) change.seq = static_cast<std::uint64_t>(row.number(first + 1));
  return change;
}

Result<dns::Rrset> read_rrset(const SqliteStatement& row, dns::Serial serial) {
  auto owner = dns::Name::from_wire(row.blob(0));
  if (!owner) return damaged("an owner is no name");
  TIDEMARK_TRY(auto rdata, from_stored(row.blob(3)));
  dns::Rrset rrset{*std::move(owner), static_cast<dns::RrType>(row.number(1)),
                   dns::Ttl(static_cast<std::uint32_t>(row.number(2))), std::move(rdata)};
  if (rrset.type == dns::RrType::Soa && !rrset.rdata.empty() && rrset.rdata[0].size() >= 20) {
    base::Bytes& soa = rrset.rdata.front();
    base::store_u32(soa.data() + soa.size() - 20, serial.value());
  }
  return rrset;
}

}  // namespace tidemark::consumer
