#include "topics/kafka_pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tidemark::topics {
namespace {

constexpr std::chrono::milliseconds warm_up_wait{2'000};
constexpr std::chrono::milliseconds short_wait{50};
constexpr std::chrono::seconds unreachable_for{10};

}  // namespace

KafkaPool::~KafkaPool() {
  for (std::thread& each : retiring_) each.join();
}

void KafkaPool::retire(std::shared_ptr<KafkaHandle> handle) {
  retiring_.emplace_back([ending = std::move(handle)]() mutable { ending.reset(); });
}

void KafkaPool::end(std::shared_ptr<KafkaHandle> handle) {
  const std::lock_guard held(lock_);
  if (handle != producer_) retire(std::move(handle));
}

base::Result<std::shared_ptr<KafkaHandle>> KafkaPool::acquire_consumer(const std::string& topic) {
  const std::lock_guard held(lock_);
  for (Consumer& each : consumers_) {
    if (each.topics.insert(topic).second) return each.handle;
  }
  TIDEMARK_TRY(auto handle, KafkaHandle::open(settings_, KafkaSide::Consumer));
  ++handles_;
  consumers_.push_back(Consumer{handle, {topic}});
  return handle;
}

void KafkaPool::release_consumer(const std::string& topic, std::shared_ptr<KafkaHandle> handle) {
  const std::lock_guard held(lock_);
  const auto found = std::ranges::find(consumers_, handle, &Consumer::handle);
  if (found == consumers_.end()) {  // abandoned before
    if (handle.use_count() == 1) retire(std::move(handle));
    return;
  }
  found->topics.erase(topic);
  if (!found->topics.empty() || found == consumers_.begin()) return;
  consumers_.erase(found);  // a further one: the first stays warm
  retire(std::move(handle));
}

void KafkaPool::abandon_consumer(const std::string& topic, std::shared_ptr<KafkaHandle> handle) {
  {
    const std::lock_guard held(lock_);
    std::erase_if(consumers_, [&](const Consumer& each) { return each.handle == handle; });
  }
  release_consumer(topic, std::move(handle));
}

base::Result<std::shared_ptr<KafkaHandle>> KafkaPool::producer() {
  const std::lock_guard held(lock_);
  if (producer_ && producer_->fatal()) retire(std::move(producer_));
  if (!producer_) {
    TIDEMARK_TRY(producer_, KafkaHandle::open(settings_, KafkaSide::Producer));
    ++handles_;
  }
  return producer_;
}

void KafkaPool::note_cluster(KafkaHandle& handle) {
  {
    const std::lock_guard held(lock_);
    if (!cluster_id_.empty()) return;
  }
  std::string id = handle.cluster_id(short_wait);
  const std::lock_guard held(lock_);
  if (cluster_id_.empty()) cluster_id_ = std::move(id);
}

std::string KafkaPool::cluster_id() {
  std::shared_ptr<KafkaHandle> any;
  {
    const std::lock_guard held(lock_);
    if (!cluster_id_.empty()) return cluster_id_;
    any = !consumers_.empty() ? consumers_.front().handle : producer_;
  }
  if (any) note_cluster(*any);
  const std::lock_guard held(lock_);
  return cluster_id_;
}

std::chrono::milliseconds KafkaPool::patience() {
  const std::lock_guard held(lock_);
  const bool lately = std::chrono::steady_clock::now() - unreachable_at_ < unreachable_for;
  return lately ? short_wait : warm_up_wait;
}

void KafkaPool::note_unreachable() {
  const std::lock_guard held(lock_);
  unreachable_at_ = std::chrono::steady_clock::now();
}

KafkaStatistics KafkaPool::statistics() const {
  const std::lock_guard held(lock_);
  KafkaStatistics all;
  const auto add = [&all](const KafkaHandle& handle) {
    const KafkaStatistics one = handle.statistics();
    all.disconnects += one.disconnects;
    all.errors += one.errors;
    all.unsent_records += one.unsent_records;
    all.round_trip_us = std::max(all.round_trip_us, one.round_trip_us);
    for (const auto& [name, topic] : one.topics) {
      if (!all.topics.contains(name) || topic.high_offset >= 0) all.topics[name] = topic;
    }
  };
  for (const Consumer& each : consumers_) add(*each.handle);
  if (producer_) add(*producer_);
  all.stalls = stalls_;
  all.handles = handles_;
  return all;
}

}  // namespace tidemark::topics
