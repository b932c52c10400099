// tidemark-prober: one vantage point as a process. Follows `<dataset>.changes` for the pools'
// definitions, checks every endpoint, publishes HealthFrames to `<dataset>.health`.
//
// While the log is away it goes on checking; when the log is back the newest state is published.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "core/base/utf8.hpp"
#include "net/bell_watch.hpp"
#include "net/system_ports.hpp"
#include "producer/prober/probe_loop.hpp"
#include "topics/definitions.hpp"
#include "topics/log_url.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int exit_error = 1;
constexpr int exit_usage = 2;
constexpr milliseconds open_retry{500};
constexpr seconds bootstrap_retry_min{2};
constexpr seconds bootstrap_retry_max{60};
constexpr seconds save_period{600};

struct Options {
  std::string log_url;
  std::string dataset;
  std::string name;
  std::string state_folder;
  std::string ca_file;
  std::uint32_t period_ms = 1000;
  std::uint32_t checks_max = 256;
  topics::KafkaTls tls;
  std::vector<std::string> properties;
  bool verbose = false;
};

// Opens the topics as soon as the log has them, then feeds the Dataset's targets to a ProbeLoop.
class Program {
 public:
  Program(boost::asio::io_context& io, const Options& options, std::unique_ptr<log::Log> log)
      : io_(io), options_(options), log_(std::move(log)), timer_(io), seed_(hash_seed(random_)) {}
  ~Program() {
    if (saving_.joinable()) saving_.join();
  }

  base::Result<void> restore() {
    if (options_.state_folder.empty()) return {};
    auto disk = consumer::PosixDisk::open(options_.state_folder);
    if (!disk) return std::unexpected(std::move(disk).error());
    disk_ = *std::move(disk);
    store_.emplace(*disk_, consumer::lineage_of(options_.dataset));
    consumer::RestoreReport report = store_->restore(seed_);
    for (const std::string& each : report.remarks) spdlog::warn("{}", each);
    if (report.contents) {
      saved_seq_ = report.contents->state.dataset.version().seq.value();
      spdlog::info("restored version {} from {}", saved_seq_, report.file);
    }
    restored_ = std::move(report.contents);
    return {};
  }

  // The log may not be there yet, nor its topics: try until they are.
  void open() {
    if (const auto opened = try_open(); !opened) {
      if (told_ != opened.error().trail) {
        told_ = opened.error().trail;
        spdlog::warn("waiting for the log: {}", told_);
      }
      timer_.expires_after(open_retry);
      timer_.async_wait([this](const auto& error) {
        if (!error) open();
      });
      return;
    }
    spdlog::info("following {} of {} as {}", changes_topic(), options_.log_url, options_.name);
    turn();
  }

  // Nothing of ours may be pending on the loop afterwards.
  void stop() {
    stopped_ = true;
    timer_.cancel();
    changes_watch_.reset();
    loop_.reset();
    save(seconds(0));
  }

 private:
  static dataset::HashSeed hash_seed(base::Random& random) {
    return consumer::draw_hash_seed(random);
  }
  std::string changes_topic() const { return options_.dataset + ".changes"; }
  std::string health_topic() const { return options_.dataset + ".health"; }

  base::Result<void> try_open() {
    TIDEMARK_TRY(changes_, log_->source(changes_topic()));
    TIDEMARK_TRY(health_, log_->sink(health_topic()));
    consumer::FeederPorts ports{
        .clock = clock_, .changes = *changes_, .health = nullptr, .log_identity = [this] {
          return log_->identity();
        }};
    feeder_ = std::make_unique<consumer::Feeder>(
        consumer::FeederSettings{.dataset_name = options_.dataset, .seed = seed_}, std::move(ports),
        std::move(restored_));
    loop_ = std::make_unique<ProbeLoop>(
        io_,
        ProberSettings{.name = options_.name,
                       .period = milliseconds(options_.period_ms),
                       .checks_max = options_.checks_max},
        clock_, random_, *health_, [](const std::string& remark) { spdlog::warn("{}", remark); },
        options_.ca_file);
    changes_watch_ = std::make_unique<net::BellWatch>(io_, [this] { turn(); });
    changes_watch_->follow(changes_->bell());
    return {};
  }

