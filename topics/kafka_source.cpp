#include "topics/kafka_source.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <librdkafka/rdkafka.h>

#include "topics/event_bell.hpp"

namespace tidemark::topics {
namespace {

using std::chrono::steady_clock;

// Without a new position for so long, while more is known to exist, the partition is started again.
constexpr std::chrono::seconds progress_deadline{10};
constexpr int stalls_until_new_handle = 3;
constexpr std::chrono::seconds bounds_wait{5};
constexpr int confirmations_wanted = 3;  // a tick of the handle apart: 1 s
constexpr std::size_t batch_records = 512;

// What one handle holds for this Source; ends in the right order.
class Reading {
 public:
  Reading(std::shared_ptr<KafkaHandle> handle, const std::string& topic, EventBell& bell)
      : handle_(std::move(handle)),
        bell_(bell),
        topic_(rd_kafka_topic_new(handle_->raw(), topic.c_str(), nullptr)),
        queue_(rd_kafka_queue_new(handle_->raw())) {
    const std::uint64_t one = 1;  // one write per empty -> non-empty edge of the queue
    rd_kafka_queue_io_event_enable(queue_, bell.descriptor(), &one, sizeof one);
    handle_->attach(&bell_);
  }
  ~Reading() {
    stop();
    handle_->detach(&bell_);
    rd_kafka_queue_io_event_enable(queue_, -1, nullptr, 0);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_topic_destroy(topic_);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  bool start(std::int64_t from) {
    stop();
    started_ = rd_kafka_consume_start_queue(topic_, 0, from, queue_) == 0;
    return started_;
  }
  void stop() {
    if (std::exchange(started_, false)) rd_kafka_consume_stop(topic_, 0);
  }
  bool started() const { return started_; }
  KafkaHandle& handle() { return *handle_; }
  std::shared_ptr<KafkaHandle> share() { return handle_; }
  rd_kafka_topic_t* topic() { return topic_; }

  std::size_t take(std::span<rd_kafka_message_t*> batch) {
    // Time-out 0: with another one the call waits until the array is full or the time is over.
    const auto taken = rd_kafka_consume_batch_queue(queue_, 0, batch.data(), batch.size());
    return taken < 0 ? 0 : static_cast<std::size_t>(taken);
  }

 private:
  std::shared_ptr<KafkaHandle> handle_;
  EventBell& bell_;
  rd_kafka_topic_t* topic_;
  rd_kafka_queue_t* queue_;
  bool started_ = false;
};

log::Record record_of(const rd_kafka_message_t& message) {
  log::Record record{.offset = log::Offset{message.offset},
                     .appended = log::AppendTime{rd_kafka_message_timestamp(&message, nullptr)}};
  const auto* const key = static_cast<const char*>(message.key);
  if (key != nullptr) record.key.assign(key, message.key_len);
  // A copy: the library's addresses are odd, and its memory lives only as long as the message.
  const auto* const value = static_cast<const std::uint8_t*>(message.payload);
  if (value != nullptr) record.value.assign(value, value + message.len);
  record.tombstone = value == nullptr;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* text = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &text, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(text), size));
    }
  }
  return record;
}

class KafkaSource final : public log::Source {
 public:
  KafkaSource(std::shared_ptr<KafkaPool> pool, std::string topic)
      : pool_(std::move(pool)), topic_(std::move(topic)) {}
  ~KafkaSource() override { let_go(&KafkaPool::release_consumer); }

  base::Result<void> open() {
    TIDEMARK_TRY_VOID(ensure_handle());
    const auto warm = reading_->handle().warm_up(reading_->topic(), topic_, pool_->patience());
    if (warm) {
      pool_->note_cluster(reading_->handle());
      return {};
    }
    if (warm.error().code == base::Errc::Unavailable) pool_->note_unreachable();
    const bool later = warm.error().code == base::Errc::Unavailable ||
                       warm.error().code == base::Errc::Denied;  // told while tailing
    if (!later) return std::unexpected(warm.error());
    return {};
  }

  base::Result<void> start(log::Offset from) override {
    silent_ = false;
    appended_ = 0;
    told_ = false;
    caught_up_ = false;
    begin(from.value());
    return {};
  }

  base::Result<log::Drained> drain(std::size_t records_max) override {
    bell_.hush();
    log::Drained drained;
    if (silent_) return drained;
    if (!reading_ || !reading_->started()) {
      begin(position_);
      return drained;
    }
    const std::int64_t before = position_;
    const bool contacted_before = contacted_;
    take(records_max, drained);
    if (silent_) return drained;
    if (in_doubt()) {
      doubt(drained, before, contacted_before);
      return drained;
    }
    if (out_of_range_) {
      tell_out_of_range(drained);
      return drained;
    }
    note_bounds();
    tell_caught_up(drained);
    watch_progress(drained);
    if (drained.more) bell_.ring();
    return drained;
  }

