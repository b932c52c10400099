#include "consumer/history/history_writer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "consumer/history/stored_rrset.hpp"
#include "schemas/codec.hpp"

namespace tidemark::consumer {

namespace {

using base::ByteView;
using base::Result;
using topics::SqliteStatement;

std::int64_t signed_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }

std::size_t count_edits(const event::ChangeSet& change) {
  std::size_t edits = change.pools.size();
  for (const event::ZoneEdits& zone : change.zones) edits += zone.edits.size();
  return edits;
}

std::string pool_of(const event::PoolEdit& edit) {
  if (const auto* put = std::get_if<event::PutPool>(&edit)) return put->pool.name;
  if (const auto* gone = std::get_if<event::DeletePool>(&edit)) return gone->pool;
  if (const auto* set = std::get_if<event::PutOverride>(&edit)) return set->override_.pool;
  return std::get<event::DeleteOverride>(edit).pool;
}

// One a line; none of them holds a line end (rows.cpp reads it).
std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "\n") + one;
  return text;
}

// When it was made: an imported one elsewhere, any other when it was appended.
std::int64_t told_ms(const JudgedRecord& record) {
  const auto& origin = record.change.origin;
  return origin && origin->time_ms != 0 ? signed_of(origin->time_ms) : record.appended_ms;
}

base::Bytes encode_alone(const dns::NameView zone, event::ZoneEdit edit) {
  event::ChangeSet alone{
      .change_id = event::ChangeId({}), .author = {}, .author_epoch = event::AuthorEpoch(0)};
  alone.zones.push_back({.zone = dns::Name(zone), .expect = event::ExpectAny{}});
  alone.zones.front().edits.push_back(std::move(edit));
  return schemas::encode(alone);
}

}  // namespace

Result<HistoryWriter> HistoryWriter::open(const std::string& path, dataset::Lineage lineage) {
  TIDEMARK_TRY(auto file, open_history(path, lineage));
  TIDEMARK_TRY(const auto position, position_of(file));
  return HistoryWriter(std::move(file), position);
}

HistoryWriter::HistoryWriter(topics::SqliteFile file, HistoryPosition position)
    : file_(std::move(file)), position_(position), committed_(position) {}

Result<SqliteStatement*> HistoryWriter::prepared(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    TIDEMARK_TRY(auto statement, file_.prepare(sql));
    found = statements_.emplace(sql, std::move(statement)).first;
  }
  return &found->second;
}

Result<void> HistoryWriter::begin() {
  if (open_) return {};
  TIDEMARK_TRY_VOID(file_.run("BEGIN IMMEDIATE"));
  open_ = true;
  return {};
}

Result<void> HistoryWriter::note_position() {
  TIDEMARK_TRY(auto* const put, prepared("INSERT OR REPLACE INTO facts VALUES('offset', ?1), "
                                         "('seq', ?2), ('first_seq', ?3)"));
  put->bind(1, position_.offset);
  put->bind(2, signed_of(position_.seq));
  put->bind(3, signed_of(position_.first_seq));
  return put->run();
}

Result<void> HistoryWriter::commit() {
  if (!open_) return {};
  auto done = note_position();
  if (done) done = file_.run("COMMIT");
  open_ = false;
  if (!done) {
    (void)file_.run("ROLLBACK");  // what failed first is told
    position_ = committed_;
    return done;
  }
  committed_ = position_;
  return {};
}

Result<void> HistoryWriter::add(const JudgedRecord& record) {
  if (record.offset <= position_.offset) return check_known(record);
  TIDEMARK_TRY_VOID(begin());
  if (auto written = write(record); !written) {
    (void)file_.run("ROLLBACK");
    open_ = false;
    position_ = committed_;
    return written;
  }
  position_.offset = record.offset;
  return {};
}

Result<void> HistoryWriter::check_known(const JudgedRecord& record) {
  TIDEMARK_TRY(auto* const select, prepared("SELECT change_id FROM changes WHERE offset=?1"));
  select->bind(1, record.offset);
  TIDEMARK_TRY(const bool there, select->step());
  const base::Bytes known = there ? select->blob(0) : base::Bytes{};
  select->reset();
  const auto id = base::to_octets(record.change.change_id.value());
  if (!there || position_.first_seq > 0 || std::ranges::equal(known, id)) return {};
  return base::fail(base::Errc::Diverged, file_.path() + ": of another history: at offset " +
                                              std::to_string(record.offset) +
                                              " it knows another change");
}

