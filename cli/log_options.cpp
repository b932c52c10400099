#include "cli/log_options.hpp"

#include "topics/definitions.hpp"
#include "topics/log_url.hpp"

namespace tidemark::cli {

void add_log_options(Command& command, LogOptions& options) {
  command.option("--log", options.log, "URL", "sqlite:PATH or kafka:HOST:PORT[,HOST:PORT]");
  command.from_environment("--log", "TIDEMARK_LOG");
  command.option("--dataset", options.dataset, "NAME", "Its topics are NAME.changes and so on");
  command.from_environment("--dataset", "TIDEMARK_DATASET");
  command.option("--kafka-settings", options.kafka_settings, "FILE",
                 "YAML: tls {ca, certificate, key} and properties of librdkafka");
}

std::string topic_name(const LogOptions& options, const std::string& topic) {
  return topic.find('.') == std::string::npos ? options.dataset + "." + topic : topic;
}

Expected<std::unique_ptr<log::Log>> open_log_of(const LogOptions& options) {
  auto settings = topics::parse_log_url(options.log);
  if (!settings) return fail(Exit::Usage, "--log: " + settings.error().trail);
  if (auto named = topics::check_dataset_name(options.dataset); !named) {
    return fail(Exit::Usage, "--dataset: " + named.error().trail);
  }
  if (options.kafka_settings) {
    TIDEMARK_TRY_VOID(topics::read_kafka_settings(*options.kafka_settings, *settings));
  }
  TIDEMARK_TRY(auto opened, topics::open_log(*settings));
  return opened;
}

}  // namespace tidemark::cli
