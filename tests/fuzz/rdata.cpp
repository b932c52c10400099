// The input is a type (2 octets, taken modulo 300 or as POOL), then RDATA as octets and as text.
#include "core/dns/rdata.hpp"

#include "core/base/check.hpp"

using namespace tidemark;

namespace {

void check_rdata(dns::RrType type, const base::Bytes& rdata) {
  const std::string text = dns::rdata_to_text(type, rdata);
  const auto again = dns::rdata_from_text(type, text, dns::Name::root());
  TIDEMARK_CHECK(again && *again == rdata, "RDATA survives its text");
  const auto canonical = dns::canonical_rdata(type, rdata);
  TIDEMARK_CHECK(canonical && *canonical == rdata, "the canonical form is its own");
  for (const dns::NameView name : dns::names_in_rdata(type, rdata)) {
    TIDEMARK_CHECK(dns::wire_length(name.wire()) == name.wire().size(), "a name in it is sound");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  if (size < 2) return 0;
  const base::ByteView input(octets, size);
  const std::uint16_t code = base::load_u16(octets);
  const auto type = code == 65400 ? dns::RrType::Pool : static_cast<dns::RrType>(code % 300);
  const base::ByteView rest = input.subspan(2);
  if (const auto rdata = dns::canonical_rdata(type, rest)) check_rdata(type, *rdata);
  if (const auto rdata = dns::rdata_from_text(type, base::as_text(rest), dns::Name::root())) {
    check_rdata(type, *rdata);
  }
  return 0;
}
