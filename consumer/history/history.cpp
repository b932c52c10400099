#include "consumer/history/history.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "consumer/history/rows.hpp"
#include "schemas/codec.hpp"

namespace tidemark::consumer {

namespace {

using base::ByteView;
using base::Result;
using topics::SqliteStatement;

std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }

// So many versions changed fewer keys than a zone may have.
constexpr std::uint64_t near_versions = 4096;

std::uint64_t span_of(const DiffQuery& query) {
  return query.from < query.to ? query.to - query.from : query.from - query.to;
}

bool zone_order(const dns::Rrset& a, const dns::Rrset& b) {
  const bool a_soa = a.type == dns::RrType::Soa, b_soa = b.type == dns::RrType::Soa;
  if (a_soa != b_soa) return a_soa;
  if (const auto order = a.owner <=> b.owner; order != 0) return order < 0;
  return a.type < b.type;
}

bool differ(const std::optional<dns::Rrset>& a, const std::optional<dns::Rrset>& b) {
  if (a.has_value() != b.has_value()) return true;
  if (!a || a->type != dns::RrType::Soa) return a != b;
  dns::Rrset other = *b;  // with the serial of `a`: that one belongs to the fold
  if (a->rdata.size() != 1 || other.rdata.size() != 1) return a != b;
  const base::Bytes& from = a->rdata.front();
  base::Bytes& to = other.rdata.front();
  if (from.size() != to.size()) return true;
  std::copy_n(from.end() - 20, 4, to.end() - 20);
  return *a != other;
}

}  // namespace

struct History::Key {
  std::int64_t id;
  std::int64_t zone;
  RrsetPlace place;
};

Result<History> History::open(const std::string& path) {
  TIDEMARK_TRY(auto file, open_history(path));
  return History(std::move(file));
}

Result<SqliteStatement*> History::prepared(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    TIDEMARK_TRY(auto statement, file_.prepare(sql));
    found = statements_.emplace(std::string(sql), std::move(statement)).first;
  }
  found->second.reset();
  return &found->second;
}

Result<HistoryPosition> History::position() { return position_of(file_); }

Result<void> History::check_known(std::uint64_t seq) {
  TIDEMARK_TRY(const auto known, position());
  if (seq >= known.first_seq && seq <= known.seq) return {};
  return base::fail(base::Errc::OutOfRange,
                    "version " + std::to_string(seq) + " is not in the history: it knows " +
                        std::to_string(known.first_seq) + " to " + std::to_string(known.seq));
}

Result<std::vector<dns::Name>> History::zones_at(std::uint64_t seq) {
  TIDEMARK_TRY_VOID(check_known(seq));
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT z.name FROM zones z WHERE (SELECT t.lives FROM touches t WHERE "
                        "t.zone=z.id AND t.seq <= ?1 ORDER BY t.seq DESC LIMIT 1) = 1"));
  select->bind(1, signed_of(seq));
  std::vector<dns::Name> zones;
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    auto name = dns::Name::from_wire(select->blob(0));
    if (!name) return damaged("a zone is no name");
    zones.push_back(*std::move(name));
  }
  select->reset();
  std::ranges::sort(zones);
  return zones;
}

Result<std::optional<std::int64_t>> History::zone_number(dns::NameView zone) {
  TIDEMARK_TRY(auto* const select, prepared("SELECT id FROM zones WHERE name=?1"));
  select->bind(1, zone.wire());
  TIDEMARK_TRY(const bool there, select->step());
  const auto number = there ? std::optional(select->number(0)) : std::nullopt;
  select->reset();
  return number;
}

// Nothing if the zone was not there.
Result<std::optional<dns::Serial>> History::serial_at(std::int64_t zone, std::uint64_t seq) {
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT serial, lives FROM touches WHERE zone=?1 AND seq <= ?2 ORDER BY "
                        "seq DESC LIMIT 1"));
  select->bind(1, zone);
  select->bind(2, signed_of(seq));
  TIDEMARK_TRY(const bool there, select->step());
  std::optional<dns::Serial> serial;
  if (there && select->number(1) != 0) {
    serial = dns::Serial(static_cast<std::uint32_t>(select->number(0)));
  }
  select->reset();
  return serial;
}

