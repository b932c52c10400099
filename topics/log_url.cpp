#include "topics/log_url.hpp"

#include <algorithm>
#include <utility>

#include "topics/config_file.hpp"
#include "topics/kafka_log.hpp"
#include "topics/sqlite_log.hpp"

namespace tidemark::topics {
namespace {

constexpr std::string_view forms = "write sqlite:PATH or kafka:HOST:PORT[,HOST:PORT...]";

base::Result<void> check_broker(std::string_view broker) {
  const std::size_t colon = broker.rfind(':');
  const std::string_view port = colon == broker.npos ? "" : broker.substr(colon + 1);
  int number = 0;
  for (const char digit : port) {
    if (digit < '0' || digit > '9' || port.size() > 5) number = -1'000'000;
    number = number * 10 + (digit - '0');
  }
  if (colon == 0 || colon == broker.npos || number < 1 || number > 65535) {
    return base::fail(base::Errc::Invalid,
                      "log: broker \"" + std::string(broker) + "\": not HOST:PORT");
  }
  return {};
}

}  // namespace

base::Result<LogSettings> parse_log_url(std::string_view url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  const std::string rest(colon == url.npos ? "" : url.substr(colon + 1));
  LogSettings settings;
  if (scheme == "sqlite" && !rest.empty()) {
    settings.path = rest;
    return settings;
  }
  if (scheme == "kafka" && !rest.empty()) {
    settings.kind = LogSettings::Kind::Kafka;
    settings.bootstrap = rest;
    for (std::size_t at = 0; at <= rest.size();) {
      const std::size_t comma = std::min(rest.find(',', at), rest.size());
      TIDEMARK_TRY_VOID(check_broker(std::string_view(rest).substr(at, comma - at)));
      at = comma + 1;
    }
    return settings;
  }
  return base::fail(base::Errc::Invalid, "log \"" + std::string(url) + "\": " + std::string(forms));
}

base::Result<void> read_kafka_settings(const std::string& path, LogSettings& settings) {
  static const std::vector<ConfigKey> known{
      {"tls.ca"}, {"tls.certificate"}, {"tls.key"}, {"properties", ConfigKey::Kind::Map}};
  if (settings.kind != LogSettings::Kind::Kafka) {
    return base::fail(base::Errc::Invalid, path + ": the log is not a Kafka cluster");
  }
  TIDEMARK_TRY(const ConfigFile config, ConfigFile::read(path, known));
  settings.tls = {config.text("tls.ca").value_or(""), config.text("tls.certificate").value_or(""),
                  config.text("tls.key").value_or("")};
  settings.properties = config.map("properties");
  if (settings.tls.certificate.empty() != settings.tls.key.empty()) {
    return base::fail(base::Errc::Invalid,
                      config.place("tls.certificate") + ": certificate and key go together");
  }
  return {};
}

std::string to_text(const LogSettings& settings) {
  return settings.kind == LogSettings::Kind::Sqlite ? "sqlite:" + settings.path
                                                    : "kafka:" + settings.bootstrap;
}

base::Result<std::unique_ptr<log::Log>> open_log(const LogSettings& settings) {
  if (settings.kind == LogSettings::Kind::Sqlite) return SqliteLog::open(settings.path);
  return KafkaLog::open(settings);
}

}  // namespace tidemark::topics
