#include "producer/publish/outbox.hpp"

#include <algorithm>

#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {

constexpr std::string_view schema = R"(
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS entries(
  number INTEGER PRIMARY KEY, group_id BLOB NOT NULL, record BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS receipts(
  key TEXT PRIMARY KEY, request BLOB NOT NULL, change_id BLOB NOT NULL,
  status INTEGER NOT NULL, body TEXT NOT NULL, number INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS receipts_by_number ON receipts(number);
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
)";
constexpr std::int64_t format_version = 1;

base::Bytes to_blob(event::ChangeId id) {
  const auto octets = base::to_octets(id.value());
  return {octets.begin(), octets.end()};
}

base::Result<event::ChangeId> id_from_blob(const base::Bytes& blob) {
  if (blob.size() != 16) return base::fail(base::Errc::Invalid, "outbox: an id is not 16 octets");
  return event::ChangeId({base::load_u64(blob.data()), base::load_u64(blob.data() + 8)});
}

event::ChangeSet outline_of(event::ChangeSet change) {
  for (event::ZoneEdits& zone : change.zones) {
    if (!zone.construction) continue;
    std::erase_if(zone.edits, [](const event::ZoneEdit& edit) {
      return std::holds_alternative<event::PutRrset>(edit);
    });
  }
  return change;
}

}  // namespace

base::Result<Outbox> Outbox::open(const std::string& path, OutboxLimits limits) {
  TIDEMARK_TRY(auto file, topics::SqliteFile::open(path, topics::SqliteFile::Mode::Create));
  TIDEMARK_TRY(const auto version, file.number("PRAGMA user_version"));
  if (version != 0 && version != format_version) {
    return base::fail(base::Errc::Unsupported,
                      path + ": an outbox of format " + std::to_string(version) +
                          ", this program knows " + std::to_string(format_version));
  }
  TIDEMARK_TRY_VOID(file.run(std::string(schema)));
  TIDEMARK_TRY_VOID(file.run("PRAGMA user_version=" + std::to_string(format_version)));
  Outbox outbox(std::move(file), limits);
  if (auto loaded = outbox.load(); !loaded) {
    return std::unexpected(std::move(loaded).error().at(path));
  }
  return outbox;
}

base::Result<void> Outbox::load() {
  TIDEMARK_TRY(auto rows,
               file_.prepare("SELECT number, group_id, record FROM entries ORDER BY number"));
  for (;;) {
    TIDEMARK_TRY(const bool there, rows.step());
    if (!there) break;
    const auto number = static_cast<std::uint64_t>(rows.number(0));
    TIDEMARK_TRY(const auto group, id_from_blob(rows.blob(1)));
    const base::Bytes record = rows.blob(2);
    auto change = schemas::decode_change_set(record);
    if (!change) {
      return std::unexpected(std::move(change).error().at("entry " + std::to_string(number)));
    }
    const event::ChangeId id = change->change_id;
    entries_.push_back({number, id, group, record.size(), outline_of(*std::move(change))});
    octets_ += record.size();
    next_number_ = number + 1;
  }
  return {};
}

base::Result<void> Outbox::add(const std::vector<event::ChangeSet>& changes,
                               const std::optional<Receipt>& receipt) {
  if (entries_.size() + changes.size() > limits_.entries_max) {
    return base::fail(base::Errc::TooLarge, "the outbox holds " + std::to_string(entries_.size()) +
                                                " of " + std::to_string(limits_.entries_max) +
                                                " changes");
  }
  const std::uint64_t first_number = next_number_;
  const event::ChangeId group = changes.back().change_id;
  for (const event::ChangeSet& change : changes) {
    base::Bytes record = schemas::encode(change);
    if (octets_ + record.size() > limits_.octets_max) {
      take_back(first_number, std::nullopt);
      return base::fail(base::Errc::TooLarge, "the outbox would hold more than " +
                                                  std::to_string(limits_.octets_max) + " octets");
    }
    octets_ += record.size();
    uncommitted_octets_ += record.size();
    entries_.push_back({next_number_, change.change_id, group, record.size(), outline_of(change)});
    uncommitted_.emplace(next_number_, Uncommitted{group, std::move(record)});
    ++next_number_;
  }
  if (receipt) put_receipt(*receipt);
  const bool may_wait =
      changes.size() == 1 && !trouble_ && uncommitted_octets_ <= limits_.uncommitted_octets_max;
  if (may_wait) return {};
  auto committed = commit();
  if (!committed) take_back(first_number, receipt);
  return committed;
}

