#include "topics/sqlite_source.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "topics/doorbell.hpp"
#include "topics/sqlite_log.hpp"
#include "topics/sqlite_schema.hpp"

namespace tidemark::topics {
namespace {

// One connection and its statements, in the order in which they must end.
struct Reading {
  SqliteFile file;
  FileId id;
  SqliteStatement begin, end, row;
  SqliteTopic topic;
  SqliteStatement records;  // WHERE position >= ?1, at most ?2

  static base::Result<Reading> open(const std::string& path, const std::string& topic) {
    const FileId id = file_id(path);  // before the open: a swap in between shows as a change
    SqliteSettings settings;
    settings.busy_for = std::chrono::milliseconds(100);  // readers wait only for recovery
    TIDEMARK_TRY(SqliteFile file, open_sqlite_log(path, settings));
    TIDEMARK_TRY(SqliteStatement begin, file.prepare("BEGIN"));
    TIDEMARK_TRY(SqliteStatement end, file.prepare("COMMIT"));
    TIDEMARK_TRY(SqliteStatement row, prepare_topic_row(file, topic));
    TIDEMARK_TRY(SqliteTopic found, read_topic_row(row, topic));
    TIDEMARK_TRY(
        SqliteStatement records,
        file.prepare("SELECT position, append_ms, key, value, headers FROM " + record_table(found) +
                     " WHERE position>=?1 ORDER BY position LIMIT ?2"));
    return Reading{
        std::move(file),   id, std::move(begin), std::move(end), std::move(row), std::move(found),
        std::move(records)};
  }
};

class SqliteSource final : public log::Source {
 public:
  SqliteSource(std::string path, std::string topic, Reading reading)
      : path_(std::move(path)),
        topic_(std::move(topic)),
        reading_(std::move(reading)),
        watch_(path_) {
    note_bounds();
  }

  base::Result<void> start(log::Offset from) override {
    position_ = from.value();
    silent_ = contacted_ = caught_up_ = told_unavailable_ = false;
    last_hash_.reset();
    appended_ = 0;
    reading_.reset();  // whatever stands there now is what we continue with
    watch_.ring_now();
    return {};
  }

  base::Result<log::Drained> drain(std::size_t records_max) override {
    watch_.hush();
    log::Drained drained;
    if (silent_) return drained;
    if (auto read = read_some(records_max, drained); !read) {
      reading_.reset();  // reopened at the next tick; the check of the last record spans the gap
      if (!std::exchange(told_unavailable_, true)) {
        say(drained, log::Happening::Unavailable, std::move(read).error().trail);
      }
    } else {
      told_unavailable_ = false;
    }
    if (drained.more) watch_.ring_now();
    return drained;
  }

  std::optional<log::Bounds> bounds() const override { return bounds_; }
  int bell() const override { return watch_.descriptor(); }

 private:
  static void say(log::Drained& drained, log::Happening happening, std::string detail) {
    drained.happenings.push_back(happening);
    drained.detail = std::move(detail);
  }
  void stop(log::Drained& drained, log::Happening happening, const std::string& detail) {
    silent_ = true;
    drained.more = false;
    say(drained, happening, topic_ + ": " + detail);
  }
  void note_bounds() {
    bounds_ = log::Bounds{log::Offset{reading_->topic.start_position},
                          log::Offset{reading_->topic.next_position}};
  }

  base::Result<void> read_some(std::size_t records_max, log::Drained& drained) {
    const bool replaced = reading_ && file_id(path_) != reading_->id;
    if (!reading_ || replaced) {
      const std::optional<base::Bytes> before =
          reading_ ? std::optional(reading_->topic.incarnation) : incarnation_;
      reading_.reset();
      TIDEMARK_TRY(Reading opened, Reading::open(path_, topic_));
      reading_.emplace(std::move(opened));
      if (contacted_ && (replaced || before != reading_->topic.incarnation)) {
        stop(drained, log::Happening::Overlap, "the file was replaced");
        return {};
      }
    }
    incarnation_ = reading_->topic.incarnation;
    TIDEMARK_TRY_VOID(reading_->begin.run());
    auto read = read_transaction(records_max, drained);
    reading_->records.reset();
    TIDEMARK_TRY_VOID(reading_->end.run());  // an open read would stop the WAL from being recycled
    return read;
  }

