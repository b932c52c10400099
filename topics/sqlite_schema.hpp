// The tables of a SQLite log (docs: kafka.md section 8 of the reference) and their rows.
//
//   log       one row: who this file is, and its format
//   topic     a row each: incarnation, settings, first and next position, last append time
//   log_time  a row each, once it was appended to: topics/log_time.hpp. A program of before it was
//             there reads and writes such a log as ever
//   record_N  the records of topic N: position, append time, key, value (NULL: tombstone), headers
//
// Positions are dense from 0 and come from the topic's row; so does the append time, which never
// falls. docs/formats/sqlite-log.md tells it all. Internal to topics/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/sqlite_file.hpp"

namespace tidemark::topics {

constexpr std::int64_t sqlite_log_format = 1;

// An existing log; NotFound while there is none (or its creator is not yet done), Invalid if the
// file is something else, Unsupported if it has a newer format.
base::Result<SqliteFile> open_sqlite_log(const std::string& path, SqliteSettings settings = {});
// The same, but makes the file if there is none.
base::Result<SqliteFile> create_sqlite_log(const std::string& path);
base::Result<std::string> sqlite_log_identity(SqliteFile& file);  // hexadecimal log_id

// Which file stands at a path: another value means that it was replaced; all zero, that none is
// there.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
};
FileId file_id(const std::string& path);

struct SqliteTopic {
  std::int64_t id;
  base::Bytes incarnation;
  log::Cleanup cleanup;
  std::int64_t retention_ms;
  std::int64_t start_position;
  std::int64_t next_position;
  std::int64_t last_append_ms;
};

base::Result<SqliteStatement> prepare_topic_row(SqliteFile& file, std::string_view topic);
// Runs and resets the statement; NotFound if there is no such topic.
base::Result<SqliteTopic> read_topic_row(SqliteStatement& row, std::string_view topic);
base::Result<void> create_sqlite_topic(SqliteFile& file, const log::TopicSettings& settings);

// The table of log_time, if it is not there: files of before have none.
base::Result<void> create_log_time(SqliteFile& file);

std::string record_table(const SqliteTopic& topic);
base::Bytes encode_headers(const log::Headers& headers);
log::Headers decode_headers(base::ByteView bytes);  // of a broken column: what can be read

// Retention, compaction by key, and the file's free pages. The newest record always stays.
base::Result<void> tidy_sqlite_topic(SqliteFile& file, std::string_view topic);

}  // namespace tidemark::topics