  std::optional<log::Bounds> bounds() const override { return bounds_; }
  int bell() const override { return bell_.descriptor(); }

 private:
  base::Result<void> ensure_handle() {
    if (reading_) return {};
    TIDEMARK_TRY(auto handle, pool_->acquire_consumer(topic_));
    reading_.emplace(std::move(handle), topic_, bell_);
    return {};
  }
  void let_go(void (KafkaPool::*how)(const std::string&, std::shared_ptr<KafkaHandle>)) {
    if (!reading_) return;
    std::shared_ptr<KafkaHandle> handle = reading_->share();
    reading_.reset();
    (pool_.get()->*how)(topic_, std::move(handle));
  }

  // The partition from `from` on. What cannot be done now is tried again at the next tick.
  void begin(std::int64_t from) {
    position_ = from;
    contacted_ = eof_ = out_of_range_ = false;
    confirmations_ = 0;
    target_.reset();
    progressed_ = steady_clock::now();
    if (stalls_ >= stalls_until_new_handle) {
      let_go(&KafkaPool::abandon_consumer);
      stalls_ = 0;
    }
    if (!ensure_handle()) return;
    doubts_ = reading_->handle().doubts();
    errors_ = reading_->handle().errors();
    leader_ = reading_->handle().leader_of(topic_);
    reading_->start(from);
  }

  static void say(log::Drained& drained, log::Happening happening, std::string detail) {
    drained.happenings.push_back(happening);
    drained.detail = std::move(detail);
  }
  void stop(log::Drained& drained, log::Happening happening, const std::string& detail) {
    reading_->stop();
    silent_ = true;
    drained.more = false;
    say(drained, happening, topic_ + ": " + detail);
  }

  void take(std::size_t records_max, log::Drained& drained) {
    std::array<rd_kafka_message_t*, batch_records> batch;
    for (bool full = true; full && drained.records.size() < records_max;) {
      const std::size_t room = std::min(batch.size(), records_max - drained.records.size());
      const std::size_t taken = reading_->take(std::span(batch).first(room));
      full = taken == room;
      for (std::size_t i = 0; i < taken; ++i) {
        if (!silent_) deliver(*batch[i], drained);
        rd_kafka_message_destroy(batch[i]);
      }
      // After a partial drain the bell would not ring again for the rest.
      drained.more = full && !silent_;
    }
  }

  void deliver(const rd_kafka_message_t& message, log::Drained& drained) {
    switch (message.err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR: {
        log::Record record = record_of(message);
        // A batch shares its time, and a new leader's clock may be behind.
        appended_ = std::max(appended_, record.appended.value());
        record.appended = log::AppendTime{appended_};
        position_ = message.offset + 1;
        note_contact();
        stalls_ = 0;
        drained.records.push_back(std::move(record));
        return;
      }
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        note_contact();
        eof_ = true;
        return;
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:  // the library has stopped fetching
        if (std::exchange(out_of_range_, true)) return;
        out_of_range_at_ = steady_clock::now();
        reading_->handle().ask_bounds(topic_);
        return;
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        if (contacted_) {
          drained.records.clear();
          stop(drained, log::Happening::Overlap, rd_kafka_err2str(message.err));
          return;
        }
        break;
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        say(drained, log::Happening::Denied, topic_ + ": not authorised to read");
        return;
      default: break;
    }
    tell_unavailable(drained, rd_kafka_err2str(message.err));
  }

  void note_contact() {
    progressed_ = steady_clock::now();
    told_ = false;
    if (std::exchange(contacted_, true)) return;
    std::int64_t first = 0;
    std::int64_t next = 0;
    if (rd_kafka_get_watermark_offsets(reading_->handle().raw(), topic_.c_str(), 0, &first,
                                       &next) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        next >= 0) {
      target_ = next;  // captured once: a moving end would never be reached
    }
  }

  bool in_doubt() {
    const std::int32_t leader = reading_->handle().leader_of(topic_);
    const bool moved = leader >= 0 && leader_ >= 0 && leader != leader_;
    if (leader >= 0) leader_ = leader;
    why_ = moved ? "the leader changed" : reading_->handle().last_error();
    return moved || reading_->handle().doubts() != doubts_;
  }