// Of the newest entries: nobody has seen them yet.
void Outbox::take_back(std::uint64_t first_number, const std::optional<Receipt>& receipt) {
  while (!entries_.empty() && entries_.back().number >= first_number) {
    const event::ChangeId newest = entries_.back().change_id;
    settle(newest);
  }
  if (receipt) receipts_.erase(receipt->key);
}

bool Outbox::contains(event::ChangeId change_id) const {
  return std::ranges::any_of(
      entries_, [&](const OutboxEntry& entry) { return entry.change_id == change_id; });
}

base::Result<base::Bytes> Outbox::record(std::uint64_t number) {
  if (const auto waiting = uncommitted_.find(number); waiting != uncommitted_.end()) {
    return waiting->second.record;
  }
  TIDEMARK_TRY(auto rows, file_.prepare("SELECT record FROM entries WHERE number = ?1"));
  rows.bind(1, static_cast<std::int64_t>(number));
  TIDEMARK_TRY(const bool there, rows.step());
  if (!there) {
    return base::fail(base::Errc::NotFound, "outbox: no entry " + std::to_string(number));
  }
  return rows.blob(0);
}

void Outbox::settle(event::ChangeId change_id) {
  const auto entry = std::ranges::find(entries_, change_id, &OutboxEntry::change_id);
  if (entry == entries_.end()) return;
  octets_ -= entry->octets;
  const auto waiting = uncommitted_.find(entry->number);
  if (waiting == uncommitted_.end() || waiting->second.may_be_written) {
    settled_.push_back(entry->number);
  }
  if (waiting != uncommitted_.end()) {
    uncommitted_octets_ -= entry->octets;
    uncommitted_.erase(waiting);
  }
  entries_.erase(entry);
}

base::Result<void> Outbox::commit() {
  if (settled_.empty() && is_committed()) return {};
  const auto write = [this]() -> base::Result<void> {
    TIDEMARK_TRY(auto transaction, topics::SqliteTransaction::begin(file_));
    TIDEMARK_TRY_VOID(delete_settled());
    TIDEMARK_TRY_VOID(write_entries());
    for (const auto& [key, receipt] : receipts_) TIDEMARK_TRY_VOID(write_receipt(receipt));
    return transaction.commit();
  };
  auto written = write();
  trouble_ = !written;
  if (!written) {
    for (auto& [number, waiting] : uncommitted_) waiting.may_be_written = true;
    return std::unexpected(std::move(written).error().at("outbox"));
  }
  settled_.clear();
  receipts_.clear();
  uncommitted_.clear();
  uncommitted_octets_ = 0;
  return {};
}

// What an earlier commit of unknown outcome has written is written over with the same.
base::Result<void> Outbox::write_entries() {
  if (uncommitted_.empty()) return {};
  TIDEMARK_TRY(
      auto insert,
      file_.prepare("INSERT OR REPLACE INTO entries(number, group_id, record) VALUES(?1, ?2, ?3)"));
  for (const auto& [number, waiting] : uncommitted_) {
    insert.bind(1, static_cast<std::int64_t>(number));
    insert.bind(2, base::ByteView(to_blob(waiting.group)));
    insert.bind(3, base::ByteView(waiting.record));
    TIDEMARK_TRY_VOID(insert.run());
  }
  return {};
}

