// The small numbers of DNS as strong types: RR type, class, TTL, RCODE, opcode, serial.
//
// A type without a name is written TYPE123 and read as such (RFC 3597). POOL is ours: a private-use
// type whose RDATA is the name of a pool; the edge answers A and AAAA from it and never shows it.
//
// RFC  1035, 2308, 3597, 6895, 1982 (serial arithmetic)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/strong.hpp"

namespace tidemark::dns {

enum class RrType : std::uint16_t {
  A = 1,
  Ns = 2,
  Cname = 5,
  Soa = 6,
  Minfo = 14,
  Ptr = 12,
  Hinfo = 13,
  Mx = 15,
  Txt = 16,
  Rp = 17,
  Afsdb = 18,
  Rt = 21,
  Sig = 24,
  Key = 25,
  Aaaa = 28,
  Loc = 29,
  Nxt = 30,
  Srv = 33,
  Naptr = 35,
  Kx = 36,
  Cert = 37,
  Dname = 39,
  Opt = 41,
  Apl = 42,
  Ds = 43,
  Sshfp = 44,
  Ipseckey = 45,
  Rrsig = 46,
  Nsec = 47,
  Dnskey = 48,
  Dhcid = 49,
  Nsec3 = 50,
  Nsec3param = 51,
  Tlsa = 52,
  Smimea = 53,
  Hip = 55,
  Cds = 59,
  Cdnskey = 60,
  Openpgpkey = 61,
  Csync = 62,
  Zonemd = 63,
  Svcb = 64,
  Https = 65,
  Spf = 99,
  Eui48 = 108,
  Eui64 = 109,
  Nxname = 128,
  Tkey = 249,
  Tsig = 250,
  Ixfr = 251,
  Axfr = 252,
  Mailb = 253,
  Maila = 254,
  Any = 255,
  Uri = 256,
  Caa = 257,
  Amtrelay = 260,
  Resinfo = 261,
  Pool = 65400,
};

enum class RrClass : std::uint16_t { In = 1, Ch = 3, Hs = 4, None = 254, Any = 255 };

enum class Opcode : std::uint8_t { Query = 0, Iquery = 1, Status = 2, Notify = 4, Update = 5 };

// RCODEs with their extended bits (RFC 6891): BadVers and BadCookie need an OPT.
enum class Rcode : std::uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NxDomain = 3,
  NotImp = 4,
  Refused = 5,
  YxDomain = 6,
  NotAuth = 9,
  BadVers = 16,
  BadCookie = 23,
};

using Ttl = base::Strong<struct TtlTag, std::uint32_t>;        // seconds, at most ttl_seconds_max
using Serial = base::Strong<struct SerialTag, std::uint32_t>;  // compare with serial_after only
constexpr std::uint32_t ttl_seconds_max = 0x7fffffff;          // RFC 2181 section 8

std::string to_text(RrType type);  // "AAAA", "TYPE65280"
std::optional<RrType> rr_type_from_text(
    std::string_view text) noexcept;  // any case; "TYPE28" is AAAA
// A type that a zone may hold: not 0, OPT, 128-255 (questions and meta types) or 65535.
bool is_storable(RrType type) noexcept;
std::string to_text(RrClass rr_class);  // "IN", "CLASS5"
std::string to_text(Rcode rcode);

// True if `a` comes after `b` (RFC 1982 section 3.2; false where the RFC leaves it undefined).
constexpr bool serial_after(Serial a, Serial b) noexcept {
  const auto distance = static_cast<std::uint32_t>(a.value() - b.value());
  return distance != 0 && distance < 0x80000000u;
}

}  // namespace tidemark::dns