Result<void> HistoryWriter::skip(std::int64_t offset) {
  if (offset <= position_.offset) return {};
  TIDEMARK_TRY_VOID(begin());
  position_.offset = offset;
  return {};
}

Result<void> HistoryWriter::write(const JudgedRecord& record) {
  if (std::holds_alternative<fold::Twin>(record.judgement)) return {};
  if (const auto* rejected = std::get_if<fold::Rejected>(&record.judgement)) {
    TIDEMARK_TRY_VOID(note_change(record, {}, rejected));
    for (const event::ZoneEdits& edits : record.change.zones) {
      TIDEMARK_TRY(const auto zone, zone_number(edits.zone));
      TIDEMARK_TRY_VOID(touch(zone, {.offset = record.offset, .told_ms = told_ms(record)}));
    }
    return {};
  }
  const auto& accepted = std::get<fold::Accepted>(record.judgement);
  const std::uint64_t seq = accepted.version.seq.value();
  TIDEMARK_TRY_VOID(note_change(record, seq, nullptr));
  for (const event::PoolEdit& edit : record.change.pools) {
    TIDEMARK_TRY_VOID(apply(edit, signed_of(seq)));
  }
  for (const event::ZoneEdits& edits : record.change.zones) {
    TIDEMARK_TRY_VOID(apply(edits, signed_of(seq)));
  }
  for (const fold::ZoneOutcome& outcome : accepted.zones) {
    TIDEMARK_TRY(const auto zone, zone_number(outcome.zone));
    TIDEMARK_TRY_VOID(touch(zone, {.offset = record.offset,
                                   .told_ms = told_ms(record),
                                   .seq = seq,
                                   .serial = outcome.serial,
                                   .lives = !outcome.deleted}));
  }
  position_.seq = seq;
  return {};
}

Result<void> HistoryWriter::note_change(const JudgedRecord& record,
                                        std::optional<std::uint64_t> seq,
                                        const fold::Rejected* rejected) {
  TIDEMARK_TRY(auto* const insert, prepared("INSERT INTO changes VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
                                            "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"));
  const event::ChangeSet& change = record.change;
  const auto id = base::to_octets(change.change_id.value());
  insert->bind(1, record.offset);
  seq ? insert->bind(2, signed_of(*seq)) : insert->bind_null(2);
  insert->bind(3, ByteView(id));
  insert->bind(4, record.appended_ms);
  insert->bind(5, signed_of(change.created_ms));
  insert->bind(6, std::string_view(change.author));
  insert->bind(7, std::string_view(change.reason));
  insert->bind(8, signed_of(count_edits(change)));
  if (rejected != nullptr) {
    insert->bind(9, fold::to_text(rejected->reason));
    insert->bind(10, std::string_view(rejected->detail));
  } else {
    insert->bind_null(9);
    insert->bind_null(10);
  }
  std::vector<std::string> zones, pools;
  for (const event::ZoneEdits& zone : change.zones) zones.push_back(zone.zone.to_text());
  for (const event::PoolEdit& edit : change.pools) pools.push_back(pool_of(edit));
  insert->bind(11, std::string_view(joined(zones)));
  insert->bind(12, std::string_view(joined(pools)));
  insert->bind(13, std::string_view(joined(record.lines)));
  insert->bind(14, told_ms(record));
  if (change.origin) {
    insert->bind(15, std::string_view(change.origin->system));
    insert->bind(16, std::string_view(change.origin->id));
  } else {
    insert->bind_null(15);
    insert->bind_null(16);
  }
  return insert->run();
}

Result<void> HistoryWriter::apply(const event::ZoneEdits& edits, std::int64_t seq) {
  TIDEMARK_TRY(const auto zone, zone_number(edits.zone));
  for (const event::ZoneEdit& edit : edits.edits) {
    const auto* const settings = std::get_if<event::PutZoneSettings>(&edit);
    if (settings != nullptr && !edits.construction) {
      TIDEMARK_TRY_VOID(
          put_entry("settings/" + edits.zone.to_text(), encode_alone(edits.zone, *settings), seq));
      continue;
    }
    TIDEMARK_TRY_VOID(apply(zone, edits.construction, edit, seq));
  }
  return {};
}