Result<PastZone> History::zone_at(dns::NameView zone, std::uint64_t seq) {
  TIDEMARK_TRY_VOID(check_known(seq));
  TIDEMARK_TRY(const auto number, zone_number(zone));
  std::optional<dns::Serial> serial;
  if (number) {
    TIDEMARK_TRY(serial, serial_at(*number, seq));
  }
  if (!serial) {
    return base::fail(base::Errc::NotFound, "zone " + zone.to_text() +
                                                " was not there at version " + std::to_string(seq));
  }
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT k.owner, k.type, v.ttl, v.records FROM keys k JOIN versions v ON "
                        "v.key=k.id AND v.seq=(SELECT max(seq) FROM versions WHERE key=k.id AND "
                        "seq <= ?2) WHERE k.zone=?1 AND v.records IS NOT NULL"));
  select->bind(1, *number);
  select->bind(2, signed_of(seq));
  PastZone past{*serial, {}};
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    TIDEMARK_TRY(auto rrset, read_rrset(*select, *serial));
    past.rrsets.push_back(std::move(rrset));
  }
  select->reset();
  std::ranges::sort(past.rrsets, zone_order);
  return past;
}

Result<std::optional<dns::Name>> History::zone_holding(dns::NameView owner, std::uint64_t seq) {
  for (dns::NameView zone = owner;; zone = zone.parent()) {
    TIDEMARK_TRY(const auto number, zone_number(zone));
    if (number) {
      TIDEMARK_TRY(const auto serial, serial_at(*number, seq));
      if (serial) return dns::Name(zone);
    }
    if (zone.is_root()) return std::nullopt;
  }
}

Result<std::vector<dns::Rrset>> History::rrsets_at(dns::NameView owner,
                                                   std::optional<dns::RrType> type,
                                                   std::uint64_t seq) {
  TIDEMARK_TRY_VOID(check_known(seq));
  TIDEMARK_TRY(const auto zone, zone_holding(owner, seq));
  if (!zone) return std::vector<dns::Rrset>{};
  TIDEMARK_TRY(const auto number, zone_number(*zone));
  TIDEMARK_TRY(const auto serial, serial_at(*number, seq));
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT k.owner, k.type, v.ttl, v.records FROM keys k JOIN versions v ON "
                        "v.key=k.id AND v.seq=(SELECT max(seq) FROM versions WHERE key=k.id AND "
                        "seq <= ?3) WHERE k.zone=?1 AND k.owner=?2 AND v.records IS NOT NULL ORDER "
                        "BY k.type"));
  select->bind(1, *number);
  select->bind(2, owner.wire());
  select->bind(3, signed_of(seq));
  std::vector<dns::Rrset> found;
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    TIDEMARK_TRY(auto rrset, read_rrset(*select, *serial));
    if (!type || rrset.type == *type) found.push_back(std::move(rrset));
  }
  select->reset();
  return found;
}

Result<std::vector<BlameLine>> History::blame(dns::NameView zone) {
  TIDEMARK_TRY(const auto known, position());
  TIDEMARK_TRY(const auto number, zone_number(zone));
  std::optional<dns::Serial> serial;
  if (number) {
    TIDEMARK_TRY(serial, serial_at(*number, known.seq));
  }
  if (!serial) return base::fail(base::Errc::NotFound, "zone " + zone.to_text() + " is not there");
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT k.owner, k.type, v.ttl, v.records, " + std::string(change_columns) +
                        " FROM keys k JOIN versions v ON v.key=k.id AND v.seq=k.seq JOIN changes c "
                        "ON c.seq=k.seq WHERE k.zone=?1 AND k.present=1"));
  select->bind(1, *number);
  std::vector<BlameLine> lines;
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    TIDEMARK_TRY(auto rrset, read_rrset(*select, *serial));
    TIDEMARK_TRY(auto change, read_change(*select, 4));
    lines.push_back({std::move(rrset), std::move(change)});
  }
  select->reset();
  std::ranges::sort(lines, zone_order, &BlameLine::rrset);
  return lines;
}

