#include "topics/sqlite_file.hpp"

#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base/check.hpp"

namespace tidemark::topics {
namespace {

base::Errc code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_INTERRUPT: return base::Errc::Unavailable;
    default:               return base::Errc::Invalid;
  }
}

std::unexpected<base::Error> failed(sqlite3* connection, int result, const std::string& path) {
  const char* const words =
      connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result);
  return base::fail(code_of(result), path + ": " + words);
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3_stmt* statement, const std::string* path)
    : statement_(statement), path_(path) {}
SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), path_(other.path_) {}
SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(path_, other.path_);
  return *this;
}
SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::bind(int parameter, std::int64_t number) {
  TIDEMARK_CHECK(sqlite3_bind_int64(statement_, parameter, number) == SQLITE_OK,
                 "the parameter exists");
}
void SqliteStatement::bind(int parameter, std::string_view text) {
  TIDEMARK_CHECK(sqlite3_bind_text64(statement_, parameter, text.data() ? text.data() : "",
                                     text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK,
                 "the parameter exists");
}
void SqliteStatement::bind(int parameter, base::ByteView blob) {
  const void* const bytes = blob.empty() ? static_cast<const void*>("") : blob.data();
  TIDEMARK_CHECK(
      sqlite3_bind_blob64(statement_, parameter, bytes, blob.size(), SQLITE_TRANSIENT) == SQLITE_OK,
      "the parameter exists");
}
void SqliteStatement::bind_null(int parameter) {
  TIDEMARK_CHECK(sqlite3_bind_null(statement_, parameter) == SQLITE_OK, "the parameter exists");
}

base::Result<bool> SqliteStatement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  auto error = failed(sqlite3_db_handle(statement_), result, *path_);
  sqlite3_reset(statement_);
  return error;
}

base::Result<void> SqliteStatement::run() {
  for (bool row = true; row;) {
    TIDEMARK_TRY(row, step());
  }
  reset();
  return {};
}

void SqliteStatement::reset() { sqlite3_reset(statement_); }

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}
std::string SqliteStatement::text(int column) const {
  const base::Bytes bytes = blob(column);
  return std::string(bytes.begin(), bytes.end());
}
base::Bytes SqliteStatement::blob(int column) const {
  const auto* const bytes =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? base::Bytes{} : base::Bytes(bytes, bytes + size);
}
bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

struct SqliteFile::Connection {
  std::string path;
  SqliteSettings settings;
  sqlite3* handle = nullptr;
  int wal_pages = 0;

  ~Connection() { sqlite3_close_v2(handle); }

  static int wait_a_millisecond(void* self, int tries) {
    const auto& connection = *static_cast<Connection*>(self);
    const auto* const give_up = connection.settings.give_up;
    if (tries >= connection.settings.busy_for.count() || (give_up != nullptr && *give_up)) return 0;
    const timespec millisecond{0, 1'000'000};
    nanosleep(&millisecond, nullptr);
    return 1;
  }
  static int note_wal(void* self, sqlite3*, const char*, int pages) {
    static_cast<Connection*>(self)->wal_pages = pages;
    return SQLITE_OK;
  }
};

namespace {

// SQLite says "unable to open database file" whatever the reason is.
std::unexpected<base::Error> cannot_be_made(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  struct stat found{};
  if (stat(folder.c_str(), &found) != 0) {
    return base::fail(base::Errc::Unavailable,
                      path + ": its folder does not exist: make it (mkdir -p " + folder + ")");
  }
  return base::fail(base::Errc::Unavailable,
                    path + ": cannot be made: may this user write in " + folder + "?");
}

}  // namespace

SqliteFile::SqliteFile(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
SqliteFile::SqliteFile(SqliteFile&&) noexcept = default;
SqliteFile& SqliteFile::operator=(SqliteFile&&) noexcept = default;
SqliteFile::~SqliteFile() = default;

base::Result<SqliteFile> SqliteFile::open(const std::string& path, Mode mode,
                                          SqliteSettings settings) {
  auto connection = std::make_unique<Connection>();
  connection->path = path;
  connection->settings = settings;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::Create ? SQLITE_OPEN_CREATE : 0);
  const int result = sqlite3_open_v2(path.c_str(), &connection->handle, flags, nullptr);
  if (result != SQLITE_OK) {
    if ((result & 0xff) == SQLITE_CANTOPEN && mode == Mode::Existing) {
      return base::fail(base::Errc::NotFound, path + ": no such file, or not allowed to open it");
    }
    if ((result & 0xff) == SQLITE_CANTOPEN) return cannot_be_made(path);
    return failed(connection->handle, result, path);
  }
  sqlite3_busy_handler(connection->handle, &Connection::wait_a_millisecond, connection.get());
  return SqliteFile(std::move(connection));
}

const std::string& SqliteFile::path() const noexcept { return connection_->path; }

base::Result<void> SqliteFile::run(const std::string& sql) {
  const int result = sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return failed(connection_->handle, result, connection_->path);
  return {};
}

base::Result<SqliteStatement> SqliteFile::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return failed(connection_->handle, result, connection_->path);
  return SqliteStatement(statement, &connection_->path);
}

base::Result<std::int64_t> SqliteFile::number(std::string_view sql, std::int64_t otherwise) {
  TIDEMARK_TRY(SqliteStatement statement, prepare(sql));
  TIDEMARK_TRY(const bool row, statement.step());
  return row && !statement.is_null(0) ? statement.number(0) : otherwise;
}

std::int64_t SqliteFile::changed() const { return sqlite3_changes64(connection_->handle); }

void SqliteFile::watch_wal() {
  sqlite3_wal_autocheckpoint(connection_->handle, 0);
  sqlite3_wal_hook(connection_->handle, &Connection::note_wal, connection_.get());
}
int SqliteFile::wal_pages() const noexcept { return connection_->wal_pages; }
void SqliteFile::checkpoint() {
  int left = 0;
  int moved = 0;
  sqlite3_wal_checkpoint_v2(connection_->handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
  connection_->wal_pages = left > moved ? left - moved : 0;
}

base::Result<SqliteTransaction> SqliteTransaction::begin(SqliteFile& file) {
  TIDEMARK_TRY_VOID(file.run("BEGIN IMMEDIATE"));
  return SqliteTransaction(file);
}
SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)) {}
SqliteTransaction::~SqliteTransaction() {
  if (file_ != nullptr) (void)file_->run("ROLLBACK");
}
base::Result<void> SqliteTransaction::commit() {
  TIDEMARK_TRY_VOID(file_->run("COMMIT"));
  file_ = nullptr;
  return {};
}

}  // namespace tidemark::topics
