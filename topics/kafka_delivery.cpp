#include "topics/kafka_delivery.hpp"

#include <utility>

#include <librdkafka/rdkafka.h>

namespace tidemark::topics {

void KafkaOutbox::complete(log::Completion completion) {
  {
    const std::lock_guard held(lock);
    done.push_back(std::move(completion));
  }
  bell.ring();
}

void deliver_report(rd_kafka_s*, const rd_kafka_message_s* report, void*) {
  const std::unique_ptr<KafkaPending> pending(static_cast<KafkaPending*>(report->_private));
  log::Completion completion{log::Completion::Outcome::Persisted,
                             pending->ticket,
                             log::Offset{report->offset},
                             log::AppendTime{rd_kafka_message_timestamp(report, nullptr)},
                             {}};
  if (report->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // A time-out or a purge in flight is no "no": such records were in the log later (measured).
    completion.outcome = rd_kafka_message_status(report) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED
                             ? log::Completion::Outcome::NotPersisted
                             : log::Completion::Outcome::Unknown;
    completion.offset = log::Offset{-1};
    completion.appended = log::AppendTime{-1};
    completion.detail =
        std::string(rd_kafka_err2name(report->err)) + ": " + rd_kafka_err2str(report->err);
  }
  pending->outbox->complete(std::move(completion));
}

}  // namespace tidemark::topics
