#include "topics/kafka_log.hpp"

#include <utility>

#include <librdkafka/rdkafka.h>

#include "topics/kafka_admin.hpp"
#include "topics/kafka_pool.hpp"
#include "topics/kafka_sink.hpp"
#include "topics/kafka_source.hpp"

namespace tidemark::topics {

KafkaLog::KafkaLog(std::shared_ptr<KafkaPool> pool) : pool_(std::move(pool)) {}
KafkaLog::~KafkaLog() = default;

base::Result<std::unique_ptr<KafkaLog>> KafkaLog::open(const LogSettings& settings) {
  auto pool = std::make_shared<KafkaPool>(settings);
  // The handle stays in the pool; made here so that wrong settings show at once.
  constexpr const char* nobodys = "";
  TIDEMARK_TRY(auto consumer, pool->acquire_consumer(nobodys));
  pool->release_consumer(nobodys, std::move(consumer));
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(pool)));
}

std::string KafkaLog::identity() const {
  const std::string id = pool_->cluster_id();
  return id.empty() ? id : "kafka:" + id;
}

base::Result<std::unique_ptr<log::Source>> KafkaLog::source(std::string_view topic) {
  return open_kafka_source(pool_, std::string(topic));
}

base::Result<std::unique_ptr<log::Sink>> KafkaLog::sink(std::string_view topic) {
  return open_kafka_sink(pool_, std::string(topic));
}

base::Result<std::vector<log::Difference>> KafkaLog::check(
    const std::vector<log::TopicSettings>& wanted) {
  TIDEMARK_TRY(const auto producer, pool_->producer());
  return check_kafka_topics(*producer, wanted);
}

base::Result<void> KafkaLog::create(const std::vector<log::TopicSettings>& wanted) {
  TIDEMARK_TRY(const auto producer, pool_->producer());
  return create_kafka_topics(*producer, wanted);
}

KafkaStatistics KafkaLog::statistics() const { return pool_->statistics(); }

base::Result<std::string> KafkaLog::effective(KafkaSide side, const std::string& property) {
  if (side == KafkaSide::Producer) {
    TIDEMARK_TRY(const auto producer, pool_->producer());
    return producer->effective(property);
  }
  constexpr const char* nobodys = "";
  TIDEMARK_TRY(auto consumer, pool_->acquire_consumer(nobodys));
  std::string value = consumer->effective(property);
  pool_->release_consumer(nobodys, std::move(consumer));
  return value;
}

base::Result<void> KafkaLog::inject_fatal_producer_error() {
  TIDEMARK_TRY(const auto producer, pool_->producer());
  rd_kafka_test_fatal_error(producer->raw(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                            "asked for by a test");
  return {};
}

}  // namespace tidemark::topics
