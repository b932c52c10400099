#include "tests/support/life.hpp"

#include <utility>

#include "core/base/check.hpp"
#include "schemas/codec.hpp"

namespace tidemark::support {

namespace gen = rc::gen;

namespace {

// Of a die, whatever the size that rapidcheck has reached: gen::inRange alone would shrink it.
int roll(int sides) { return *gen::resize(rc::kNominalSize, gen::inRange(0, sides)); }

event::ChangeSet in_zone(std::uint64_t number, const dns::Name& zone,
                         std::vector<event::ZoneEdit> edits, bool construction = false) {
  event::ChangeSet change = change_numbered(number);
  change.zones.push_back({zone, event::ExpectAny{}, construction, std::nullopt, std::move(edits)});
  return change;
}

dns::Rrset pool_reference(const dns::Name& owner, std::string_view pool) {
  const base::ByteView octets = base::as_bytes(pool);
  return {owner, dns::RrType::Pool, dns::Ttl(30), {base::Bytes(octets.begin(), octets.end())}};
}

std::vector<event::ChangeSet> import_of(std::uint64_t number, const dns::Name& zone) {
  return {in_zone(number, zone, {event::BeginConstruction{}}, true),
          in_zone(number + 1, zone,
                  {event::PutRrset{soa_of(zone, 7)}, event::PutRrset{ns_of(zone)},
                   event::PutRrset{a_record(*zone.child("built"), 0xc0000207)}},
                  true),
          in_zone(number + 2, zone, {event::CommitConstruction{3}}, true)};
}

event::DeleteRrset delete_some(const dns::Name& zone) {
  const dns::Rrset some = *rrset_in(zone);
  return {some.owner, some.type};
}

event::ChangeSet one_change(std::uint64_t number) {
  const dns::Name zone = *zone_name();
  switch (roll(10)) {
    case 0: return create_zone(number, zone);
    case 1: return put(number, zone, *rrset_in(zone));
    case 2: return in_zone(number, zone, {delete_some(zone)});
    case 3: {
      event::ChangeSet change = change_numbered(number);
      change.pools.push_back(event::PutPool{*pool()});
      return change;
    }
    case 4: return put(number, zone, pool_reference(*zone.child("pool"), *pool_name()));
    case 5: {
      event::ChangeSet change = change_numbered(number);
      change.pools.push_back(*pool_edit());
      return change;
    }
    case 6: return in_zone(number, zone, {event::PutZoneSettings{50, 4, std::nullopt}});
    case 7: return in_zone(number, zone, {event::DeleteZone{}});
    case 8: {
      event::ChangeSet change = change_numbered(number);
      change.cookie_salts = *cookie_salts();
      change.min_reader = event::min_reader_of(change);
      return change;
    }
    default: {
      event::ChangeSet change = *change_set();
      change.change_id = event::ChangeId({7, number});
      return change;
    }
  }
}

}  // namespace

event::ChangeSet change_numbered(std::uint64_t number) {
  return {.change_id = event::ChangeId({1, number}),
          .author = "tests",
          .author_epoch = event::AuthorEpoch(0),
          .reason = "because",
          .zones = {},
          .pools = {}};
}

event::ChangeSet create_zone(std::uint64_t number, const dns::Name& zone) {
  return in_zone(
      number, zone,
      {event::CreateZone{}, event::PutRrset{soa_of(zone, 1)}, event::PutRrset{ns_of(zone)}});
}

event::ChangeSet put(std::uint64_t number, const dns::Name& zone, dns::Rrset rrset) {
  return in_zone(number, zone, {event::PutRrset{std::move(rrset)}});
}

dns::Rrset a_record(const dns::Name& owner, std::uint32_t address) {
  base::Bytes octets(4);
  base::store_u32(octets.data(), address);
  return {owner, dns::RrType::A, dns::Ttl(60), {octets}};
}

log::Draft draft(const event::ChangeSet& change) {
  std::string key = change.zones.empty() ? std::string() : change.zones.front().zone.to_text();
  return {.key = std::move(key), .value = schemas::encode(change)};
}
log::Draft draft(const event::HealthFrame& frame) {
  return {.key = frame.prober, .value = schemas::encode(frame)};
}
log::Draft gibberish() { return {.key = "?", .value = {1, 2, 3, 4, 5, 6, 7, 8, 9}}; }

rc::Gen<std::vector<log::Draft>> life(std::size_t records_min, std::size_t records_max) {
  return gen::exec([=] {
    std::vector<log::Draft> drafts;
    const std::size_t wanted = *gen::inRange(records_min, records_max);
    for (std::uint64_t number = 1; drafts.size() < wanted; number += 10) {
      switch (roll(12)) {
        case 0: drafts.push_back(gibberish()); break;
        case 1:
          for (const auto& change : import_of(number, *zone_name()))
            drafts.push_back(draft(change));
          break;
        case 2:
          if (!drafts.empty()) {  // sent again after an unknown outcome
            drafts.push_back(drafts[*gen::inRange<std::size_t>(0, drafts.size())]);
            break;
          }
          [[fallthrough]];
        case 3:  drafts.push_back(draft(create_zone(number, *zone_name()))); break;
        default: drafts.push_back(draft(one_change(number))); break;
      }
    }
    return drafts;
  });
}

void append(log::Log& log, std::string_view topic, const std::vector<log::Draft>& drafts) {
  auto sink = log.sink(topic);
  TIDEMARK_CHECK(sink.has_value(), "the topic exists");
  std::uint64_t ticket = 0;
  for (const log::Draft& draft : drafts) {
    TIDEMARK_CHECK((*sink)->append(log::Ticket(++ticket), draft).has_value(), "the log takes it");
  }
  while (ticket > 0) ticket -= (*sink)->completions().size();
}

}  // namespace tidemark::support
