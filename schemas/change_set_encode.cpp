#include "change_set_generated.h"
#include "core/event/change_set.hpp"
#include "schemas/codec.hpp"

namespace tidemark::schemas {

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Octets = Offset<flatbuffers::Vector<std::uint8_t>>;
using Union = Offset<void>;

// Absent and empty are the same value; the shorter one is written.
Offset<flatbuffers::String> text(FlatBufferBuilder& out, const std::string& value) {
  return value.empty() ? 0 : out.CreateString(value);
}
Octets octets(FlatBufferBuilder& out, base::ByteView bytes) {
  return out.CreateVector(bytes.data(), bytes.size());
}
template <class T>
Offset<flatbuffers::Vector<Offset<T>>> items(FlatBufferBuilder& out,
                                             const std::vector<Offset<T>>& all) {
  return all.empty() ? 0 : out.CreateVector(all);
}
template <class T>
flatbuffers::Optional<T> optional(const std::optional<T>& value) {
  return value ? flatbuffers::Optional<T>(*value) : flatbuffers::nullopt;
}

// Each operator() writes one member of a union and leaves its tag in `type`. Arguments are written
// one statement at a time: the order of evaluation, and so the bytes, must not be the compiler's.
struct ExpectWriter {
  FlatBufferBuilder& out;
  wire::Expect type = wire::Expect::NONE;

  Union operator()(const event::ExpectAny&) {
    type = wire::Expect::ExpectAny;
    return wire::CreateExpectAny(out).Union();
  }
  Union operator()(const event::ExpectAbsent&) {
    type = wire::Expect::ExpectAbsent;
    return wire::CreateExpectAbsent(out).Union();
  }
  Union operator()(const event::ExpectExactly& exactly) {
    type = wire::Expect::ExpectExactly;
    return wire::CreateExpectExactly(out, exactly.seq.value()).Union();
  }
};

struct ZoneEditWriter {
  FlatBufferBuilder& out;
  wire::ZoneEdit type = wire::ZoneEdit::NONE;

  Union operator()(const event::CreateZone&) {
    type = wire::ZoneEdit::CreateZone;
    return wire::CreateCreateZone(out).Union();
  }
  Union operator()(const event::DeleteZone&) {
    type = wire::ZoneEdit::DeleteZone;
    return wire::CreateDeleteZone(out).Union();
  }
  Union operator()(const event::PutRrset& put) {
    type = wire::ZoneEdit::PutRrset;
    std::vector<Offset<wire::Rdata>> records;
    records.reserve(put.rrset.rdata.size());
    for (const base::Bytes& rdata : put.rrset.rdata) {
      const Octets bytes = octets(out, rdata);
      records.push_back(wire::CreateRdata(out, bytes));
    }
    const auto list = items(out, records);
    const Octets owner = octets(out, put.rrset.owner.wire());
    return wire::CreatePutRrset(out, owner, static_cast<std::uint16_t>(put.rrset.type),
                                put.rrset.ttl.value(), list)
        .Union();
  }
  Union operator()(const event::DeleteRrset& gone) {
    type = wire::ZoneEdit::DeleteRrset;
    const Octets owner = octets(out, gone.owner.wire());
    return wire::CreateDeleteRrset(out, owner, static_cast<std::uint16_t>(gone.type)).Union();
  }
  Union operator()(const event::PutZoneSettings& put) {
    type = wire::ZoneEdit::PutZoneSettings;
    return wire::CreatePutZoneSettings(
               out, optional(put.removal_percent_max), optional(put.removal_rrsets_min),
               optional(put.ttl_seconds_ceiling), optional(put.expire_seconds))
        .Union();
  }
  Union operator()(const event::BeginConstruction&) {
    type = wire::ZoneEdit::BeginConstruction;
    return wire::CreateBeginConstruction(out).Union();
  }
  Union operator()(const event::CommitConstruction& commit) {
    type = wire::ZoneEdit::CommitConstruction;
    return wire::CreateCommitConstruction(out, commit.rrsets).Union();
  }
};

Offset<wire::ZoneEdits> write(FlatBufferBuilder& out, const event::ZoneEdits& zone) {
  std::vector<Offset<wire::ZoneEditItem>> edits;
  edits.reserve(zone.edits.size());
  for (const event::ZoneEdit& edit : zone.edits) {
    ZoneEditWriter writer{out};
    const Union value = std::visit(writer, edit);
    edits.push_back(wire::CreateZoneEditItem(out, writer.type, value));
  }
  const auto list = items(out, edits);
  ExpectWriter expecter{out};
  const Union expect = std::visit(expecter, zone.expect);
  const Octets name = octets(out, zone.zone.wire());
  const base::U128 hash = zone.zone_hash_after.value_or(base::U128{});
  const wire::U128 hash_after(hash.high, hash.low);
  return wire::CreateZoneEdits(out, name, expecter.type, expect, zone.construction,
                               zone.zone_hash_after ? &hash_after : nullptr, list);
}

Offset<wire::Endpoint> write(FlatBufferBuilder& out, const event::Endpoint& endpoint) {
  const auto id = text(out, endpoint.id);
  const bool is_v4 = endpoint.address.family == event::Address::Family::V4;
  const Octets address = octets(out, base::ByteView(endpoint.address.octets).first(is_v4 ? 4 : 16));
  return wire::CreateEndpoint(out, id, is_v4 ? wire::AddressFamily::V4 : wire::AddressFamily::V6,
                              address, endpoint.weight,
                              static_cast<wire::EndpointStatus>(endpoint.status));
}

Offset<wire::Check> write(FlatBufferBuilder& out, const event::Check& check) {
  const auto path = text(out, check.path);
  const auto host = text(out, check.host);
  return wire::CreateCheck(out, static_cast<wire::CheckKind>(check.kind), check.port, path, host,
                           check.status_low, check.status_high, check.verify_tls, check.interval_ms,
                           check.timeout_ms, check.rise, check.fall);
}

Offset<wire::Pool> write(FlatBufferBuilder& out, const event::Pool& pool) {
  std::vector<Offset<wire::Endpoint>> endpoints;
  for (const event::Endpoint& endpoint : pool.endpoints) endpoints.push_back(write(out, endpoint));
  const auto list = items(out, endpoints);
  const auto check = write(out, pool.check);
  const auto name = text(out, pool.name);
  return wire::CreatePool(out, name, list, check, static_cast<wire::AllDown>(pool.all_down),
                          pool.floor, pool.quorum, pool.stale_after_ms);
}

struct PoolEditWriter {
  FlatBufferBuilder& out;
  wire::PoolEdit type = wire::PoolEdit::NONE;