base::Result<void> Outbox::delete_settled() {
  if (settled_.empty()) return {};
  TIDEMARK_TRY(auto remove, file_.prepare("DELETE FROM entries WHERE number = ?1"));
  for (const std::uint64_t number : settled_) {
    remove.bind(1, static_cast<std::int64_t>(number));
    TIDEMARK_TRY_VOID(remove.run());
  }
  return {};
}

base::Result<std::optional<Receipt>> Outbox::receipt_of(event::ChangeId change_id) {
  for (const auto& [key, receipt] : receipts_) {
    if (receipt.change_id == change_id) return std::optional(receipt);
  }
  TIDEMARK_TRY(auto rows, file_.prepare("SELECT key FROM receipts WHERE change_id = ?1"));
  rows.bind(1, base::ByteView(to_blob(change_id)));
  TIDEMARK_TRY(const bool there, rows.step());
  if (!there) return std::optional<Receipt>();
  return find_receipt(rows.text(0));
}

base::Result<std::optional<Receipt>> Outbox::find_receipt(std::string_view key) {
  const auto waiting = receipts_.find(key);
  if (waiting != receipts_.end()) return std::optional(waiting->second);
  TIDEMARK_TRY(auto rows, file_.prepare("SELECT request, change_id, status, body FROM receipts "
                                        "WHERE key = ?1"));
  rows.bind(1, key);
  TIDEMARK_TRY(const bool there, rows.step());
  if (!there) return std::optional<Receipt>();
  TIDEMARK_TRY(const auto id, id_from_blob(rows.blob(1)));
  Receipt receipt{std::string(key), {}, id, static_cast<unsigned>(rows.number(2)), rows.text(3)};
  const base::Bytes request = rows.blob(0);
  if (request.size() != receipt.request.size()) {
    return base::fail(base::Errc::Invalid, "outbox: a receipt's hash is not 32 octets");
  }
  std::ranges::copy(request, receipt.request.begin());
  return std::optional(std::move(receipt));
}

void Outbox::put_receipt(Receipt receipt) {
  std::string key = receipt.key;
  receipts_.insert_or_assign(std::move(key), std::move(receipt));
  if (receipts_.size() > limits_.receipts_max) receipts_.erase(receipts_.begin());
}

base::Result<void> Outbox::write_receipt(const Receipt& receipt) {
  TIDEMARK_TRY(const auto number, file_.number("SELECT max(number) FROM receipts"));
  TIDEMARK_TRY(auto put,
               file_.prepare("INSERT INTO receipts(key, request, change_id, status, body, number) "
                             "VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(key) DO UPDATE SET "
                             "status = excluded.status, body = excluded.body"));
  put.bind(1, std::string_view(receipt.key));
  put.bind(2, base::ByteView(receipt.request));
  put.bind(3, base::ByteView(to_blob(receipt.change_id)));
  put.bind(4, static_cast<std::int64_t>(receipt.status));
  put.bind(5, std::string_view(receipt.body));
  put.bind(6, number + 1);
  TIDEMARK_TRY_VOID(put.run());
  TIDEMARK_TRY(auto forget, file_.prepare("DELETE FROM receipts WHERE number <= ?1"));
  forget.bind(1, number + 1 - static_cast<std::int64_t>(limits_.receipts_max));
  return forget.run();
}

base::Result<event::AuthorEpoch> Outbox::next_author_epoch() {
  TIDEMARK_TRY_VOID(
      file_.run("INSERT INTO counters(name, value) VALUES('author_epoch', 1) "
                "ON CONFLICT(name) DO UPDATE SET value = value + 1"));
  TIDEMARK_TRY(const auto epoch,
               file_.number("SELECT value FROM counters WHERE name = 'author_epoch'"));
  return event::AuthorEpoch(static_cast<std::uint64_t>(epoch));
}

}  // namespace tidemark::producer
