// Creating and verifying topics through the Admin API. Internal to topics/.
//
// All calls wait for the brokers. An existing topic is never altered: the AlterConfigs of
// librdkafka 2.0.2 resets every setting that it does not name.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/kafka_handle.hpp"

namespace tidemark::topics {

base::Result<void> create_kafka_topics(KafkaHandle& producer,
                                       const std::vector<log::TopicSettings>& wanted);
base::Result<std::vector<log::Difference>> check_kafka_topics(
    KafkaHandle& producer, const std::vector<log::TopicSettings>& wanted);

}  // namespace tidemark::topics
