// Which log a command looks at, and which dataset in it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "core/base/result.hpp"
#include "core/log/log.hpp"

namespace tidemark::cli {

struct LogOptions {
  std::string log = "sqlite:tidemark.tmlog";
  std::string dataset = "tidemark";
  std::optional<std::string> kafka_settings{};
  std::optional<std::string> named_dataset{};  // of who only reads: see settle_dataset
};
void add_log_options(Command& command, LogOptions& options);
// Of a command that only reads: without --dataset it means the only one of the log.
void add_reading_options(Command& command, LogOptions& options);
Expected<void> settle_dataset(LogOptions& options);

// A word without a dot is a topic of the dataset: "changes" is "<dataset>.changes".
std::string topic_name(const LogOptions& options, const std::string& topic);

Expected<std::unique_ptr<log::Log>> open_log_of(const LogOptions& options);

}  // namespace tidemark::cli