Result<std::optional<dns::Rrset>> History::value_at(const Key& key, std::uint64_t seq,
                                                    Serials& serials) {
  auto known = serials.find({key.zone, seq});
  if (known == serials.end()) {
    TIDEMARK_TRY(const auto serial, serial_at(key.zone, seq));
    known = serials.emplace(std::pair(key.zone, seq), serial).first;
  }
  const auto serial = known->second;
  if (!serial) return std::nullopt;
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT k.owner, k.type, v.ttl, v.records FROM versions v JOIN keys k ON "
                        "k.id=v.key WHERE v.key=?1 AND v.seq <= ?2 ORDER BY v.seq DESC LIMIT 1"));
  select->bind(1, key.id);
  select->bind(2, signed_of(seq));
  TIDEMARK_TRY(const bool there, select->step());
  std::optional<dns::Rrset> value;
  if (there && !select->is_null(3)) {
    TIDEMARK_TRY(value, read_rrset(*select, *serial));
  }
  select->reset();
  return value;
}

Result<dns::Name> History::zone_name(std::int64_t number) {
  TIDEMARK_TRY(auto* const select, prepared("SELECT name FROM zones WHERE id=?1"));
  select->bind(1, number);
  TIDEMARK_TRY(const bool there, select->step());
  auto name = dns::Name::from_wire(there ? select->blob(0) : base::Bytes{});
  select->reset();
  if (!name) return damaged("a zone is no name");
  return *std::move(name);
}

// A name has few keys, two versions may have changed many: each way begins where less is.
Result<SqliteStatement*> History::select_changed(const DiffQuery& query) {
  if (query.name) {
    return prepared(
        "SELECT k.id, k.zone, k.owner, k.type FROM keys k WHERE k.owner=?4 AND (?3 IS NULL OR "
        "k.zone=?3) AND (?5 IS NULL OR k.type=?5) AND EXISTS (SELECT 1 FROM versions v WHERE "
        "v.key=k.id AND v.seq > ?1 AND v.seq <= ?2)");
  }
  if (query.zone && span_of(query) > near_versions) {
    return prepared(
        "SELECT k.id, k.zone, k.owner, k.type FROM keys k WHERE k.zone=?3 AND ?4 IS NULL AND (?5 "
        "IS NULL OR k.type=?5) AND EXISTS (SELECT 1 FROM versions v WHERE v.key=k.id AND v.seq > "
        "?1 AND v.seq <= ?2)");
  }
  return prepared(
      "SELECT k.id, k.zone, k.owner, k.type FROM keys k WHERE k.id IN (SELECT key FROM versions "
      "WHERE seq > ?1 AND seq <= ?2) AND (?3 IS NULL OR k.zone=?3) AND ?4 IS NULL AND (?5 IS NULL "
      "OR k.type=?5)");
}

// In no order.
Result<std::vector<History::Key>> History::keys_changed(const DiffQuery& query) {
  TIDEMARK_TRY(auto* const select, select_changed(query));
  select->bind(1, signed_of(std::min(query.from, query.to)));
  select->bind(2, signed_of(std::max(query.from, query.to)));
  select->bind_null(3);
  if (query.zone) {
    TIDEMARK_TRY(const auto number, zone_number(*query.zone));
    if (!number) return std::vector<Key>{};
    select->bind(3, *number);
  }
  query.name ? select->bind(4, query.name->wire()) : select->bind_null(4);
  query.type ? select->bind(5, std::int64_t{std::to_underlying(*query.type)})
             : select->bind_null(5);
  std::map<std::int64_t, dns::Name> zones;
  std::vector<Key> keys;
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    const std::int64_t zone = select->number(1);
    auto name = zones.find(zone);
    if (name == zones.end()) {
      TIDEMARK_TRY(auto read, zone_name(zone));
      name = zones.emplace(zone, std::move(read)).first;
    }
    auto owner = dns::Name::from_wire(select->blob(2));
    if (!owner) return damaged("an owner is no name");
    Key key{select->number(0),
            zone,
            {name->second, *std::move(owner), static_cast<dns::RrType>(select->number(3))}};
    if (!query.after || key.place > *query.after) keys.push_back(std::move(key));
  }
  select->reset();
  return keys;
}

