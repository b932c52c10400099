// DNS messages: parsing one query without trust, and building any message.
//
// parse_query is the query path's parser: header, one question, at most one OPT and one TSIG; one
// pass, no pointer followed, no allocation. Its verdict follows the checks of RFC 1035, 6891 and
// 9619 in a fixed order; the first that fires decides.
//
// MessageReader is the tolerant reader of whole messages for tools and tests (compression pointers
// are followed, bounded). It is never used on the query path.
//
// RFC  1035, 6891 (EDNS), 7873 (cookies), 5001 (NSID), 9619 (QDCOUNT), 9660 (ZONEVERSION)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

constexpr std::size_t header_octets = 12;
constexpr std::size_t udp_payload_octets = 1232;     // what our OPT advertises, and our UDP cap
constexpr std::size_t udp_payload_octets_min = 512;  // without OPT
constexpr std::size_t message_octets_max = 65535;

// Bits of the 16-bit word behind the ID.
constexpr std::uint16_t flag_qr = 0x8000, flag_aa = 0x0400, flag_tc = 0x0200, flag_rd = 0x0100,
                        flag_ra = 0x0080, flag_ad = 0x0020, flag_cd = 0x0010;
constexpr std::uint16_t opcode_mask = 0x7800, rcode_mask = 0x000f;
constexpr int opcode_shift = 11;

enum class EdnsOption : std::uint16_t {
  Nsid = 3,
  ClientSubnet = 8,
  Expire = 9,
  Cookie = 10,
  TcpKeepalive = 11,
  Padding = 12,
  ExtendedError = 15,
  ZoneVersion = 19,
  TidemarkVersion = 65001,
};

// What parse_query found. Plain values and views into the datagram; valid while that is.
struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;  // as received
  std::uint8_t opcode = 0;
  base::ByteView question;  // QNAME, QTYPE, QCLASS as received (letter case kept); may be empty
  std::uint16_t qname_octets = 0;
  std::uint8_t qname_labels = 0;           // without the root
  std::array<std::uint8_t, 256> folded{};  // QNAME with A-Z folded, qname_octets long
  RrType qtype = RrType::A;
  RrClass qclass = RrClass::In;

  bool has_opt = false;
  std::uint16_t payload_octets = 512;  // as advertised
  std::uint8_t edns_version = 0;
  bool dnssec_ok = false;
  bool wants_nsid = false, wants_zone_version = false, wants_keepalive = false,
       wants_tidemark_version = false;
  base::ByteView cookie;  // the option's value, empty if none
  bool has_tsig = false;
  base::ByteView tsig_key;    // owner name of the TSIG as received
  base::ByteView tsig_rdata;  // well-formed: algorithm name, time, fudge, MAC, original id, ...

  NameView qname() const noexcept {
    return NameView::trusted(base::ByteView(folded.data(), qname_octets));
  }
};

enum class QueryVerdict : std::uint8_t {
  Answer,         // a question to answer (class and type are not judged yet)
  Silence,        // QR=1, fewer than 12 octets: send nothing
  FormErr,        // header only unless `question` is set
  FormErrOpt,     // FORMERR with question and OPT (a malformed COOKIE, a non-empty ZONEVERSION)
  NotImp,         // an opcode that is not served: header only
  RefusedUpdate,  // opcode UPDATE: REFUSED, header only
  BadVers,        // EDNS version above 0
  CookieOnly,     // QDCOUNT 0 with a COOKIE option
  NotAuthTsig,    // a TSIG of a key that we do not have
  RefusedIxfr,    // IXFR with its SOA in authority
};

QueryVerdict parse_query(base::ByteView datagram, Query& out) noexcept;

// Builds a query, for probers, tests and tools; with an OPT unless `edns_payload` is 0.
base::Bytes make_query(std::uint16_t id, NameView qname, RrType qtype, std::uint16_t edns_payload);

struct MessageRecord {
  Name owner;
  std::string owner_as_sent;  // wire octets, letter case kept
  RrType type;
  RrClass rr_class;
  std::uint32_t ttl;
  base::Bytes rdata;  // names in it decompressed where the type may be compressed
};
struct Message {
  std::uint16_t id;
  std::uint16_t flags;
  base::Bytes question;  // octets of the question section
  std::uint16_t question_count;
  std::vector<MessageRecord> answer, authority, additional;  // OPT is among additional

  Rcode rcode() const;  // with the extended bits of OPT
};
base::Result<Message> read_message(base::ByteView wire);
std::string to_text(const Message& message);  // like dig prints it, for tools and test failures

}  // namespace tidemark::dns
