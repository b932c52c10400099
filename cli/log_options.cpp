#include "cli/log_options.hpp"

#include "topics/datasets.hpp"
#include "topics/definitions.hpp"
#include "topics/log_url.hpp"

namespace tidemark::cli {

namespace {

void add_log(Command& command, LogOptions& options) {
  command.option("--log", options.log, "URL", "sqlite:PATH or kafka:HOST:PORT[,HOST:PORT]");
  command.from_environment("--log", "TIDEMARK_LOG");
}

void add_rest(Command& command, LogOptions& options) {
  command.from_environment("--dataset", "TIDEMARK_DATASET");
  command.option("--kafka-settings", options.kafka_settings, "FILE",
                 "YAML: tls {ca, certificate, key} and properties of librdkafka");
}

Expected<topics::LogSettings> settings_of(const LogOptions& options) {
  auto settings = topics::parse_log_url(options.log);
  if (!settings) return fail(Exit::Usage, "--log: " + settings.error().trail);
  if (options.kafka_settings) {
    TIDEMARK_TRY_VOID(topics::read_kafka_settings(*options.kafka_settings, *settings));
  }
  return *std::move(settings);
}

}  // namespace

void add_log_options(Command& command, LogOptions& options) {
  add_log(command, options);
  command.option("--dataset", options.dataset, "NAME", "Its topics are NAME.changes and so on");
  add_rest(command, options);
}

void add_reading_options(Command& command, LogOptions& options) {
  add_log(command, options);
  command.option("--dataset", options.named_dataset, "NAME",
                 "Its topics are NAME.changes and so on (default: the only one of the log)");
  add_rest(command, options);
}

// A log that cannot tell, or has none, leaves it at the default: reading it says what is wrong.
Expected<void> settle_dataset(LogOptions& options) {
  if (options.named_dataset) {
    options.dataset = *options.named_dataset;
    return {};
  }
  TIDEMARK_TRY(const topics::LogSettings settings, settings_of(options));
  const auto found = topics::datasets_of(settings);
  if (!found || found->empty()) return {};
  if (found->size() > 1) {
    std::string names;
    for (const std::string& one : *found) names += (names.empty() ? "" : ", ") + one;
    return fail(Exit::Usage, options.log + " holds several datasets: " + names,
                "--dataset " + found->front());
  }
  options.dataset = found->front();
  return {};
}

std::string topic_name(const LogOptions& options, const std::string& topic) {
  return topic.find('.') == std::string::npos ? options.dataset + "." + topic : topic;
}

Expected<std::unique_ptr<log::Log>> open_log_of(const LogOptions& options) {
  TIDEMARK_TRY(const topics::LogSettings settings, settings_of(options));
  if (auto named = topics::check_dataset_name(options.dataset); !named) {
    return fail(Exit::Usage, "--dataset: " + named.error().trail);
  }
  TIDEMARK_TRY(auto opened, topics::open_log(settings));
  return opened;
}

}  // namespace tidemark::cli
