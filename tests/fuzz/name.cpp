// The input is a name in presentation form, and in wire form.
#include "core/dns/name.hpp"

#include "core/base/check.hpp"

using namespace tidemark;

namespace {

void check_name(const dns::Name& name) {
  TIDEMARK_CHECK(dns::wire_length(name.wire()) == name.wire().size(), "a name is sound");
  const auto again = dns::Name::parse(name.to_text());
  TIDEMARK_CHECK(again && *again == name, "a name survives its text");
  TIDEMARK_CHECK((name <=> *again) == 0, "a name is equal to itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const base::ByteView input(octets, size);
  if (const auto name = dns::Name::parse(base::as_text(input))) check_name(*name);
  if (const auto name = dns::Name::from_wire(input)) check_name(*name);
  if (const auto name = dns::Name::root().child(base::as_text(input))) check_name(*name);
  return 0;
}
