// Tails one topic of a cluster. Internal to topics/: made by KafkaLog::source().
#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/kafka_pool.hpp"

namespace tidemark::topics {

base::Result<std::unique_ptr<log::Source>> open_kafka_source(std::shared_ptr<KafkaPool> pool,
                                                             const std::string& topic);

}  // namespace tidemark::topics
