// The log on an Apache Kafka cluster, through librdkafka 2.0.2, coded around its defects.
//
// One topic is one partition. No consumer groups, no transactions, no committed offsets. open()
// asks nobody: the cluster may be down, and a Source then says Unavailable until it is there.
// source() and sink() warm up the topic and may wait for that up to 2 s; after one that found no
// broker, the next ones hardly wait.
//
// What 2.0.2 does not see (a log that was cut, a topic made anew, a leader that changed) comes as
// Overlap: after every lost connection, changed leader or unknown topic. See kafka_handle.hpp.
//
// Outcome of an append: Persisted with offset and the log's own time; NotPersisted only where
// librdkafka knows; else Unknown, also for all in flight at a fatal error, after which a new
// producer takes over by itself. After a frozen leader a record may be Unknown although later ones
// are Persisted (measured: OUT_OF_ORDER_SEQUENCE_NUMBER): who resends it, appends it after them.
//
// Threads  As core/log/log.hpp. The destructor may wait some seconds for records still unsent.
// Errors   Invalid: a property that does not exist or may not be changed. Unavailable, Denied,
//          NotFound (a topic), TooLarge.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/kafka_settings.hpp"
#include "topics/kafka_statistics.hpp"
#include "topics/log_url.hpp"

namespace tidemark::topics {

class KafkaPool;

class KafkaLog final : public log::Log {
 public:
  static base::Result<std::unique_ptr<KafkaLog>> open(const LogSettings& settings);
  ~KafkaLog() override;

  std::string identity() const override;  // "kafka:<cluster id>"
  base::Result<std::unique_ptr<log::Source>> source(std::string_view topic) override;
  base::Result<std::unique_ptr<log::Sink>> sink(std::string_view topic) override;
  base::Result<std::vector<log::Difference>> check(
      const std::vector<log::TopicSettings>& wanted) override;
  base::Result<void> create(const std::vector<log::TopicSettings>& wanted) override;

  // At most 5 s old; cheap.
  KafkaStatistics statistics() const;

  // For tests: what a handle of this log really runs with; and the producer's end, as by a broker.
  base::Result<std::string> effective(KafkaSide side, const std::string& property);
  base::Result<void> inject_fatal_producer_error();

 private:
  explicit KafkaLog(std::shared_ptr<KafkaPool> pool);
  std::shared_ptr<KafkaPool> pool_;
};

}  // namespace tidemark::topics
