#include "topics/sqlite_sink.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "topics/doorbell.hpp"
#include "topics/event_bell.hpp"
#include "topics/sqlite_log.hpp"
#include "topics/sqlite_schema.hpp"

namespace tidemark::topics {
namespace {

// Bounds one transaction: what a crash may take back, and how long others wait for the lock.
constexpr std::size_t group_records_max = 4'000;
constexpr std::size_t group_octets_max = 16 * 1'048'576;
// A checkpoint costs its committer some ms; the WAL grows by 4 KiB a page meanwhile.
constexpr int checkpoint_idle_pages = 1'000;
constexpr int checkpoint_busy_pages = 16'000;
constexpr std::chrono::seconds tidy_period{60};
constexpr std::size_t tidy_records = 8'192;

bool ends_with_observations(std::string_view topic) {
  return topic.ends_with(".health") || topic.ends_with(".fleet");
}

struct Batch {
  log::Ticket first_ticket;
  std::vector<log::Draft> drafts;
  std::size_t octets;
};

std::size_t octets_of(const log::Draft& draft) { return draft.key.size() + draft.value.size(); }

// The connection of the writer thread.
struct Writing {
  SqliteFile file;
  FileId id;
  SqliteStatement time, reserve, keep_time;
  std::int64_t topic_id = 0;
  std::optional<SqliteStatement> insert;

  static base::Result<Writing> open(const std::string& path, std::string_view topic,
                                    const std::atomic<bool>& stop) {
    const FileId id = file_id(path);  // before the open: a swap in between shows as a change
    SqliteSettings settings;
    settings.give_up = &stop;
    TIDEMARK_TRY(SqliteFile file, open_sqlite_log(path, settings));
    TIDEMARK_TRY_VOID(file.run(ends_with_observations(topic) ? "PRAGMA synchronous=NORMAL"
                                                             : "PRAGMA synchronous=FULL"));
    file.watch_wal();
    TIDEMARK_TRY_VOID(create_log_time(file));
    TIDEMARK_TRY(SqliteStatement time,
                 file.prepare("SELECT t.last_append_ms, e.boot, e.since_boot_ms, e.log_ms, "
                              "e.step_wall_ms, e.step_since_ms FROM topic t LEFT JOIN log_time e "
                              "ON e.topic=t.id WHERE t.name=?1"));
    time.bind(1, topic);
    TIDEMARK_TRY(SqliteStatement keep_time,
                 file.prepare("INSERT OR REPLACE INTO log_time VALUES(?1,?2,?3,?4,?5,?6)"));
    TIDEMARK_TRY(SqliteStatement reserve,
                 file.prepare("UPDATE topic SET next_position=next_position+?1, "
                              "last_append_ms=max(last_append_ms,?2) WHERE name=?3 "
                              "RETURNING id, next_position-?1, last_append_ms"));
    reserve.bind(3, topic);
    return Writing{std::move(file),      id, std::move(time), std::move(reserve),
                   std::move(keep_time), 0,  std::nullopt};
  }
};

class SqliteSink final : public log::Sink {
 public:
  SqliteSink(std::string path, std::string topic, MachineClock clock)
      : path_(std::move(path)),
        topic_(std::move(topic)),
        clock_(std::move(clock)),
        doorbell_(path_),
        writer_([this] { write_until_stopped(); }) {}

  ~SqliteSink() override {
    {
      const std::lock_guard held(lock_);
      stop_ = true;
    }
    wake_.notify_one();
    writer_.join();
  }

  base::Result<void> append(log::Ticket ticket, log::Draft draft) override {
    std::vector<log::Draft> one;
    one.push_back(std::move(draft));
    return append_batch(ticket, std::move(one));
  }

  base::Result<void> append_batch(log::Ticket first_ticket,
                                  std::vector<log::Draft> drafts) override {
    std::size_t octets = 0;
    for (const log::Draft& draft : drafts) {
      if (octets_of(draft) > log::record_octets_max) {
        return base::fail(
            base::Errc::TooLarge,
            topic_ + ": a record of " + std::to_string(octets_of(draft)) +
                " octets exceeds record_octets_max = " + std::to_string(log::record_octets_max));
      }
      octets += octets_of(draft);
    }
    {
      const std::lock_guard held(lock_);
      if (!queue_.empty() && (queued_records_ + drafts.size() > sqlite_sink_records_max ||
                              queued_octets_ + octets > sqlite_sink_octets_max)) {
        return base::fail(base::Errc::Unavailable, topic_ + ": the queue is full, try later");
      }
      queued_records_ += drafts.size();
      queued_octets_ += octets;
      queue_.push_back(Batch{first_ticket, std::move(drafts), octets});
    }
    wake_.notify_one();
    return {};
  }

