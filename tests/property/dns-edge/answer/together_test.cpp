// Messages that go through the steps of respond() together get what each gets alone, whatever comes
// between the steps, and whatever an Arrival was used for before.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dataset/editor.hpp"
#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::RrType;

constexpr std::size_t group = 16;

consumer::Snapshot any_snapshot() {
  auto dataset = dataset::Dataset::empty(dataset::Lineage(base::U128{}), dataset::HashSeed(7));
  dataset::Editor editor(dataset);
  const auto drawn = *rc::gen::container<std::vector<dns::Name>>(support::zone_name());
  for (const dns::Name& apex : std::set<dns::Name>(drawn.begin(), drawn.end())) {
    editor.create_zone(apex);
    editor.put_rrset(apex, support::soa_of(apex, 1));
    editor.put_rrset(apex, support::ns_of(apex));
    for (const auto& rrset : *rc::gen::container<std::vector<dns::Rrset>>(support::rrset_in(apex)))
      editor.put_rrset(apex, rrset);
    for (const RrType type : {RrType::Dname, RrType::Cname, RrType::Ns}) {
      if (*rc::gen::arbitrary<bool>()) continue;
      const dns::Name target = *support::name_in(*support::zone_name());
      editor.put_rrset(apex, {*support::name_in(apex),
                              type,
                              dns::Ttl(60),
                              {Bytes(target.wire().begin(), target.wire().end())}});
    }
  }
  dataset = std::move(editor).finish();
  return {dataset, health::HealthView::freeze(dataset, health::Observations(), -1)};
}

Bytes any_message() {
  const auto zone = *support::zone_name();
  support::Question question{
      .name = (*rc::gen::oneOf(support::name_in(zone), support::any_name())).to_text()};
  question.type = *rc::gen::element(RrType::A, RrType::Aaaa, RrType::Any, RrType::Ds, RrType::Ns);
  question.rr_class =
      *rc::gen::weightedElement<dns::RrClass>({{9, dns::RrClass::In}, {1, dns::RrClass::Ch}});
  if (*rc::gen::arbitrary<bool>()) question.payload = 1232;
  Bytes message = support::to_wire(question);
  if (*rc::gen::inRange(0, 6) == 0) {
    message[*rc::gen::inRange<std::size_t>(0, message.size())] =
        *rc::gen::arbitrary<std::uint8_t>();
  }
  return message;
}

RC_GTEST_PROP(Together, IsAsAlone, ()) {
  const auto snapshot = any_snapshot();
  const AnswerSettings settings{.nsid = "node"};
  std::array<Arrival, group> arrivals;
  Bytes together(dns::udp_payload_octets), alone(dns::udp_payload_octets);
  for (int round = 0; round < 3; ++round) {
    std::vector<Bytes> messages(group);
    for (Bytes& message : messages) message = any_message();
    for (std::size_t i = 0; i < group; ++i) arrivals[i].begin(messages[i], snapshot);
    for (Arrival& one : arrivals) one.probe();
    for (const Arrival& one : arrivals) one.prefetch();
    for (Arrival& one : arrivals) one.settle(snapshot);
    for (const Arrival& one : arrivals) one.prefetch_next();
    for (std::size_t i = 0; i < group; ++i) {
      const Reply a = respond(arrivals[i], {}, {}, snapshot, settings, together);
      const Reply b = respond(messages[i], {}, {}, snapshot, settings, alone);
      RC_ASSERT(a.octets == b.octets);
      RC_ASSERT(a.rcode == b.rcode);
      RC_ASSERT(std::equal(together.begin(),
                           together.begin() + static_cast<std::ptrdiff_t>(a.octets),
                           alone.begin()));
    }
  }
}

// Deeper than what is asked for ahead, and deeper than what is hashed ahead.
TEST(Together, DeepNamesAreFoundStepByStep) {
  std::string labels;
  std::string zone = "$ORIGIN deep.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS ns.other.test.\n";
  for (int i = 0; i < 40; ++i) labels += "d.";
  zone += labels + "deep.test. A 192.0.2.1\n";
  support::DnsWorld world;
  world.zone(zone);
  const auto snapshot = world.snapshot();
  Bytes room(dns::udp_payload_octets);
  const auto ask = [&](const std::string& name) {
    return respond(support::to_wire({.name = name}), {}, {}, snapshot, {}, room).rcode;
  };
  for (std::size_t cut = 0; cut < 80; cut += 2) {
    EXPECT_EQ(ask(labels.substr(cut) + "deep.test."), dns::Rcode::NoError) << cut;
    EXPECT_EQ(ask("x." + labels.substr(cut) + "deep.test."), dns::Rcode::NxDomain) << cut;
  }
}

}  // namespace
}  // namespace tidemark::edge
