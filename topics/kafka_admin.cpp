#include "topics/kafka_admin.hpp"

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <librdkafka/rdkafka.h>

namespace tidemark::topics {
namespace {

constexpr int admin_wait_ms = 10'000;

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* each) const {
    destroy(each);
  }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;
using Settings = std::map<std::string, std::string>;

// What of a topic's settings is Kafka's to hold, in its words.
Settings kafka_settings_of(const log::TopicSettings& topic) {
  Settings settings{
      {"cleanup.policy", to_text(topic.cleanup)},
      {"segment.ms", std::to_string(topic.segment_ms)},
      {"message.timestamp.type", "LogAppendTime"},
      {"min.insync.replicas", std::to_string(topic.min_insync_replicas)},
      {"max.message.bytes", std::to_string(topic.max_message_octets)},
      {"unclean.leader.election.enable", "false"},
      {"compression.type", "producer"},
  };
  if (topic.cleanup != log::Cleanup::Compact) {
    settings["retention.ms"] = std::to_string(topic.retention_ms);
    settings["retention.bytes"] = "-1";
  }
  return settings;
}

// Serving from a topic with another one of these would break a promise.
bool is_fatal(const std::string& setting) {
  if (setting == "cleanup.policy") return true;
  return setting == "message.timestamp.type";
}

std::unexpected<base::Error> failed(const std::string& what, rd_kafka_resp_err_t error,
                                    const char* words = nullptr) {
  const bool denied = error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                      error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
  return base::fail(denied ? base::Errc::Denied : base::Errc::Unavailable,
                    what + ": " + (words != nullptr ? words : rd_kafka_err2str(error)));
}

struct Found {  // in the cluster's metadata
  int partitions = 0;
  int replication = 0;
  bool led = false;
};

base::Result<std::optional<Found>> find_topic(KafkaHandle& handle, const std::string& name) {
  using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
  const Topic topic(rd_kafka_topic_new(handle.raw(), name.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle.raw(), 0, topic.get(), &metadata, admin_wait_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return failed("kafka: topic " + name, error);
  std::optional<Found> found;
  auto answer = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  if (metadata->topic_cnt == 1) {
    const rd_kafka_metadata_topic_t& there = metadata->topics[0];
    answer = there.err;
    if (there.partition_cnt > 0) {
      found = Found{there.partition_cnt, there.partitions[0].replica_cnt,
                    there.partitions[0].leader >= 0};
    }
  }
  rd_kafka_metadata_destroy(metadata);
  if (answer == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    return failed("kafka: topic " + name, answer);
  }
  return found;
}

base::Result<Settings> describe(KafkaHandle& handle, const std::string& name) {
  const Queue queue(rd_kafka_queue_new(handle.raw()));
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  rd_kafka_ConfigResource_t* asked = resource.get();
  rd_kafka_DescribeConfigs(handle.raw(), &asked, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), admin_wait_ms));
  if (!event) return failed("kafka: topic " + name, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failed("kafka: topic " + name, rd_kafka_event_error(event.get()),
                  rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const auto* const result = rd_kafka_event_DescribeConfigs_result(event.get());
  const auto* const* const resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  Settings settings;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto error = rd_kafka_ConfigResource_error(resources[i])) {
      return failed("kafka: topic " + name, error,
                    rd_kafka_ConfigResource_error_string(resources[i]));
    }
    std::size_t entries = 0;
    const auto* const* const entry = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const char* const value = rd_kafka_ConfigEntry_value(entry[j]);
      settings[rd_kafka_ConfigEntry_name(entry[j])] = value == nullptr ? "" : value;
    }
  }
  return settings;
}

base::Result<void> create_one(KafkaHandle& handle, const log::TopicSettings& wanted) {
  std::array<char, 512> words{};
  const NewTopic topic(rd_kafka_NewTopic_new(wanted.name.c_str(), 1, wanted.replication,
                                             words.data(), words.size()));
  if (!topic) return base::fail(base::Errc::Invalid, wanted.name + ": " + words.data());
  for (const auto& [name, value] : kafka_settings_of(wanted)) {
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  }
  const Queue queue(rd_kafka_queue_new(handle.raw()));
  rd_kafka_NewTopic_t* asked = topic.get();
  rd_kafka_CreateTopics(handle.raw(), &asked, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), admin_wait_ms));
  if (!event) return failed("kafka: topic " + wanted.name, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return failed("kafka: topic " + wanted.name, rd_kafka_event_error(event.get()),
                  rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const auto* const* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      return failed("kafka: topic " + wanted.name, error,
                    rd_kafka_topic_result_error_string(results[i]));
    }
  }
  return {};
}

// Brokers learn of a topic one after the other; who opens it at once must not find it missing.
base::Result<void> wait_until_led(KafkaHandle& handle, const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(admin_wait_ms);
  do {
    TIDEMARK_TRY(const auto found, find_topic(handle, name));
    if (found && found->led) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } while (std::chrono::steady_clock::now() < end);
  return base::fail(base::Errc::Unavailable, "kafka: topic " + name + ": created, but not yet led");
}

}  // namespace

base::Result<void> create_kafka_topics(KafkaHandle& producer,
                                       const std::vector<log::TopicSettings>& wanted) {
  for (const log::TopicSettings& each : wanted) {
    TIDEMARK_TRY(const auto found, find_topic(producer, each.name));
    if (found) continue;
    TIDEMARK_TRY_VOID(create_one(producer, each));
    TIDEMARK_TRY_VOID(wait_until_led(producer, each.name));
  }
  return {};
}

base::Result<std::vector<log::Difference>> check_kafka_topics(
    KafkaHandle& producer, const std::vector<log::TopicSettings>& wanted) {
  std::vector<log::Difference> differences;
  for (const log::TopicSettings& want : wanted) {
    TIDEMARK_TRY(const auto found, find_topic(producer, want.name));
    if (!found) {
      differences.push_back({want.name, "exists", "yes", "no", true});
      continue;
    }
    if (found->partitions != 1) {
      differences.push_back(
          {want.name, "partitions", "1", std::to_string(found->partitions), true});
    }
    if (found->replication != want.replication) {
      differences.push_back({want.name, "replication", std::to_string(want.replication),
                             std::to_string(found->replication), false});
    }
    TIDEMARK_TRY(const Settings has, describe(producer, want.name));
    for (const auto& [name, value] : kafka_settings_of(want)) {
      const auto there = has.find(name);
      const std::string is = there == has.end() ? "" : there->second;
      const bool enough =
          name == "max.message.bytes" && !is.empty() && std::stoll(is) >= std::stoll(value);
      if (is == value || enough) continue;
      differences.push_back({want.name, name, value, is, is_fatal(name)});
    }
  }
  return differences;
}

}  // namespace tidemark::topics
