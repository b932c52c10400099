// For any Snapshot and any question: a Trace changes no octet, and what it says is what was sent.
#include "dns-edge/answer/trace.hpp"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dataset/editor.hpp"
#include "dns-edge/answer/explain.hpp"
#include "tests/support/dns_world.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::Rcode;
using dns::RrType;
using support::Question;

void put_pools(dataset::Editor& editor, std::vector<event::Pool>& pools,
               health::Observations& observations) {
  std::set<std::string> names;
  for (const event::Pool& pool : *rc::gen::container<std::vector<event::Pool>>(support::pool())) {
    if (!names.insert(pool.name).second) continue;
    editor.put_pool(pool);
    pools.push_back(pool);
    event::HealthFrame frame;
    frame.prober = "p";
    for (const event::Endpoint& endpoint : pool.endpoints) {
      if (*rc::gen::arbitrary<bool>()) continue;
      frame.observations.push_back({pool.name, endpoint.id, event::Observed::Down, "refused"});
    }
    observations.apply(frame, 1000);
  }
}

// Whatever fits into zones by its names, with aliases and pools in all places.
consumer::Snapshot any_snapshot() {
  auto dataset = dataset::Dataset::empty(dataset::Lineage(base::U128{}), dataset::HashSeed(7));
  dataset::Editor editor(dataset);
  health::Observations observations;
  std::vector<event::Pool> pools;
  put_pools(editor, pools, observations);
  const auto drawn = *rc::gen::container<std::vector<dns::Name>>(support::zone_name());
  for (const dns::Name& apex : std::set<dns::Name>(drawn.begin(), drawn.end())) {
    editor.create_zone(apex);
    editor.put_rrset(apex, support::soa_of(apex, 1));
    editor.put_rrset(apex, support::ns_of(apex));
    for (const auto& rrset : *rc::gen::container<std::vector<dns::Rrset>>(support::rrset_in(apex)))
      editor.put_rrset(apex, rrset);
    for (const RrType type : {RrType::Dname, RrType::Cname, RrType::Ns, RrType::Cname}) {
      if (*rc::gen::arbitrary<bool>()) continue;
      const dns::Name target = *support::name_in(*support::zone_name());
      editor.put_rrset(apex, {*support::name_in(apex),
                              type,
                              dns::Ttl(60),
                              {Bytes(target.wire().begin(), target.wire().end())}});
    }
    for (const event::Pool& pool : pools) {
      const auto name = base::as_bytes(pool.name);
      editor.put_rrset(
          apex,
          {*support::name_in(apex), RrType::Pool, dns::Ttl(30), {Bytes(name.begin(), name.end())}});
    }
  }
  dataset = std::move(editor).finish();
  return {dataset, health::HealthView::freeze(dataset, observations, 0)};
}

Question any_question() {
  const auto zone = *support::zone_name();
  Question question{.name =
                        (*rc::gen::oneOf(support::name_in(zone), support::any_name())).to_text()};
  question.type = *rc::gen::oneOf(
      support::ordinary_type(), rc::gen::cast<RrType>(rc::gen::arbitrary<std::uint16_t>()),
      rc::gen::element(RrType::A, RrType::Aaaa, RrType::Any, RrType::Ds, RrType::Cname));
  if (*rc::gen::arbitrary<bool>())
    question.payload = *rc::gen::element<std::uint16_t>(0, 600, 4096);
  return question;
}

std::size_t count_of(const std::vector<dns::MessageRecord>& records, RrType type) {
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [type](const auto& one) { return one.type == type; }));
}

Rcode rcode_of(NameEnd end, bool first) {
  switch (end) {
    case NameEnd::NotHosted: return first ? Rcode::Refused : Rcode::NoError;
    case NameEnd::YxDomain:  return Rcode::YxDomain;
    case NameEnd::NxDomain:  return Rcode::NxDomain;
    case NameEnd::NoMember:  return Rcode::ServFail;
    default:                 return Rcode::NoError;
  }
}