  std::vector<log::Completion> completions() override {
    bell_.hush();
    const std::lock_guard held(lock_);
    return std::exchange(done_, {});
  }

  int bell() const override { return bell_.descriptor(); }

 private:
  void write_until_stopped() {
    auto tidied = std::chrono::steady_clock::now();
    std::size_t since_tidy = 0;
    (void)ensure_open();  // so that the first batch finds it open; that one reports a failure
    for (;;) {
      std::vector<Batch> group = next_group();
      if (stop_) return;
      if (!group.empty()) {
        for (const Batch& batch : group) since_tidy += batch.drafts.size();
        complete(write(group));
        if (writing_ && writing_->file.wal_pages() > checkpoint_busy_pages) {
          writing_->file.checkpoint();
        }
      }
      if (!idle() || !writing_) continue;
      if (writing_->file.wal_pages() > checkpoint_idle_pages) writing_->file.checkpoint();
      const auto now = std::chrono::steady_clock::now();
      if (since_tidy >= tidy_records || (since_tidy > 0 && now - tidied >= tidy_period)) {
        (void)tidy_sqlite_topic(writing_->file, topic_);  // the next time, if it fails
        tidied = now;
        since_tidy = 0;
      }
    }
  }

  bool idle() {
    const std::lock_guard held(lock_);
    return queue_.empty();
  }

