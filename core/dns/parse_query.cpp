// The query path's parser. The numbers in the comments are the checks of dns-answers section 1.
#include <algorithm>

#include "core/dns/message.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Reader;

struct Counts {
  std::uint16_t question, answer, authority, additional;
};

// One record of a query's authority or additional section. Nothing in it is followed.
struct Section {
  ByteView owner;  // as sent; ends in a pointer if `compressed`
  bool compressed = false;
  RrType type{};
  std::uint16_t rr_class = 0;
  std::uint32_t ttl = 0;
  ByteView rdata;
};

constexpr std::uint8_t pointer_tag = 0xc0;  // RFC 1035 section 4.1.4

// The owner at the reader, a final pointer included. False if it is cut short or of an unknown
// kind.
bool take_owner(Reader& in, Section& record) noexcept {
  const ByteView rest = in.rest();
  std::size_t at = 0;
  while (at < rest.size()) {
    const std::uint8_t length = rest[at];
    if ((length & pointer_tag) == pointer_tag) {
      record.compressed = true;
      record.owner = rest.first(std::min(at + 2, rest.size()));
      return in.take(at + 2).has_value();
    }
    if (length > label_octets_max || at + length + 1 > name_octets_max) return false;
    at += length + std::size_t{1};
    if (length == 0) {
      record.owner = rest.first(at);
      return in.take(at).has_value();
    }
  }
  return false;
}

bool take_record(Reader& in, Section& record) noexcept {
  if (!take_owner(in, record)) return false;
  const auto type = in.take_u16();
  const auto rr_class = in.take_u16();
  const auto ttl = in.take_u32();
  const auto length = in.take_u16();
  if (!type || !rr_class || !ttl || !length) return false;
  const auto rdata = in.take(*length);
  if (!rdata) return false;
  record.type = static_cast<RrType>(*type);
  record.rr_class = *rr_class;
  record.ttl = *ttl;
  record.rdata = *rdata;
  return true;
}

// RFC 7873 section 5.2: a client part of 8 octets, perhaps a server part of 8 to 32.
bool is_cookie_length(std::size_t octets) noexcept {
  return octets == 8 || (octets >= 16 && octets <= 40);
}

// What the options of the OPT ask for. Kept apart from Query until all of them are known to be
// whole.
struct Options {
  bool nsid = false, zone_version = false, keepalive = false, tidemark_version = false;
  bool cookie = false;
  bool malformed = false;  // a COOKIE or ZONEVERSION of the wrong length
  ByteView cookie_value;
};

// RFC 6891 section 6.1.2: of an option that comes twice the first one counts.
void note_option(EdnsOption option, ByteView value, Options& options) noexcept {
  switch (option) {
    case EdnsOption::Nsid:            options.nsid = true; return;
    case EdnsOption::TcpKeepalive:    options.keepalive = true; return;
    case EdnsOption::TidemarkVersion: options.tidemark_version = true; return;
    case EdnsOption::ZoneVersion:
      if (!options.zone_version && !value.empty()) options.malformed = true;
      options.zone_version = true;
      return;
    case EdnsOption::Cookie:
      if (options.cookie) return;
      options.cookie = true;
      options.cookie_value = value;
      if (!is_cookie_length(value.size())) options.malformed = true;
      return;
    default: return;  // unknown ones are ignored and never echoed
  }
}

bool read_options(ByteView rdata, Options& options) noexcept {
  Reader in(rdata);
  while (!in.at_end()) {
    const auto option = in.take_u16();
    const auto length = in.take_u16();
    if (!option || !length) return false;
    const auto value = in.take(*length);
    if (!value) return false;
    note_option(static_cast<EdnsOption>(*option), *value, options);
  }
  return true;
}

// RFC 8945 section 4.2: algorithm, time, fudge, MAC, original id, error, other.
bool is_tsig_rdata(ByteView rdata) noexcept {
  Reader in(rdata);
  const std::size_t algorithm = wire_length(rdata);
  if (algorithm == 0 || !in.take(algorithm) || !in.take(8)) return false;
  const auto mac = in.take_u16();
  if (!mac || !in.take(*mac) || !in.take(4)) return false;
  const auto other = in.take_u16();
  return other && in.take(*other) && in.at_end();
}

