// A small wrapper of SQLite: a connection, its statements, a transaction.
//
// It is the only door to SQLite. The SQLite log and the publisher's outbox use it. A writer that
// finds the file locked tries again each millisecond (SQLite's own back-off starves writers: p99
// 0.2-0.8 s for four writers, 22-36 ms so) until `busy_for` is over or `give_up` says so.
//
// Threads   A connection and all that came from it belong to one thread at a time. Never carried
//           over fork().
// Requires  Statements and transactions end before their SqliteFile. An open read keeps the WAL
//           from being recycled: reset() a statement as soon as its rows are read.
// Errors    Unavailable: locked, disk full, I/O. Invalid: not a database, or wrong SQL. NotFound:
//           no such file. The trail begins with the path.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tidemark::topics {

class SqliteStatement {
 public:
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  // Parameters count from 1. The bytes are copied.
  void bind(int parameter, std::int64_t number);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, base::ByteView blob);
  void bind_null(int parameter);

  base::Result<bool> step();  // true: there is a row
  base::Result<void> run();   // to the end, then reset
  void reset();               // ends the read; parameters stay

  // Of the current row. Columns count from 0.
  std::int64_t number(int column) const;
  std::string text(int column) const;
  base::Bytes blob(int column) const;
  bool is_null(int column) const;

 private:
  friend class SqliteFile;
  SqliteStatement(sqlite3_stmt* statement, const std::string* path);
  sqlite3_stmt* statement_;
  const std::string* path_;  // of the SqliteFile: stable, it lives on the heap
};

struct SqliteSettings {
  std::chrono::milliseconds busy_for{10'000};
  const std::atomic<bool>* give_up = nullptr;
};

class SqliteFile {
 public:
  enum class Mode : std::uint8_t { Existing, Create };
  static base::Result<SqliteFile> open(const std::string& path, Mode mode,
                                       SqliteSettings settings = {});
  SqliteFile(SqliteFile&&) noexcept;
  SqliteFile& operator=(SqliteFile&&) noexcept;
  ~SqliteFile();

  const std::string& path() const noexcept;
  base::Result<void> run(const std::string& sql);  // any number of statements, without rows
  base::Result<SqliteStatement> prepare(std::string_view sql);
  // The first column of the first row; `otherwise` if there is none.
  base::Result<std::int64_t> number(std::string_view sql, std::int64_t otherwise = 0);
  std::int64_t changed() const;  // rows of the last INSERT, UPDATE, DELETE
  // Pages that wait in the WAL after the last commit of this connection; REQUIRES watch_wal().
  void watch_wal();  // and switches automatic checkpoints off
  int wal_pages() const noexcept;
  void checkpoint();  // PASSIVE: waits for nobody; what it cannot do now stays for later

 private:
  struct Connection;
  explicit SqliteFile(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

// BEGIN IMMEDIATE ... commit(), or rolled back at the end of the scope.
class SqliteTransaction {
 public:
  static base::Result<SqliteTransaction> begin(SqliteFile& file);
  SqliteTransaction(SqliteTransaction&& other) noexcept;
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();
  // On an Error the outcome is not known: the file may hold the transaction or not.
  base::Result<void> commit();

 private:
  explicit SqliteTransaction(SqliteFile& file) : file_(&file) {}
  SqliteFile* file_;
};

}  // namespace tidemark::topics
