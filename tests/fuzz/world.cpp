#include "tests/fuzz/world.hpp"

#include <array>
#include <random>

#include "core/base/check.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::fuzz {

namespace {

using base::Bytes;
using dns::Name;
using dns::RrType;

const Name& apex_of(Choices& choices) {
  static const std::array<Name, 4> all{Name::parse("e.x.").value(), Name::parse("k.e.x.").value(),
                                       Name::parse("x.").value(), Name::parse("o.").value()};
  return all[choices.below(all.size())];
}

constexpr std::string_view longest_label =
    "lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll";
static_assert(longest_label.size() == dns::label_octets_max);
constexpr std::array<std::string_view, 11> labels{"a", "b", "c", "*",     "k",          "n",
                                                  "d", "w", "g", "\\000", longest_label};

std::string pool_name_of(Choices& choices) { return choices.below(2) == 0 ? "web" : "api"; }
std::string endpoint_of(Choices& choices) {
  return std::string(1, static_cast<char>('a' + choices.below(4)));
}

void put_name(Bytes& rdata, Choices& choices) {
  const Name name = name_of(choices);
  rdata.insert(rdata.end(), name.wire().begin(), name.wire().end());
}

Bytes rdata_of(RrType type, Choices& choices) {
  Bytes rdata;
  const auto put_octets = [&](std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i) rdata.push_back(choices.u8());
  };
  switch (type) {
    case RrType::A:     put_octets(4); break;
    case RrType::Aaaa:  put_octets(16); break;
    case RrType::Ns:
    case RrType::Cname:
    case RrType::Ptr:
    case RrType::Dname: put_name(rdata, choices); break;
    case RrType::Mx:
      put_octets(2);
      put_name(rdata, choices);
      break;
    case RrType::Srv:
      put_octets(6);
      put_name(rdata, choices);
      break;
    case RrType::Soa:
      put_name(rdata, choices);
      put_name(rdata, choices);
      put_octets(20);
      break;
    case RrType::Txt: {
      const std::size_t size = choices.u8();
      rdata.assign(size + 1, 't');
      rdata[0] = static_cast<std::uint8_t>(size);
      break;
    }
    case RrType::Ds:
      rdata = {0, 1, 8, 2};
      rdata.resize(36, choices.u8());
      break;
    case RrType::Pool: {
      const std::string pool = pool_name_of(choices);
      rdata.push_back(static_cast<std::uint8_t>(pool.size()));
      rdata.insert(rdata.end(), pool.begin(), pool.end());
      break;
    }
    default: put_octets(choices.below(8));
  }
  return rdata;
}

event::PoolEdit pool_edit_of(Choices& choices) {
  switch (choices.below(6)) {
    case 0: return event::DeletePool{pool_name_of(choices)};
    case 1: return event::DeleteOverride{pool_name_of(choices), endpoint_of(choices)};
    case 2:
    case 3:
      return event::PutOverride{{pool_name_of(choices), endpoint_of(choices),
                                 static_cast<event::OverrideState>(1 + choices.below(3)),
                                 choices.u8(), "r"}};
    default: break;
  }
  event::Pool pool{.name = pool_name_of(choices), .endpoints = {}, .check = {}};
  const std::size_t endpoints = choices.below(5);
  for (std::size_t i = 0; i < endpoints; ++i) {
    event::Endpoint endpoint{endpoint_of(choices), {event::Address::Family::V4, {}}};
    if (choices.below(2) == 0) endpoint.address.family = event::Address::Family::V6;
    endpoint.address.octets[3] = choices.u8();
    endpoint.weight = static_cast<std::uint8_t>(choices.below(3));
    endpoint.status = static_cast<event::EndpointStatus>(choices.below(3));
    pool.endpoints.push_back(std::move(endpoint));
  }
  pool.all_down = static_cast<event::AllDown>(choices.below(3));
  pool.floor = static_cast<std::uint8_t>(choices.below(4));
  pool.check.kind = static_cast<event::CheckKind>(choices.below(4));
  pool.check.port = choices.u16();
  return event::PutPool{std::move(pool)};
}

