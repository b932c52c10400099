// dns_canonical [--wire] ORIGIN: a master file from standard input, printed canonical.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "core/base/hash.hpp"
#include "core/dns/master_file.hpp"

namespace {

using namespace tidemark;

std::string wire_lines(const std::vector<dns::Rrset>& rrsets) {
  std::string text;
  for (const dns::Rrset& rrset : rrsets) {
    for (const base::Bytes& rdata : rrset.rdata) {
      text += rrset.owner.to_text() + " " + std::to_string(rrset.ttl.value()) + " " +
              std::to_string(std::to_underlying(rrset.type)) + " " + base::to_hex(rdata) + "\n";
    }
  }
  return text;
}

int print_canonical(const std::string& origin_text, bool wire) {
  const auto origin = dns::Name::parse(origin_text);
  if (!origin) {
    std::cerr << origin_text << ": " << origin.error().trail << "\n";
    return 2;
  }
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const auto file = dns::read_master_file(text, *origin);
  if (!file) {
    for (const dns::Remark& error : file.error().errors) std::cerr << error.to_text() << "\n";
    return 1;
  }
  for (const dns::Remark& warning : file->warnings) std::cerr << warning.to_text() << "\n";
  std::cout << (wire ? wire_lines(file->rrsets) : dns::write_master_file(*origin, file->rrsets));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const bool wire = count == 3 && std::string(arguments[1]) == "--wire";
  if (count != 2 && !wire) {
    std::cerr << "usage: dns_canonical [--wire] ORIGIN < master file\n";
    return 2;
  }
  return print_canonical(arguments[count - 1], wire);
}
