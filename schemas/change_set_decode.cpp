#include <algorithm>

#include "change_set_generated.h"
#include "core/event/change_set.hpp"
#include "schemas/codec.hpp"
#include "schemas/opening.hpp"

namespace tidemark::schemas {

namespace {

using base::Errc;
using base::fail;
using base::Result;

constexpr RecordForm change_set_form{"change set", "TMCS", event::change_set_octets_max,
                                     wire::VerifyChangeSetBuffer};
// Check.path and Check.host, Override.reason: the limit of every reason.
constexpr std::size_t phrase_octets_max = event::reason_octets_max;

template <class T>
std::optional<T> optional(const flatbuffers::Optional<T>& value) {
  return value ? std::optional<T>(*value) : std::nullopt;
}

Result<event::Expect> read_expect(const wire::ZoneEdits& zone) {
  switch (zone.expect_type()) {
    case wire::Expect::ExpectAny:    return event::ExpectAny{};
    case wire::Expect::ExpectAbsent: return event::ExpectAbsent{};
    case wire::Expect::ExpectExactly:
      if (const auto* exactly = zone.expect_as_ExpectExactly()) {
        return event::ExpectExactly{event::ZoneSeq(exactly->seq())};
      }
      return fail(Errc::Invalid, "expect: missing");
    case wire::Expect::NONE: return fail(Errc::Invalid, "expect: missing");
  }
  return fail(Errc::Invalid,
              "expect: unknown member " + std::to_string(unsigned(zone.expect_type())));
}

Result<event::ZoneEdit> read(const wire::PutRrset& put, Reading& reading) {
  TIDEMARK_TRY(dns::Name owner, reading.name("owner", put.owner()));
  TIDEMARK_TRY(auto records,
               reading.list<base::Bytes>("records", put.records(), event::change_set_octets_max / 4,
                                         [](const wire::Rdata& rdata, Reading& all) {
                                           return all.octets("octets", rdata.octets(), 65535);
                                         }));
  return event::PutRrset{dns::Rrset{.owner = std::move(owner),
                                    .type = static_cast<dns::RrType>(put.type()),
                                    .ttl = dns::Ttl(put.ttl()),
                                    .rdata = std::move(records)}};
}

Result<event::ZoneEdit> read(const wire::DeleteRrset& gone, Reading& reading) {
  TIDEMARK_TRY(dns::Name owner, reading.name("owner", gone.owner()));
  return event::DeleteRrset{std::move(owner), static_cast<dns::RrType>(gone.type())};
}

Result<event::ZoneEdit> read(const wire::PutZoneSettings& put) {
  return event::PutZoneSettings{.removal_percent_max = optional(put.removal_percent_max()),
                                .removal_rrsets_min = optional(put.removal_rrsets_min()),
                                .ttl_seconds_ceiling = optional(put.ttl_seconds_ceiling()),
                                .expire_seconds = optional(put.expire_seconds())};
}

Result<event::ZoneEdit> read(const wire::ZoneEditItem& item, Reading& reading) {
  const auto type = item.edit_type();
  if (item.edit() == nullptr) return fail(Errc::Invalid, "edit: missing");
  switch (type) {
    case wire::ZoneEdit::CreateZone:        return event::CreateZone{};
    case wire::ZoneEdit::DeleteZone:        return event::DeleteZone{};
    case wire::ZoneEdit::PutRrset:          return read(*item.edit_as_PutRrset(), reading);
    case wire::ZoneEdit::DeleteRrset:       return read(*item.edit_as_DeleteRrset(), reading);
    case wire::ZoneEdit::PutZoneSettings:   return read(*item.edit_as_PutZoneSettings());
    case wire::ZoneEdit::BeginConstruction: return event::BeginConstruction{};
    case wire::ZoneEdit::CommitConstruction:
      return event::CommitConstruction{item.edit_as_CommitConstruction()->rrsets()};
    case wire::ZoneEdit::NONE: break;
  }
  return fail(Errc::Invalid, "edit: unknown member " + std::to_string(unsigned(type)));
}

Result<event::ZoneEdits> read(const wire::ZoneEdits& zone, Reading& reading) {
  TIDEMARK_TRY(dns::Name name, reading.name("zone", zone.zone()));
  TIDEMARK_TRY(event::Expect expect, read_expect(zone));
  std::optional<base::U128> hash_after;
  if (const auto* hash = zone.zone_hash_after()) hash_after = base::U128{hash->high(), hash->low()};
  TIDEMARK_TRY(auto edits,
               reading.list<event::ZoneEdit>(
                   "edits", zone.edits(), event::edits_max,
                   [](const wire::ZoneEditItem& item, Reading& all) { return read(item, all); }));
  return event::ZoneEdits{.zone = std::move(name),
                          .expect = std::move(expect),
                          .construction = zone.construction(),
                          .zone_hash_after = hash_after,
                          .edits = std::move(edits)};
}

Result<event::Address> read_address(const wire::Endpoint& endpoint, Reading& reading) {
  using Family = event::Address::Family;
  TIDEMARK_TRY(const Family family,
               known<Family>("family", endpoint.family(), {Family::V4, Family::V6}));
  TIDEMARK_TRY(const base::Bytes octets, reading.octets("address", endpoint.address(), 16));
  if (octets.size() != (family == Family::V4 ? 4u : 16u)) {
    return fail(Errc::Invalid,
                "address: " + std::to_string(octets.size()) + " octets do not fit its family");
  }
  event::Address address{.family = family};
  std::ranges::copy(octets, address.octets.begin());
  return address;
}

Result<event::Endpoint> read(const wire::Endpoint& endpoint, Reading& reading) {
  using event::EndpointStatus;
  TIDEMARK_TRY(std::string id, reading.text("id", endpoint.id(), event::endpoint_id_octets_max));
  TIDEMARK_TRY(const event::Address address, read_address(endpoint, reading));
  TIDEMARK_TRY(const auto status,
               known("status", endpoint.status(),
                     {EndpointStatus::Obey, EndpointStatus::Up, EndpointStatus::Down}));
  return event::Endpoint{std::move(id), address, endpoint.weight(), status};
}

Result<event::Check> read(const wire::Check* check, Reading& reading) {
  using event::CheckKind;
  if (check == nullptr) return fail(Errc::Invalid, "check: missing");
  event::Check out;
  TIDEMARK_TRY(out.kind,
               known("kind", check->kind(),
                     {CheckKind::None, CheckKind::Tcp, CheckKind::Http, CheckKind::Https}));
  TIDEMARK_TRY(out.path, reading.text("path", check->path(), phrase_octets_max));
  TIDEMARK_TRY(out.host, reading.text("host", check->host(), phrase_octets_max));
  out.port = check->port();
  out.status_low = check->status_low();
  out.status_high = check->status_high();
  out.verify_tls = check->verify_tls();
  out.interval_ms = check->interval_ms();
  out.timeout_ms = check->timeout_ms();
  out.rise = check->rise();
  out.fall = check->fall();
  return out;
}

Result<std::string> pool_name(const flatbuffers::String* name, Reading& reading) {
  return reading.text("pool", name, event::pool_name_octets_max);
}
Result<std::string> endpoint_id(const flatbuffers::String* id, Reading& reading) {
  return reading.text("endpoint", id, event::endpoint_id_octets_max);
}

Result<event::PoolEdit> read(const wire::PutPool& put, Reading& reading) {
  using event::AllDown;
  const wire::Pool* pool = put.pool();
  if (pool == nullptr) return fail(Errc::Invalid, "pool: missing");
  event::Pool out;
  TIDEMARK_TRY(out.name, reading.text("name", pool->name(), event::pool_name_octets_max));
  TIDEMARK_TRY(out.endpoints, reading.list<event::Endpoint>(
                                  "endpoints", pool->endpoints(), event::pool_endpoints_max,
                                  [](const wire::Endpoint& endpoint, Reading& all) {
                                    return read(endpoint, all);
                                  }));
  TIDEMARK_TRY(out.check, read(pool->check(), reading));
  TIDEMARK_TRY(out.all_down, known("all_down", pool->all_down(),
                                   {AllDown::AnswerAll, AllDown::LastHealthy, AllDown::ServFail}));
  out.floor = pool->floor();
  out.quorum = pool->quorum();
  out.stale_after_ms = pool->stale_after_ms();
  return event::PutPool{std::move(out)};
}

Result<event::PoolEdit> read(const wire::PutOverride& put, Reading& reading) {
  using event::OverrideState;
  const wire::Override* value = put.value();
  if (value == nullptr) return fail(Errc::Invalid, "value: missing");
  TIDEMARK_TRY(std::string pool, pool_name(value->pool(), reading));
  TIDEMARK_TRY(std::string endpoint, endpoint_id(value->endpoint(), reading));
  TIDEMARK_TRY(const auto state,
               known("state", value->state(),
                     {OverrideState::Up, OverrideState::Down, OverrideState::Drain}));
  TIDEMARK_TRY(std::string reason, reading.text("reason", value->reason(), phrase_octets_max));
  return event::PutOverride{event::Override{std::move(pool), std::move(endpoint), state,
                                            value->until_ms(), std::move(reason)}};
}

Result<event::PoolEdit> read(const wire::PoolEditItem& item, Reading& reading) {
  if (item.edit() == nullptr) return fail(Errc::Invalid, "edit: missing");
  switch (item.edit_type()) {
    case wire::PoolEdit::PutPool:     return read(*item.edit_as_PutPool(), reading);
    case wire::PoolEdit::PutOverride: return read(*item.edit_as_PutOverride(), reading);
    case wire::PoolEdit::DeletePool:  {
      TIDEMARK_TRY(std::string pool, pool_name(item.edit_as_DeletePool()->pool(), reading));
      return event::DeletePool{std::move(pool)};
    }
    case wire::PoolEdit::DeleteOverride: {
      const auto* gone = item.edit_as_DeleteOverride();
      TIDEMARK_TRY(std::string pool, pool_name(gone->pool(), reading));
      TIDEMARK_TRY(std::string endpoint, endpoint_id(gone->endpoint(), reading));
      return event::DeleteOverride{std::move(pool), std::move(endpoint)};
    }
    case wire::PoolEdit::NONE: break;
  }
  return fail(Errc::Invalid, "edit: unknown member " + std::to_string(unsigned(item.edit_type())));
}

Result<event::CookieSalt> read(const wire::CookieSalt& salt, Reading& reading) {
  event::CookieSalt out{};
  TIDEMARK_TRY(const base::Bytes octets, reading.octets("octets", salt.octets(), out.size()));
  if (octets.size() != out.size()) {
    return fail(Errc::Invalid, "octets: " + std::to_string(octets.size()) + ", not 16");
  }
  std::ranges::copy(octets, out.begin());
  return out;
}

Result<std::optional<event::PutCookieSalts>> read(const wire::PutCookieSalts* put,
                                                  Reading& reading) {
  if (put == nullptr) return std::nullopt;
  const auto one = [](const wire::CookieSalt& salt, Reading& all) { return read(salt, all); };
  event::PutCookieSalts out;
  TIDEMARK_TRY(out.expected, reading.list<event::CookieSalt>("expected", put->expected(),
                                                             event::cookie_salts_max, one));
  TIDEMARK_TRY(out.salts, reading.list<event::CookieSalt>("salts", put->salts(),
                                                          event::cookie_salts_max, one));
  return out;
}

Result<std::optional<event::Origin>> read(const wire::Origin* origin, Reading& reading) {
  if (origin == nullptr) return std::nullopt;
  event::Origin out{.system = {}, .id = {}, .time_ms = origin->time_ms()};
  TIDEMARK_TRY(out.system,
               reading.text("origin system", origin->system(), event::origin_system_octets_max));
  TIDEMARK_TRY(out.id, reading.text("origin id", origin->id(), event::origin_id_octets_max));
  return out;
}

Result<event::Succession::Place> read(const wire::SuccessionPlace& place, Reading& reading) {
  event::Succession::Place out{place.offset(), {}};
  TIDEMARK_TRY(const base::Bytes chain, reading.octets("chain", place.chain(), out.chain.size()));
  if (chain.size() != out.chain.size()) {
    return fail(Errc::Invalid, "chain: " + std::to_string(chain.size()) + ", not 32");
  }
  std::ranges::copy(chain, out.chain.begin());
  return out;
}

Result<std::optional<event::Succession>> read(const wire::Succession* succession,
                                              Reading& reading) {
  if (succession == nullptr) return std::nullopt;
  event::Succession out{.seq = succession->seq()};
  TIDEMARK_TRY(out.state_hash, number("succession state_hash", succession->state_hash()));
  TIDEMARK_TRY(
      out.places,
      reading.list<event::Succession::Place>(
          "succession places", succession->places(), event::succession_places_max,
          [](const wire::SuccessionPlace& place, Reading& all) { return read(place, all); }));
  return out;
}

Result<void> check_edit_count(const event::ChangeSet& change) {
  std::size_t edits = change.pools.size();
  for (const event::ZoneEdits& zone : change.zones) edits += zone.edits.size();
  if (edits <= event::edits_max) return {};
  return fail(Errc::Invalid, "edits: " + std::to_string(edits) + " are more than " +
                                 std::to_string(event::edits_max));
}

Result<event::ChangeSet> read(const wire::ChangeSet& wire_change, Reading& reading) {
  using event::RolloutClass;
  TIDEMARK_TRY(const base::U128 id, number("change_id", wire_change.change_id()));
  event::ChangeSet change{.change_id = event::ChangeId(id),
                          .author = {},
                          .author_epoch = event::AuthorEpoch(wire_change.author_epoch()),
                          .reason = {},
                          .acknowledged_removals = optional(wire_change.acknowledged_removals()),
                          .zones = {},
                          .pools = {},
                          .cookie_salts = {},
                          .origin = {},
                          .succession = {}};
  change.min_reader = wire_change.min_reader();
  change.fold_version = wire_change.fold_version();
  change.created_ms = wire_change.created_ms();
  TIDEMARK_TRY(change.author,
               reading.text("author", wire_change.author(), event::author_octets_max));
  TIDEMARK_TRY(change.reason,
               reading.text("reason", wire_change.reason(), event::reason_octets_max));
  TIDEMARK_TRY(change.rollout,
               known("rollout", wire_change.rollout(),
                     {RolloutClass::Standard, RolloutClass::Expedite, RolloutClass::Manual}));
  TIDEMARK_TRY(change.zones,
               reading.list<event::ZoneEdits>(
                   "zones", wire_change.zones(), event::edits_max,
                   [](const wire::ZoneEdits& zone, Reading& all) { return read(zone, all); }));
  TIDEMARK_TRY(change.pools,
               reading.list<event::PoolEdit>(
                   "pools", wire_change.pools(), event::edits_max,
                   [](const wire::PoolEditItem& item, Reading& all) { return read(item, all); }));
  TIDEMARK_TRY(change.cookie_salts, read(wire_change.cookie_salts(), reading));
  TIDEMARK_TRY(change.origin, read(wire_change.origin(), reading));
  TIDEMARK_TRY(change.succession, read(wire_change.succession(), reading));
  TIDEMARK_TRY_VOID(check_edit_count(change));
  return change;
}

}  // namespace

base::Result<event::ChangeSet> decode_change_set(base::ByteView record) {
  TIDEMARK_TRY(const Opened opened, open(record, change_set_form));
  Reading reading(record.size());
  auto change = read(*wire::GetChangeSet(opened.data()), reading);
  if (!change) return std::unexpected(std::move(change).error().at(change_set_form.noun));
  return change;
}

}  // namespace tidemark::schemas
