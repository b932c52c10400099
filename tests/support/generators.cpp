#include "tests/support/generators.hpp"

#include <algorithm>
#include <set>

#include "core/dns/rdata.hpp"

namespace tidemark::support {

namespace {

namespace gen = rc::gen;

rc::Gen<std::string> text(std::size_t octets_max) {
  return gen::map(gen::string<std::string>(), [octets_max](std::string all) {
    all.resize(std::min(all.size(), octets_max));
    return all;
  });
}

template <class T>
T pick(std::initializer_list<T> all) {
  return *gen::elementOf(std::vector<T>(all));
}

base::Bytes rdata(dns::RrType type, std::string_view fields) {
  return *dns::rdata_from_text(type, fields, dns::Name::root());
}

std::string one_record(dns::RrType type) {
  const std::string n = std::to_string(*gen::inRange(0, 16));
  switch (type) {
    case dns::RrType::A:    return "192.0.2." + n;
    case dns::RrType::Aaaa: return "2001:db8::" + n;
    case dns::RrType::Mx:   return n + " mail.example.org.";
    case dns::RrType::Txt:  return "\"text " + n + "\"";
    case dns::RrType::Srv:  return n + " 1 443 www.example.org.";
    case dns::RrType::Caa:  return "0 issue \"ca" + n + ".example\"";
    default:                return "host" + n + ".example.net.";  // NS, CNAME, PTR
  }
}

dns::Rrset sound(dns::Rrset rrset) {
  auto canonical = dns::canonicalize(std::move(rrset));
  RC_ASSERT(canonical.has_value());
  return *std::move(canonical);
}

event::Expect any_expect() {
  switch (*gen::inRange(0, 3)) {
    case 0:  return event::ExpectAny{};
    case 1:  return event::ExpectAbsent{};
    default: return event::ExpectExactly{event::ZoneSeq(*gen::inRange<std::uint64_t>(0, 50))};
  }
}

event::Endpoint one_endpoint(std::string id) {
  event::Address address{.family = pick({event::Address::Family::V4, event::Address::Family::V6})};
  const std::size_t size = address.family == event::Address::Family::V4 ? 4 : 16;
  for (std::size_t i = 0; i < size; ++i) address.octets[i] = *gen::arbitrary<std::uint8_t>();
  return {
      std::move(id), address, *gen::arbitrary<std::uint8_t>(),
      pick({event::EndpointStatus::Obey, event::EndpointStatus::Up, event::EndpointStatus::Down})};
}

event::Check one_check() {
  return {.kind = pick({event::CheckKind::None, event::CheckKind::Tcp, event::CheckKind::Http,
                        event::CheckKind::Https}),
          .port = *gen::inRange<std::uint16_t>(1, 65535),
          .path = pick<std::string>({"/", "/live", "/a?b=c"}),
          .host = pick<std::string>({"", "www.example.org"}),
          .status_low = *gen::inRange<std::uint16_t>(100, 300),
          .status_high = *gen::inRange<std::uint16_t>(300, 600),
          .verify_tls = *gen::arbitrary<bool>(),
          .interval_ms = *gen::inRange<std::uint32_t>(100, 60'000),
          .timeout_ms = *gen::inRange<std::uint32_t>(50, 30'000),
          .rise = *gen::inRange<std::uint8_t>(1, 10),
          .fall = *gen::inRange<std::uint8_t>(1, 10)};
}

}  // namespace

dns::Name name(std::string_view text) { return *dns::Name::parse(text); }

rc::Gen<base::Bytes> bytes(std::size_t octets_max) {
  return gen::map(gen::arbitrary<base::Bytes>(), [octets_max](base::Bytes all) {
    all.resize(std::min(all.size(), octets_max));
    return all;
  });
}

rc::Gen<base::U128> u128() {
  return gen::exec([] {
    return base::U128{.high = *gen::arbitrary<std::uint64_t>(),
                      .low = *gen::arbitrary<std::uint64_t>()};
  });
}

rc::Gen<dns::Name> any_name() {
  return gen::exec([] {
    base::Bytes wire;
    const int labels = *gen::weightedElement<int>({{5, 2}, {3, 3}, {1, 0}, {1, 127}});
    for (int i = 0; i < labels; ++i) {
      const auto size = *gen::weightedElement<std::size_t>({{8, 1}, {4, 5}, {1, 63}});
      if (wire.size() + 1 + size + 1 > dns::name_octets_max) break;
      wire.push_back(static_cast<std::uint8_t>(size));
      for (std::size_t at = 0; at < size; ++at) wire.push_back(*gen::arbitrary<std::uint8_t>());
    }
    wire.push_back(0);
    return *dns::Name::from_wire(wire);
  });
}

rc::Gen<dns::Name> zone_name() {
  return gen::map(gen::element<std::string>("example.org.", "sub.example.org.", "example.net.",
                                            "2.0.192.in-addr.arpa."),
                  [](const std::string& zone) { return name(zone); });
}

rc::Gen<dns::Name> name_in(const dns::Name& zone) {
  return gen::map(
      gen::element<std::string>("", "www.", "a.", "b.", "a.b.", "*.", "*.a.", "mail.", "_sip._tcp.",
                                "deep.er.and.deep.er."),
      [zone](const std::string& relative) {
        const std::string above = zone.to_text();
        return name(above == "." ? (relative.empty() ? "." : relative) : relative + above);
      });
}

rc::Gen<dns::RrType> ordinary_type() {
  using enum dns::RrType;
  return gen::element(A, Aaaa, Ns, Cname, Mx, Txt, Srv, Caa, Ptr);
}

rc::Gen<std::vector<base::Bytes>> records_of(dns::RrType type) {
  return gen::exec([type] {
    const int records = type == dns::RrType::Cname ? 1 : *gen::inRange(1, 5);
    dns::Rrset rrset{dns::Name::root(), type, dns::Ttl(0), {}};
    for (int i = 0; i < records; ++i) rrset.rdata.push_back(rdata(type, one_record(type)));
    return sound(std::move(rrset)).rdata;
  });
}

rc::Gen<dns::Rrset> rrset_in(const dns::Name& zone) {
  return gen::exec([zone] {
    const dns::RrType type = *ordinary_type();
    return dns::Rrset{*name_in(zone), type, dns::Ttl(*gen::inRange<std::uint32_t>(0, 86'400)),
                      *records_of(type)};
  });
}

dns::Rrset soa_of(const dns::Name& zone, std::uint32_t serial) {
  return sound({zone,
                dns::RrType::Soa,
                dns::Ttl(3600),
                {rdata(dns::RrType::Soa, "ns1.example.net. hostmaster.example.net. " +
                                             std::to_string(serial) + " 7200 3600 1209600 300")}});
}

dns::Rrset ns_of(const dns::Name& zone) {
  return sound(
      {zone,
       dns::RrType::Ns,
       dns::Ttl(3600),
       {rdata(dns::RrType::Ns, "ns1.example.net."), rdata(dns::RrType::Ns, "ns2.example.net.")}});
}

rc::Gen<std::string> pool_name() { return gen::element<std::string>("web", "api", "mail-out"); }

rc::Gen<std::string> endpoint_id() {
  return gen::element<std::string>("a", "b", "c", "d", "e", "ams-1.rack_2");
}

rc::Gen<event::Pool> pool() {
  return gen::exec([] {
    // A set of more endpoints than there are would make rapidcheck give up: draw, then drop twins.
    const auto drawn =
        *gen::nonEmpty(gen::resize(6, gen::container<std::vector<std::string>>(endpoint_id())));
    const std::set<std::string> ids(drawn.begin(), drawn.end());
    event::Pool made{.name = *pool_name(), .endpoints = {}, .check = one_check()};
    for (const std::string& id : ids) made.endpoints.push_back(one_endpoint(id));
    made.all_down =
        pick({event::AllDown::AnswerAll, event::AllDown::LastHealthy, event::AllDown::ServFail});
    made.floor = *gen::inRange<std::uint8_t>(0, 4);
    made.quorum = *gen::inRange<std::uint8_t>(0, 4);
    made.stale_after_ms = *gen::inRange<std::uint32_t>(1000, 60'000);
    return made;
  });
}

rc::Gen<event::Override> override_of_health() {
  return gen::exec([] {
    return event::Override{
        *pool_name(), *endpoint_id(),
        pick({event::OverrideState::Up, event::OverrideState::Down, event::OverrideState::Drain}),
        *gen::weightedOneOf<std::uint64_t>(
            {{1, gen::just<std::uint64_t>(0)},
             {1, gen::inRange<std::uint64_t>(1, 2'000'000'000'000)}}),
        *text(40)};
  });
}

rc::Gen<event::ZoneEdit> zone_edit_in(const dns::Name& zone) {
  return gen::exec([zone]() -> event::ZoneEdit {
    switch (*gen::weightedElement<int>({{10, 0}, {4, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}})) {
      case 0: return event::PutRrset{*rrset_in(zone)};
      case 1: return event::DeleteRrset{*name_in(zone), *ordinary_type()};
      case 2: return event::CreateZone{};
      case 3: return event::DeleteZone{};
      case 4:
        return event::PutZoneSettings{
            .removal_percent_max = 50,
            .removal_rrsets_min = std::nullopt,
            .ttl_seconds_ceiling = *gen::arbitrary<std::uint32_t>(),
            .expire_seconds = *gen::element<std::optional<std::uint32_t>>(std::nullopt, 0, 3600)};
      case 5:  return event::BeginConstruction{};
      default: return event::CommitConstruction{*gen::inRange<std::uint64_t>(0, 20)};
    }
  });
}

rc::Gen<event::PoolEdit> pool_edit() {
  return gen::exec([]() -> event::PoolEdit {
    switch (*gen::inRange(0, 4)) {
      case 0:  return event::PutPool{*pool()};
      case 1:  return event::DeletePool{*pool_name()};
      case 2:  return event::PutOverride{*override_of_health()};
      default: return event::DeleteOverride{*pool_name(), *endpoint_id()};
    }
  });
}

rc::Gen<event::ZoneEdits> zone_edits(const dns::Name& zone) {
  return gen::exec([zone] {
    event::ZoneEdits made{.zone = zone, .expect = any_expect(), .zone_hash_after = {}, .edits = {}};
    made.construction = *gen::weightedElement<bool>({{5, false}, {1, true}});
    if (*gen::weightedElement<bool>({{4, false}, {1, true}})) made.zone_hash_after = *u128();
    made.edits = *gen::container<std::vector<event::ZoneEdit>>(zone_edit_in(zone));
    return made;
  });
}

// Steps among few salts, so that some are allowed wherever a history has come to, and nonsense.
rc::Gen<event::PutCookieSalts> cookie_salts() {
  return gen::exec([] {
    const auto salts = [](std::vector<std::uint8_t> drawn) {
      std::vector<event::CookieSalt> made;
      for (const std::uint8_t one : drawn) made.emplace_back().fill(one);
      return made;
    };
    switch (*gen::inRange(0, 7)) {
      case 0:  return event::PutCookieSalts{{}, salts({0})};
      case 1:  return event::PutCookieSalts{salts({0}), salts({0, 1})};
      case 2:  return event::PutCookieSalts{salts({0, 1}), salts({1, 0})};
      case 3:  return event::PutCookieSalts{salts({1, 0}), salts({1})};
      case 4:  return event::PutCookieSalts{salts({1}), salts({1, 0})};
      case 5:  return event::PutCookieSalts{salts({1, 0}), salts({1, 0, 2})};
      default: return event::PutCookieSalts{salts({1, 0, 2}), salts({1, 1, 2})};
    }
  });
}

rc::Gen<event::Succession> succession() {
  return gen::exec([] {
    event::Succession made{.seq = *gen::arbitrary<std::uint64_t>(),
                           .state_hash = {*gen::arbitrary<std::uint64_t>(), 7}};
    for (auto left = *gen::inRange<std::uint8_t>(0, 4); left > 0; --left) {
      made.places.push_back({*gen::arbitrary<std::int64_t>(), {left, 1, 2}});
    }
    return made;
  });
}

rc::Gen<event::ChangeSet> change_set() {
  return gen::exec([] {
    event::ChangeSet made{.change_id = event::ChangeId(*u128()),
                          .author = *text(event::author_octets_max),
                          .author_epoch = event::AuthorEpoch(*gen::inRange<std::uint64_t>(0, 5)),
                          .reason = *text(event::reason_octets_max),
                          .created_ms = *gen::arbitrary<std::uint64_t>(),
                          .zones = {},
                          .pools = {}};
    made.rollout = pick({event::RolloutClass::Standard, event::RolloutClass::Expedite,
                         event::RolloutClass::Manual});
    if (*gen::arbitrary<bool>()) made.acknowledged_removals = *gen::inRange<std::uint64_t>(0, 30);
    const auto drawn = *gen::resize(4, gen::container<std::vector<dns::Name>>(zone_name()));
    for (const dns::Name& zone : std::set<dns::Name>(drawn.begin(), drawn.end())) {
      made.zones.push_back(*zone_edits(zone));
    }
    made.pools = *gen::resize(5, gen::container<std::vector<event::PoolEdit>>(pool_edit()));
    if (*gen::weightedElement<bool>({{6, false}, {1, true}})) made.cookie_salts = *cookie_salts();
    if (*gen::weightedElement<bool>({{6, false}, {1, true}})) {
      made.origin =
          event::Origin{pick<std::string>({"git", "axfr", "zonefile"}),
                        *text(event::origin_id_octets_max), *gen::arbitrary<std::uint64_t>()};
    }
    if (*gen::weightedElement<bool>({{20, false}, {1, true}})) made.succession = *succession();
    made.min_reader = event::min_reader_of(made);
    return made;
  });
}

rc::Gen<event::HealthFrame> health_frame() {
  return gen::exec([] {
    const auto observation = gen::exec([] {
      return event::Observation{
          *pool_name(), *endpoint_id(),
          pick({event::Observed::Up, event::Observed::Down, event::Observed::Drain}), *text(40)};
    });
    event::HealthFrame made;
    made.prober = pick<std::string>({"ams", "nyc", "sin"});
    made.number = *gen::inRange<std::uint64_t>(0, 100);
    made.full = *gen::arbitrary<bool>();
    made.agent = *gen::weightedElement<bool>({{5, false}, {1, true}});
    made.observations = *gen::container<std::vector<event::Observation>>(observation);
    return made;
  });
}

namespace {
event::Proposal proposal() {
  event::Proposal held{.id = *u128(),
                       .author = *text(255),
                       .reason = *text(100),
                       .created_ms = *gen::inRange<std::uint64_t>(0, 1ULL << 40U),
                       .refusal = *text(100),
                       .zones = {*text(100), "example.org."},
                       .decided_at_seq = *gen::arbitrary<std::uint64_t>(),
                       .change = *gen::arbitrary<base::Bytes>()};
  held.state = pick(
      {event::ProposalState::Open, event::ProposalState::Approved, event::ProposalState::Rejected});
  if (held.state == event::ProposalState::Open) return held;
  held.closed_by = *text(255);
  held.closed_reason = *text(100);
  held.closed_ms = *gen::inRange<std::uint64_t>(0, 1ULL << 40U);
  return held;
}
}  // namespace

rc::Gen<event::ControlRecord> control_record() {
  return gen::exec([]() -> event::ControlRecord {
    const auto seq = *gen::arbitrary<std::uint64_t>();
    switch (*gen::inRange(0, 6)) {
      case 0: return event::Pin{"fleet", seq, *text(255), *text(100)};
      case 1:
        return event::Watermark{"canary",
                                seq,
                                *text(100),
                                *text(63),
                                *gen::inRange<std::uint64_t>(0, 3),
                                *u128(),
                                *gen::arbitrary<bool>()};
      case 2:
        return event::SnapshotAnnounce{std::string(64, pick({'0', 'a', 'f'})),
                                       seq,
                                       2,
                                       *gen::arbitrary<std::int64_t>(),
                                       {*text(100), "http://x/"},
                                       *u128(),
                                       *text(63)};
      case 3: {
        event::Heartbeat beat{*text(63), seq};
        if (*gen::arbitrary<bool>()) return beat;
        beat.seq = seq / 2;
        beat.state_hash = *u128();
        beat.offset = *gen::inRange<std::int64_t>(0, 1000);
        beat.chain.fill(*gen::arbitrary<std::uint8_t>());
        return beat;
      }
      case 4:  return proposal();
      default: return event::LineageSeal{*u128(), *u128(), seq};
    }
  });
}

rc::Gen<event::NodeReport> node_report() {
  return gen::exec([] {
    event::NodeReport made;
    made.node = pick<std::string>({"edge1", "edge2", "edge3"});
    made.ring = *text(20);
    made.state =
        pick({event::NodeState::Cold, event::NodeState::Restored, event::NodeState::CatchingUp,
              event::NodeState::Live, event::NodeState::Diverged, event::NodeState::Halted});
    made.lineage = *u128();
    made.staged_seq = *gen::arbitrary<std::uint64_t>();
    made.active_seq = *gen::arbitrary<std::uint64_t>();
    made.state_hash = *u128();
    made.offset = *gen::arbitrary<std::int64_t>();
    made.health_offset = *gen::arbitrary<std::int64_t>();
    made.chain.fill(*gen::arbitrary<std::uint8_t>());
    made.rejected = *gen::arbitrary<std::uint64_t>();
    made.build = *text(20);
    if (*gen::arbitrary<bool>()) {
      made.pin_scope = "fleet";
      made.pin_seq = *gen::inRange<std::uint64_t>(1, 1000);
      made.pin_trouble = *text(50);
    }
    if (*gen::arbitrary<bool>()) {
      made.instance = *u128();
      made.appended_ms = *gen::inRange<std::int64_t>(-1, 1'000'000);
      made.durable_seq = *gen::arbitrary<std::uint64_t>();
      made.durable_sha256 = *text(64);
      made.snapshot_url = *text(50);
      made.rebuilds = *gen::inRange<std::uint64_t>(0, 3);
      made.rebuilt_seq = *gen::arbitrary<std::uint64_t>();
      made.rebuilt_from_hash = *u128();
      made.rebuilt_to_hash = *u128();
      made.trouble = *text(50);
      made.answers = *gen::arbitrary<std::uint64_t>();
      made.servfail = *gen::arbitrary<std::uint64_t>();
      made.nxdomain = *gen::arbitrary<std::uint64_t>();
      made.held_before_seq = *gen::arbitrary<std::uint64_t>();
      made.wants_withdrawal = *gen::arbitrary<bool>();
    }
    for (int i = *gen::inRange(0, 17); i > 0; --i) {
      made.nacks.push_back({*gen::arbitrary<std::int64_t>(), *u128(), *text(50)});
    }
    return made;
  });
}

}  // namespace tidemark::support
