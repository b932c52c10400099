#include "consumer/history/history_file.hpp"

namespace tidemark::consumer {

namespace {

using base::Result;
using topics::SqliteFile;

// What is lost with the last moments before a power cut is read from the log again, so the file
// need not be synced at each commit; with WAL it stays whole all the same.
constexpr std::string_view schema = R"(
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA cache_size=-32768;
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes(
  offset INTEGER PRIMARY KEY, seq INTEGER, change_id BLOB NOT NULL, appended_ms INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
  edits INTEGER NOT NULL, rule TEXT, message TEXT,
  zones TEXT NOT NULL, pools TEXT NOT NULL, lines TEXT NOT NULL,
  told_ms INTEGER NOT NULL, origin_system TEXT, origin_id TEXT) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS changes_by_seq ON changes(seq) WHERE seq IS NOT NULL;
CREATE INDEX IF NOT EXISTS changes_by_id ON changes(change_id);
CREATE INDEX IF NOT EXISTS changes_by_time ON changes(appended_ms);
CREATE INDEX IF NOT EXISTS changes_by_told_time ON changes(told_ms);
CREATE INDEX IF NOT EXISTS changes_by_author ON changes(author, offset);
CREATE TABLE IF NOT EXISTS zones(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS touches(
  zone INTEGER NOT NULL, offset INTEGER NOT NULL, seq INTEGER, serial INTEGER NOT NULL,
  lives INTEGER NOT NULL, told_ms INTEGER NOT NULL, PRIMARY KEY(zone, offset))
  STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS touches_by_seq ON touches(zone, seq, told_ms) WHERE seq IS NOT NULL;
CREATE TABLE IF NOT EXISTS keys(
  id INTEGER PRIMARY KEY, zone INTEGER NOT NULL, owner BLOB NOT NULL, type INTEGER NOT NULL,
  present INTEGER NOT NULL, seq INTEGER NOT NULL, UNIQUE(zone, owner, type)) STRICT;
CREATE INDEX IF NOT EXISTS keys_by_owner ON keys(owner, type);
CREATE TABLE IF NOT EXISTS versions(
  key INTEGER NOT NULL, seq INTEGER NOT NULL, ttl INTEGER NOT NULL, records BLOB,
  PRIMARY KEY(key, seq)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS versions_by_seq ON versions(seq, key);
CREATE TABLE IF NOT EXISTS building(
  zone INTEGER NOT NULL, owner BLOB NOT NULL, type INTEGER NOT NULL, ttl INTEGER NOT NULL,
  records BLOB NOT NULL, PRIMARY KEY(zone, owner, type)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries(
  name TEXT NOT NULL, seq INTEGER NOT NULL, value BLOB, PRIMARY KEY(name, seq))
  STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_seq ON entries(seq);
)";

Result<void> check_format(SqliteFile& file, const std::string& path) {
  TIDEMARK_TRY(const auto version, file.number("PRAGMA user_version"));
  if (version == 0 || version == history_format_version) return {};
  return base::fail(base::Errc::Unsupported, path + ": a history index of format " +
                                                 std::to_string(version) + ", this program knows " +
                                                 std::to_string(history_format_version) +
                                                 "; delete it, and it is built anew from the log");
}

Result<void> check_lineage(SqliteFile& file, const std::string& path, dataset::Lineage lineage) {
  const std::string wanted = base::to_hex(lineage.value());
  TIDEMARK_TRY(auto select, file.prepare("SELECT value FROM facts WHERE name='lineage'"));
  TIDEMARK_TRY(const bool there, select.step());
  if (there) {
    const std::string found = select.text(0);
    if (found == wanted) return {};
    return base::fail(base::Errc::Conflict, path + ": the history of another dataset (lineage " +
                                                found + ", wanted " + wanted +
                                                "); give another file, or delete this one");
  }
  select.reset();
  TIDEMARK_TRY(auto put, file.prepare("INSERT INTO facts VALUES('lineage', ?1)"));
  put.bind(1, std::string_view(wanted));
  return put.run();
}

}  // namespace

Result<SqliteFile> open_history(const std::string& path, dataset::Lineage lineage) {
  TIDEMARK_TRY(auto file, SqliteFile::open(path, SqliteFile::Mode::Create));
  TIDEMARK_TRY_VOID(check_format(file, path));
  TIDEMARK_TRY_VOID(file.run(std::string(schema)));
  TIDEMARK_TRY_VOID(file.run("PRAGMA user_version=" + std::to_string(history_format_version)));
  TIDEMARK_TRY_VOID(check_lineage(file, path, lineage));
  return file;
}

Result<SqliteFile> open_history(const std::string& path) {
  TIDEMARK_TRY(auto file, SqliteFile::open(path, SqliteFile::Mode::Existing));
  TIDEMARK_TRY_VOID(check_format(file, path));
  TIDEMARK_TRY(const auto tables,
               file.number("SELECT count(*) FROM sqlite_master WHERE name='versions'"));
  if (tables == 0) return base::fail(base::Errc::Invalid, path + ": not a history index");
  TIDEMARK_TRY_VOID(file.run("PRAGMA cache_size=-32768"));  // KiB: questions read the same again
  return file;
}

Result<HistoryPosition> position_of(SqliteFile& file) {
  HistoryPosition position;
  TIDEMARK_TRY(position.offset,
               file.number("SELECT value FROM facts WHERE name='offset'", position.offset));
  TIDEMARK_TRY(const auto seq, file.number("SELECT value FROM facts WHERE name='seq'"));
  TIDEMARK_TRY(const auto first, file.number("SELECT value FROM facts WHERE name='first_seq'"));
  position.seq = static_cast<std::uint64_t>(seq);
  position.first_seq = static_cast<std::uint64_t>(first);
  return position;
}

}  // namespace tidemark::consumer