Result<void> HistoryWriter::apply(std::int64_t zone, bool construction, const event::ZoneEdit& edit,
                                  std::int64_t seq) {
  if (const auto* put_edit = std::get_if<event::PutRrset>(&edit)) {
    return construction ? build(zone, put_edit->rrset) : put(zone, put_edit->rrset, seq);
  }
  if (const auto* gone = std::get_if<event::DeleteRrset>(&edit)) {
    return construction ? unbuild(zone, gone->owner, gone->type)
                        : remove(zone, gone->owner, gone->type, seq);
  }
  if (std::holds_alternative<event::DeleteZone>(edit)) return remove_all(zone, seq);
  if (std::holds_alternative<event::CommitConstruction>(edit)) return commit_built(zone, seq);
  if (std::holds_alternative<event::BeginConstruction>(edit)) {
    TIDEMARK_TRY(auto* const clear, prepared("DELETE FROM building WHERE zone=?1"));
    clear->bind(1, zone);
    return clear->run();
  }
  return {};  // CreateZone: touch() says that it lives
}

Result<void> HistoryWriter::put(std::int64_t zone, const dns::Rrset& rrset, std::int64_t seq) {
  TIDEMARK_TRY(auto* const key,
               prepared("INSERT INTO keys(zone, owner, type, present, seq) VALUES(?1, ?2, ?3, 1, "
                        "?4) ON CONFLICT DO UPDATE SET present=1, seq=?4 RETURNING id"));
  key->bind(1, zone);
  key->bind(2, rrset.owner.wire());
  key->bind(3, std::int64_t{std::to_underlying(rrset.type)});
  key->bind(4, seq);
  TIDEMARK_TRY(const bool there, key->step());
  const std::int64_t id = there ? key->number(0) : 0;
  TIDEMARK_TRY_VOID(key->run());
  TIDEMARK_TRY(auto* const version,
               prepared("INSERT OR REPLACE INTO versions VALUES(?1, ?2, ?3, ?4)"));
  version->bind(1, id);
  version->bind(2, seq);
  version->bind(3, std::int64_t{rrset.ttl.value()});
  version->bind(4, ByteView(to_stored(rrset.rdata)));
  return version->run();
}

Result<void> HistoryWriter::remove(std::int64_t zone, dns::NameView owner, dns::RrType type,
                                   std::int64_t seq) {
  TIDEMARK_TRY(auto* const key,
               prepared("UPDATE keys SET present=0, seq=?4 WHERE zone=?1 AND owner=?2 AND type=?3 "
                        "RETURNING id"));
  key->bind(1, zone);
  key->bind(2, owner.wire());
  key->bind(3, std::int64_t{std::to_underlying(type)});
  key->bind(4, seq);
  TIDEMARK_TRY(const bool there, key->step());
  const std::int64_t id = there ? key->number(0) : 0;
  TIDEMARK_TRY_VOID(key->run());
  TIDEMARK_TRY(auto* const version,
               prepared("INSERT OR REPLACE INTO versions VALUES(?1, ?2, 0, NULL)"));
  version->bind(1, id);
  version->bind(2, seq);
  return version->run();
}

Result<void> HistoryWriter::remove_all(std::int64_t zone, std::int64_t seq) {
  TIDEMARK_TRY(auto* const versions,
               prepared("INSERT OR REPLACE INTO versions SELECT id, ?2, 0, NULL FROM keys WHERE "
                        "zone=?1 AND present=1"));
  versions->bind(1, zone);
  versions->bind(2, seq);
  TIDEMARK_TRY_VOID(versions->run());
  TIDEMARK_TRY(auto* const keys,
               prepared("UPDATE keys SET present=0, seq=?2 WHERE zone=?1 AND present=1"));
  keys->bind(1, zone);
  keys->bind(2, seq);
  return keys->run();
}

Result<void> HistoryWriter::build(std::int64_t zone, const dns::Rrset& rrset) {
  TIDEMARK_TRY(auto* const insert,
               prepared("INSERT OR REPLACE INTO building VALUES(?1, ?2, ?3, ?4, ?5)"));
  insert->bind(1, zone);
  insert->bind(2, rrset.owner.wire());
  insert->bind(3, std::int64_t{std::to_underlying(rrset.type)});
  insert->bind(4, std::int64_t{rrset.ttl.value()});
  insert->bind(5, ByteView(to_stored(rrset.rdata)));
  return insert->run();
}

Result<void> HistoryWriter::unbuild(std::int64_t zone, dns::NameView owner, dns::RrType type) {
  TIDEMARK_TRY(auto* const gone,
               prepared("DELETE FROM building WHERE zone=?1 AND owner=?2 AND type=?3"));
  gone->bind(1, zone);
  gone->bind(2, owner.wire());
  gone->bind(3, std::int64_t{std::to_underlying(type)});
  return gone->run();
}

