#include "topics/log_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
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
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool sound = error == std::errc() && end == port.data() + port.size() && number != 0;
  if (colon == 0 || colon == broker.npos || !sound) {
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
