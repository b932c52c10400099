#include "dns-edge/app/settings.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <thread>

#include <unistd.h>

#include "core/base/utf8.hpp"
#include "dns-edge/app/rate_settings.hpp"
#include "dns-edge/serve/settings.hpp"
#include "topics/config_file.hpp"
#include "topics/definitions.hpp"

namespace tidemark::edge {

namespace {

using base::Errc;
using base::Result;
using topics::ConfigFile;
using topics::ConfigKey;

constexpr std::size_t node_octets_max = 255;
constexpr std::size_t nsid_octets_max = 128;  // in every answer to who asks: room for records

std::vector<ConfigKey> known_keys() {
  using Kind = ConfigKey::Kind;
  std::vector<ConfigKey> keys{{"log"},
                              {"dataset"},
                              {"state_dir"},
                              {"listen", Kind::Texts},
                              {"admin"},
                              {"node"},
                              {"ring"},
                              {"nsid"},
                              {"user"},
                              {"sandbox"},
                              {"broker_ports", Kind::Texts},
                              {"workers", Kind::Number},
                              {"take_over", Kind::Flag},
                              {"cookies.key_file"},
                              {"cookies.secret_file"},
                              {"cookies.local", Kind::Flag},
                              {"stale_answer_seconds", Kind::Number},
                              {"retain_versions", Kind::Number},
                              {"retain_mib", Kind::Number},
                              {"last_good.soak_seconds", Kind::Number},
                              {"last_good.crash_window_seconds", Kind::Number},
                              {"withdrawal.file"},
                              {"withdrawal.after_seconds", Kind::Number},
                              {"withdrawal.again_seconds", Kind::Number},
                              {"tls.ca"},
                              {"tls.certificate"},
                              {"tls.key"},
                              {"kafka", Kind::Map}};
  for (ConfigKey& key : rate_keys()) keys.push_back(std::move(key));
  for (ConfigKey& key : snapshot_keys()) keys.push_back(std::move(key));
  return keys;
}

void take(std::string& into, const ConfigFile& config, std::string_view key) {
  if (into.empty()) into = config.text(key).value_or("");
}

bool says_cookies(const Arguments& arguments) {
  return !arguments.cookie_key_file.empty() || !arguments.cookie_secret_file.empty() ||
         arguments.cookies_local;
}

Result<void> add_config(Arguments& arguments, const ConfigFile& config) {
  take(arguments.log, config, "log");
  take(arguments.dataset, config, "dataset");
  take(arguments.state_folder, config, "state_dir");
  take(arguments.admin, config, "admin");
  take(arguments.node, config, "node");
  take(arguments.ring, config, "ring");
  take(arguments.nsid, config, "nsid");
  take(arguments.user, config, "user");
  take(arguments.sandbox, config, "sandbox");
  take(arguments.tls.ca, config, "tls.ca");
  take(arguments.tls.certificate, config, "tls.certificate");
  take(arguments.tls.key, config, "tls.key");
  if (!says_cookies(arguments)) {
    take(arguments.cookie_key_file, config, "cookies.key_file");
    take(arguments.cookie_secret_file, config, "cookies.secret_file");
    arguments.cookies_local = config.flag("cookies.local").value_or(false);
  }
  arguments.take_over = arguments.take_over || config.flag("take_over").value_or(false);
  if (!arguments.stale_answer_seconds) {
    arguments.stale_answer_seconds = config.number("stale_answer_seconds");
  }
  if (!arguments.retain_versions) arguments.retain_versions = config.number("retain_versions");
  if (!arguments.retain_mebioctets) arguments.retain_mebioctets = config.number("retain_mib");
  arguments.soak_seconds = config.number("last_good.soak_seconds");
  arguments.crash_window_seconds = config.number("last_good.crash_window_seconds");
  take(arguments.withdrawal_file, config, "withdrawal.file");
  arguments.withdraw_after_seconds = config.number("withdrawal.after_seconds");
  arguments.withdraw_again_seconds = config.number("withdrawal.again_seconds");
  if (arguments.listen.empty()) arguments.listen = config.texts("listen");
  if (arguments.broker_ports.empty()) arguments.broker_ports = config.texts("broker_ports");
  if (const auto workers = config.number("workers"); workers && arguments.workers == 0) {
    if (*workers < 1) return base::fail(Errc::Invalid, config.place("workers") + ": at least 1");
    arguments.workers = static_cast<std::size_t>(*workers);
  }
  TIDEMARK_TRY(arguments.rate, read_rate(config));
  add_snapshot_config(arguments.snapshots, config);
  // What stands on the command line comes last and wins.
  std::vector<std::string> properties;
  for (const auto& [name, value] : config.map("kafka")) properties.push_back(name + "=" + value);
  properties.insert(properties.end(), arguments.kafka_properties.begin(),
                    arguments.kafka_properties.end());
  arguments.kafka_properties = std::move(properties);
  return {};
}

std::unexpected<base::Error> missing(const char* option, const char* example) {
  return base::fail(Errc::Invalid,
                    std::string(option) + " is missing; for example " + option + " " + example);
}

Result<topics::LogSettings> log_settings(const Arguments& arguments) {
  if (arguments.log.empty()) return missing("--log", "sqlite:tidemark.log");
  auto parsed = topics::parse_log_url(arguments.log);
  if (!parsed) return std::unexpected(std::move(parsed).error().at("--log"));
  topics::LogSettings log = *std::move(parsed);
  log.tls = arguments.tls;
  for (const std::string& property : arguments.kafka_properties) {
    const std::size_t equals = property.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return base::fail(Errc::Invalid, "--kafka-property " + property + ": not NAME=VALUE");
    }
    log.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  return log;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "edge";
}

Result<void> add_addresses(const Arguments& arguments, EdgeSettings& settings) {
  if (arguments.listen.empty()) return missing("--listen", "127.0.0.1:5301");
  for (const std::string& text : arguments.listen) {
    auto address = net::parse_address(text);
    if (!address) return std::unexpected(std::move(address).error().at("--listen " + text));
    settings.listen.push_back(*address);
  }
  const std::string admin = arguments.admin.empty() ? "127.0.0.1:9153" : arguments.admin;
  auto address = net::parse_address(admin);
  if (!address) return std::unexpected(std::move(address).error().at("--admin " + admin));
  settings.admin = *address;
  return {};
}

Result<CookieSettings> cookie_settings(const Arguments& arguments) {
  using From = CookieSettings::From;
  const bool key = !arguments.cookie_key_file.empty();
  const bool secret = !arguments.cookie_secret_file.empty();
  if (int{key} + int{secret} + int{arguments.cookies_local} > 1) {
    return base::fail(Errc::Invalid,
                      "cookies: --cookie-key-file, --cookie-secret-file and --cookies-local "
                      "exclude each other");
  }
  if (key) return CookieSettings{From::KeyFile, arguments.cookie_key_file};
  if (secret) return CookieSettings{From::SecretFile, arguments.cookie_secret_file};
  return CookieSettings{arguments.cookies_local ? From::Local : From::Nothing, {}};
}

Result<void> check_name(const char* option, const std::string& name) {
  if (name.empty() || name.size() > node_octets_max || !base::is_utf8(name)) {
    return base::fail(Errc::Invalid, std::string(option) + ": 1 to 255 octets of UTF-8");
  }
  return {};
}

Result<SandboxMode> sandbox_mode(const std::string& text) {
  if (text.empty() || text == "best-effort") return SandboxMode::BestEffort;
  if (text == "on" || text == "true") return SandboxMode::On;  // what YAML makes of it
  if (text == "off" || text == "false") return SandboxMode::Off;
  return base::fail(Errc::Invalid, "--sandbox " + text + ": on, off or best-effort");
}

Result<std::uint16_t> port_number(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size() && port != 0) return port;
  return base::fail(Errc::Invalid, "--broker-port " + text + ": from 1 to 65535");
}

// Kerberos starts kinit, a program of its own: the sandbox lets no edge do that.
bool needs_other_programs(const topics::LogSettings& log) {
  const auto value = [&](const char* name) {
    const auto found = log.properties.find(name);
    return found == log.properties.end() ? std::string() : found->second;
  };
  const std::string protocol = value("security.protocol");
  const std::string mechanism = value("sasl.mechanisms") + value("sasl.mechanism");
  return (protocol.starts_with("sasl") || protocol.starts_with("SASL")) &&
         (mechanism.empty() || mechanism == "GSSAPI");  // librdkafka's default
}

Result<void> add_rights(const Arguments& arguments, EdgeSettings& settings) {
  settings.user = arguments.user;
  TIDEMARK_TRY(settings.sandbox, sandbox_mode(arguments.sandbox));
  for (const std::string& text : arguments.broker_ports) {
    TIDEMARK_TRY(const std::uint16_t port, port_number(text));
    settings.broker_ports.push_back(port);
  }
  if (settings.sandbox != SandboxMode::Off && needs_other_programs(settings.log)) {
    return base::fail(Errc::Invalid,
                      "sasl.mechanisms: GSSAPI runs kinit, which the sandbox forbids: use SCRAM, "
                      "OAUTHBEARER or mutual TLS, or --sandbox off");
  }
  return {};
}

Result<void> add_retention(const Arguments& arguments, EdgeSettings& settings) {
  constexpr std::int64_t versions_max = 1'000'000, mebioctets_max = 1'000'000;
  if (const auto versions = arguments.retain_versions) {
    if (*versions < 1 || *versions > versions_max) {
      return base::fail(Errc::Invalid, "--retain-versions: from 1 to 1000000");
    }
    settings.retain_versions = static_cast<std::size_t>(*versions);
  }
  if (const auto mebioctets = arguments.retain_mebioctets) {
    if (*mebioctets < 1 || *mebioctets > mebioctets_max) {
      return base::fail(Errc::Invalid, "--retain-mib: from 1 to 1000000");
    }
    settings.retain_octets = static_cast<std::size_t>(*mebioctets) * 1024 * 1024;
  }
  return {};
}

Result<void> take_seconds(const char* name, const std::optional<std::int64_t>& seconds,
                          std::chrono::seconds& into) {
  constexpr std::int64_t seconds_max = 86'400;
  if (!seconds) return {};
  if (*seconds < 1 || *seconds > seconds_max) {
    return base::fail(Errc::Invalid, std::string(name) + ": from 1 to 86400");
  }
  into = std::chrono::seconds(*seconds);
  return {};
}

Result<void> add_last_good(const Arguments& arguments, EdgeSettings& settings) {
  TIDEMARK_TRY_VOID(
      take_seconds("last_good.soak_seconds", arguments.soak_seconds, settings.last_good.soak));
  return take_seconds("last_good.crash_window_seconds", arguments.crash_window_seconds,
                      settings.last_good.crash_window);
}

Result<void> add_withdrawal(const Arguments& arguments, EdgeSettings& settings) {
  settings.withdrawal.file = arguments.withdrawal_file;
  TIDEMARK_TRY_VOID(take_seconds("withdrawal.after_seconds", arguments.withdraw_after_seconds,
                                 settings.withdrawal.after));
  return take_seconds("withdrawal.again_seconds", arguments.withdraw_again_seconds,
                      settings.withdrawal.again);
}

Result<EdgeSettings> judge(Arguments arguments) {
  EdgeSettings settings;
  settings.build = TIDEMARK_VERSION;
  TIDEMARK_TRY(settings.log, log_settings(arguments));
  if (arguments.dataset.empty()) return missing("--dataset", "main");
  if (auto named = topics::check_dataset_name(arguments.dataset); !named) {
    return std::unexpected(std::move(named).error().at("--dataset"));
  }
  if (arguments.state_folder.empty()) return missing("--state-dir", "/var/lib/tidemark/edge");
  TIDEMARK_TRY_VOID(add_addresses(arguments, settings));
  TIDEMARK_TRY_VOID(add_rights(arguments, settings));
  settings.dataset = std::move(arguments.dataset);
  settings.state_folder = std::move(arguments.state_folder);
  settings.node = arguments.node.empty() ? host_name() : std::move(arguments.node);
  if (!arguments.ring.empty()) settings.ring = std::move(arguments.ring);
  TIDEMARK_TRY_VOID(check_name("--node", settings.node));
  TIDEMARK_TRY_VOID(check_name("--ring", settings.ring));
  if (arguments.nsid.size() > nsid_octets_max) {
    return base::fail(Errc::Invalid, "--nsid: at most " + std::to_string(nsid_octets_max) +
                                         " octets; here are " +
                                         std::to_string(arguments.nsid.size()));
  }
  settings.nsid = std::move(arguments.nsid);
  settings.rate = std::move(arguments.rate);
  settings.workers = arguments.workers != 0 ? arguments.workers
                                            : std::max(1U, std::thread::hardware_concurrency());
  if (settings.workers > workers_max) {
    return base::fail(Errc::Invalid, "--workers: at most " + std::to_string(workers_max));
  }
  if (arguments.take_over) settings.addresses = Sharing::Shared;
  TIDEMARK_TRY(settings.cookies, cookie_settings(arguments));
  TIDEMARK_TRY(settings.snapshots, snapshot_settings(arguments.snapshots, settings.log));
  if (const auto seconds = arguments.stale_answer_seconds) {
    if (*seconds < 0 || *seconds > std::numeric_limits<std::uint32_t>::max()) {
      return base::fail(Errc::Invalid, "--stale-answer-seconds: from 0 (never) to 4294967295");
    }
    settings.stale_answer_seconds = static_cast<std::uint32_t>(*seconds);
  }
  TIDEMARK_TRY_VOID(add_retention(arguments, settings));
  TIDEMARK_TRY_VOID(add_last_good(arguments, settings));
  TIDEMARK_TRY_VOID(add_withdrawal(arguments, settings));
  settings.verbose = arguments.verbose;
  return settings;
}

// Which option of the command line stands for which key, and whether it was given there: what the
// file says wrong is told with its place.
struct OptionOfFile {
  std::string_view option, key;
  bool given;
};
std::vector<OptionOfFile> options_of_file(const Arguments& told) {
  return {{"--log", "log", !told.log.empty()},
          {"--listen", "listen", !told.listen.empty()},
          {"--admin", "admin", !told.admin.empty()},
          {"--node", "node", !told.node.empty()},
          {"--ring", "ring", !told.ring.empty()},
          {"--nsid", "nsid", !told.nsid.empty()},
          {"--sandbox", "sandbox", !told.sandbox.empty()},
          {"--broker-port", "broker_ports", !told.broker_ports.empty()},
          {"--workers", "workers", told.workers != 0},
          {"--dataset", "dataset", !told.dataset.empty()},
          {"--stale-answer-seconds", "stale_answer_seconds", told.stale_answer_seconds.has_value()},
          {"--retain-versions", "retain_versions", told.retain_versions.has_value()},
          {"--retain-mib", "retain_mib", told.retain_mebioctets.has_value()}};
}

}  // namespace

Result<EdgeSettings> read_settings(Arguments arguments) {
  if (arguments.config.empty()) return judge(std::move(arguments));
  TIDEMARK_TRY(const ConfigFile config, ConfigFile::read(arguments.config, known_keys()));
  const Arguments told = arguments;
  TIDEMARK_TRY_VOID(add_config(arguments, config));
  auto settings = judge(std::move(arguments));
  if (settings) return settings;
  base::Error error = std::move(settings).error();
  for (const auto& [option, key, given] : options_of_file(told)) {
    const bool names = error.trail.starts_with(option);
    if (names && !given && config.has(key))
      return std::unexpected(std::move(error).at(config.place(key)));
  }
  return std::unexpected(std::move(error));
}
}  // namespace tidemark::edge
