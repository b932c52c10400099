#include "topics/kafka_settings.hpp"

#include <algorithm>
#include <array>

namespace tidemark::topics {
namespace {

using Of = KafkaProperty::Of;
using Change = KafkaProperty::Change;

constexpr std::array properties{
    // 2.0.2 leaves Nagle on; a frozen leader cost 70 s with the default time-outs, 4-7 s with
    // these.
    KafkaProperty{Of::Both, Change::Allowed, "socket.nagle.disable", "true"},
    KafkaProperty{Of::Both, Change::Allowed, "socket.keepalive.enable", "true"},
    KafkaProperty{Of::Both, Change::Allowed, "socket.timeout.ms", "3000"},
    KafkaProperty{Of::Both, Change::Allowed, "socket.connection.setup.timeout.ms", "3000"},
    KafkaProperty{Of::Both, Change::Allowed, "reconnect.backoff.ms", "50"},
    KafkaProperty{Of::Both, Change::Allowed, "reconnect.backoff.max.ms", "1000"},
    // 2.0.2 readers stay on a demoted leader until this refresh.
    KafkaProperty{Of::Both, Change::Allowed, "topic.metadata.refresh.interval.ms", "5000"},
    KafkaProperty{Of::Both, Change::Allowed, "topic.metadata.refresh.fast.interval.ms", "50"},
    // Not faster: timer data races in the library until 2.14.
    KafkaProperty{Of::Both, Change::Allowed, "statistics.interval.ms", "5000"},
    KafkaProperty{Of::Both, Change::Refused, "log.queue", "true"},

    // Order, and no duplicates inside one producer session.
    KafkaProperty{Of::Producer, Change::Refused, "enable.idempotence", "true"},
    KafkaProperty{Of::Producer, Change::Refused, "acks", "all"},
    KafkaProperty{Of::Producer, Change::Refused, "max.in.flight.requests.per.connection", "5"},
    KafkaProperty{Of::Producer, Change::Allowed, "linger.ms", "0"},
    KafkaProperty{Of::Producer, Change::Allowed, "retry.backoff.ms", "20"},
    KafkaProperty{Of::Producer, Change::Allowed, "message.timeout.ms", "30000"},
    // The library's default refuses values from 1,000,000 octets on; record_octets_max is ours.
    KafkaProperty{Of::Producer, Change::Refused, "message.max.bytes", "1048588"},
    KafkaProperty{Of::Producer, Change::Allowed, "queue.buffering.max.kbytes", "65536"},

    // A committed reader could be stopped for minutes by anybody's open transaction.
    KafkaProperty{Of::Consumer, Change::Refused, "isolation.level", "read_uncommitted"},
    // Out of range is an event for us, never a silent jump. Positions live in snapshot files.
    KafkaProperty{Of::Consumer, Change::Refused, "auto.offset.reset", "error"},
    KafkaProperty{Of::Consumer, Change::Refused, "enable.auto.commit", "false"},
    KafkaProperty{Of::Consumer, Change::Refused, "auto.commit.enable", "false"},
    KafkaProperty{Of::Consumer, Change::Refused, "enable.auto.offset.store", "false"},
    KafkaProperty{Of::Consumer, Change::Refused, "enable.partition.eof", "true"},
    KafkaProperty{Of::Consumer, Change::Refused, "check.crcs", "true"},
    // A long poll, not a delay: the broker answers at once when a record comes.
    KafkaProperty{Of::Consumer, Change::Allowed, "fetch.min.bytes", "1"},
    KafkaProperty{Of::Consumer, Change::Allowed, "fetch.wait.max.ms", "500"},
    KafkaProperty{Of::Consumer, Change::Allowed, "fetch.error.backoff.ms", "20"},
    // When its queue is full 2.0.2 pauses fetching up to 1 s.
    KafkaProperty{Of::Consumer, Change::Allowed, "queued.min.messages", "1000000"},
    KafkaProperty{Of::Consumer, Change::Allowed, "queued.max.messages.kbytes", "262144"},
    KafkaProperty{Of::Consumer, Change::Allowed, "receive.message.max.bytes", "67108864"},
    KafkaProperty{Of::Consumer, Change::Allowed, "fetch.message.max.bytes", "2097152"},
};

struct Refusal {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array refusals{
    Refusal{"transactional.id", "there are no transactions in Tidemark's logs"},
    Refusal{"group.id", "there are no consumer groups: positions live in snapshot files"},
    Refusal{"group.instance.id", "there are no consumer groups"},
    Refusal{"client.rack", "librdkafka 2.0.2 crashes when its lease expires"},
    Refusal{"allow.auto.create.topics", "topics are created by `tidemark topics apply`"},
    Refusal{"bootstrap.servers", "the cluster stands in the log's URL"},
    Refusal{"metadata.broker.list", "the cluster stands in the log's URL"},
    Refusal{"request.required.acks", "acks are all"},
    Refusal{"max.in.flight", "order rests on it"},
    Refusal{"opaque", "it is Tidemark's own"},
};

base::Result<void> check_allowed(const std::string& name) {
  const auto refused = std::ranges::find(refusals, name, &Refusal::name);
  if (refused != refusals.end()) {
    return base::fail(base::Errc::Invalid,
                      "kafka property " + name + ": refused: " + std::string(refused->reason));
  }
  const auto relied = std::ranges::find(properties, name, &KafkaProperty::name);
  if (relied != properties.end() && relied->change == Change::Refused) {
    return base::fail(
        base::Errc::Invalid,
        "kafka property " + name + ": refused: Tidemark relies on " + std::string(relied->value));
  }
  return {};
}

}  // namespace

std::span<const KafkaProperty> kafka_properties() { return properties; }

base::Result<std::vector<std::pair<std::string, std::string>>> kafka_properties_of(
    const LogSettings& settings, KafkaSide side) {
  const Of other = side == KafkaSide::Consumer ? Of::Producer : Of::Consumer;
  std::vector<std::pair<std::string, std::string>> all;
  for (const KafkaProperty& each : properties) {
    if (each.of != other) all.emplace_back(each.name, each.value);
  }
  all.emplace_back("bootstrap.servers", settings.bootstrap);
  if (settings.tls != KafkaTls{}) {
    all.emplace_back("security.protocol", "ssl");
    if (!settings.tls.ca.empty()) all.emplace_back("ssl.ca.location", settings.tls.ca);
    if (!settings.tls.certificate.empty()) {
      all.emplace_back("ssl.certificate.location", settings.tls.certificate);
    }
    if (!settings.tls.key.empty()) all.emplace_back("ssl.key.location", settings.tls.key);
  }
  for (const auto& [name, value] : settings.properties) {
    TIDEMARK_TRY_VOID(check_allowed(name));
    const auto ours = std::ranges::find(properties, name, &KafkaProperty::name);
    if (ours == properties.end() || ours->of != other) all.emplace_back(name, value);
  }
  return all;
}

}  // namespace tidemark::topics