struct Additional {
  bool has_opt = false;
  Section opt;
  bool has_tsig = false;
  Section tsig;
};

// Check 7: at most one OPT and one TSIG, the TSIG last. A second OPT is check 8: the verdict is the
// same. No octet may be left over.
bool read_additional(Reader& in, std::uint16_t count, Additional& found) noexcept {
  for (std::uint16_t i = 0; i < count; ++i) {
    Section record;
    if (!take_record(in, record)) return false;
    if (record.type == RrType::Opt && !found.has_opt) {
      found.has_opt = true;
      found.opt = record;
    } else if (record.type == RrType::Tsig && i + 1 == count) {
      found.has_tsig = true;
      found.tsig = record;
    } else {
      return false;
    }
  }
  return in.at_end();
}

bool is_sound_tsig(const Section& tsig) noexcept {
  return !tsig.compressed && tsig.rr_class == static_cast<std::uint16_t>(RrClass::Any) &&
         tsig.ttl == 0 && is_tsig_rdata(tsig.rdata);
}

void note_opt(const Section& opt, const Options& options, Query& out) noexcept {
  out.has_opt = true;
  out.payload_octets = opt.rr_class;
  out.edns_version = static_cast<std::uint8_t>(opt.ttl >> 16);
  out.dnssec_ok = (opt.ttl & 0x8000) != 0;
  if (out.edns_version != 0) return;  // what its options mean is not known
  out.wants_nsid = options.nsid;
  out.wants_zone_version = options.zone_version;
  out.wants_keepalive = options.keepalive;
  out.wants_tidemark_version = options.tidemark_version;
  if (!options.malformed) out.cookie = options.cookie_value;
}

// Checks 7 to 10 on what follows the question and, in an IXFR, the SOA. `plain` is the verdict if
// none fires.
QueryVerdict read_tail(Reader& in, std::uint16_t count, QueryVerdict plain, Query& out) noexcept {
  if (count == 0) return in.at_end() ? plain : QueryVerdict::FormErr;
  Additional found;
  if (!read_additional(in, count, found)) return QueryVerdict::FormErr;
  if (found.has_tsig && !is_sound_tsig(found.tsig)) return QueryVerdict::FormErr;
  Options options;
  if (found.has_opt) {
    const bool root_owner = found.opt.owner.size() == 1;
    if (!root_owner || !read_options(found.opt.rdata, options)) return QueryVerdict::FormErr;
    note_opt(found.opt, options, out);
    if (out.edns_version != 0) return QueryVerdict::BadVers;
    if (options.malformed) return QueryVerdict::FormErrOpt;
  }
  if (!found.has_tsig) return plain;
  out.has_tsig = true;
  out.tsig_key = found.tsig.owner;
  out.tsig_rdata = found.tsig.rdata;
  return QueryVerdict::NotAuthTsig;
}

// Check 3: only somebody who wants a cookie may ask nothing.
QueryVerdict read_without_question(Reader& in, const Counts& counts, Query& out) noexcept {
  if (counts.answer != 0 || counts.authority != 0) return QueryVerdict::FormErr;
  const auto verdict = read_tail(in, counts.additional, QueryVerdict::CookieOnly, out);
  if (verdict == QueryVerdict::FormErrOpt) return verdict;
  const bool asks = verdict == QueryVerdict::CookieOnly && !out.cookie.empty();
  return asks ? QueryVerdict::CookieOnly : QueryVerdict::FormErr;
}

// The uncompressed name at the front: wire_length that counts labels on the way.
struct Measured {
  std::size_t octets = 0;  // 0: not such a name
  std::uint8_t labels = 0;
};

Measured measure_name(ByteView bytes) noexcept {
  const std::size_t end = std::min(bytes.size(), name_octets_max);
  Measured name;
  for (std::size_t at = 0; at < end; ++name.labels) {
    const std::size_t length = bytes[at];
    at += length + 1;
    if (length == 0) {
      name.octets = at;
      return name;
    }
    if (length > label_octets_max) break;
  }
  return {};
}