  void turn() {
    const consumer::StepReport report = feeder_->step();
    for (const std::string& each : report.remarks) spdlog::warn("{}", each);
    if (const auto snapshot = feeder_->take_snapshot()) follow(snapshot->dataset);
    if (report.state_changed) tell_state();
    bootstrap_if_needed();
    save(save_period);
    if (report.more) {
      boost::asio::post(io_, [this] {
        if (!stopped_) turn();
      });
      return;
    }
    std::chrono::nanoseconds wait = seconds(1);
    if (report.call_again_in) wait = std::min(wait, *report.call_again_in);
    timer_.expires_after(wait);
    timer_.async_wait([this](const auto& error) {
      if (!error) turn();
    });
  }

  void follow(const dataset::Dataset& dataset) {
    const Targets targets = targets_of(dataset);
    loop_->set_targets(targets.all);
    if (targets.left_out != left_out_ && targets.left_out > 0) {
      spdlog::error(
          "{} endpoints are not checked: a prober takes at most {} (targets_max); run one "
          "for each dataset or split the pools",
          targets.left_out, targets_max);
    }
    left_out_ = targets.left_out;
    if (targets.all.size() != targets_) {
      targets_ = targets.all.size();
      spdlog::info("version {}: {} endpoints to check", dataset.version().seq.value(), targets_);
    }
  }

  void tell_state() {
    const consumer::FeederStatus status = feeder_->status();
    spdlog::info("{} at version {}, offset {}{}{}", event::to_text(status.state),
                 status.version.seq.value(), status.offset, status.detail.empty() ? "" : ": ",
                 status.detail);
  }

  // A prober answers nobody: when the log is another one, it folds that from its beginning. What it
  // checks stays as it was until then.
  void bootstrap_if_needed() {
    const bool lost =
        feeder_->node_state() == event::NodeState::Diverged || feeder_->status().needs_bootstrap;
    if (!lost) {
      if (feeder_->node_state() == event::NodeState::Live) bootstrap_wait_ = bootstrap_retry_min;
      return;
    }
    const auto now = clock_.steady();
    if (!bootstrap_due_) bootstrap_due_ = now + bootstrap_wait_;
    if (now < *bootstrap_due_) return;
    bootstrap_due_.reset();
    bootstrap_wait_ = std::min<std::chrono::nanoseconds>(bootstrap_wait_ * 2, bootstrap_retry_max);
    spdlog::warn(
        "folding {} again from its beginning; if that is gone, put a snapshot file of an "
        "edge or controller into the folder of --state-dir and start again",
        changes_topic());
    feeder_->bootstrap(std::nullopt);
  }

  // On a thread of its own: checks go on meanwhile.
  void save(std::chrono::nanoseconds not_before) {
    if (!store_ || !feeder_ || feeder_->node_state() != event::NodeState::Live) return;
    const std::uint64_t seq = feeder_->state().dataset.version().seq.value();
    const auto now = clock_.steady();
    if (seq == 0 || seq == saved_seq_ || (last_save_ && now - *last_save_ < not_before)) return;
    if (saving_.joinable()) saving_.join();
    saved_seq_ = seq;
    last_save_ = now;
    saving_ = std::thread([this, contents = feeder_->contents()] {
      if (const auto saved = store_->save(contents); !saved) {
        spdlog::error("snapshot file: {}", saved.error().trail);
      }
    });
  }

  boost::asio::io_context& io_;
  const Options& options_;
  std::unique_ptr<log::Log> log_;
  net::SystemClock clock_;
  net::SystemRandom random_;
  boost::asio::steady_timer timer_;
  const dataset::HashSeed seed_;
  std::unique_ptr<consumer::PosixDisk> disk_;
  std::optional<consumer::SnapshotStore> store_;
  std::optional<consumer::SnapshotContents> restored_;
  std::unique_ptr<log::Source> changes_;
  std::unique_ptr<log::Sink> health_;
  std::unique_ptr<consumer::Feeder> feeder_;
  std::unique_ptr<ProbeLoop> loop_;
  std::unique_ptr<net::BellWatch> changes_watch_;
  std::string told_;
  std::size_t targets_ = 0, left_out_ = 0;
  std::uint64_t saved_seq_ = 0;
  std::optional<std::chrono::nanoseconds> last_save_;
  std::optional<std::chrono::nanoseconds> bootstrap_due_;
  std::chrono::nanoseconds bootstrap_wait_ = bootstrap_retry_min;
  std::thread saving_;
  bool stopped_ = false;
};

