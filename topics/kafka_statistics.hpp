// Plain numbers about a Kafka connection, for metrics; and the part of librdkafka's statistics
// document that they come from.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tidemark::topics {

struct KafkaTopicStatistics {
  std::int32_t leader = -1;          // node id
  std::int64_t high_offset = -1;     // high watermark as last seen
  std::int64_t fetched_records = 0;  // wait in memory for the reader
};

struct KafkaStatistics {
  std::uint64_t disconnects = 0;  // of connections that had carried something
  std::uint64_t errors = 0;       // error callbacks of the library
  std::uint64_t stalls = 0;       // progress deadlines that passed
  std::uint64_t handles = 0;  // made so far; more than one a side: recreated, or several readers
  std::int64_t round_trip_us = 0;   // the slowest broker's average of the last 5 s
  std::int64_t unsent_records = 0;  // wait in the producer
  std::map<std::string, KafkaTopicStatistics> topics{};
};

// Takes what it knows from a statistics document, and leaves the rest as it is.
void read_kafka_statistics(std::string_view json, KafkaStatistics& statistics);

}  // namespace tidemark::topics
