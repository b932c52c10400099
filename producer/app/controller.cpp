#include "producer/app/controller.hpp"

#include <algorithm>
#include <chrono>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "producer/app/controller_inner.hpp"

namespace tidemark::producer {
namespace {

constexpr std::chrono::milliseconds stop_within{3000};
// Some milliseconds of folding: whoever asks the API while a long log is read waits a few of them.
constexpr std::size_t records_per_step_max = 512;
// Topics are created and verified before anything is read or written; a start takes its time.
constexpr consumer::LateTerms late{consumer::LateTerms::Opens::WhenAllowed,
                                   std::chrono::seconds(1)};

// What some edge that still reports holds, whether it follows the log or not.
std::uint64_t newest_seq_of(const FleetView& fleet) {
  constexpr std::int64_t heard_within_ms = 60'000;
  std::uint64_t newest = 0;
  for (const NodeStatus& node : fleet.nodes()) {
    if (node.age_ms <= heard_within_ms) newest = std::max(newest, node.report.active_seq);
  }
  return newest;
}

}  // namespace

Controller::Inner::Inner(boost::asio::io_context& io_of, ControllerSettings settings_of,
                         std::unique_ptr<log::Log> log_of, consumer::FolderLock lock_of,
                         std::unique_ptr<consumer::PosixDisk> disk_of, Outbox outbox_of,
                         std::function<void()> ended_of)
    : io(io_of),
      settings(std::move(settings_of)),
      ended(std::move(ended_of)),
      lock(std::move(lock_of)),
      log(std::move(log_of)),
      seed(consumer::draw_hash_seed(random)),
      disk(std::move(disk_of)),
      store(*disk, consumer::lineage_of(settings.dataset)),
      outbox(std::move(outbox_of)),
      changes(
          clock, [this] { return log->source(topic("changes")); }, late),
      health(
          clock, [this] { return log->source(topic("health")); }, late),
      fleet_source(
          clock, [this] { return log->source(topic("fleet")); }, late),
      control_source(
          clock, [this] { return log->source(topic("control")); }, late),
      changes_sink(
          clock, [this] { return log->sink(topic("changes")); }, late),
      control_sink(
          clock, [this] { return log->sink(topic("control")); }, late),
      fleet(clock),
      publisher({.source = "/tidemark/" + settings.dataset + "/" + settings.name}, clock, outbox,
                changes_sink),
      control_writer(clock, control_sink),
      heartbeat(settings.name, clock, control_writer),
      loss({.clock = clock,
            .log = *log,
            .outbox = outbox,
            .dataset = settings.dataset,
            .seed = seed,
            .sent_file = settings.state_folder + "/sent.sqlite",
            .source = "/tidemark/" + settings.dataset + "/" + settings.name,
            .next_start =
                [this](std::size_t attempt) {
                  return consumer::own_file(*disk, settings.dataset, seed, attempt);
                },
            .refill_after = settings.refill_after,
            .fleet_seq = [this] { return newest_seq_of(fleet); }}),
      timer(io) {}

Controller::Inner::~Inner() {
  if (saving.joinable()) saving.join();
}

base::Result<void> Controller::Inner::begin() {
  consumer::RestoreReport restored = store.restore(seed);
  tell(restored.remarks);
  if (restored.contents) {
    saved_seq = restored.contents->state.dataset.version().seq.value();
    spdlog::info("restored version {} from {}", saved_seq, restored.file);
  }
  last_save = clock.steady();
  history = std::make_unique<HistoryKeeper>(
      settings.state_folder + "/history.sqlite", settings.dataset,
      HistoryPorts{.clock = clock, .source = [this] { return log->source(topic("changes")); }},
      restored.contents ? restored.contents->state
                        : fold::State::empty(consumer::lineage_of(settings.dataset), seed));
  past = std::make_unique<HistoryDesk>(*history, clock, [this](std::function<void()> answer) {
    boost::asio::post(io, std::move(answer));
  });
  feeder = std::make_unique<consumer::Feeder>(
      consumer::FeederSettings{.dataset_name = settings.dataset,
                               .seed = seed,
                               .records_per_step_max = records_per_step_max,
                               .when_older = consumer::FeederSettings::WhenOlder::Follow},
      consumer::FeederPorts{.clock = clock,
                            .changes = changes,
                            .health = &health,
                            .control = &control_source,
                            .log_identity = [this] { return log->identity(); },
                            .folded =
                                [this](const consumer::FoldedChange& folded) {
                                  history->folded(folded);
                                  loss.folded(folded);
                                  if (api) api->folded(folded);
                                  if (snapshots) snapshots->desk().folded(folded);
                                },
                            .skipped =
                                [this](const event::Nack& nack, log::AppendTime) {
                                  history->skipped(nack.offset);
                                  if (api) api->board().skipped(nack);
                                }},
      std::move(restored.contents));
  net::HttpLimits limits;
  limits.body_octets_max = settings.zone_body_octets_max;
  TIDEMARK_TRY(server,
               net::HttpServer::listen(io, settings.api, limits,
                                       [this](net::HttpRequest request, net::Respond respond) {
                                         api->respond(std::move(request), std::move(respond));
                                         turn_soon();
                                       }));
  TIDEMARK_TRY_VOID(begin_snapshots());
  TIDEMARK_TRY(const auto epoch, outbox.next_author_epoch());
  proof = std::make_unique<FleetProof>(ProofPorts{io, clock, *feeder, fleet});
  api = std::make_unique<Api>(
      ControllerStatus{settings.name, settings.dataset, epoch.value()}, DeskSettings{},
      ApiPorts{.desk = {.clock = clock,
                        .random = random,
                        .feeder = *feeder,
                        .outbox = outbox,
                        .publisher = publisher,
                        .fleet = fleet,
                        .stored = [this] { publish(); }},
               .history = *history,
               .tokens = settings.tokens ? &*settings.tokens : nullptr,
               .snapshots = &snapshots->desk(),
               .proof = proof.get(),
               .control = &control_writer,
               .rollout = settings.rollout,
               .past = [this](net::HttpRequest request, net::Respond respond) {
                 past->take(std::move(request), std::move(respond));
               }});
  fleet.heard = [this](const event::NodeReport& report, std::int64_t appended_ms) {
    api->board().heard(report, appended_ms);
  };
  fleet.differs = [this](const event::NodeReport& report) { return prove(report, *feeder).text; };
  api->desk().settle_known();
  if (publisher.waiting() > 0) {
    spdlog::info("{} changes of an earlier run are sent again", publisher.waiting());
  }
  spdlog::info("{}: API on {}, from version {}", settings.name,
               net::to_text(server->local_address()), saved_seq);
  (void)fleet_source.start(log::Offset(0));
  set_up_topics();
  turn();
  return {};
}

// Others reach it where it listens, unless that is any address: then only --advertise tells.
base::Result<void> Controller::Inner::begin_snapshots() {
  SnapshotDeskSettings wanted = settings.snapshots;
  wanted.controller = settings.name;
  const net::SocketAddress listening = server->local_address();
  if (wanted.base_url.empty() && listening.ip != net::IpAddress{listening.ip.family, {}}) {
    wanted.base_url = "http://" + net::to_text(listening);
  }
  files = std::make_unique<FileBootstrap>(
      FileBootstrap::Ports{.clock = clock, .random = random, .disk = *disk, .log = *log},
      settings.dataset, seed,
      FileBootstrap::Sources{.named = settings.snapshot_sources, .own_url = wanted.base_url});
  TIDEMARK_TRY(snapshots, SnapshotFiles::make(std::move(wanted), settings.state_folder + "/fleet",
                                              consumer::lineage_of(settings.dataset), clock, random,
                                              *feeder, control_writer, [this] {
                                                boost::asio::post(io, [this] { turn(); });
                                              }));
  return {};
}

void Controller::Inner::set_up_topics() {
  const bool fresh = feeder->status().offset < 0;
  setup = std::make_unique<TopicsSetup>(
      *log, fresh ? TopicsSetup::Mode::CreateMissing : TopicsSetup::Mode::VerifyOnly,
      TopicsSetup::Wanted{settings.topics, settings.topics_of_one_copy},
      [this](TopicsFound found) {
        boost::asio::post(io, [this, found = std::move(found)] {
          if (!stopped) topics_found(found);
        });
      },
      [](const std::string& remark) { spdlog::warn("{}", remark); });
}

void Controller::Inner::topics_found(const TopicsFound& found) {
  for (const log::Difference& one : found.differences) {
    spdlog::log(one.fatal ? spdlog::level::err : spdlog::level::warn,
                "topic {}: {} is {}, wanted is {}", one.topic, one.setting, one.found, one.wanted);
  }
  if (found.fatal) {
    spdlog::error(
        "the topics would break a promise: repair them (`tidemark topics plan` shows how) and "
        "start again");
    ended();
    return;
  }
  for (consumer::LateSource* source : {&changes, &health, &fleet_source, &control_source})
    source->allow();
  for (consumer::LateSink* sink : {&changes_sink, &control_sink}) sink->allow();
  spdlog::info("following {} of {}", topic("changes"), log->identity());
  turn();
}

void Controller::Inner::stop(std::function<void()> when_stopped) {
  api->desk().close();
  api->pin_desk().close();
  api->held_desk().close();
  api->board().close();
  server->stop(stop_within, [this, when_stopped = std::move(when_stopped)] {
    stopped = true;
    timer.cancel();
    for (net::BellWatch& bell : bells) bell.follow(-1);
    publish();
    if (const auto committed = outbox.commit(); !committed)
      spdlog::warn("{}", committed.error().trail);
    save(true);
    snapshots->end();
    if (saving.joinable()) saving.join();
    when_stopped();
  });
}

Controller::Controller(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Controller::~Controller() = default;

base::Result<std::unique_ptr<Controller>> Controller::start(boost::asio::io_context& io,
                                                            ControllerSettings settings,
                                                            std::unique_ptr<log::Log> log,
                                                            std::function<void()> ended) {
  TIDEMARK_TRY(auto disk, consumer::PosixDisk::open(settings.state_folder));
  TIDEMARK_TRY(auto lock, consumer::FolderLock::take(settings.state_folder));
  TIDEMARK_TRY(auto outbox, Outbox::open(settings.state_folder + "/outbox.sqlite",
                                         {.entries_max = settings.outbox_entries_max}));
  auto inner = std::make_unique<Inner>(io, std::move(settings), std::move(log), std::move(lock),
                                       std::move(disk), std::move(outbox), std::move(ended));
  TIDEMARK_TRY_VOID(inner->begin());
  return std::unique_ptr<Controller>(new Controller(std::move(inner)));
}

std::uint16_t Controller::api_port() const { return inner_->server->local_port(); }
void Controller::stop(std::function<void()> stopped) { inner_->stop(std::move(stopped)); }

}  // namespace tidemark::producer