  // The batch may stem from after the lost connection: nothing of it is handed out.
  void doubt(log::Drained& drained, std::int64_t before, bool contacted_before) {
    drained = log::Drained{};
    if (contacted_before) {
      position_ = before;
      stop(drained, log::Happening::Overlap, why_);
      return;
    }
    begin(before);  // nothing was handed out since start(): there is nothing to compare
    tell_unavailable(drained, why_);
  }

  void note_bounds() {
    std::int64_t first = -1;
    std::int64_t next = -1;
    if (rd_kafka_get_watermark_offsets(reading_->handle().raw(), topic_.c_str(), 0, &first,
                                       &next) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return;
    }
    if (first >= 0 && next >= 0) bounds_ = log::Bounds{log::Offset{first}, log::Offset{next}};
  }

  // Told together with the bounds that explain it, which the last fetch did not bring. A broker
  // that was frozen and does not know yet that it leads no more says "out of range" too (measured):
  // so the leader is asked, and an end before our position must be confirmed. A start after it is
  // final: no replica forgets more than its leader.
  void tell_out_of_range(log::Drained& drained) {
    const auto bounds = reading_->handle().take_bounds(topic_);
    if (!bounds) {  // the bell rings with the answer, or once a second
      if (steady_clock::now() - out_of_range_at_ < bounds_wait) return;
    } else if (bounds->first <= position_ && position_ <= bounds->second) {
      start_after_stale_answer(drained);
      return;
    } else if (position_ > bounds->second && ++confirmations_ < confirmations_wanted) {
      reading_->handle().ask_bounds_later(topic_);
      return;
    }
    std::string where = "position " + std::to_string(position_);
    if (bounds) {
      bounds_ = log::Bounds{log::Offset{bounds->first}, log::Offset{bounds->second}};
      where +=
          " of [" + std::to_string(bounds->first) + ", " + std::to_string(bounds->second) + "]";
    }
    stop(drained, log::Happening::OutOfRange, where);
  }

  void start_after_stale_answer(log::Drained& drained) {
    if (contacted_) {
      stop(drained, log::Happening::Overlap, "a broker with an older end answered");
      return;
    }
    begin(position_);
  }

  void tell_caught_up(log::Drained& drained) {
    if (caught_up_ || !contacted_) return;
    if (!(eof_ || (target_ && position_ >= *target_))) return;
    caught_up_ = true;
    say(drained, log::Happening::CaughtUp, topic_ + ": caught up");
  }

  void tell_unavailable(log::Drained& drained, const std::string& why) {
    if (std::exchange(told_, true)) return;
    say(drained, log::Happening::Unavailable, topic_ + ": " + why);
  }

  void watch_progress(log::Drained& drained) {
    if (!contacted_ && reading_->handle().errors() != errors_) {
      tell_unavailable(drained, reading_->handle().last_error());
    }
    const auto now = steady_clock::now();
    if (contacted_ && (!bounds_ || bounds_->next.value() <= position_)) progressed_ = now;
    if (drained.more || now - progressed_ < progress_deadline) return;
    pool_->note_stall();
    ++stalls_;
    if (contacted_) {
      say(drained, log::Happening::Stalled, "no progress");
      stop(drained, log::Happening::Overlap, "no progress at " + std::to_string(position_));
    } else {
      begin(position_);
      tell_unavailable(drained, "no answer");
    }
  }

  const std::shared_ptr<KafkaPool> pool_;
  const std::string topic_;
  EventBell bell_;
  std::optional<Reading> reading_;
  std::int64_t position_ = 0;
  std::int64_t appended_ = 0;
  std::optional<std::int64_t> target_;
  std::optional<log::Bounds> bounds_;
  std::uint64_t doubts_ = 0;
  std::uint64_t errors_ = 0;
  std::int32_t leader_ = -1;
  std::string why_;  // of the last doubt
  steady_clock::time_point progressed_{};
  int stalls_ = 0;          // in a row
  bool silent_ = true;      // until the next start()
  bool contacted_ = false;  // the log answered since begin()
  bool eof_ = false;
  bool out_of_range_ = false;
  steady_clock::time_point out_of_range_at_{};
  int confirmations_ = 0;  // of an end before our position
  bool caught_up_ = false;
  bool told_ = false;  // that it is unavailable
};

}  // namespace

base::Result<std::unique_ptr<log::Source>> open_kafka_source(std::shared_ptr<KafkaPool> pool,
                                                             const std::string& topic) {
  auto source = std::make_unique<KafkaSource>(std::move(pool), topic);
  TIDEMARK_TRY_VOID(source->open());
  return source;
}

}  // namespace tidemark::topics
