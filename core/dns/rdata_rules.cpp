#include "core/dns/rdata_rules.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Result;

// Digest lengths by algorithm: a wrong one can never match anything.
struct DigestLength {
  std::uint8_t algorithm;
  std::size_t octets;
};

template <std::size_t Count>
Result<void> check_digest(std::uint8_t algorithm, std::size_t octets,
                          const std::array<DigestLength, Count>& lengths) {
  for (const DigestLength& known : lengths) {
    if (known.algorithm == algorithm && known.octets != octets) {
      return malformed("digest: " + std::to_string(octets) + " octets where algorithm " +
                       std::to_string(algorithm) + " has " + std::to_string(known.octets));
    }
  }
  return {};
}

// RFC 4034 section 5.1.4, 4509, 6605.
Result<void> check_ds(ByteView rdata) {
  constexpr std::array<DigestLength, 3> lengths{{{1, 20}, {2, 32}, {4, 48}}};
  return check_digest(rdata[3], rdata.size() - 4, lengths);
}

// RFC 4255 section 3.1, 6594.
Result<void> check_sshfp(ByteView rdata) {
  constexpr std::array<DigestLength, 2> lengths{{{1, 20}, {2, 32}}};
  return check_digest(rdata[1], rdata.size() - 2, lengths);
}

// RFC 6698 section 2.1.3.
Result<void> check_tlsa(ByteView rdata) {
  constexpr std::array<DigestLength, 2> lengths{{{1, 32}, {2, 64}}};
  return check_digest(rdata[2], rdata.size() - 3, lengths);
}

// RFC 8976 sections 2.2.3 and 2.2.4; at least 12 octets whatever the algorithm.
Result<void> check_zonemd(ByteView rdata) {
  constexpr std::size_t digest_octets_min = 12;
  constexpr std::array<DigestLength, 2> lengths{{{1, 48}, {2, 64}}};
  const std::size_t octets = rdata.size() - 6;
  if (octets < digest_octets_min) return malformed("digest: fewer than 12 octets");
  return check_digest(rdata[5], octets, lengths);
}

// RFC 4034 section 2.1.2.
Result<void> check_dnskey(ByteView rdata) {
  if (rdata[2] != 3) return malformed("protocol: not 3");
  return {};
}

// RFC 4034 section 4.1.2: an NSEC exists at a name that has types; NSEC3 may have none.
Result<void> check_nsec(ByteView rdata) {
  if (rdata.size() == wire_length(rdata)) return malformed("types: none");
  return {};
}

Result<void> check_uri(ByteView rdata) {
  if (rdata.size() == 4) return malformed("target: empty");
  return {};
}

// RFC 9460 section 2.4.2: peers accept what recipients ignore; here nobody shall believe it works.
Result<void> check_svcb(ByteView rdata) {
  const bool alias = base::load_u16(rdata.data()) == 0;
  const std::size_t before_params = 2 + wire_length(rdata.subspan(2));
  if (alias && rdata.size() != before_params) {
    return malformed("parameters in AliasMode (priority 0)");
  }
  return {};
}

using enum Field;