base::Result<topics::LogSettings> log_settings(const Options& options) {
  TIDEMARK_TRY(topics::LogSettings settings, topics::parse_log_url(options.log_url));
  settings.tls = options.tls;
  for (const std::string& property : options.properties) {
    const std::size_t equals = property.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return base::fail(base::Errc::Invalid, "--kafka-property " + property + ": not NAME=VALUE");
    }
    settings.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  return settings;
}

int run(const Options& options) {
  const auto fail = [](const base::Error& error, int code = exit_error) {
    spdlog::error("{}", error.trail);
    return code;
  };
  if (const auto named = topics::check_dataset_name(options.dataset); !named) {
    return fail(base::Error(named.error()).at("--dataset"), exit_usage);
  }
  const auto settings = log_settings(options);
  if (!settings) return fail(base::Error(settings.error()).at("--log"), exit_usage);
  auto log = topics::open_log(*settings);
  if (!log) return fail(log.error());

  boost::asio::io_context io(1);
  Program program(io, options, *std::move(log));
  if (const auto restored = program.restore(); !restored) return fail(restored.error());
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const auto& error, int signal) {
    if (error) return;
    spdlog::info("ending on signal {}", signal);
    program.stop();
    io.stop();
  });
  program.open();
  io.run();
  return 0;
}

}  // namespace
}  // namespace tidemark::producer

int main(int argc, char** argv) {
  tidemark::producer::Options options;
  CLI::App app(
      "tidemark-prober: checks the endpoints of a dataset's pools and publishes what it "
      "sees to the log.");
  app.set_version_flag("--version", "tidemark-prober " TIDEMARK_VERSION);
  app.add_option("--log", options.log_url, "sqlite:PATH or kafka:HOST:PORT[,HOST:PORT...]")
      ->required();
  app.add_option("--dataset", options.dataset, "the topics are DATASET.changes, DATASET.health")
      ->required();
  app.add_option("--name", options.name, "of this vantage point; unique in the dataset")
      ->required()
      ->check(CLI::Validator(
          [](const std::string& name) {
            const bool sound = !name.empty() && name.size() <= 255 && tidemark::base::is_utf8(name);
            return sound ? "" : "1 to 255 octets of UTF-8";
          },
          "1..255 octets"));
  app.add_option("--period", options.period_ms, "milliseconds between full frames")
      ->check(CLI::Range(100, 60'000))
      ->capture_default_str();
  app.add_option("--checks", options.checks_max, "checks under way at the same time, at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--state-dir", options.state_folder,
                 "folder for snapshot files: without it every start folds the log from its "
                 "beginning");
  app.add_option("--ca-file", options.ca_file,
                 "PEM file: whose certificates HTTPS checks with verify_tls trust, read at each "
                 "check; without it the system's authorities")
      ->check(CLI::ExistingFile);
  app.add_option("--kafka-ca", options.tls.ca, "PEM file: who signed the brokers' certificates");
  app.add_option("--kafka-certificate", options.tls.certificate, "PEM file: our certificate");
  app.add_option("--kafka-key", options.tls.key, "PEM file: our private key");
  app.add_option("--kafka-property", options.properties, "NAME=VALUE, passed to librdkafka")
      ->allow_extra_args(false);
  app.add_flag("--verbose", options.verbose, "tell more");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : tidemark::producer::exit_usage;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("prober"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  if (options.verbose) spdlog::set_level(spdlog::level::debug);
  try {
    return tidemark::producer::run(options);
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return tidemark::producer::exit_error;
  }
}
