// Law 12: for any Snapshot and any bytes, respond() gives a sound message or silence, within its
// size limit and without one allocation. This binary counts every allocation of its threads.
#include "dns-edge/answer/respond.hpp"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dataset/editor.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/dns_world.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::RrType;
using support::Question;

// Whatever fits into a zone by its names, also what the fold would refuse.
consumer::Snapshot any_snapshot() {
  auto dataset = dataset::Dataset::empty(dataset::Lineage(base::U128{}), dataset::HashSeed(7));
  dataset::Editor editor(dataset);
  const auto drawn = *rc::gen::container<std::vector<dns::Name>>(support::zone_name());
  const std::set<dns::Name> zones(drawn.begin(), drawn.end());
  for (const dns::Name& apex : zones) {
    editor.create_zone(apex);
    editor.put_rrset(apex, support::soa_of(apex, 1));
    editor.put_rrset(apex, support::ns_of(apex));
    const auto rrsets = *rc::gen::container<std::vector<dns::Rrset>>(support::rrset_in(apex));
    for (const dns::Rrset& rrset : rrsets) editor.put_rrset(apex, rrset);
    const auto target = *support::name_in(apex);
    const Bytes rdata(target.wire().begin(), target.wire().end());
    for (const RrType type : {RrType::Dname, RrType::Cname}) {
      if (!*rc::gen::arbitrary<bool>()) continue;
      editor.put_rrset(apex, {*support::name_in(apex), type, dns::Ttl(60), {rdata}});
    }
  }
  dataset = std::move(editor).finish();
  return {dataset, health::HealthView::freeze(dataset, health::Observations(), -1)};
}

Bytes any_query() {
  const auto zone = *support::zone_name();
  const auto name = *rc::gen::oneOf(support::name_in(zone), support::any_name());
  Question question{.name = name.to_text()};
  question.type = *rc::gen::oneOf(support::ordinary_type(),
                                  rc::gen::cast<RrType>(rc::gen::arbitrary<std::uint16_t>()),
                                  rc::gen::element(RrType::Any, RrType::Ds, RrType::Soa));
  question.flags = *rc::gen::element<std::uint16_t>(0, 0x0100, 0x07ff);
  if (*rc::gen::arbitrary<bool>()) {
    question.payload = *rc::gen::arbitrary<std::uint16_t>();
    question.edns_flags = *rc::gen::arbitrary<std::uint16_t>();
    for (const std::uint16_t code : *rc::gen::container<std::vector<std::uint16_t>>(
             rc::gen::element<std::uint16_t>(3, 8, 10, 11, 19, 100, 65001))) {
      question.options.emplace_back(code, Bytes(code == 10 ? 8 : 0));
    }
  }
  return support::to_wire(question);
}

Bytes any_message() {
  if (*rc::gen::inRange(0, 4) == 0) return *support::bytes(600);
  Bytes message = any_query();
  const int mutations = *rc::gen::element(0, 0, 1, 2, 8);
  for (int i = 0; i < mutations; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, message.size());
    message[at] = *rc::gen::arbitrary<std::uint8_t>();
  }
  if (*rc::gen::inRange(0, 8) == 0)
    message.resize(*rc::gen::inRange<std::size_t>(0, message.size()));
  return message;
}

void check_reply(const Bytes& query, const Bytes& reply, Transport transport) {
  if (reply.empty()) {
    const bool deserved = query.size() < dns::header_octets || (query[2] & 0x80) != 0;
    RC_ASSERT(deserved);
    return;
  }
  RC_ASSERT(reply.size() <=
            (transport == Transport::Udp ? dns::udp_payload_octets : dns::message_octets_max));
  RC_ASSERT(base::load_u16(reply.data()) == base::load_u16(query.data()));
  const auto message = dns::read_message(reply);
  RC_ASSERT(message.has_value());
  RC_ASSERT((message->flags & dns::flag_qr) != 0);
  RC_ASSERT((message->flags & (dns::flag_ra | dns::flag_ad | dns::flag_cd)) == 0);
  if ((message->flags & dns::flag_tc) == 0) return;
  RC_ASSERT(transport == Transport::Udp);
  RC_ASSERT(message->answer.empty());
  RC_ASSERT(message->authority.empty());
}

void check_any(Transport transport) {
  const auto snapshot = any_snapshot();
  const AnswerSettings settings{.nsid = "node"};
  Bytes room(dns::message_octets_max);
  for (int i = 0; i < 20; ++i) {
    const Bytes query = any_message();
    const std::uint64_t before = support::allocations_of_this_thread;
    const Reply reply = respond(query, {.transport = transport}, {}, snapshot, settings, room);
    const std::uint64_t made =
        support::allocations_of_this_thread - before;  // RC_ASSERT itself allocates
    RC_ASSERT(made == 0u);
    check_reply(query,
                Bytes(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(reply.octets)),
                transport);
  }
}

RC_GTEST_PROP(Respond, IsTotalAndAllocatesNothingOnUdp, ()) { check_any(Transport::Udp); }
RC_GTEST_PROP(Respond, IsTotalAndAllocatesNothingOnTcp, ()) { check_any(Transport::Tcp); }

TEST(Respond, TheCounterOfThisBinarySeesAllocations) {
  const std::uint64_t before = support::allocations_of_this_thread;
  const std::vector<int> some(10);
  EXPECT_EQ(support::allocations_of_this_thread, before + 1) << some.size();
}

}  // namespace
}  // namespace tidemark::edge
