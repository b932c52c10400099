// The log in one SQLite file, for several processes of one machine (never on a network file
// system).
//
// It needs no server: the embedded default. The file may not be there yet: source() and sink() then
// say NotFound until somebody called create(). A file that is something else is refused at open().
//
// Two files stand beside it: `<path>-wal` (SQLite's) and `<path>-bell`, which a writer touches
// after each commit and every reader watches, so that a record is seen about 0.15 ms after its
// commit. Each Sink has a writer thread that commits all queued drafts in one transaction: a batch
// is never split. A commit is on the disk (fsync) before it is acknowledged; on topics of
// observations
// (`*.health`, `*.fleet`) it survives the process but not a power cut, which the overlap read
// tells.
//
// Threads  As core/log/log.hpp; each Source and Sink has a connection of its own. Not over fork().
// Errors   NotFound, Invalid (not a Tidemark log), Unsupported (a newer format), Unavailable.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/log_time.hpp"

namespace tidemark::topics {

constexpr std::size_t sqlite_sink_records_max = 100'000;  // queued, not yet written
constexpr std::size_t sqlite_sink_octets_max = 64 * 1'048'576;
constexpr std::size_t sqlite_drain_octets_max = 16 * 1'048'576;

class SqliteLog final : public log::Log {
 public:
  static base::Result<std::unique_ptr<SqliteLog>> open(const std::string& path,
                                                       MachineClock clock = machine_clock());

  std::string identity() const override;  // "sqlite:<log id>"
  base::Result<std::unique_ptr<log::Source>> source(std::string_view topic) override;
  base::Result<std::unique_ptr<log::Sink>> sink(std::string_view topic) override;
  base::Result<std::vector<log::Difference>> check(
      const std::vector<log::TopicSettings>& wanted) override;
  base::Result<void> create(const std::vector<log::TopicSettings>& wanted) override;

  // Retention and compaction now. A Sink does it by itself when it is idle.
  base::Result<void> tidy(std::string_view topic);

 private:
  SqliteLog(std::string path, MachineClock clock)
      : path_(std::move(path)), clock_(std::move(clock)) {}
  const std::string path_;
  const MachineClock clock_;
  mutable std::mutex lock_;       // of what follows
  mutable std::string identity_;  // empty until the file was there once
};

}  // namespace tidemark::topics