  // All that is queued, as far as one transaction may hold; empty when it is time to tidy or stop.
  std::vector<Batch> next_group() {
    std::unique_lock held(lock_);
    wake_.wait_for(held, tidy_period, [this] { return stop_ || !queue_.empty(); });
    std::vector<Batch> group;
    std::size_t records = 0;
    std::size_t octets = 0;
    while (!queue_.empty() &&
           (group.empty() ||
            (records < group_records_max && octets + queue_.front().octets < group_octets_max))) {
      records += queue_.front().drafts.size();
      octets += queue_.front().octets;
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    queued_records_ -= records;
    queued_octets_ -= octets;
    return group;
  }

  void complete(std::vector<log::Completion> completions) {
    {
      const std::lock_guard held(lock_);
      for (log::Completion& each : completions) done_.push_back(std::move(each));
    }
    bell_.ring();
  }

  std::vector<log::Completion> write(const std::vector<Batch>& group) {
    std::vector<log::Completion> written;
    bool committing = false;
    if (auto result = write_transaction(group, written, committing); !result) {
      written.clear();
      writing_.reset();
      fail(group, committing, std::move(result).error().trail, written);
    }
    return written;
  }

  static void fail(const std::vector<Batch>& group, bool committing, const std::string& detail,
                   std::vector<log::Completion>& written) {
    const auto outcome =
        committing ? log::Completion::Outcome::Unknown : log::Completion::Outcome::NotPersisted;
    for (const Batch& batch : group) {
      for (std::size_t i = 0; i < batch.drafts.size(); ++i) {
        written.push_back({outcome, log::Ticket{batch.first_ticket.value() + i}, log::Offset{-1},
                           log::AppendTime{-1}, detail});
      }
    }
  }

  base::Result<void> write_transaction(const std::vector<Batch>& group,
                                       std::vector<log::Completion>& written, bool& committing) {
    TIDEMARK_TRY_VOID(ensure_open());
    TIDEMARK_TRY(SqliteTransaction transaction, SqliteTransaction::begin(writing_->file));
    TIDEMARK_TRY_VOID(insert_all(group, written));
    committing = true;
    TIDEMARK_TRY_VOID(transaction.commit());
    doorbell_.ring();
    return {};
  }

  base::Result<void> ensure_open() {
    if (writing_ && writing_->id == file_id(path_)) return {};
    writing_.reset();
    TIDEMARK_TRY(Writing opened, Writing::open(path_, topic_, stop_));
    writing_.emplace(std::move(opened));
    return {};
  }

  base::Result<void> insert_all(const std::vector<Batch>& group,
                                std::vector<log::Completion>& written) {
    std::int64_t records = 0;
    for (const Batch& batch : group) records += static_cast<std::int64_t>(batch.drafts.size());
    TIDEMARK_TRY(const TimeEvidence evidence, read_evidence());
    LogTime time = next_log_time(evidence, clock_(), last_append_ms_);
    SqliteStatement& reserve = writing_->reserve;
    reserve.bind(1, records);
    reserve.bind(2, time.ms);
    TIDEMARK_TRY(const bool found, reserve.step());
    if (!found) {
      reserve.reset();
      return base::fail(base::Errc::NotFound, topic_ + ": the topic does not exist any more");
    }
    const std::int64_t id = reserve.number(0);
    std::int64_t position = reserve.number(1);
    const std::int64_t appended = reserve.number(2);
    reserve.reset();
    if (!(time.evidence == evidence)) TIDEMARK_TRY_VOID(keep_evidence(id, time.evidence));
    if (!writing_->insert || id != writing_->topic_id) {
      TIDEMARK_TRY(SqliteStatement insert,
                   writing_->file.prepare("INSERT INTO record_" + std::to_string(id) +
                                          " VALUES(?1,?2,?3,?4,?5)"));
      writing_->insert.emplace(std::move(insert));
      writing_->topic_id = id;
    }
    for (const Batch& batch : group) {
      std::uint64_t ticket = batch.first_ticket.value();
      for (const log::Draft& draft : batch.drafts) {
        TIDEMARK_TRY_VOID(insert_one(position, appended, draft));
        written.push_back({log::Completion::Outcome::Persisted,
                           log::Ticket{ticket++},
                           log::Offset{position++},
                           log::AppendTime{appended},
                           {}});
      }
    }
    return {};
  }

  // Of the topic; none yet: a boot that is nobody's.
  base::Result<TimeEvidence> read_evidence() {
    SqliteStatement& row = writing_->time;
    TIDEMARK_TRY(const bool there, row.step());
    TimeEvidence evidence;
    last_append_ms_ = there ? row.number(0) : 0;
    if (there && !row.is_null(1)) {
      evidence = {.boot = row.text(1),
                  .since_boot_ms = row.number(2),
                  .log_ms = row.number(3),
                  .step_wall_ms = row.number(4),
                  .step_since_ms = row.number(5)};
    }
    row.reset();
    return evidence;
  }

  base::Result<void> keep_evidence(std::int64_t topic_id, const TimeEvidence& evidence) {
    SqliteStatement& keep = writing_->keep_time;
    keep.bind(1, topic_id);
    keep.bind(2, std::string_view(evidence.boot));
    keep.bind(3, evidence.since_boot_ms);
    keep.bind(4, evidence.log_ms);
    keep.bind(5, evidence.step_wall_ms);
    keep.bind(6, evidence.step_since_ms);
    return keep.run();
  }

  base::Result<void> insert_one(std::int64_t position, std::int64_t appended,
                                const log::Draft& draft) {
    SqliteStatement& insert = *writing_->insert;
    insert.bind(1, position);
    insert.bind(2, appended);
    insert.bind(3, base::as_bytes(draft.key));
    if (draft.tombstone) {
      insert.bind_null(4);
    } else {
      insert.bind(4, base::ByteView(draft.value));
    }
    if (draft.headers.empty()) {
      insert.bind_null(5);
    } else {
      insert.bind(5, base::ByteView(encode_headers(draft.headers)));
    }
    return insert.run();
  }

  const std::string path_;
  const std::string topic_;
  const MachineClock clock_;  // asked by the writer alone
  EventBell bell_;
  std::atomic<bool> stop_{false};

  std::mutex lock_;  // of the queue and of what is done
  std::condition_variable wake_;
  std::deque<Batch> queue_;
  std::size_t queued_records_ = 0;
  std::size_t queued_octets_ = 0;
  std::vector<log::Completion> done_;

  Doorbell doorbell_;               // the writer's from here on
  std::optional<Writing> writing_;  // none until the first batch, and after a failure
  std::int64_t last_append_ms_ = 0;
  std::thread writer_;  // last: it sees all of the above
};

}  // namespace

base::Result<std::unique_ptr<log::Sink>> open_sqlite_sink(const std::string& path,
                                                          std::string_view topic,
                                                          MachineClock clock) {
  TIDEMARK_TRY(SqliteFile file, open_sqlite_log(path));
  TIDEMARK_TRY(SqliteStatement row, prepare_topic_row(file, topic));
  TIDEMARK_TRY([[maybe_unused]] const SqliteTopic there, read_topic_row(row, topic));
  return std::make_unique<SqliteSink>(path, std::string(topic), std::move(clock));
}

}  // namespace tidemark::topics