// In the order of type codes. What a comment leaves out is in the RFC that it names.
constexpr auto rules = std::to_array<RdataRule>({
    // RFC 1035 section 3.4.1: 192.0.2.1
    {RrType::A, {{{Ipv4}}}},
    // Section 3.3: one name, lower-cased.
    {RrType::Ns, {{{Name}}}},
    {RrType::Cname, {{{Name}}}},
    // Section 3.3.13: ns1.example. hostmaster.example. 1 7200 3600 1209600 300
    {RrType::Soa,
     {{{Name, "primary"},
       {Name, "mailbox"},
       {U32, "serial"},
       {Seconds, "refresh"},
       {Seconds, "retry"},
       {Seconds, "expire"},
       {Seconds, "minimum"}}}},
    {RrType::Ptr, {{{Name}}}},
    {RrType::Hinfo, {{{CharString, "cpu"}, {CharString, "os"}}}},
    {RrType::Minfo, {{{Name, "responsible"}, {Name, "errors"}}}},
    // Section 3.3.9: 10 Mail.Example. -> 000a 046d61696c 076578616d706c65 00
    {RrType::Mx, {{{U16, "preference"}, {Name, "exchange"}}}},
    {RrType::Txt, {{{CharStrings}}}},
    // RFC 1183
    {RrType::Rp, {{{Name, "mailbox"}, {Name, "text"}}}},
    {RrType::Afsdb, {{{U16, "subtype"}, {Name, "host"}}}},
    {RrType::Rt, {{{U16, "preference"}, {Name, "host"}}}},
    // RFC 3596: 2001:db8::1
    {RrType::Aaaa, {{{Ipv6}}}},
    {RrType::Loc, {{{Location}}}, nullptr, location_has_text},
    // RFC 2782: 0 5 5060 sip.example.
    {RrType::Srv, {{{U16, "priority"}, {U16, "weight"}, {U16, "port"}, {Name, "target"}}}},
    // RFC 3403: 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
    {RrType::Naptr,
     {{{U16, "order"},
       {U16, "preference"},
       {CharString, "flags"},
       {CharString, "services"},
       {CharString, "regexp"},
       {Name, "replacement"}}}},
    // RFC 2230
    {RrType::Kx, {{{U16, "preference"}, {Name, "exchanger"}}}},
    // RFC 4398: PKIX 12345 RSASHA256 MIIB...
    {RrType::Cert,
     {{{CertType, "type"}, {U16, "key tag"}, {Algorithm, "algorithm"}, {Base64, "certificate"}}}},
    // RFC 6672
    {RrType::Dname, {{{Name}}}},
    // RFC 3123: 1:192.0.2.0/24 !2:2001:db8::/32
    {RrType::Apl, {{{ApItems}}}, nullptr, ap_items_have_text},
    // RFC 4034 section 5: 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
    {RrType::Ds,
     {{{U16, "key tag"}, {Algorithm, "algorithm"}, {U8, "digest type"}, {Hex, "digest"}}},
     check_ds},
    // RFC 4255: 4 2 123456789abcdef...
    {RrType::Sshfp, {{{U8, "algorithm"}, {U8, "type"}, {Hex, "fingerprint"}}}, check_sshfp},
    // RFC 4034 section 3; the signer's name is lower-cased (RFC 6840 section 5.1 keeps that).
    {RrType::Rrsig,
     {{{TypeCode, "type covered"},
       {Algorithm, "algorithm"},
       {U8, "labels"},
       {Seconds, "original TTL"},
       {Time, "expiration"},
       {Time, "inception"},
       {U16, "key tag"},
       {Name, "signer"},
       {Base64, "signature"}}}},
    // RFC 4034 section 4; its name keeps its letter case (RFC 6840 section 5.1).
    {RrType::Nsec, {{{NameAsSent, "next name"}, {Bitmap, "types"}}}, check_nsec},
    // RFC 4034 section 2: 256 3 5 AQPS...
    {RrType::Dnskey,
     {{{U16, "flags"}, {U8, "protocol"}, {Algorithm, "algorithm"}, {Base64, "key"}}},
     check_dnskey},
    // RFC 4701
    {RrType::Dhcid, {{{Base64, "digest"}}}},
    // RFC 5155: 1 0 10 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG
    {RrType::Nsec3,
     {{{U8, "algorithm"},
       {U8, "flags"},
       {U16, "iterations"},
       {Salt, "salt"},
       {HashedOwner, "next hashed owner"},
       {Bitmap, "types"}}}},
    {RrType::Nsec3param, {{{U8, "algorithm"}, {U8, "flags"}, {U16, "iterations"}, {Salt, "salt"}}}},
    // RFC 6698, 8162: 3 1 1 0D6FCE13...
    {RrType::Tlsa,
     {{{U8, "usage"}, {U8, "selector"}, {U8, "matching type"}, {Hex, "association"}}},
     check_tlsa},
    {RrType::Smimea,
     {{{U8, "usage"}, {U8, "selector"}, {U8, "matching type"}, {Hex, "association"}}},
     check_tlsa},
    // RFC 7344: as DS and DNSKEY.
    {RrType::Cds,
     {{{U16, "key tag"}, {Algorithm, "algorithm"}, {U8, "digest type"}, {Hex, "digest"}}},
     check_ds},
    {RrType::Cdnskey,
     {{{U16, "flags"}, {U8, "protocol"}, {Algorithm, "algorithm"}, {Base64, "key"}}},
     check_dnskey},
    // RFC 7929
    {RrType::Openpgpkey, {{{Base64, "key"}}}},
    // RFC 7477: 66 3 A NS AAAA
    {RrType::Csync, {{{U32, "serial"}, {U16, "flags"}, {Bitmap, "types"}}}},
    // RFC 8976: 2018031500 1 1 FEBE3D4C...
    {RrType::Zonemd,
     {{{U32, "serial"}, {U8, "scheme"}, {U8, "algorithm"}, {Hex, "digest"}}},
     check_zonemd},
    // RFC 9460: 1 . alpn="h2,h3" port=443; the target is never compressed and keeps its letter
    // case.
    {RrType::Svcb,
     {{{U16, "priority"}, {NameAsSent, "target"}, {Service, "parameters"}}},
     check_svcb},
    {RrType::Https,
     {{{U16, "priority"}, {NameAsSent, "target"}, {Service, "parameters"}}},
     check_svcb},
    // RFC 7208 section 3.1: as TXT, obsolete.
    {RrType::Spf, {{{CharStrings}}}},
    // RFC 7043: 00-00-5e-00-53-2a
    {RrType::Eui48, {{{Eui48}}}},
    {RrType::Eui64, {{{Eui64}}}},
    // RFC 7553: 10 1 "ftp://ftp1.example.com/public"
    {RrType::Uri, {{{U16, "priority"}, {U16, "weight"}, {Text, "target"}}}, check_uri},
    // RFC 8659: 0 issue "ca1.example.net"
    {RrType::Caa, {{{U8, "flags"}, {CaaTag, "tag"}, {Text, "value"}}}},
    // RFC 9606: as TXT.
    {RrType::Resinfo, {{{CharStrings}}}},
    // Ours: eu-web
    {RrType::Pool, {{{Pool}}}},
});

constexpr std::size_t small_codes = 512;
constexpr std::uint8_t no_rule = 255;
static_assert(rules.size() < no_rule);

constexpr auto rule_by_code = [] {
  std::array<std::uint8_t, small_codes> index;
  index.fill(no_rule);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto code = std::to_underlying(rules[i].type);
    if (code < small_codes) index[code] = static_cast<std::uint8_t>(i);
  }
  return index;
}();
static_assert(rules.back().type == RrType::Pool, "rule_of finds POOL at the end");

}  // namespace

const RdataRule* rule_of(RrType type) noexcept {
  if (type == RrType::Pool) return &rules.back();
  const auto code = std::to_underlying(type);
  if (code >= small_codes || rule_by_code[code] == no_rule) return nullptr;
  return &rules[rule_by_code[code]];
}

}  // namespace tidemark::dns