// The built zone takes the place of the live one: what is gone, what is new, what differs.
Result<void> HistoryWriter::commit_built(std::int64_t zone, std::int64_t seq) {
  for (const std::string_view sql :
       {"INSERT OR REPLACE INTO versions SELECT k.id, ?2, 0, NULL FROM keys k WHERE k.zone=?1 AND "
        "k.present=1 AND NOT EXISTS (SELECT 1 FROM building b WHERE b.zone=?1 AND b.owner=k.owner "
        "AND b.type=k.type)",
        "UPDATE keys SET present=0, seq=?2 WHERE zone=?1 AND present=1 AND NOT EXISTS (SELECT 1 "
        "FROM building b WHERE b.zone=?1 AND b.owner=keys.owner AND b.type=keys.type)",
        "DELETE FROM building WHERE zone=?1 AND EXISTS (SELECT 1 FROM keys k JOIN versions v ON "
        "v.key=k.id AND v.seq=k.seq WHERE k.zone=?1 AND k.owner=building.owner AND "
        "k.type=building.type AND k.present=1 AND v.ttl=building.ttl AND "
        "v.records=building.records) AND ?2=?2",
        "INSERT INTO keys(zone, owner, type, present, seq) SELECT zone, owner, type, 1, ?2 FROM "
        "building WHERE zone=?1 ON CONFLICT DO UPDATE SET present=1, seq=?2",
        "INSERT OR REPLACE INTO versions SELECT k.id, ?2, b.ttl, b.records FROM building b JOIN "
        "keys k ON k.zone=b.zone AND k.owner=b.owner AND k.type=b.type WHERE b.zone=?1",
        "DELETE FROM building WHERE zone=?1 AND ?2=?2"}) {
    TIDEMARK_TRY(auto* const statement, prepared(sql));
    statement->bind(1, zone);
    statement->bind(2, seq);
    TIDEMARK_TRY_VOID(statement->run());
  }
  return {};
}

Result<void> HistoryWriter::touch(std::int64_t zone, const Touch& touch) {
  TIDEMARK_TRY(auto* const insert,
               prepared("INSERT OR REPLACE INTO touches VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
  insert->bind(1, zone);
  insert->bind(2, touch.offset);
  touch.seq ? insert->bind(3, signed_of(*touch.seq)) : insert->bind_null(3);
  insert->bind(4, std::int64_t{touch.serial.value()});
  insert->bind(5, std::int64_t{touch.lives ? 1 : 0});
  insert->bind(6, touch.told_ms);
  return insert->run();
}

Result<std::int64_t> HistoryWriter::zone_number(dns::NameView zone) {
  TIDEMARK_TRY(auto* const insert,
               prepared("INSERT INTO zones(name) VALUES(?1) ON CONFLICT DO UPDATE SET name=name "
                        "RETURNING id"));
  insert->bind(1, zone.wire());
  TIDEMARK_TRY(const bool there, insert->step());
  const std::int64_t id = there ? insert->number(0) : 0;
  TIDEMARK_TRY_VOID(insert->run());
  return id;
}

Result<void> HistoryWriter::add_baseline(const dataset::Dataset& dataset, std::int64_t offset,
                                         std::int64_t appended_ms) {
  TIDEMARK_TRY_VOID(begin());
  const std::uint64_t seq = dataset.version().seq.value();
  const event::ChangeSet nobody{.change_id = event::ChangeId({}),
                                .author = {},
                                .author_epoch = event::AuthorEpoch(0),
                                .reason = "what was there before the history that is known"};
  const fold::Judgement accepted = fold::Accepted{dataset.version(), {}};
  TIDEMARK_TRY_VOID(note_change({offset, appended_ms, nobody, accepted}, seq, nullptr));
  for (const dataset::Zone& one : dataset.zones()) {
    TIDEMARK_TRY(const auto zone, zone_number(one.name()));
    for (const dns::Rrset& rrset : one.rrsets()) {
      TIDEMARK_TRY_VOID(put(zone, rrset, signed_of(seq)));
    }
    TIDEMARK_TRY_VOID(touch(zone, {.offset = offset,
                                   .told_ms = appended_ms,
                                   .seq = seq,
                                   .serial = one.serial(),
                                   .lives = true}));
  }
  for (const dataset::PoolView& pool : dataset.pools()) {
    TIDEMARK_TRY_VOID(apply(event::PutPool{pool.pool()}, signed_of(seq)));
  }
  for (const event::Override& one : dataset.overrides()) {
    TIDEMARK_TRY_VOID(apply(event::PutOverride{one}, signed_of(seq)));
  }
  position_ = {offset, seq, seq};
  return {};
}

}  // namespace tidemark::consumer
