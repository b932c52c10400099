// The input is what stands behind a sound question in the additional section, after one octet for
// the transport and one for how many records that shall be: OPT, TSIG (RFC 8945), in any order. If
// the octets do not begin like a record, a TSIG with them as its RDATA is made.
#include "core/base/check.hpp"
#include "core/dns/message.hpp"
#include "tests/fuzz/answering.hpp"
#include "tests/fuzz/world.hpp"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  static const consumer::Snapshot snapshot = fuzz::snapshot_of(fuzz::seeded_world(1));
  static const base::Bytes plain =
      dns::make_query(7, dns::Name::parse("n.e.x.").value().view(), dns::RrType::A, 0);
  fuzz::Choices choices(base::ByteView(octets, size));
  const std::uint8_t how = choices.u8(), records = choices.u8();
  base::Writer out;
  out.put(plain);
  out.patch_u16(10, records);
  if ((how & 0x20) != 0) {
    const std::uint8_t header[] = {1, 'k', 0, 0, 250, 0, 255, 0, 0, 0, 0};
    out.put(header);
    const base::ByteView rdata = choices.octets(0xffff);
    out.put_u16(static_cast<std::uint16_t>(rdata.size()));
    out.put(rdata);
    out.patch_u16(10, 1);
  } else {
    out.put(choices.rest());
  }
  dns::Query query;
  const auto verdict = dns::parse_query(out.view(), query);
  TIDEMARK_CHECK(verdict != dns::QueryVerdict::NotAuthTsig || query.has_tsig, "the TSIG was read");
  TIDEMARK_CHECK(!fuzz::ask(out.view(), how, snapshot).empty(), "a query gets a reply");
  return 0;
}
