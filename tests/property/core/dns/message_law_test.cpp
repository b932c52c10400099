#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dns/message.hpp"
#include "tests/property/core/dns/any_rdata.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::dns {
namespace {

using base::Bytes;

// What must hold of any verdict, whatever came in.
void check_verdict(const Bytes& datagram) {
  Query query;
  const QueryVerdict verdict = parse_query(datagram, query);
  const bool silent = verdict == QueryVerdict::Silence;
  const bool response = datagram.size() >= header_octets && (datagram[2] & 0x80) != 0;
  RC_ASSERT(silent == (datagram.size() < header_octets || response));
  if (!query.question.empty()) {
    RC_ASSERT(query.question.size() == query.qname_octets + std::size_t{4});
    RC_ASSERT(Name::from_wire(query.question.first(query.qname_octets)).value().view() ==
              query.qname());
    RC_ASSERT(query.qname().label_count() == query.qname_labels);
  }
  if (verdict == QueryVerdict::Answer) RC_ASSERT(!query.question.empty());
  if (verdict == QueryVerdict::CookieOnly) RC_ASSERT(query.has_opt && !query.cookie.empty());
  if (verdict == QueryVerdict::BadVers) RC_ASSERT(query.edns_version > 0);
  if (verdict == QueryVerdict::NotAuthTsig) RC_ASSERT(query.has_tsig);
}

RC_GTEST_PROP(ParseQuery, JudgesAnyOctets, ()) { check_verdict(*any_octets(600)); }

RC_GTEST_PROP(ParseQuery, JudgesDamagedQueries, ()) {
  const Name name = *support::any_name();
  const auto type = static_cast<RrType>(*rc::gen::inRange(0, 300));
  const Bytes query = make_query(*rc::gen::arbitrary<std::uint16_t>(), name, type, 1232);
  check_verdict(query);
  check_verdict(*damaged(query));
}

RC_GTEST_PROP(ParseQuery, UnderstandsEveryQueryThatIsMade, ()) {
  const Name name = *support::any_name();
  const Bytes octets = make_query(1, name, RrType::Aaaa, 0);
  Query query;
  RC_ASSERT(parse_query(octets, query) == QueryVerdict::Answer);
  RC_ASSERT(query.qname() == name.view());
}

// A response as a server would send it: the owner is a pointer to the question.
Bytes response_with(const Name& owner, RrType type, const Bytes& rdata) {
  base::Writer out;
  for (const int word : {7, 0x8400, 1, 1, 0, 0}) out.put_u16(static_cast<std::uint16_t>(word));
  out.put(owner.wire());
  out.put_u16(static_cast<std::uint16_t>(type));
  out.put_u16(1);
  out.put_u16(0xc00c);
  out.put_u16(static_cast<std::uint16_t>(type));
  out.put_u16(1);
  out.put_u32(60);
  out.put_u16(static_cast<std::uint16_t>(rdata.size()));
  out.put(rdata);
  return std::move(out).take();
}

RC_GTEST_PROP(ReadMessage, ReadsEveryType, ()) {
  const Name owner = *support::any_name();
  const RrType type = *any_ruled_type();
  const Bytes rdata = *any_rdata(type);
  const auto message = read_message(response_with(owner, type, rdata)).value();
  RC_ASSERT(message.answer.size() == 1u);
  RC_ASSERT(message.answer.front().owner == owner);
  RC_ASSERT(message.answer.front().rdata == rdata);
  RC_ASSERT(!to_text(message).empty());
}

RC_GTEST_PROP(ReadMessage, SurvivesDamage, ()) {
  const RrType type = *any_ruled_type();
  const Bytes whole = response_with(*support::any_name(), type, *any_rdata(type));
  for (const Bytes& octets : {*damaged(whole), *any_octets(200)}) {
    if (const auto message = read_message(octets)) RC_ASSERT(!to_text(*message).empty());
  }
}

}  // namespace
}  // namespace tidemark::dns
