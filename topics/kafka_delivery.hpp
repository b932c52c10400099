// From librdkafka's delivery reports to a Sink's completions. Internal to topics/.
//
// Each record in flight carries a Pending as its opaque; the report frees it, also when the Sink is
// gone.
//
// Threads  deliver_report: the thread of the producer's handle.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/log/log.hpp"
#include "topics/event_bell.hpp"

struct rd_kafka_s;
struct rd_kafka_message_s;

namespace tidemark::topics {

struct KafkaOutbox {  // shared by a Sink and its records in flight
  EventBell bell;
  std::mutex lock;
  std::vector<log::Completion> done;

  void complete(log::Completion completion);
};

struct KafkaPending {
  std::shared_ptr<KafkaOutbox> outbox;
  log::Ticket ticket;
};

void deliver_report(rd_kafka_s* handle, const rd_kafka_message_s* report, void* opaque);

}  // namespace tidemark::topics
