// Where the log is: one text that every program takes, and the log it opens.
//
//   sqlite:PATH                       one file of this machine
//   kafka:HOST:PORT[,HOST:PORT...]    a cluster; TLS and further properties from a YAML file
//
// Errors  Invalid, with the part of the text that is wrong; else those of the log's open().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/log.hpp"

namespace tidemark::topics {

struct KafkaTls {  // paths of PEM files; all empty: no TLS
  std::string ca;
  std::string certificate;
  std::string key;
  friend bool operator==(const KafkaTls&, const KafkaTls&) = default;
};

struct LogSettings {
  enum class Kind : std::uint8_t { Sqlite, Kafka } kind = Kind::Sqlite;
  std::string path;                                 // Sqlite
  std::string bootstrap;                            // Kafka: HOST:PORT,HOST:PORT
  KafkaTls tls{};                                   // Kafka
  std::map<std::string, std::string> properties{};  // Kafka: librdkafka's own, passed through
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

base::Result<LogSettings> parse_log_url(std::string_view url);
// The YAML file that goes with a Kafka URL: `tls: {ca: FILE, certificate: FILE, key: FILE}` and
// `properties: {…}` for librdkafka. Into settings of kind Kafka only.
base::Result<void> read_kafka_settings(const std::string& path, LogSettings& settings);
std::string to_text(const LogSettings& settings);  // the URL again, without properties

base::Result<std::unique_ptr<log::Log>> open_log(const LogSettings& settings);

}  // namespace tidemark::topics
