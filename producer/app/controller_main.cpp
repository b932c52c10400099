// tidemark-controller: takes wishes over HTTP, writes ChangeSets to the log, tells what became of
// them.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "net/url.hpp"
#include "producer/app/controller.hpp"
#include "topics/config_file.hpp"
#include "topics/definitions.hpp"
#include "topics/log_url.hpp"

namespace tidemark::producer {
namespace {

constexpr int exit_error = 1;
constexpr int exit_usage = 2;

struct Options {
  std::map<std::string, std::string> places;  // FILE:LINE:COLUMN of what the file says, by option
  std::string config;
  std::string log;
  std::string dataset;
  std::string state_dir;
  std::string api;
  std::string token_file;
  std::string name;
  std::string topics;
  std::string kafka_settings;
  std::uint32_t replication = 0;  // 0: as the definitions say, fewer if brokers are too few
  std::uint64_t zone_octets_max = 32 * 1024 * 1024;
  std::uint64_t outbox_entries_max = 10'000;
  std::string advertise;
  std::uint64_t snapshot_changes = 10'000;
  std::uint64_t snapshot_mib = 64;
  std::uint64_t snapshot_minutes = 10;
  std::uint64_t snapshot_pause_seconds = 60;
  std::uint64_t snapshot_files = 3;
  std::uint64_t snapshot_grace_seconds = 600;
  std::uint64_t snapshot_downloads = 4;
  std::uint64_t snapshot_octets_per_second = 0;
  RolloutSettings rollout{};  // from the file only
  std::string refill_after;
  std::vector<std::string> snapshot_from{};
};

// rings: [{name: canary, soak: 30}, {name: eu, soak: 60}, {name: archive, late: 3600}]
base::Result<void> read_rings(const topics::ConfigFile& file, RolloutSettings& rollout) {
  constexpr std::int64_t seconds_max = 7 * 86'400;
  for (const auto& table : file.tables("rings")) {
    RingSettings ring;
    const auto refuse = [&](const std::string& what) {
      return base::fail(base::Errc::Invalid, file.place("rings") + ": " + what);
    };
    for (const auto& [key, value] : table) {
      if (key == "name") {
        ring.name = value;
        continue;
      }
      std::int64_t seconds = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (error != std::errc() || end != value.data() + value.size() || seconds < 0 ||
          seconds > seconds_max) {
        return refuse(key + ": seconds, from 0 to " + std::to_string(seconds_max));
      }
      (key == "soak" ? ring.soak : ring.late) = std::chrono::seconds(seconds);
    }
    if (ring.name.empty()) return refuse("a ring without a name");
    if (std::ranges::find(rollout.rings, ring.name, &RingSettings::name) != rollout.rings.end()) {
      return refuse("ring " + ring.name + " is there twice");
    }
    rollout.rings.push_back(std::move(ring));
  }
  if (rollout.rings.size() == 1) {
    return base::fail(base::Errc::Invalid,
                      file.place("rings") + ": one ring alone has nothing to wait for");
  }
  if (!rollout.rings.empty() && rollout.rings.front().late.count() > 0) {
    return base::fail(base::Errc::Invalid,
                      file.place("rings") + ": the first ring cannot be late: it gets all at once");
  }
  return {};
}

// What the command line left open comes from the YAML file.
base::Result<void> read_config(Options& options) {
  if (options.config.empty()) return {};
  using Kind = topics::ConfigKey::Kind;
  const std::vector<topics::ConfigKey> known{{"log"},
                                             {"dataset"},
                                             {"state_dir"},
                                             {"api"},
                                             {"token_file"},
                                             {"name"},
                                             {"topics"},
                                             {"kafka_settings"},
                                             {"replication", Kind::Number},
                                             {"zone_octets_max", Kind::Number},
                                             {"outbox_entries_max", Kind::Number},
                                             {"advertise"},
                                             {"snapshot_changes", Kind::Number},
                                             {"snapshot_mib", Kind::Number},
                                             {"snapshot_minutes", Kind::Number},
                                             {"snapshot_pause_seconds", Kind::Number},
                                             {"snapshot_files", Kind::Number},
                                             {"snapshot_grace_seconds", Kind::Number},
                                             {"snapshot_downloads", Kind::Number},
                                             {"snapshot_octets_per_second", Kind::Number},
                                             {"refill_after"},
                                             {"rings", Kind::Tables, {"name", "soak", "late"}},
                                             {"rollout.servfail_percent", Kind::Number},
                                             {"rollout.nxdomain_percent", Kind::Number},
                                             {"rollout.churn_percent", Kind::Number},
                                             {"rollout.churn_rrsets_min", Kind::Number},
                                             {"rollout.answers_min", Kind::Number}};
  TIDEMARK_TRY(const auto file, topics::ConfigFile::read(options.config, known));
  const std::pair<std::string*, const char*> texts[] = {{&options.log, "log"},
                                                        {&options.dataset, "dataset"},
                                                        {&options.state_dir, "state_dir"},
                                                        {&options.api, "api"},
                                                        {&options.token_file, "token_file"},
                                                        {&options.name, "name"},
                                                        {&options.topics, "topics"},
                                                        {&options.kafka_settings, "kafka_settings"},
                                                        {&options.advertise, "advertise"},
                                                        {&options.refill_after, "refill_after"}};
  for (const auto& [place, key] : texts) {
    if (!place->empty() || !file.has(key)) continue;
    *place = file.text(key).value_or("");
    std::string option = "--" + std::string(key);
    std::ranges::replace(option, '_', '-');
    options.places.emplace(std::move(option), file.place(key));
  }
  const auto number = [&](const char* key, auto& place, std::int64_t low,
                          std::int64_t high) -> base::Result<void> {
    const auto value = file.number(key);
    if (!value) return {};
    if (*value < low || *value > high) {
      return base::fail(base::Errc::Invalid, file.place(key) + ": from " + std::to_string(low) +
                                                 " to " + std::to_string(high));
    }
    place = static_cast<std::decay_t<decltype(place)>>(*value);
    return {};
  };
  TIDEMARK_TRY_VOID(read_rings(file, options.rollout));
  RolloutBounds& bounds = options.rollout.bounds;
  TIDEMARK_TRY_VOID(number("rollout.servfail_percent", bounds.servfail_percent, 0, 100));
  TIDEMARK_TRY_VOID(number("rollout.nxdomain_percent", bounds.nxdomain_percent, 0, 100));
  TIDEMARK_TRY_VOID(number("rollout.churn_percent", bounds.churn_percent, 0, 100));
  TIDEMARK_TRY_VOID(number("rollout.churn_rrsets_min", bounds.churn_rrsets_min, 1, 1'000'000'000));
  TIDEMARK_TRY_VOID(number("rollout.answers_min", bounds.answers_min, 1, 1'000'000'000));
  TIDEMARK_TRY_VOID(number("replication", options.replication, 1, 9));
  TIDEMARK_TRY_VOID(number("zone_octets_max", options.zone_octets_max, 1024, 1 << 30));
  TIDEMARK_TRY_VOID(number("snapshot_changes", options.snapshot_changes, 0, 1'000'000'000));
  TIDEMARK_TRY_VOID(number("snapshot_mib", options.snapshot_mib, 0, 1 << 20));
  TIDEMARK_TRY_VOID(number("snapshot_minutes", options.snapshot_minutes, 0, 60 * 24 * 365));
  TIDEMARK_TRY_VOID(number("snapshot_pause_seconds", options.snapshot_pause_seconds, 0, 86'400));
  TIDEMARK_TRY_VOID(number("snapshot_files", options.snapshot_files, 1, 1000));
  TIDEMARK_TRY_VOID(number("snapshot_grace_seconds", options.snapshot_grace_seconds, 0, 604'800));
  TIDEMARK_TRY_VOID(number("snapshot_downloads", options.snapshot_downloads, 1, 1000));
  TIDEMARK_TRY_VOID(number("snapshot_octets_per_second", options.snapshot_octets_per_second, 0,
                           std::int64_t{1} << 40));
  return number("outbox_entries_max", options.outbox_entries_max, 1, 1'000'000);
}

base::Result<net::Tokens> read_tokens(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return base::fail(base::Errc::NotFound, path + ": cannot be read, or is empty");
  }
  auto tokens = net::Tokens::parse(text.str());
  if (!tokens) return std::unexpected(std::move(tokens).error().at(path));
  if (tokens->empty()) return base::fail(base::Errc::Invalid, path + ": holds no token");
  return tokens;
}

base::Result<std::vector<log::TopicSettings>> read_topics(const Options& options,
                                                          std::optional<std::int32_t> replication) {
  const topics::TopicOverrides overrides{replication};
  return options.topics.empty()
             ? topics::default_topics(options.dataset, overrides)
             : topics::read_definitions(options.topics, options.dataset, overrides);
}

base::Result<SnapshotDeskSettings> snapshots_of(const Options& options) {
  SnapshotDeskSettings wanted;
  if (!options.advertise.empty()) {
    auto url = net::parse_url(options.advertise);
    if (!url) return std::unexpected(std::move(url).error().at("--advertise"));
    wanted.base_url = net::to_text(*url);
    while (wanted.base_url.ends_with('/')) wanted.base_url.pop_back();
  }
  wanted.rule = {.changes = options.snapshot_changes,
                 .octets = options.snapshot_mib * 1024 * 1024,
                 .log_time = std::chrono::minutes(options.snapshot_minutes)};
  wanted.quiet = wanted.rule.log_time;
  wanted.pause_min = std::chrono::seconds(options.snapshot_pause_seconds);
  wanted.generations = options.snapshot_files;
  wanted.grace = std::chrono::seconds(options.snapshot_grace_seconds);
  wanted.share.downloads_max = options.snapshot_downloads;
  wanted.share.octets_per_second_max = options.snapshot_octets_per_second;
  return wanted;
}

base::Result<std::optional<std::chrono::seconds>> read_refill_after(const std::string& text) {
  constexpr std::int64_t most = 7 * 86'400;
  if (text == "never") return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 1 || seconds > most) {
    return base::fail(base::Errc::Invalid,
                      "--refill-after " + text + ": seconds, from 1 to 604800, or never");
  }
  return std::chrono::seconds(seconds);
}

base::Result<ControllerSettings> settings_of(const Options& options) {
  for (const auto& [value, flag] :
       {std::pair(&options.log, "--log"), std::pair(&options.dataset, "--dataset"),
        std::pair(&options.state_dir, "--state-dir"), std::pair(&options.api, "--api")}) {
    if (value->empty()) {
      return base::fail(base::Errc::Invalid, std::string(flag) + " is needed (or in --config)");
    }
  }
  ControllerSettings settings;
  if (auto named = topics::check_dataset_name(options.dataset); !named) {
    return std::unexpected(std::move(named).error().at("--dataset"));
  }
  settings.dataset = options.dataset;
  settings.name = options.name.empty() ? "controller" : options.name;
  settings.state_folder = options.state_dir;
  auto api = net::parse_address(options.api);
  if (!api) return std::unexpected(std::move(api).error().at("--api"));
  settings.api = *api;
  if (!options.token_file.empty()) {
    TIDEMARK_TRY(settings.tokens, read_tokens(options.token_file));
  } else if (!settings.api.ip.is_loopback()) {
    return base::fail(
        base::Errc::Denied,
        "--api " + options.api + ": without --token-file the API is served on loopback only");
  }
  if (options.replication != 0) {
    TIDEMARK_TRY(settings.topics,
                 read_topics(options, static_cast<std::int32_t>(options.replication)));
  } else {
    TIDEMARK_TRY(settings.topics, read_topics(options, std::nullopt));
    TIDEMARK_TRY(settings.topics_of_one_copy, read_topics(options, 1));
  }
  TIDEMARK_TRY(settings.snapshots, snapshots_of(options));
  settings.zone_body_octets_max = static_cast<std::size_t>(options.zone_octets_max);
  settings.outbox_entries_max = static_cast<std::size_t>(options.outbox_entries_max);
  settings.rollout = options.rollout;
  for (const std::string& text : options.snapshot_from) {
    auto url = consumer::base_url(text);
    if (!url) return std::unexpected(std::move(url).error().at("--snapshot-from"));
    settings.snapshot_sources.push_back(
        {consumer::SnapshotSource::Kind::Controller, *std::move(url), {}});
  }
  if (!options.refill_after.empty()) {
    TIDEMARK_TRY(settings.refill_after, read_refill_after(options.refill_after));
  }
  return settings;
}

base::Result<std::unique_ptr<log::Log>> open_log(const Options& options) {
  auto settings = topics::parse_log_url(options.log);
  if (!settings) return std::unexpected(std::move(settings).error().at("--log"));
  if (!options.kafka_settings.empty()) {
    TIDEMARK_TRY_VOID(topics::read_kafka_settings(options.kafka_settings, *settings));
  }
  return topics::open_log(*settings);
}

int run(Options options) {
  const auto fail = [](const base::Error& error, int code) {
    spdlog::error("{}", error.trail);
    return code;
  };
  if (const auto read = read_config(options); !read) return fail(read.error(), exit_usage);
  auto settings = settings_of(options);
  if (!settings) {
    for (const auto& [option, place] : options.places) {
      if (!settings.error().trail.starts_with(option)) continue;
      return fail(std::move(settings).error().at(place), exit_usage);
    }
    return fail(settings.error(), exit_usage);
  }
  auto log = open_log(options);
  if (!log) {
    const bool usage = log.error().trail.starts_with("--log");
    return fail(log.error(), usage ? exit_usage : exit_error);
  }

  boost::asio::io_context io(1);
  int code = 0;
  auto controller = Controller::start(io, *std::move(settings), *std::move(log), [&] {
    code = exit_error;
    io.stop();
  });
  if (!controller) return fail(controller.error(), exit_error);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const auto& error, int signal) {
    if (error) return;
    spdlog::info("ending on signal {}", signal);
    (*controller)->stop([&] { io.stop(); });
  });
  io.run();
  return code;
}

}  // namespace
}  // namespace tidemark::producer

int main(int argc, char** argv) {
  tidemark::producer::Options options;
  CLI::App app(
      "tidemark-controller: takes changes over HTTP, writes them to the log and tells what became "
      "of them.");
  app.set_version_flag("--version", "tidemark-controller " TIDEMARK_VERSION);
  app.add_option("--config", options.config, "YAML file with the same names (state_dir, ...)");
  app.add_option("--log", options.log, "sqlite:PATH or kafka:HOST:PORT[,HOST:PORT...]");
  app.add_option("--dataset", options.dataset, "the topics are DATASET.changes and its like");
  app.add_option("--state-dir", options.state_dir, "folder of the outbox and the snapshot files");
  app.add_option("--api", options.api, "ADDR:PORT of the HTTP API; port 0: any free one");
  app.add_option("--token-file", options.token_file,
                 "who may use the API; without it only loopback, and everybody there");
  app.add_option("--name", options.name, "of this controller; unique in the dataset");
  app.add_option("--topics", options.topics, "YAML file of topic definitions");
  app.add_option("--replication", options.replication, "copies of each topic (Kafka)")
      ->check(CLI::Range(1, 9));
  app.add_option("--kafka-settings", options.kafka_settings,
                 "YAML file: TLS and librdkafka properties");
  app.add_option("--advertise", options.advertise,
                 "URL under which edges reach the API, for snapshot files; default: that of --api");
  app.add_option("--snapshot-changes", options.snapshot_changes,
                 "a snapshot file for the fleet every so many changes (default 10000, 0: never)")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}));
  app.add_option("--snapshot-mib", options.snapshot_mib,
                 "... and every so many MiB of log (default 64, 0: never)")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 20U));
  app.add_option("--snapshot-minutes", options.snapshot_minutes,
                 "... and every so many minutes of log time (default 10, 0: never)")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{60 * 24 * 365}));
  app.add_option("--snapshot-pause-seconds", options.snapshot_pause_seconds,
                 "... but never more often than this (default 60)")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{86'400}));
  app.add_option("--snapshot-files", options.snapshot_files,
                 "how many of them stay, beside those that are kept or pinned (default 3)")
      ->check(CLI::Range(1, 1000));
  app.add_option("--snapshot-downloads", options.snapshot_downloads,
                 "so many at once, the others get 429 (default 4)")
      ->check(CLI::Range(1, 1000));
  app.add_option("--snapshot-octets-per-second", options.snapshot_octets_per_second,
                 "no download is faster (default 0: no limit)")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 40U));
  app.add_option("--snapshot-from", options.snapshot_from,
                 "URL of an edge or controller to get a snapshot file from when the log no longer "
                 "holds what comes next; besides those that the log names");
  app.add_option("--refill-after", options.refill_after,
                 "a topic that was made anew is filled with what this controller holds after so "
                 "many seconds (default 60), or never");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : tidemark::producer::exit_usage;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("controller"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  try {
    return tidemark::producer::run(std::move(options));
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return tidemark::producer::exit_error;
  }
}
