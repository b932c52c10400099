#include "dns-edge/answer/response_writer.hpp"

#include <algorithm>

namespace tidemark::edge {

namespace {

using base::ByteView;
using dns::NameView;

constexpr std::uint16_t pointer_tag = 0xc000;
constexpr std::size_t pointer_max = 0x3fff;  // 14 bits: names behind it cannot be pointed to
constexpr std::size_t soa_numbers_octets = 20;
constexpr std::uint16_t bad_key = 17;

std::span<std::uint8_t> without_opt(std::span<std::uint8_t> room, bool has_opt) noexcept {
  if (!has_opt) return room;
  return room.first(room.size() - std::min(room.size(), opt_octets_min));
}

}  // namespace

ResponseWriter::ResponseWriter(std::span<std::uint8_t> room, const dns::Query& query,
                               ByteView question) noexcept
    : query_(query), room_(room), body_(without_opt(room, query.has_opt)) {
  constexpr std::array<std::uint8_t, dns::header_octets> empty{};
  body_.put(empty);
  body_.put(question);
  if (!question.empty()) questions_ = 1;
  question_end_ = body_.size();
}

void ResponseWriter::put_owner(NameView owner, const Placed& known) noexcept {
  const std::size_t at = end_of(known, owner).at;
  if (at <= pointer_max) {
    body_.put_u16(static_cast<std::uint16_t>(pointer_tag | at));
  } else {
    body_.put(owner.wire());
  }
}

// The longest end of `name` that is an end of `known` too becomes a pointer.
void ResponseWriter::put_name(NameView name, const Placed& known) noexcept {
  for (NameView end = name; !end.is_root(); end = end.parent()) {
    if (!known.name.is_at_or_below(end)) continue;
    const std::size_t at = end_of(known, end).at;
    if (at > pointer_max) break;
    body_.put(name.wire().first(name.wire().size() - end.wire().size()));
    body_.put_u16(static_cast<std::uint16_t>(pointer_tag | at));
    return;
  }
  body_.put(name.wire());
}

void ResponseWriter::put_fixed(dns::RrType type, std::uint32_t ttl) noexcept {
  body_.put_u16(static_cast<std::uint16_t>(type));
  body_.put_u16(static_cast<std::uint16_t>(dns::RrClass::In));
  body_.put_u32(ttl);
}

void ResponseWriter::put_rrset(Section section, const dataset::RrsetView& rrset, NameView owner,
                               const Placed& known) noexcept {
  count(section, rrset.count());
  const bool is_question =
      known.at == dns::header_octets && owner.wire().size() == known.name.wire().size();
  if (is_question) {
    body_.put(rrset.rendered());  // its owners are pointers to the question already
    return;
  }
  for (ByteView rest = rrset.rendered(); !rest.empty();) {
    const std::size_t octets = dataset::rendered_fixed_octets + base::load_u16(&rest[10]);
    put_owner(owner, known);
    body_.put(rest.subspan(2, octets - 2));
    rest = rest.subspan(octets);
  }
}

void ResponseWriter::put_elsewhere(Section section, const dataset::RrsetView& rrset, NameView owner,
                                   const Placed& known, std::size_t whole) noexcept {
  count(section, rrset.count());
  for (ByteView rest = rrset.rendered(); !rest.empty();) {
    const std::size_t octets = dataset::rendered_fixed_octets + base::load_u16(&rest[10]);
    if (whole == 0 || whole > pointer_max) {
      whole = body_.size();
      put_name(owner, known);
    } else {
      body_.put_u16(static_cast<std::uint16_t>(pointer_tag | whole));
    }
    body_.put(rest.subspan(2, octets - 2));
    rest = rest.subspan(octets);
  }
}

void ResponseWriter::put_ns(Section section, const dataset::RrsetView& rrset, NameView owner,
                            const Placed& known) noexcept {
  constexpr std::size_t pointer_octets = 2;
  count(section, rrset.count());
  targets_ = 0;
  rrset.for_each_rdata([&](ByteView rdata) {
    put_owner(owner, known);
    put_fixed(rrset.type(), rrset.ttl().value());
    const std::size_t length_at = body_.size();
    body_.put_u16(0);
    put_name(NameView::trusted(rdata), end_of(known, owner));
    if (body_.overflowed()) return;
    const std::size_t target_at = length_at + 2, octets = body_.size() - target_at;
    body_.patch_u16(length_at, static_cast<std::uint16_t>(octets));
    const bool can_be_named = octets > pointer_octets && target_at <= pointer_max;
    if (targets_ == target_places_.size()) return;
    target_places_[targets_++] = static_cast<std::uint16_t>(can_be_named ? target_at : 0);
  });
}

std::size_t ResponseWriter::put_record(Section section, NameView owner, const Placed& known,
                                       dns::RrType type, std::uint32_t ttl,
                                       ByteView rdata) noexcept {
  count(section, 1);
  put_owner(owner, known);
  put_fixed(type, ttl);
  body_.put_u16(static_cast<std::uint16_t>(rdata.size()));
  const std::size_t at = body_.size();
  body_.put(rdata);
  return at;
}

Placed ResponseWriter::put_cname(NameView owner, const Placed& known, std::uint32_t ttl,
                                 ByteView prefix, NameView suffix) noexcept {
  const std::size_t octets = prefix.size() + suffix.wire().size();
  const std::size_t at = put_record(Section::Answer, owner, known, dns::RrType::Cname, ttl, prefix);
  body_.put(suffix.wire());
  if (body_.overflowed()) return known;
  body_.patch_u16(at - 2, static_cast<std::uint16_t>(octets));
  return {NameView::trusted(body_.view().subspan(at, octets)), at};
}

void ResponseWriter::put_soa(NameView owner, const Placed& known, std::uint32_t ttl,
                             ByteView rdata) noexcept {
  const auto primary = NameView::trusted(rdata.first(dns::wire_length(rdata)));
  const ByteView rest = rdata.subspan(primary.wire().size());
  const auto mailbox = NameView::trusted(rest.first(dns::wire_length(rest)));
  const std::size_t at =
      put_record(Section::Authority, owner, known, dns::RrType::Soa, ttl, ByteView{});
  put_name(primary, end_of(known, owner));
  put_name(mailbox, end_of(known, owner));
  body_.put(rest.last(soa_numbers_octets));
  if (!body_.overflowed()) {
    body_.patch_u16(at - 2, static_cast<std::uint16_t>(body_.size() - at));
  }
}

void ResponseWriter::put_chaos_text(std::string_view text) noexcept {
  const ByteView octets = base::as_bytes(text.substr(0, 255));
  count(Section::Answer, 1);
  body_.put_u16(pointer_tag | dns::header_octets);
  body_.put_u16(static_cast<std::uint16_t>(dns::RrType::Txt));
  body_.put_u16(static_cast<std::uint16_t>(dns::RrClass::Ch));
  body_.put_u32(0);
  body_.put_u16(static_cast<std::uint16_t>(octets.size() + 1));
  body_.put_u8(static_cast<std::uint8_t>(octets.size()));
  body_.put(octets);
}

void ResponseWriter::rewind(const Mark& mark) noexcept {
  body_.rewind(mark.size);
  counts_ = mark.counts;
}

void ResponseWriter::drop_records() noexcept { rewind({question_end_, {}}); }

void ResponseWriter::write_header(std::uint16_t flags, dns::Rcode rcode) noexcept {
  const auto low = static_cast<std::uint16_t>(rcode) & dns::rcode_mask;
  const auto copied = query_.flags & (dns::opcode_mask | dns::flag_rd);
  body_.patch_u16(0, query_.id);
  body_.patch_u16(2, static_cast<std::uint16_t>(dns::flag_qr | copied | flags | low));
  body_.patch_u16(4, questions_);
  for (std::size_t i = 0; i < counts_.size(); ++i) body_.patch_u16(6 + 2 * i, counts_[i]);
}

void ResponseWriter::put_opt(dns::Rcode rcode, ByteView options, base::FixedWriter& out) noexcept {
  count(Section::Additional, 1);
  out.put_u8(0);
  out.put_u16(static_cast<std::uint16_t>(dns::RrType::Opt));
  out.put_u16(dns::udp_payload_octets);
  out.put_u8(static_cast<std::uint8_t>(static_cast<std::uint16_t>(rcode) >> 4));
  out.put_u8(0);  // version
  out.put_u16(query_.dnssec_ok ? 0x8000 : 0);
  out.put_u16(static_cast<std::uint16_t>(options.size()));
  out.put(options);
}

std::size_t ResponseWriter::finish(std::uint16_t flags, dns::Rcode rcode,
                                   ByteView options) noexcept {
  if (!query_.has_opt) return finish_without_opt(flags, rcode);
  base::FixedWriter opt(room_.subspan(body_.size()));
  put_opt(rcode, options, opt);
  write_header(flags, rcode);
  return opt.overflowed() ? 0 : body_.size() + opt.size();
}

std::size_t ResponseWriter::finish_without_opt(std::uint16_t flags, dns::Rcode rcode) noexcept {
  if (body_.overflowed()) return 0;
  write_header(flags, rcode);
  return body_.size();
}

std::size_t ResponseWriter::finish_with_bad_key(dns::Rcode rcode) noexcept {
  const ByteView asked = query_.tsig_rdata;
  const std::size_t algorithm = dns::wire_length(asked);
  const std::size_t mac = base::load_u16(&asked[algorithm + 8]);
  base::FixedWriter tsig(room_.subspan(body_.size()));
  const Mark without_records = mark();
  if (query_.has_opt) put_opt(rcode, {}, tsig);
  tsig.put(query_.tsig_key);
  tsig.put_u16(static_cast<std::uint16_t>(dns::RrType::Tsig));
  tsig.put_u16(static_cast<std::uint16_t>(dns::RrClass::Any));
  tsig.put_u32(0);
  tsig.put_u16(static_cast<std::uint16_t>(algorithm + 16));
  tsig.put(asked.first(algorithm + 8));  // its own time and fudge: no clock in an answer
  tsig.put_u16(0);                       // no MAC
  tsig.put(asked.subspan(algorithm + 10 + mac, 2));
  tsig.put_u16(bad_key);
  tsig.put_u16(0);
  if (tsig.overflowed()) {
    rewind(without_records);
    return finish(0, rcode, {});
  }
  count(Section::Additional, 1);
  write_header(0, rcode);
  return body_.size() + tsig.size();
}

}  // namespace tidemark::edge
