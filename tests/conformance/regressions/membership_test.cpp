// D7: another system matched zones by plain suffix: evilgslb.example stood in zone gslb.example.
//
// Names are made to look like a zone's name from behind: as text, and as octets whose boundary lies
// inside a label. An oracle that knows labels only says where they belong.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/fold/fold.hpp"
#include "dns-edge/answer/respond.hpp"
#include "producer/decide/decide.hpp"
#include "tests/support/dns_world.hpp"
#include "tests/support/life.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::Name;
using Labels = std::vector<std::string>;

Labels labels_of(const Name& name) {
  Labels labels;
  const auto wire = base::as_text(name.wire());
  for (std::size_t at = 0; wire[at] != 0; at += static_cast<std::uint8_t>(wire[at]) + 1u) {
    labels.emplace_back(wire.substr(at + 1, static_cast<std::uint8_t>(wire[at])));
  }
  return labels;
}

Name name_of(const Labels& labels) {
  std::string wire;
  for (const std::string& label : labels) wire += static_cast<char>(label.size()) + label;
  wire += '\0';
  return *Name::from_wire(base::as_bytes(wire));
}

bool stands_in(const Name& name, const Name& zone) {
  const Labels all = labels_of(name), end = labels_of(zone);
  return all.size() >= end.size() && std::equal(end.rbegin(), end.rend(), all.rbegin());
}

const Labels zones[] = {{"gslb", "example"}, {"b", "example"}, {"x", "gslb", "example"}};

// Looks like a name in `zone` to whoever compares text, or octets without their boundaries.
Labels lookalike(Labels zone) {
  const std::string front = *rc::gen::element<std::string>("evil", "x", "a.", "\4", "www.", "");
  switch (*rc::gen::inRange(0, 5)) {
    case 0: zone[0] = front + zone[0]; break;  // evilgslb.example
    case 1: {                                  // "evil.gslb" is one label
      zone[0] = front + "." + zone[0];
      break;
    }
    case 2: {  // the octets 4 g s l b end a label: the wire form ends like the zone's
      const std::string inner = front + static_cast<char>(zone[0].size()) + zone[0];
      zone[0] = inner;
      break;
    }
    case 3: {  // all of the zone's text in one label
      zone = {front + zone[0] + "." + zone[1], "example"};
      break;
    }
    default: zone.insert(zone.begin(), front.empty() ? "www" : front);  // truly below it
  }
  if (*rc::gen::inRange(0, 2) == 0) zone.insert(zone.begin(), "www");
  return zone;
}

Name any_lookalike() { return name_of(lookalike(*rc::gen::element(zones[0], zones[1], zones[2]))); }

std::optional<Name> deepest_zone(const Name& name) {
  std::optional<Name> deepest;
  for (const Labels& labels : zones) {
    const Name zone = name_of(labels);
    if (!stands_in(name, zone)) continue;
    if (!deepest || zone.wire().size() > deepest->wire().size()) deepest = zone;
  }
  return deepest;
}

support::DnsWorld hosted() {
  support::DnsWorld world;
  for (const Labels& zone : zones) {
    world.zone("$ORIGIN " + name_of(zone).to_text() +
               "\n@ 60 SOA ns.else.test. a 1 2 3 4 5\n@ 60 NS ns.else.test.\n* 60 A 192.0.2.1\n");
  }
  return world;
}

RC_GTEST_PROP(Membership, d07_TheEdgeFindsZonesByWholeLabels, ()) {
  static const support::DnsWorld world = hosted();
  const Name name = any_lookalike();
  const auto zone = deepest_zone(name);
  const auto found = world.dataset().enclosing_zone(name);
  RC_ASSERT(found.has_value() == zone.has_value());
  if (zone) RC_ASSERT(Name(found->name()) == *zone);
  const Bytes query = dns::make_query(7, name, dns::RrType::A, 1232);
  Bytes room(dns::udp_payload_octets);
  const Reply reply = respond(query, {}, {}, world.snapshot(), {}, room);
  RC_ASSERT((reply.rcode == dns::Rcode::Refused) == !zone.has_value());
}

RC_GTEST_PROP(Membership, d07_TheFoldTakesRecordsByWholeLabels, ()) {
  const Name zone = name_of(*rc::gen::element(zones[0], zones[1], zones[2]));
  fold::State state = fold::State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(5));
  const auto created = fold::step(state, support::create_zone(1, zone), 0);
  RC_ASSERT(std::holds_alternative<fold::Accepted>(created));
  const Name owner = any_lookalike();
  const auto judged = fold::step(state, support::put(2, zone, support::a_record(owner, 1)), 1);
  const auto* rejected = std::get_if<fold::Rejected>(&judged);
  RC_ASSERT((rejected == nullptr) == stands_in(owner, zone));
  if (rejected != nullptr) RC_ASSERT(rejected->reason == fold::Reason::OutOfZone);
}

// What the API's routes ask before a ChangeSet exists.
RC_GTEST_PROP(Membership, d07_TheControllerTakesRecordsByWholeLabels, ()) {
  const Name zone = name_of(*rc::gen::element(zones[0], zones[1], zones[2]));
  fold::State state = fold::State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(5));
  fold::step(state, support::create_zone(1, zone), 0);
  const Name owner = any_lookalike();
  const producer::Wish wish = producer::EditZone{
      .zone = zone, .edits = {event::PutRrset{support::a_record(owner, 1)}}, .settings = {}};
  const producer::Signature signature{.change_id = event::ChangeId({3, 3}), .author = "tests"};
  const auto plan = producer::decide({.dataset = state.dataset}, wish, signature);
  RC_ASSERT(plan.has_value() == stands_in(owner, zone));
}

TEST(Membership, d07_TheLookalikesReachBothSides) {
  const Name zone = name_of({"gslb", "example"});
  EXPECT_FALSE(stands_in(name_of({"evilgslb", "example"}), zone));
  EXPECT_FALSE(stands_in(name_of({"evil\4gslb", "example"}), zone));
  EXPECT_TRUE(stands_in(name_of({"evil", "gslb", "example"}), zone));
  const auto wire = name_of({"evil\4gslb", "example"});
  EXPECT_TRUE(base::as_text(wire.wire()).ends_with(base::as_text(zone.wire())));
}

}  // namespace
}  // namespace tidemark::edge