// Of a message that is whole: what its sections must hold if the Trace is right.
void check_sections(const Trace& trace, const TracedName& last, const dns::Message& message) {
  const bool negative = last.end == NameEnd::Nodata || last.end == NameEnd::NxDomain;
  RC_ASSERT(count_of(message.authority, RrType::Soa) == (negative ? 1u : 0u));
  if (negative) RC_ASSERT(message.authority[0].ttl == last.negative_ttl);
  RC_ASSERT((count_of(message.authority, RrType::Ns) != 0) == (last.end == NameEnd::Referral));
  const std::size_t options = count_of(message.additional, RrType::Opt);
  RC_ASSERT(message.additional.size() - options ==
            trace.additional_required + trace.additional_optional);
  if (last.end == NameEnd::NoMember) return RC_ASSERT(message.answer.empty());
  std::set<RrType> sent;
  std::size_t aliases = 0;
  for (const auto& record : message.answer) {
    if (record.owner.view() == last.name()) sent.insert(record.type);
    aliases += record.type == RrType::Cname ? 1u : 0u;
  }
  std::size_t followed = 0;
  for (std::size_t i = 0; i < trace.name_count; ++i) {
    const NameEnd end = trace.names[i].end;
    followed += end == NameEnd::Cname || end == NameEnd::Dname ? 1u : 0u;
  }
  if (last.end != NameEnd::Answered) return RC_ASSERT(aliases == followed);
  RC_ASSERT(last.type_count <= TracedName::types_max);
  const std::set<RrType> told(last.types.begin(),
                              last.types.begin() + static_cast<std::ptrdiff_t>(last.type_count));
  RC_ASSERT(sent == told);
}

void check_pools(const TracedName& last, const dns::Message& message) {
  for (const auto& pool : last.pools) {
    if (!pool || last.end != NameEnd::Answered) continue;
    const auto answered = count_of(message.answer, pool->type);
    if (count_of(message.answer, pool->type) != 0) {
      RC_ASSERT(answered >= static_cast<std::size_t>(std::popcount(pool->chosen)));
    }
    RC_ASSERT((pool->chosen & ~pool->members) == 0u);
  }
}

void check(const Trace& trace, const Reply& reply, const Bytes& octets) {
  const auto message = dns::read_message(octets);
  RC_ASSERT(message.has_value());
  RC_ASSERT(octets.size() <= trace.octets_max);
  RC_ASSERT(trace.name_count <= Trace::names_max);
  RC_ASSERT(reply.truncated == ((message->flags & dns::flag_tc) != 0));
  if (trace.name_count == 0) return RC_ASSERT(message->answer.empty());
  const TracedName& last = trace.names[trace.name_count - 1];
  if (trace.did_not_fit) return RC_ASSERT(message->answer.empty());
  RC_ASSERT(!reply.truncated);
  RC_ASSERT(message->rcode() == rcode_of(last.end, trace.name_count == 1));
  const bool authoritative = (message->flags & dns::flag_aa) != 0;
  const NameEnd first = trace.names[0].end;
  RC_ASSERT(authoritative == (first != NameEnd::NotHosted && first != NameEnd::Referral &&
                              message->rcode() != Rcode::ServFail));
  check_sections(trace, last, *message);
  check_pools(last, *message);
}

void check_any(Transport transport) {
  const auto snapshot = any_snapshot();
  const AnswerSettings settings{.nsid = "node"};
  const Client client{.transport = transport};
  Bytes with(dns::message_octets_max), without(dns::message_octets_max);
  for (int i = 0; i < 30; ++i) {
    const Question question = any_question();
    const Bytes query = support::to_wire(question);
    Trace trace;
    const Reply traced = respond(query, client, Moment{}, snapshot, settings, with, &trace);
    const Reply plain = respond(query, client, Moment{}, snapshot, settings, without);
    RC_LOG() << question.name << " " << dns::to_text(question.type) << "\n";
    RC_ASSERT(traced.octets == plain.octets);
    RC_ASSERT(traced.rcode == plain.rcode);
    const auto end = static_cast<std::ptrdiff_t>(traced.octets);
    RC_ASSERT(std::equal(with.begin(), with.begin() + end, without.begin()));
    check(trace, traced, Bytes(with.begin(), with.begin() + end));
    const WhyQuestion why{
        .name = *dns::Name::parse(question.name), .type = question.type, .client = client};
    RC_ASSERT(!explain(why, snapshot, settings, Moment{}).steps.empty());
  }
}

RC_GTEST_PROP(TraceLaw, ChangesNoOctetAndSaysWhatIsSentOverUdp, ()) { check_any(Transport::Udp); }
RC_GTEST_PROP(TraceLaw, ChangesNoOctetAndSaysWhatIsSentOverTcp, ()) { check_any(Transport::Tcp); }

}  // namespace
}  // namespace tidemark::edge
