#include "topics/sqlite_schema.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <sys/random.h>
#include <sys/stat.h>

#include "core/base/check.hpp"
#include "core/base/hash.hpp"

namespace tidemark::topics {
namespace {

// A reader that was away for longer misses deletions; compacted topics are read from their start.
constexpr std::int64_t tombstone_ms = 86'400'000;
// Bounds how long one tidy() holds the write lock.
constexpr std::int64_t retired_at_once_max = 10'000;

std::array<std::uint8_t, 16> random_id() {
  std::array<std::uint8_t, 16> id{};
  TIDEMARK_CHECK(::getrandom(id.data(), id.size(), 0) == 16, "the kernel has random numbers");
  return id;
}

log::Cleanup cleanup_of(const std::string& text) {
  if (text == to_text(log::Cleanup::Compact)) return log::Cleanup::Compact;
  if (text == to_text(log::Cleanup::CompactDelete)) return log::Cleanup::CompactDelete;
  return log::Cleanup::Delete;
}

base::Result<void> verify(SqliteFile& file) {
  TIDEMARK_TRY(const std::int64_t objects, file.number("SELECT count(*) FROM sqlite_master"));
  if (objects == 0) {
    return base::fail(base::Errc::NotFound,
                      file.path() + ": no log yet: create it with `tidemark topics apply`");
  }
  auto format = file.number("SELECT format FROM log WHERE one=1", -1);
  if (!format || *format < 1) {
    if (!format && format.error().code == base::Errc::Unavailable) {
      return std::unexpected(std::move(format).error());
    }
    return base::fail(base::Errc::Invalid, file.path() + ": a database, but not a Tidemark log");
  }
  if (*format != sqlite_log_format) {
    return base::fail(base::Errc::Unsupported,
                      file.path() + ": log format " + std::to_string(*format) +
                          "; this program reads format " + std::to_string(sqlite_log_format));
  }
  return {};
}

base::Error not_a_log(base::Error error) {
  if (error.code == base::Errc::Invalid && error.trail.find("Tidemark") == std::string::npos) {
    error.trail += " (not a Tidemark log)";
  }
  return error;
}

}  // namespace

base::Result<SqliteFile> open_sqlite_log(const std::string& path, SqliteSettings settings) {
  auto file = SqliteFile::open(path, SqliteFile::Mode::Existing, settings);
  if (!file && file.error().code == base::Errc::NotFound) {
    return base::fail(base::Errc::NotFound,
                      path + ": no such file: create the log with `tidemark topics apply`");
  }
  if (!file) return std::unexpected(not_a_log(std::move(file).error()));
  if (auto verified = verify(*file); !verified) {
    return std::unexpected(not_a_log(std::move(verified).error()));
  }
  return file;
}

base::Result<SqliteFile> create_sqlite_log(const std::string& path) {
  TIDEMARK_TRY(SqliteFile file, SqliteFile::open(path, SqliteFile::Mode::Create));
  auto objects = file.number("SELECT count(*) FROM sqlite_master");
  if (!objects) return std::unexpected(not_a_log(std::move(objects).error()));
  if (*objects == 0) {  // these two only work before the first table
    TIDEMARK_TRY_VOID(file.run("PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL"));
    TIDEMARK_TRY_VOID(file.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
    TIDEMARK_TRY(SqliteTransaction transaction, SqliteTransaction::begin(file));
    TIDEMARK_TRY_VOID(file.run(R"(
      CREATE TABLE IF NOT EXISTS log(one INTEGER PRIMARY KEY CHECK(one=1), log_id BLOB NOT NULL,
        format INTEGER NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS topic(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
        incarnation BLOB NOT NULL, cleanup TEXT NOT NULL, retention_ms INTEGER NOT NULL,
        start_position INTEGER NOT NULL, next_position INTEGER NOT NULL,
        last_append_ms INTEGER NOT NULL) STRICT;)"));
    TIDEMARK_TRY_VOID(create_log_time(file));
    TIDEMARK_TRY(SqliteStatement insert, file.prepare("INSERT OR IGNORE INTO log VALUES(1,?,?)"));
    insert.bind(1, base::ByteView(random_id()));
    insert.bind(2, sqlite_log_format);
    TIDEMARK_TRY_VOID(insert.run());
    TIDEMARK_TRY_VOID(transaction.commit());
  }
  TIDEMARK_TRY_VOID(verify(file));
  return file;
}

base::Result<std::string> sqlite_log_identity(SqliteFile& file) {
  TIDEMARK_TRY(SqliteStatement row, file.prepare("SELECT log_id FROM log WHERE one=1"));
  TIDEMARK_TRY(const bool found, row.step());
  return found ? base::to_hex(row.blob(0)) : std::string();
}

FileId file_id(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino};
}

base::Result<SqliteStatement> prepare_topic_row(SqliteFile& file, std::string_view topic) {
  TIDEMARK_TRY(SqliteStatement row,
               file.prepare("SELECT id, incarnation, cleanup, retention_ms, start_position, "
                            "next_position, last_append_ms FROM topic WHERE name=?1"));
  row.bind(1, topic);
  return row;
}

base::Result<SqliteTopic> read_topic_row(SqliteStatement& row, std::string_view topic) {
  TIDEMARK_TRY(const bool found, row.step());
  if (!found) {
    row.reset();
    return base::fail(base::Errc::NotFound, "topic " + std::string(topic) +
                                                " does not exist: create it with "
                                                "`tidemark topics apply`");
  }
  SqliteTopic read{.id = row.number(0),
                   .incarnation = row.blob(1),
                   .cleanup = cleanup_of(row.text(2)),
                   .retention_ms = row.number(3),
                   .start_position = row.number(4),
                   .next_position = row.number(5),
                   .last_append_ms = row.number(6)};
  row.reset();
  return read;
}

base::Result<void> create_sqlite_topic(SqliteFile& file, const log::TopicSettings& settings) {
  TIDEMARK_TRY(SqliteTransaction transaction, SqliteTransaction::begin(file));
  TIDEMARK_TRY(SqliteStatement insert,
               file.prepare("INSERT OR IGNORE INTO topic(name, incarnation, cleanup, retention_ms, "
                            "start_position, next_position, last_append_ms) "
                            "VALUES(?1,?2,?3,?4,0,0,0)"));
  insert.bind(1, settings.name);
  insert.bind(2, base::ByteView(random_id()));
  insert.bind(3, to_text(settings.cleanup));
  insert.bind(4, settings.retention_ms);
  TIDEMARK_TRY_VOID(insert.run());
  if (file.changed() == 0) return {};  // it is there already
  TIDEMARK_TRY(SqliteStatement row, prepare_topic_row(file, settings.name));
  TIDEMARK_TRY(const SqliteTopic topic, read_topic_row(row, settings.name));
  TIDEMARK_TRY_VOID(file.run("CREATE TABLE " + record_table(topic) +
                             "(position INTEGER PRIMARY KEY, append_ms INTEGER NOT NULL, "
                             "key BLOB, value BLOB, headers BLOB) STRICT"));
  return transaction.commit();
}

base::Result<void> create_log_time(SqliteFile& file) {
  return file.run(
      "CREATE TABLE IF NOT EXISTS log_time(topic INTEGER PRIMARY KEY, boot TEXT NOT NULL, "
      "since_boot_ms INTEGER NOT NULL, log_ms INTEGER NOT NULL, step_wall_ms INTEGER NOT NULL, "
      "step_since_ms INTEGER NOT NULL) STRICT");
}

std::string record_table(const SqliteTopic& topic) { return "record_" + std::to_string(topic.id); }

base::Bytes encode_headers(const log::Headers& headers) {
  base::Writer writer;
  for (const auto& [name, value] : headers) {
    for (const std::string& each : {name, value}) {
      writer.put_u32(static_cast<std::uint32_t>(each.size()));
      writer.put(each);
    }
  }
  return std::move(writer).take();
}

log::Headers decode_headers(base::ByteView bytes) {
  base::Reader reader(bytes);
  const auto take = [&reader]() -> std::optional<std::string> {
    const auto octets = reader.take_u32();
    const auto text = octets ? reader.take(*octets) : std::nullopt;
    if (!text) return std::nullopt;
    return std::string(base::as_text(*text));
  };
  log::Headers headers;
  while (!reader.at_end()) {
    auto name = take();
    auto value = take();
    if (!name || !value) break;
    headers.emplace_back(*std::move(name), *std::move(value));
  }
  return headers;
}

namespace {

base::Result<void> retire(SqliteFile& file, const SqliteTopic& topic) {
  const std::string table = record_table(topic);
  const std::int64_t oldest = topic.last_append_ms - topic.retention_ms;
  // Append times rise with positions: look from the oldest on, as far as they are too old.
  TIDEMARK_TRY(const std::int64_t fresh,
               file.number("SELECT position FROM " + table + " WHERE append_ms >= " +
                               std::to_string(oldest) + " ORDER BY position LIMIT 1",
                           topic.next_position));
  const std::int64_t keep =
      std::min({fresh, topic.next_position - 1, topic.start_position + retired_at_once_max});
  if (keep <= topic.start_position) return {};
  return file.run("DELETE FROM " + table + " WHERE position < " + std::to_string(keep) +
                  "; UPDATE topic SET start_position=" + std::to_string(keep) +
                  " WHERE id=" + std::to_string(topic.id));
}

base::Result<void> compact(SqliteFile& file, const SqliteTopic& topic) {
  const std::string table = record_table(topic);
  return file.run("DELETE FROM " + table + " WHERE position < " +
                  std::to_string(topic.next_position - 1) +
                  " AND position IN (SELECT position FROM (SELECT position, value, append_ms, "
                  "row_number() OVER (PARTITION BY key ORDER BY position DESC) AS nth FROM " +
                  table + ") WHERE nth > 1 OR (value IS NULL AND append_ms < " +
                  std::to_string(topic.last_append_ms - tombstone_ms) + "))");
}

}  // namespace

base::Result<void> tidy_sqlite_topic(SqliteFile& file, std::string_view topic) {
  {
    TIDEMARK_TRY(SqliteStatement row, prepare_topic_row(file, topic));
    TIDEMARK_TRY(SqliteTransaction transaction, SqliteTransaction::begin(file));
    TIDEMARK_TRY(const SqliteTopic found, read_topic_row(row, topic));
    if (found.retention_ms >= 0 && found.cleanup != log::Cleanup::Compact) {
      TIDEMARK_TRY_VOID(retire(file, found));
    }
    if (found.cleanup != log::Cleanup::Delete) {
      TIDEMARK_TRY_VOID(compact(file, found));
    }
    TIDEMARK_TRY_VOID(transaction.commit());
  }
  return file.run("PRAGMA incremental_vacuum(2000)");
}

}  // namespace tidemark::topics
