// The input is the inside of an OPT: transport (answering.hpp), payload u16, the OPT's TTL u32,
// then its options. The message around it is sound.
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
  const std::uint8_t how = choices.u8();
  base::Writer out;
  out.put(plain);
  if ((how & 0x10) != 0) {  // QDCOUNT 0: a question for a cookie (RFC 7873 section 5.4)
    out = base::Writer();
    out.put(base::ByteView(plain).first(dns::header_octets));
    out.patch_u16(4, 0);
  }
  out.patch_u16(10, 1);
  out.put_u8(0);
  out.put_u16(static_cast<std::uint16_t>(dns::RrType::Opt));
  out.put_u16(choices.u16());
  out.put_u32(choices.u32());
  const base::ByteView options = choices.octets(0xffff);
  out.put_u16(static_cast<std::uint16_t>(options.size()));
  out.put(options);
  dns::Query query;
  const auto verdict = dns::parse_query(out.view(), query);
  TIDEMARK_CHECK(verdict != dns::QueryVerdict::Answer || query.has_opt, "the OPT was read");
  TIDEMARK_CHECK(query.cookie.size() <= 40, "a cookie is 40 octets at most");
  TIDEMARK_CHECK(!fuzz::ask(out.view(), how, snapshot).empty(), "a query gets a reply");
  return 0;
}
