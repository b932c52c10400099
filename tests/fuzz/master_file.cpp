// The input is a master file; what cannot be read by itself is tried with an origin given.
#include "core/dns/master_file.hpp"

#include "core/base/check.hpp"
#include "core/dns/zone_rules.hpp"

using namespace tidemark;

namespace {

void check_file(const dns::MasterFile& file) {
  const std::string text = dns::write_master_file(file.origin, file.rrsets);
  const auto again = dns::read_master_file(text, file.origin);
  TIDEMARK_CHECK(again && again->rrsets == file.rrsets, "a zone survives its text");
  dns::check_zone(file.origin, file.rrsets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string_view text = base::as_text({octets, size});
  if (const auto file = dns::read_master_file(text)) {
    check_file(*file);
    return 0;
  }
  static const dns::Name origin = dns::Name::parse("example.org.").value();
  if (const auto file = dns::read_master_file(text, origin)) check_file(*file);
  return 0;
}