dns::Rrset soa_of(const Name& apex, std::uint32_t serial) {
  Bytes rdata(apex.wire().begin(), apex.wire().end());
  rdata.insert(rdata.end(), apex.wire().begin(), apex.wire().end());
  rdata.resize(rdata.size() + 20, 1);
  base::store_u32(rdata.data() + rdata.size() - 20, serial);
  return {apex, RrType::Soa, dns::Ttl(60), {std::move(rdata)}};
}

dns::Rrset ns_of(const Name& apex) {
  const Name target = apex.child("n").value();
  return {apex, RrType::Ns, dns::Ttl(60), {Bytes(target.wire().begin(), target.wire().end())}};
}

event::ZoneEdit zone_edit_of(Choices& choices) {
  switch (choices.below(12)) {
    case 0: return event::DeleteZone{};
    case 1: return event::BeginConstruction{};
    case 2: return event::CommitConstruction{choices.below(4)};
    case 3: return event::CreateZone{};
    case 4:
      return event::PutZoneSettings{.removal_percent_max = static_cast<std::uint8_t>(choices.u8()),
                                    .removal_rrsets_min = choices.u8(),
                                    .ttl_seconds_ceiling = choices.u16()};
    case 5:
    case 6:
    case 7:  return event::DeleteRrset{name_of(choices), type_of(choices)};
    default: return event::PutRrset{rrset_of(choices)};
  }
}

event::ZoneEdits zone_edits_of(Choices& choices) {
  event::ZoneEdits zone{.zone = apex_of(choices), .expect = event::ExpectAny{}};
  const std::uint8_t how = choices.u8();
  if ((how & 0x30) == 0x10) zone.expect = event::ExpectAbsent{};
  if ((how & 0x70) == 0x60) zone.expect = event::ExpectExactly{event::ZoneSeq(choices.u8())};
  zone.construction = (how & 0x0c) == 0x0c;
  if ((how & 3) == 0) {  // the usual beginning of a zone
    if (!zone.construction) zone.edits.push_back(event::CreateZone{});
    if (zone.construction) zone.edits.push_back(event::BeginConstruction{});
    zone.edits.push_back(event::PutRrset{soa_of(zone.zone, choices.u8())});
    zone.edits.push_back(event::PutRrset{ns_of(zone.zone)});
  }
  const std::size_t edits = 1 + choices.below(4);
  for (std::size_t i = 0; i < edits && !choices.at_end(); ++i) {
    zone.edits.push_back(zone_edit_of(choices));
  }
  if (how == 0x88) zone.zone_hash_after = base::U128{0, choices.u8()};
  return zone;
}

}  // namespace

Name name_of(Choices& choices) {
  Name name = apex_of(choices);
  const std::size_t depth = choices.below(4);
  for (std::size_t i = 0; i < depth; ++i) {
    if (auto child = name.child(labels[choices.below(labels.size())])) name = *std::move(child);
  }
  return name;
}

RrType type_of(Choices& choices) {
  constexpr std::array<RrType, 14> types{RrType::A,     RrType::Aaaa,
                                         RrType::Ns,    RrType::Cname,
                                         RrType::Dname, RrType::Txt,
                                         RrType::Mx,    RrType::Ds,
                                         RrType::Srv,   RrType::Ptr,
                                         RrType::Soa,   RrType::Pool,
                                         RrType::Nsec,  static_cast<RrType>(65280)};
  return types[choices.below(types.size())];
}

dns::Rrset rrset_of(Choices& choices) {
  Name owner = name_of(choices);
  const RrType type = type_of(choices);
  const std::uint8_t how = choices.u8();
  dns::Rrset rrset{std::move(owner), type, dns::Ttl(60), {}};
  if (how == 0xff) rrset.ttl = dns::Ttl(choices.u32());
  // 1 record, or 1 to 4, or so many that no datagram holds them; or none at all.
  const std::size_t records = how == 0xfe ? 0 : (how & 0x30) == 0 ? 1 + (how & 3) : 1;
  for (std::size_t i = 0; i < records; ++i) rrset.rdata.push_back(rdata_of(type, choices));
  if (how == 0xfd && type == RrType::A) {
    for (std::uint8_t i = 0; i < 100; ++i) rrset.rdata.push_back({10, 0, 0, i});
  }
  if (how == 0xfc) rrset.rdata.push_back(Bytes(choices.u8(), 1));
  if (auto canonical = dns::canonicalize(rrset)) return *std::move(canonical);
  return rrset;
}

