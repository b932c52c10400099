// One librdkafka handle, its callbacks, and the thread that serves them. Internal to topics/.
//
// The thread polls the main queue: errors, statistics, log lines, delivery reports. Sources read
// their own queues on their own threads.
//
// Continuity: 2.0.2 does not see that a log was cut (KIP-320), and it reports a lost connection
// only if it is not like the one before (30 s). So the socket-closing callback counts lost
// connections itself, on the library's broker thread: before it reconnects, hence before any record
// of another history can arrive. A Source compares doubts() after each batch.
//
// Threads  All members from any thread. The destructor may wait for the library's threads: not on a
//          feeder (KafkaPool retires handles on a thread of its own).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "topics/event_bell.hpp"
#include "topics/kafka_settings.hpp"
#include "topics/kafka_statistics.hpp"

struct rd_kafka_s;
struct rd_kafka_topic_s;

namespace tidemark::topics {

class KafkaHandle {
 public:
  static base::Result<std::shared_ptr<KafkaHandle>> open(const LogSettings& settings,
                                                         KafkaSide side);
  ~KafkaHandle();
  KafkaHandle(const KafkaHandle&) = delete;
  KafkaHandle& operator=(const KafkaHandle&) = delete;

  rd_kafka_s* raw() const noexcept { return raw_; }
  // Rises with every lost connection and every error that puts continuity in doubt.
  std::uint64_t doubts() const noexcept { return doubts_; }
  std::uint64_t errors() const noexcept { return errors_; }
  bool fatal() const noexcept { return fatal_; }
  std::string last_error() const;
  KafkaStatistics statistics() const;
  std::int32_t leader_of(const std::string& topic) const;  // -1: not known
  std::string effective(const std::string& property) const;

  // Bells that ring on a doubt, on an error, and once a second (deadlines).
  void attach(EventBell* bell);
  void detach(EventBell* bell);

  // Asks for the topic's metadata: afterwards the first record comes after 14 ms instead of 506.
  // NotFound: no such topic. Unavailable: no broker answered in time.
  base::Result<void> warm_up(rd_kafka_topic_s* topic, const std::string& name,
                             std::chrono::milliseconds wait);
  std::string cluster_id(std::chrono::milliseconds wait);  // empty: not known yet
  base::Result<std::vector<std::string>> topic_names(std::chrono::milliseconds wait);

  // First and next offset of a topic, asked of its leader on the serving thread: the question may
  // hang for 40 s on a frozen leader. The bells ring when there is an answer.
  void ask_bounds(const std::string& topic);
  void ask_bounds_later(const std::string& topic);  // at the next tick
  std::optional<std::pair<std::int64_t, std::int64_t>> take_bounds(const std::string& topic);

 private:
  struct Callbacks;
  KafkaHandle(const LogSettings& settings, KafkaSide side) : settings_(settings), side_(side) {}
  base::Result<void> open();
  void serve();
  base::Result<void> ask_metadata(rd_kafka_topic_s* topic, const std::string& name,
                                  std::chrono::milliseconds wait);
  void answer_bounds();
  void wake();
  void doubt(std::string why);
  void ring();

  const LogSettings settings_;
  const KafkaSide side_;
  rd_kafka_s* raw_ = nullptr;
  std::atomic<std::uint64_t> doubts_{0};
  std::atomic<std::uint64_t> disconnects_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<bool> fatal_{false};
  std::atomic<bool> stop_{false};
  mutable std::mutex lock_;  // of what follows
  std::string last_error_;
  KafkaStatistics statistics_;
  std::vector<EventBell*> bells_;
  std::vector<std::string> questions_;
  std::vector<std::string> later_questions_;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> bounds_;
  std::thread server_;
};

}  // namespace tidemark::topics