  base::Result<void> read_transaction(std::size_t records_max, log::Drained& drained) {
    TIDEMARK_TRY(SqliteTopic now, read_topic_row(reading_->row, topic_));
    if (now.incarnation != reading_->topic.incarnation) {
      reading_->topic = std::move(now);
      if (contacted_) {
        stop(drained, log::Happening::Overlap, "the topic was created anew");
        return {};
      }
      return base::fail(base::Errc::Unavailable, topic_ + ": the topic was created anew");
    }
    reading_->topic = std::move(now);
    note_bounds();
    const SqliteTopic& topic = reading_->topic;
    if (contacted_ && topic.next_position < position_) {
      stop(drained, log::Happening::Overlap, "the log was cut");
      return {};
    }
    if (position_ < topic.start_position || position_ > topic.next_position) {
      stop(drained, log::Happening::OutOfRange,
           "position " + std::to_string(position_) + " of [" +
               std::to_string(topic.start_position) + ", " + std::to_string(topic.next_position) +
               "]");
      return {};
    }
    if (!std::exchange(contacted_, true)) target_ = topic.next_position;
    TIDEMARK_TRY_VOID(take(records_max, drained));
    if (!silent_ && !caught_up_ && position_ >= target_) {
      caught_up_ = true;
      say(drained, log::Happening::CaughtUp, topic_ + ": caught up");
    }
    return {};
  }

  // The last record handed out is read again with the new ones: a log that was cut and grew over
  // our position is found before anything of it is handed out.
  base::Result<void> take(std::size_t records_max, log::Drained& drained) {
    const SqliteTopic& topic = reading_->topic;
    if (position_ >= topic.next_position) return {};
    const bool again = last_hash_.has_value() && position_ > topic.start_position;
    const std::int64_t room = static_cast<std::int64_t>(records_max) + (again ? 1 : 0);
    reading_->records.bind(1, position_ - (again ? 1 : 0));
    reading_->records.bind(2, room);
    bool checked = !again;
    std::size_t octets = 0;
    while (drained.records.size() < records_max && octets < sqlite_drain_octets_max) {
      TIDEMARK_TRY(const bool row, reading_->records.step());
      if (!row) break;
      log::Record record = current_record();
      if (!std::exchange(checked, true)) {
        const bool same =
            record.offset.value() == position_ - 1 && record_hash(record) == *last_hash_;
        const bool compacted_away =
            record.offset.value() >= position_ && topic.cleanup != log::Cleanup::Delete;
        if (!same && !compacted_away) {
          stop(drained, log::Happening::Overlap, "the last record is another one");
          return {};
        }
        if (same) continue;
      }
      position_ = record.offset.value() + 1;
      octets += record.key.size() + record.value.size();
      drained.records.push_back(std::move(record));
    }
    if (!drained.records.empty()) last_hash_ = record_hash(drained.records.back());
    const bool full = drained.records.size() >= records_max || octets >= sqlite_drain_octets_max;
    if (!full) position_ = topic.next_position;  // the newest may have been compacted away
    drained.more = full && position_ < topic.next_position;
    return {};
  }

  log::Record current_record() {
    const SqliteStatement& row = reading_->records;
    appended_ = std::max(appended_, row.number(1));
    return log::Record{.offset = log::Offset{row.number(0)},
                       .appended = log::AppendTime{appended_},
                       .key = row.text(2),
                       .value = row.blob(3),
                       .tombstone = row.is_null(3),
                       .headers = decode_headers(row.blob(4))};
  }

  const std::string path_;
  const std::string topic_;
  std::optional<Reading> reading_;
  DoorbellWatch watch_;
  std::optional<base::Bytes> incarnation_;
  std::optional<log::Bounds> bounds_;
  std::optional<base::Sha256> last_hash_;  // of the last record handed out since start()
  std::int64_t position_ = 0;
  std::int64_t target_ = 0;
  std::int64_t appended_ = 0;
  bool silent_ = true;  // until the next start()
  bool contacted_ = false;
  bool caught_up_ = false;
  bool told_unavailable_ = false;
};

}  // namespace

namespace {

// For whoever asked for a topic that is not there: a wrong --dataset is the usual reason.
std::string datasets_of(const std::string& path) {
  constexpr std::string_view changes = ".changes";
  auto file = open_sqlite_log(path);
  if (!file) return {};
  auto rows =
      file->prepare("SELECT name FROM topic WHERE name LIKE '%.changes' ORDER BY name LIMIT 20");
  if (!rows) return {};
  std::string names;
  for (auto found = rows->step(); found && *found; found = rows->step()) {
    const std::string name = rows->text(0);
    names += (names.empty() ? "" : ", ") + name.substr(0, name.size() - changes.size());
  }
  return names.empty() ? names : "; datasets of this log: " + names;
}

}  // namespace

base::Result<std::unique_ptr<log::Source>> open_sqlite_source(const std::string& path,
                                                              std::string_view topic) {
  auto reading = Reading::open(path, std::string(topic));
  if (!reading && reading.error().code == base::Errc::NotFound) {
    base::Error error = std::move(reading).error();
    error.trail += datasets_of(path);
    return std::unexpected(std::move(error));
  }
  if (!reading) return std::unexpected(std::move(reading).error());
  return std::make_unique<SqliteSource>(path, std::string(topic), *std::move(reading));
}

}  // namespace tidemark::topics