event::ChangeSet change_of(Choices& choices, std::uint64_t number) {
  event::ChangeSet change{.change_id = event::ChangeId(base::U128{1, number}),
                          .author = "fuzz",
                          .author_epoch = event::AuthorEpoch(0)};
  const std::uint8_t how = choices.u8();
  if (how == 0xff) change.change_id = event::ChangeId(base::U128{1, choices.below(8)});
  if (how == 0xfe) change.author_epoch = event::AuthorEpoch(choices.below(4));
  if (how == 0xfd) change.fold_version = choices.u16();
  if (how >= 0x80) change.acknowledged_removals = choices.below(8);
  const std::size_t zones = how & 3;
  for (std::size_t i = 0; i < zones; ++i) change.zones.push_back(zone_edits_of(choices));
  if ((how & 0x0c) == 0x0c || zones == 0) {
    const std::size_t pools = 1 + choices.below(2);
    for (std::size_t i = 0; i < pools; ++i) change.pools.push_back(pool_edit_of(choices));
  }
  return change;
}

void step_lawfully(fold::State& state, const event::ChangeSet& change, std::int64_t offset) {
  const dataset::Version before = state.dataset.version();
  const auto foreseen = fold::preview(state, change);
  TIDEMARK_CHECK(state.dataset.version() == before, "a preview changes nothing");
  const auto judged = fold::step(state, change, offset);
  TIDEMARK_CHECK(foreseen.index() == judged.index(), "a preview says what the fold says");
  const dataset::Version after = state.dataset.version();
  if (std::holds_alternative<fold::Accepted>(judged)) {
    TIDEMARK_CHECK(after.seq.value() == before.seq.value() + 1, "accepted: one seq higher");
    TIDEMARK_CHECK(state.dataset.recompute_state_hash() == after.state_hash,
                   "the hash that is kept is the hash of the content");
  } else {
    TIDEMARK_CHECK(after == before, "what is not accepted changes nothing");
  }
}

fold::State empty_state() {
  return fold::State::empty(dataset::Lineage(base::U128{3, 4}), dataset::HashSeed(5));
}

fold::State fold_of(Choices& choices, std::size_t changes_max) {
  fold::State state = empty_state();
  for (std::size_t i = 0; i < changes_max && !choices.at_end(); ++i) {
    fold::step(state, change_of(choices, 100 + i), static_cast<std::int64_t>(i));
  }
  TIDEMARK_CHECK(state.dataset.recompute_state_hash() == state.dataset.version().state_hash,
                 "the hash that is kept is the hash of the content");
  return state;
}

dataset::Dataset seeded_world(std::uint32_t seed) {
  std::mt19937 random(seed);
  fold::State state = empty_state();
  std::uint64_t number = 0;
  const auto next_change = [&] {
    return event::ChangeSet{.change_id = event::ChangeId(base::U128{2, ++number}),
                            .author = "fuzz",
                            .author_epoch = event::AuthorEpoch(0)};
  };
  const auto fold = [&](const event::ChangeSet& change) {
    step_lawfully(state, change, static_cast<std::int64_t>(number));
  };
  const auto edit_all = [&](const Name& apex, std::vector<event::ZoneEdit> edits) {
    event::ChangeSet change = next_change();
    change.zones.push_back({.zone = apex, .expect = event::ExpectAny{}, .edits = std::move(edits)});
    fold(change);
  };
  for (std::uint8_t zone = 0; zone < 4; ++zone) {
    if (zone != 0 && (seed >> zone & 1) == 0) continue;
    Choices choose(base::ByteView(&zone, 1));
    const Name apex = apex_of(choose);
    edit_all(apex, {event::CreateZone{}, event::PutRrset{soa_of(apex, seed)},
                    event::PutRrset{ns_of(apex)}});
  }
  for (int i = 0; i < 160; ++i) {
    Bytes octets(160);
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
    Choices choices(octets);
    if (i % 16 == 0) {
      event::ChangeSet change = next_change();
      change.pools.push_back(pool_edit_of(choices));
      fold(change);
      continue;
    }
    const Name apex = apex_of(choices);
    edit_all(apex, {event::PutRrset{rrset_of(choices)}});
  }
  return state.dataset;
}

}  // namespace tidemark::fuzz
