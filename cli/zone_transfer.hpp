// A zone as another server has it: AXFR over TCP (RFC 5936). No TSIG.
//
// Errors  Each names the server and what it did: it refused, closed early, sent another zone, more
//         than is taken, or nothing in time. A transfer is whole or none.
#pragma once

#include <cstdint>
#include <string>

#include "cli/outcome.hpp"
#include "cli/zone_file.hpp"
#include "core/dns/name.hpp"

namespace tidemark::cli {

constexpr std::size_t transfer_octets_max = std::size_t{1} << 30U;
constexpr std::size_t transfer_records_max = 20'000'000;

struct ZoneServerName {  // "ns1.example.org", "192.0.2.1@5353", "2001:db8::1@53"
  std::string host;
  std::string port = "53";
  std::string to_text() const { return host + "@" + port; }
};
Expected<ZoneServerName> parse_server(const std::string& text);

struct TransferredZone {
  ZoneFile file;  // its path is "ZONE from SERVER"
  std::uint32_t serial;
};
Expected<TransferredZone> transfer_zone(const ZoneServerName& server, const dns::Name& zone);

}  // namespace tidemark::cli
