// Appends to one topic of a cluster. Internal to topics/: made by KafkaLog::sink().
#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/kafka_pool.hpp"

namespace tidemark::topics {

base::Result<std::unique_ptr<log::Sink>> open_kafka_sink(std::shared_ptr<KafkaPool> pool,
                                                         const std::string& topic);

}  // namespace tidemark::topics
