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
};
void add_log_options(Command& command, LogOptions& options);

// A word without a dot is a topic of the dataset: "changes" is "<dataset>.changes".
std::string topic_name(const LogOptions& options, const std::string& topic);

Expected<std::unique_ptr<log::Log>> open_log_of(const LogOptions& options);

}  // namespace tidemark::cli