// Check 5. The question is set only if all of it parsed: then errors echo it.
bool read_question(Reader& in, Query& out) noexcept {
  const ByteView rest = in.rest();
  const Measured name = measure_name(rest);
  if (name.octets == 0) return false;
  const auto qname = in.take(name.octets);
  const auto qtype = in.take_u16();
  const auto qclass = in.take_u16();
  if (!qname || !qtype || !qclass) return false;
  out.question = rest.first(name.octets + 4);
  out.qname_octets = static_cast<std::uint16_t>(name.octets);
  out.qname_labels = name.labels;
  fold_case(*qname, out.folded.data());
  out.qtype = static_cast<RrType>(*qtype);
  out.qclass = static_cast<RrClass>(*qclass);
  return true;
}

// Check 6 let an IXFR through: exactly one SOA in authority, which is skipped.
bool skip_ixfr_soa(Reader& in, const Counts& counts, const Query& out) noexcept {
  if (out.qtype != RrType::Ixfr || counts.answer != 0 || counts.authority != 1) return false;
  Section record;
  return take_record(in, record) && record.type == RrType::Soa;
}

// All of `out` but the folded name, of which no more counts than qname_octets says.
void forget_last(Query& out) noexcept {
  static_assert(sizeof(Query) == sizeof(Query::folded) + 104, "every other member is reset here");
  out.id = out.flags = out.qname_octets = 0;
  out.opcode = out.qname_labels = out.edns_version = 0;
  out.question = out.cookie = out.tsig_key = out.tsig_rdata = {};
  out.qtype = RrType::A;
  out.qclass = RrClass::In;
  out.payload_octets = udp_payload_octets_min;
  out.has_opt = out.dnssec_ok = out.has_tsig = false;
  out.wants_nsid = out.wants_zone_version = out.wants_keepalive = false;
  out.wants_tidemark_version = false;
}

QueryVerdict judge_opcode(std::uint8_t opcode) noexcept {
  return opcode == static_cast<std::uint8_t>(Opcode::Update) ? QueryVerdict::RefusedUpdate
                                                             : QueryVerdict::NotImp;
}

}  // namespace

QueryVerdict parse_query(ByteView datagram, Query& out) noexcept {
  forget_last(out);
  if (datagram.size() < header_octets) return QueryVerdict::Silence;  // 1
  const auto word = [&](std::size_t at) { return base::load_u16(&datagram[at]); };
  out.id = word(0);
  out.flags = word(2);
  out.opcode = static_cast<std::uint8_t>((out.flags & opcode_mask) >> opcode_shift);
  if ((out.flags & flag_qr) != 0) return QueryVerdict::Silence;
  if (out.opcode != 0) return judge_opcode(out.opcode);  // 2
  const Counts counts{word(4), word(6), word(8), word(10)};
  Reader in(datagram.subspan(header_octets));
  if (counts.question == 0) return read_without_question(in, counts, out);  // 3
  if (counts.question > 1) return QueryVerdict::FormErr;                    // 4
  if (!read_question(in, out)) return QueryVerdict::FormErr;                // 5
  if (counts.answer == 0 && counts.authority == 0) {
    return read_tail(in, counts.additional, QueryVerdict::Answer, out);
  }
  if (!skip_ixfr_soa(in, counts, out)) return QueryVerdict::FormErr;  // 6
  return read_tail(in, counts.additional, QueryVerdict::RefusedIxfr, out);
}

base::Bytes make_query(std::uint16_t id, NameView qname, RrType qtype, std::uint16_t edns_payload) {
  base::Writer out;
  out.put_u16(id);
  out.put_u16(0);  // a plain QUERY, RD clear: the answer is authoritative or none
  out.put_u16(1);
  out.put_u16(0);
  out.put_u16(0);
  out.put_u16(edns_payload != 0 ? 1 : 0);
  out.put(qname.wire());
  out.put_u16(static_cast<std::uint16_t>(qtype));
  out.put_u16(static_cast<std::uint16_t>(RrClass::In));
  if (edns_payload != 0) {
    out.put_u8(0);
    out.put_u16(static_cast<std::uint16_t>(RrType::Opt));
    out.put_u16(edns_payload);
    out.put_u32(0);
    out.put_u16(0);
  }
  return std::move(out).take();
}

}  // namespace tidemark::dns
