// Topics as code: what a dataset's topics must look like, from a YAML file.
//
// topics/definitions.yaml is the default and compiled in; its head explains the keys. The loader
// refuses unknown keys (naming the nearest known one), wrong values and what would break a promise,
// each with FILE:LINE:COLUMN, and expands `<dataset>`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"

namespace tidemark::topics {

struct TopicOverrides {
  // Copies of each topic; min.insync.replicas then falls to replication - 1 where it was higher.
  std::optional<std::int32_t> replication{};
};

// Letters, digits and "-", lower-case: Kafka's metric names would mix up "." and "_".
base::Result<void> check_dataset_name(std::string_view dataset);

base::Result<std::vector<log::TopicSettings>> parse_definitions(std::string_view yaml,
                                                                std::string_view place,
                                                                std::string_view dataset,
                                                                TopicOverrides overrides = {});
base::Result<std::vector<log::TopicSettings>> read_definitions(const std::string& path,
                                                               std::string_view dataset,
                                                               TopicOverrides overrides = {});

std::string_view default_definitions();  // the text of topics/definitions.yaml
base::Result<std::vector<log::TopicSettings>> default_topics(std::string_view dataset,
                                                             TopicOverrides overrides = {});

// "30d", "6h", "90s", "500ms", "forever" (-1).
base::Result<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace tidemark::topics
