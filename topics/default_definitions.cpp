// The text of topics/definitions.yaml; a test compares them.
#include "topics/definitions.hpp"

namespace tidemark::topics {

// clang-format off
std::string_view default_definitions() {
  return R"yaml(# The topics of a dataset.
#
# `tidemark topics plan|apply|check` creates and verifies them; an existing topic that differs is
# reported, never repaired. All have one partition: offset order is the total order.
#
#   cleanup              delete | compact | compact,delete
#   retention            a number with ms, s, m, h or d; or forever. Not for compact alone
#   segment              how long a segment stays open; an open one is never cleaned (Kafka)
#   replication, min_insync_replicas, max_message_octets  (Kafka)
topics:
  <dataset>.changes:
    cleanup: delete
    retention: 30d
    segment: 1d
    replication: 3
    min_insync_replicas: 2
    max_message_octets: 1048588
  <dataset>.health:
    cleanup: delete
    retention: 6h
    segment: 1h
    replication: 3
    min_insync_replicas: 2
    max_message_octets: 1048588
  <dataset>.control:
    cleanup: compact
    segment: 1h
    replication: 3
    min_insync_replicas: 2
    max_message_octets: 1048588
  <dataset>.fleet:
    cleanup: compact,delete
    retention: 7d
    segment: 1h
    replication: 3
    min_insync_replicas: 2
    max_message_octets: 1048588
)yaml";
}
// clang-format on

}  // namespace tidemark::topics
