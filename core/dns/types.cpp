#include "core/dns/types.hpp"

#include <array>
#include <utility>

#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

struct TypeName {
  RrType type;
  std::string_view text;
};

constexpr RrType code(std::uint16_t number) { return static_cast<RrType>(number); }

// The frequent ones first: the search is linear. Types that have a name but no rule are here too,
// so that a zone with an old type reads and prints as people know it.
constexpr auto type_names = std::to_array<TypeName>({
    {RrType::A, "A"},
    {RrType::Aaaa, "AAAA"},
    {RrType::Ns, "NS"},
    {RrType::Cname, "CNAME"},
    {RrType::Mx, "MX"},
    {RrType::Txt, "TXT"},
    {RrType::Soa, "SOA"},
    {RrType::Ptr, "PTR"},
    {RrType::Srv, "SRV"},
    {RrType::Caa, "CAA"},
    {RrType::Https, "HTTPS"},
    {RrType::Svcb, "SVCB"},
    {RrType::Dname, "DNAME"},
    {RrType::Ds, "DS"},
    {RrType::Tlsa, "TLSA"},
    {RrType::Naptr, "NAPTR"},
    {RrType::Rrsig, "RRSIG"},
    {RrType::Nsec, "NSEC"},
    {RrType::Nsec3, "NSEC3"},
    {RrType::Dnskey, "DNSKEY"},
    {RrType::Pool, "POOL"},
    {code(3), "MD"},
    {code(4), "MF"},
    {code(7), "MB"},
    {code(8), "MG"},
    {code(9), "MR"},
    {code(10), "NULL"},
    {code(11), "WKS"},
    {RrType::Hinfo, "HINFO"},
    {RrType::Minfo, "MINFO"},
    {RrType::Rp, "RP"},
    {RrType::Afsdb, "AFSDB"},
    {code(19), "X25"},
    {code(20), "ISDN"},
    {RrType::Rt, "RT"},
    {code(22), "NSAP"},
    {code(23), "NSAP-PTR"},
    {RrType::Sig, "SIG"},
    {RrType::Key, "KEY"},
    {code(26), "PX"},
    {code(27), "GPOS"},
    {RrType::Loc, "LOC"},
    {RrType::Nxt, "NXT"},
    {RrType::Kx, "KX"},
    {RrType::Cert, "CERT"},
    {code(38), "A6"},
    {RrType::Opt, "OPT"},
    {RrType::Apl, "APL"},
    {RrType::Sshfp, "SSHFP"},
    {RrType::Ipseckey, "IPSECKEY"},
    {RrType::Dhcid, "DHCID"},
    {RrType::Nsec3param, "NSEC3PARAM"},
    {RrType::Smimea, "SMIMEA"},
    {RrType::Hip, "HIP"},
    {RrType::Cds, "CDS"},
    {RrType::Cdnskey, "CDNSKEY"},
    {RrType::Openpgpkey, "OPENPGPKEY"},
    {RrType::Csync, "CSYNC"},
    {RrType::Zonemd, "ZONEMD"},
    {RrType::Spf, "SPF"},
    {code(104), "NID"},
    {code(105), "L32"},
    {code(106), "L64"},
    {code(107), "LP"},
    {RrType::Eui48, "EUI48"},
    {RrType::Eui64, "EUI64"},
    {RrType::Nxname, "NXNAME"},
    {RrType::Tkey, "TKEY"},
    {RrType::Tsig, "TSIG"},
    {RrType::Ixfr, "IXFR"},
    {RrType::Axfr, "AXFR"},
    {RrType::Mailb, "MAILB"},
    {RrType::Maila, "MAILA"},
    {RrType::Any, "ANY"},
    {RrType::Uri, "URI"},
    {RrType::Amtrelay, "AMTRELAY"},
    {RrType::Resinfo, "RESINFO"},
});

constexpr std::string_view numbered_type = "TYPE";

}  // namespace

std::string to_text(RrType type) {
  for (const TypeName& known : type_names) {
    if (known.type == type) return std::string(known.text);
  }
  return std::string(numbered_type) + std::to_string(std::to_underlying(type));
}

std::optional<RrType> rr_type_from_text(std::string_view text) noexcept {
  for (const TypeName& known : type_names) {
    if (equal_ignoring_case(known.text, text)) return known.type;
  }
  if (!equal_ignoring_case(text.substr(0, numbered_type.size()), numbered_type)) {
    return std::nullopt;
  }
  const auto number = parse_decimal(text.substr(numbered_type.size()), 65535);
  if (!number) return std::nullopt;
  return static_cast<RrType>(*number);
}

bool is_storable(RrType type) noexcept {
  const auto number = std::to_underlying(type);
  const bool meta = number >= 128 && number <= 255;  // RFC 6895 section 3.1: questions and meta
  return number != 0 && type != RrType::Opt && !meta && number != 65535;
}

std::string to_text(RrClass rr_class) {
  switch (rr_class) {
    case RrClass::In:   return "IN";
    case RrClass::Ch:   return "CH";
    case RrClass::Hs:   return "HS";
    case RrClass::None: return "NONE";
    case RrClass::Any:  return "ANY";
  }
  return "CLASS" + std::to_string(std::to_underlying(rr_class));
}

std::string to_text(Rcode rcode) {
  switch (rcode) {
    case Rcode::NoError:   return "NOERROR";
    case Rcode::FormErr:   return "FORMERR";
    case Rcode::ServFail:  return "SERVFAIL";
    case Rcode::NxDomain:  return "NXDOMAIN";
    case Rcode::NotImp:    return "NOTIMP";
    case Rcode::Refused:   return "REFUSED";
    case Rcode::YxDomain:  return "YXDOMAIN";
    case Rcode::NotAuth:   return "NOTAUTH";
    case Rcode::BadVers:   return "BADVERS";
    case Rcode::BadCookie: return "BADCOOKIE";
  }
  return "RCODE" + std::to_string(std::to_underlying(rcode));
}

}  // namespace tidemark::dns
