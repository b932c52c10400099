// Every librdkafka property that Tidemark sets, in one table, with the reason for each.
//
// The values were measured against librdkafka 2.0.2 (reference kafka.md, section 3). A test reads
// them back from a handle. Further properties pass through from the programs' settings, but for
// those that would break a promise.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "topics/log_url.hpp"

namespace tidemark::topics {

enum class KafkaSide : std::uint8_t { Consumer, Producer };

struct KafkaProperty {
  enum class Of : std::uint8_t { Both, Consumer, Producer } of;
  enum class Change : std::uint8_t { Allowed, Refused } change;  // by the programs' settings
  std::string_view name;
  std::string_view value;
};
std::span<const KafkaProperty> kafka_properties();

// All that a handle of one side gets: the table, the cluster, TLS, then what passes through.
// Invalid: a property that may not be changed, with the reason.
base::Result<std::vector<std::pair<std::string, std::string>>> kafka_properties_of(
    const LogSettings& settings, KafkaSide side);

}  // namespace tidemark::topics