  Union operator()(const event::PutPool& put) {
    type = wire::PoolEdit::PutPool;
    const auto pool = write(out, put.pool);
    return wire::CreatePutPool(out, pool).Union();
  }
  Union operator()(const event::DeletePool& gone) {
    type = wire::PoolEdit::DeletePool;
    const auto pool = text(out, gone.pool);
    return wire::CreateDeletePool(out, pool).Union();
  }
  Union operator()(const event::PutOverride& put) {
    type = wire::PoolEdit::PutOverride;
    const auto pool = text(out, put.override_.pool);
    const auto endpoint = text(out, put.override_.endpoint);
    const auto reason = text(out, put.override_.reason);
    const auto value = wire::CreateOverride(out, pool, endpoint,
                                            static_cast<wire::OverrideState>(put.override_.state),
                                            put.override_.until_ms, reason);
    return wire::CreatePutOverride(out, value).Union();
  }
  Union operator()(const event::DeleteOverride& gone) {
    type = wire::PoolEdit::DeleteOverride;
    const auto pool = text(out, gone.pool);
    const auto endpoint = text(out, gone.endpoint);
    return wire::CreateDeleteOverride(out, pool, endpoint).Union();
  }
};

Offset<wire::PoolEditItem> write(FlatBufferBuilder& out, const event::PoolEdit& edit) {
  PoolEditWriter writer{out};
  const Union value = std::visit(writer, edit);
  return wire::CreatePoolEditItem(out, writer.type, value);
}

Offset<flatbuffers::Vector<Offset<wire::CookieSalt>>> write(
    FlatBufferBuilder& out, const std::vector<event::CookieSalt>& salts) {
  std::vector<Offset<wire::CookieSalt>> list;
  for (const event::CookieSalt& salt : salts) {
    const Octets bytes = octets(out, salt);
    list.push_back(wire::CreateCookieSalt(out, bytes));
  }
  return items(out, list);
}

Offset<wire::PutCookieSalts> write(FlatBufferBuilder& out,
                                   const std::optional<event::PutCookieSalts>& put) {
  if (!put) return 0;
  const auto expected = write(out, put->expected);
  const auto salts = write(out, put->salts);
  return wire::CreatePutCookieSalts(out, expected, salts);
}

Offset<wire::Origin> write(FlatBufferBuilder& out, const std::optional<event::Origin>& origin) {
  if (!origin) return 0;
  const auto system = text(out, origin->system);
  const auto id = text(out, origin->id);
  return wire::CreateOrigin(out, system, id, origin->time_ms);
}

Offset<wire::Succession> write(FlatBufferBuilder& out,
                               const std::optional<event::Succession>& succession) {
  if (!succession) return 0;
  std::vector<Offset<wire::SuccessionPlace>> places;
  for (const event::Succession::Place& place : succession->places) {
    const Octets chain = octets(out, place.chain);
    places.push_back(wire::CreateSuccessionPlace(out, place.offset, chain));
  }
  const auto list = items(out, places);
  const wire::U128 hash(succession->state_hash.high, succession->state_hash.low);
  return wire::CreateSuccession(out, succession->seq, &hash, list);
}

}  // namespace

base::Bytes encode(const event::ChangeSet& change) {
  FlatBufferBuilder out(1024);
  std::vector<Offset<wire::ZoneEdits>> zones;
  for (const event::ZoneEdits& zone : change.zones) zones.push_back(write(out, zone));
  const auto zone_list = items(out, zones);
  std::vector<Offset<wire::PoolEditItem>> pools;
  for (const event::PoolEdit& edit : change.pools) pools.push_back(write(out, edit));
  const auto pool_list = items(out, pools);
  const auto cookie_salts = write(out, change.cookie_salts);
  const auto origin = write(out, change.origin);
  const auto succession = write(out, change.succession);
  const auto author = text(out, change.author);
  const auto reason = text(out, change.reason);
  const wire::U128 change_id(change.change_id.value().high, change.change_id.value().low);
  const auto root = wire::CreateChangeSet(
      out, change.min_reader, change.fold_version, &change_id, author, change.author_epoch.value(),
      reason, change.created_ms, static_cast<wire::RolloutClass>(change.rollout),
      optional(change.acknowledged_removals), zone_list, pool_list, cookie_salts, origin,
      succession);
  wire::FinishChangeSetBuffer(out, root);
  return base::Bytes(out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize());
}

}  // namespace tidemark::schemas
