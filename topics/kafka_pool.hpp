// The handles of one KafkaLog: one for reading, one for writing, and more only where they must be.
//
// A handle reads a topic for one Source only, so a second Source of the same topic gets a handle of
// its own. A stalled consumer handle and a producer with a fatal error are replaced; the old ones
// end on a thread of their own, since that may take seconds. Internal to topics/.
//
// Threads  Any.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/base/result.hpp"
#include "topics/kafka_handle.hpp"

namespace tidemark::topics {

class KafkaPool {
 public:
  explicit KafkaPool(LogSettings settings) : settings_(std::move(settings)) {}
  ~KafkaPool();
  KafkaPool(const KafkaPool&) = delete;
  KafkaPool& operator=(const KafkaPool&) = delete;

  base::Result<std::shared_ptr<KafkaHandle>> acquire_consumer(const std::string& topic);
  void release_consumer(const std::string& topic, std::shared_ptr<KafkaHandle> handle);
  // The same, and nobody gets this handle any more.
  void abandon_consumer(const std::string& topic, std::shared_ptr<KafkaHandle> handle);

  // Lets go of a handle; should it be the last hold on it, it ends on a thread of its own.
  void end(std::shared_ptr<KafkaHandle> handle);

  // Replaces one with a fatal error.
  base::Result<std::shared_ptr<KafkaHandle>> producer();

  // Asks until it succeeded once: the first call may wait a little.
  std::string cluster_id();
  void note_cluster(KafkaHandle& handle);
  // How long a warm-up may wait: little, right after one that found no broker.
  std::chrono::milliseconds patience();
  void note_unreachable();

  void note_stall() { ++stalls_; }
  KafkaStatistics statistics() const;
  const LogSettings& settings() const noexcept { return settings_; }

 private:
  struct Consumer {
    std::shared_ptr<KafkaHandle> handle;
    std::set<std::string> topics;
  };
  void retire(std::shared_ptr<KafkaHandle> handle);  // REQUIRES lock_

  const LogSettings settings_;
  std::atomic<std::uint64_t> stalls_{0};
  mutable std::mutex lock_;  // of what follows
  std::vector<Consumer> consumers_;
  std::shared_ptr<KafkaHandle> producer_;
  std::string cluster_id_;
  std::chrono::steady_clock::time_point unreachable_at_{};
  std::uint64_t handles_ = 0;
  std::vector<std::thread> retiring_;
};

}  // namespace tidemark::topics