Result<std::vector<Difference>> History::diff(const DiffQuery& query) {
  TIDEMARK_TRY_VOID(check_known(query.from));
  TIDEMARK_TRY_VOID(check_known(query.to));
  const bool of_all = !query.zone && !query.name;
  return of_all && span_of(query) > near_versions ? diff_by_zones(query) : diff_of_keys(query);
}

// Canonical order begins with the zone: a page reads the zones that it is of, and no others.
Result<std::vector<Difference>> History::diff_by_zones(const DiffQuery& query) {
  TIDEMARK_TRY(auto* const select, prepared("SELECT name FROM zones"));
  std::vector<dns::Name> zones;
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    auto name = dns::Name::from_wire(select->blob(0));
    if (!name) return damaged("a zone is no name");
    if (!query.after || *name >= query.after->zone) zones.push_back(*std::move(name));
  }
  select->reset();
  std::ranges::sort(zones);
  std::vector<Difference> differences;
  DiffQuery one = query;
  for (dns::Name& zone : zones) {
    if (differences.size() >= query.limit) break;
    one.zone = std::move(zone);
    one.limit = query.limit - differences.size();
    TIDEMARK_TRY(auto found, diff_of_keys(one));
    std::ranges::move(found, std::back_inserter(differences));
  }
  return differences;
}

// The first page must not wait for the order of all: a heap gives one key after the other.
Result<std::vector<Difference>> History::diff_of_keys(const DiffQuery& query) {
  TIDEMARK_TRY(auto keys, keys_changed(query));
  const auto later = [](const Key& a, const Key& b) { return a.place > b.place; };
  std::ranges::make_heap(keys, later);
  Serials serials;
  std::vector<Difference> differences;
  while (!keys.empty() && differences.size() < query.limit) {
    std::ranges::pop_heap(keys, later);
    const Key key = std::move(keys.back());
    keys.pop_back();
    TIDEMARK_TRY(auto before, value_at(key, query.from, serials));
    TIDEMARK_TRY(auto after, value_at(key, query.to, serials));
    if (differ(before, after)) {
      differences.push_back({key.place.zone, std::move(before), std::move(after)});
    }
  }
  return differences;
}

Result<std::vector<std::uint64_t>> History::versions_of(dns::NameView zone, std::uint64_t from,
                                                        std::uint64_t to) {
  TIDEMARK_TRY(const auto number, zone_number(zone));
  std::vector<std::uint64_t> versions;
  if (!number) return versions;
  TIDEMARK_TRY(auto* const select, prepared("SELECT seq FROM touches WHERE zone=?1 AND seq > ?2 "
                                            "AND seq <= ?3 ORDER BY seq"));
  select->bind(1, *number);
  select->bind(2, signed_of(from));
  select->bind(3, signed_of(to));
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    versions.push_back(static_cast<std::uint64_t>(select->number(0)));
  }
  select->reset();
  return versions;
}

Result<std::vector<event::PoolEdit>> History::pools_at(std::uint64_t seq) {
  TIDEMARK_TRY_VOID(check_known(seq));
  TIDEMARK_TRY(auto* const select,
               prepared("SELECT e.value FROM entries e WHERE e.seq=(SELECT max(seq) FROM entries "
                        "WHERE name=e.name AND seq <= ?1) AND e.value IS NOT NULL AND (e.name LIKE "
                        "'pool/%' OR e.name LIKE 'override/%') ORDER BY e.name DESC"));
  select->bind(1, signed_of(seq));
  std::vector<event::PoolEdit> edits;  // "pool/" before "override/": in the order of applying
  for (;;) {
    TIDEMARK_TRY(const bool there, select->step());
    if (!there) break;
    auto alone = schemas::decode_change_set(select->blob(0));
    if (!alone || alone->pools.size() != 1) return damaged("a pool does not decode");
    edits.push_back(std::move(alone->pools.front()));
  }
  select->reset();
  return edits;
}

}  // namespace tidemark::consumer
