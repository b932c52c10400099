#include "producer/app/controller.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot_file/folder_lock.hpp"
#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "net/http_server.hpp"
#include "net/system_ports.hpp"
#include "producer/api/api.hpp"
#include "producer/api/history_desk.hpp"
#include "producer/api/history_keeper.hpp"
#include "producer/app/heartbeat.hpp"
#include "producer/app/late_log.hpp"
#include "producer/app/topics_setup.hpp"
#include "producer/prober/bell_watch.hpp"
#include "producer/publish/publisher.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::seconds;

constexpr std::size_t fleet_records_per_turn_max = 4096;
constexpr seconds turn_at_least_every{1};
constexpr std::chrono::milliseconds stop_within{3000};
constexpr seconds save_period{600};
constexpr seconds commit_period{5};
constexpr seconds bootstrap_pause_min{2};
constexpr seconds bootstrap_pause_max{60};
constexpr seconds told_again_after{30};
constexpr std::size_t told_max = 100;  // different remarks within that time; more are left out

}  // namespace

struct Controller::Inner {
  Inner(boost::asio::io_context& io_of, ControllerSettings settings_of,
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
        changes(clock, [this] { return log->source(topic("changes")); }),
        health(clock, [this] { return log->source(topic("health")); }),
        fleet_source(clock, [this] { return log->source(topic("fleet")); }),
        control_source(clock, [this] { return log->source(topic("control")); }),
        changes_sink(clock, [this] { return log->sink(topic("changes")); }),
        control_sink(clock, [this] { return log->sink(topic("control")); }),
        pins_sink(clock, [this] { return log->sink(topic("control")); }),
        fleet(clock),
        publisher({.source = "/tidemark/" + settings.dataset + "/" + settings.name}, clock, outbox,
                  changes_sink),
        heartbeat(settings.name, clock, control_sink),
        timer(io) {}
  ~Inner() {
    if (saving.joinable()) saving.join();
  }

  std::string topic(std::string_view kind) const {
    return settings.dataset + "." + std::string(kind);
  }

  base::Result<void> begin();
  void set_up_topics();
  void topics_found(const TopicsFound& found);
  void turn();
  void step_fleet();
  void publish();
  void watch_bells();
  void schedule(std::optional<std::chrono::nanoseconds> wanted, bool more);
  void turn_soon();
  void bootstrap_if_needed();
  void save(bool at_once);
  void stop(std::function<void()> stopped);
  void tell(const std::vector<std::string>& remarks);

  boost::asio::io_context& io;
  const ControllerSettings settings;
  std::function<void()> ended;
  consumer::FolderLock lock;
  std::unique_ptr<log::Log> log;
  net::SystemClock clock;
  net::SystemRandom random;
  const dataset::HashSeed seed;
  std::unique_ptr<consumer::PosixDisk> disk;
  consumer::SnapshotStore store;
  Outbox outbox;
  LateSource changes, health, fleet_source, control_source;
  LateSink changes_sink, control_sink, pins_sink;
  FleetView fleet;
  Publisher publisher;
  Heartbeat heartbeat;
  std::unique_ptr<HistoryKeeper> history;
  std::unique_ptr<consumer::Feeder> feeder;
  std::unique_ptr<HistoryDesk> past;
  std::unique_ptr<Api> api;
  std::unique_ptr<net::HttpServer> server;
  boost::asio::steady_timer timer;
  std::unique_ptr<TopicsSetup> setup;

  struct Watched {
    int bell = -1;
    std::unique_ptr<BellWatch> watch{};
  };
  std::array<Watched, 7> bells;
  std::thread saving;  // writes one snapshot file
  std::uint64_t saved_seq = 0;
  std::chrono::nanoseconds last_save{0}, last_commit{0};
  std::optional<std::chrono::nanoseconds> bootstrap_due;
  std::chrono::nanoseconds bootstrap_pause = bootstrap_pause_min;
  std::map<std::string, std::chrono::nanoseconds> told;
  bool turning = false;
  bool stopped = false;
};

// What goes wrong again and again is told once in `told_again_after`.
void Controller::Inner::tell(const std::vector<std::string>& remarks) {
  const auto now = clock.steady();
  std::erase_if(told, [&](const auto& one) { return now - one.second > told_again_after; });
  for (const std::string& remark : remarks) {
    if (told.size() < told_max && told.emplace(remark, now).second) spdlog::warn("{}", remark);
  }
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
      consumer::FeederSettings{.dataset_name = settings.dataset, .seed = seed},
      consumer::FeederPorts{.clock = clock,
                            .changes = changes,
                            .health = &health,
                            .control = &control_source,
                            .log_identity = [this] { return log->identity(); },
                            .folded =
                                [this](const consumer::FoldedChange& folded) {
                                  history->folded(folded);
                                  if (api) api->desk().folded(folded);
                                },
                            .skipped = [this](const event::Nack& nack,
                                              log::AppendTime) { history->skipped(nack.offset); }},
      std::move(restored.contents));
  TIDEMARK_TRY(const auto epoch, outbox.next_author_epoch());
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
               .control = &pins_sink,
               .past = [this](net::HttpRequest request, net::Respond respond) {
                 past->take(std::move(request), std::move(respond));
               }});
  api->desk().settle_known();
  if (publisher.waiting() > 0) {
    spdlog::info("{} changes of an earlier run are sent again", publisher.waiting());
  }
  net::HttpLimits limits;
  limits.body_octets_max = settings.zone_body_octets_max;
  TIDEMARK_TRY(server,
               net::HttpServer::listen(io, settings.api, limits,
                                       [this](net::HttpRequest request, net::Respond respond) {
                                         api->respond(std::move(request), std::move(respond));
                                         turn_soon();
                                       }));
  spdlog::info("{}: API on {}, from version {}", settings.name,
               net::to_text(server->local_address()), saved_seq);
  (void)fleet_source.start(log::Offset(0));
  set_up_topics();
  turn();
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
  for (LateSource* source : {&changes, &health, &fleet_source, &control_source}) source->allow();
  for (LateSink* sink : {&changes_sink, &control_sink, &pins_sink}) sink->allow();
  spdlog::info("following {} of {}", topic("changes"), log->identity());
  turn();
}

void Controller::Inner::turn() {
  if (stopped || turning) return;
  turning = true;
  const consumer::StepReport report = feeder->step();
  tell(report.remarks);
  history->turn(*feeder);
  tell(history->take_remarks());
  (void)feeder->take_snapshot();  // nobody here reads Snapshots, and one that waits pins memory
  if (report.folded > 0) publisher.passed(log::Offset(feeder->state().offset));
  if (report.state_changed) {
    const auto status = feeder->status();
    spdlog::info("{} at version {}, offset {} {}", event::to_text(status.state),
                 status.version.seq.value(), status.offset, status.detail);
    if (status.state == event::NodeState::Live) api->desk().settle_known();
  }
  bootstrap_if_needed();
  step_fleet();
  publish();
  auto wanted = api->desk().step();
  tell(api->desk().take_remarks());
  if (const auto pins = api->pin_desk().step()) wanted = std::min(wanted.value_or(*pins), *pins);
  tell(heartbeat.step());
  save(false);
  if (clock.steady() - last_commit > commit_period) {
    last_commit = clock.steady();
    if (const auto committed = outbox.commit(); !committed)
      spdlog::warn("{}", committed.error().trail);
  }
  watch_bells();
  turning = false;
  if (report.call_again_in)
    wanted = std::min(wanted.value_or(*report.call_again_in), *report.call_again_in);
  schedule(wanted, report.more);
}

void Controller::Inner::publish() {
  const PublishReport report = publisher.step();
  tell(report.remarks);
}

void Controller::Inner::step_fleet() {
  auto drained = fleet_source.drain(fleet_records_per_turn_max);
  if (!drained) {
    spdlog::warn("fleet: {}", drained.error().trail);
    return;
  }
  for (const log::Record& record : drained->records) fleet.apply(record);
  for (const log::Happening happening : drained->happenings) {
    if (happening == log::Happening::CaughtUp) fleet.caught_up();
    if (happening == log::Happening::Overlap || happening == log::Happening::OutOfRange) {
      // Reports are facts of this second: reading them again from the first is harmless.
      const auto bounds = fleet_source.bounds();
      (void)fleet_source.start(bounds ? bounds->first : log::Offset(0));
    }
  }
}

void Controller::Inner::watch_bells() {
  const std::array<int, 7> now{changes.bell(),        health.bell(),       fleet_source.bell(),
                               control_source.bell(), changes_sink.bell(), control_sink.bell(),
                               pins_sink.bell()};
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (bells[i].bell == now[i]) continue;
    bells[i].bell = now[i];
    // Posted, for a watch must not be replaced from within its own call.
    boost::asio::post(io, [this, i] {
      if (stopped) return;
      bells[i].watch = std::make_unique<BellWatch>(io, bells[i].bell, [this] { turn(); });
      turn();
    });
  }
}

void Controller::Inner::schedule(std::optional<std::chrono::nanoseconds> wanted, bool more) {
  if (stopped) return;
  if (more) {
    boost::asio::post(io, [this] { turn(); });
    return;
  }
  std::chrono::nanoseconds wait = turn_at_least_every;
  if (!changes.bounds()) wait = reopen_pause;  // not opened yet: nobody rings
  if (wanted) wait = std::min(wait, *wanted);
  timer.expires_after(wait);
  timer.async_wait([this](const auto& error) {
    if (!error) turn();
  });
}

// A request may have begun to wait. The timer is only ever brought forward.
void Controller::Inner::turn_soon() {
  constexpr std::chrono::milliseconds soon{20};
  if (timer.expiry() > boost::asio::steady_timer::clock_type::now() + soon) schedule(soon, false);
}

// Older snapshot files first, then the log from its beginning. Serving goes on meanwhile.
void Controller::Inner::bootstrap_if_needed() {
  const bool diverged = feeder->node_state() == event::NodeState::Diverged;
  if (!diverged && !feeder->status().needs_bootstrap) {
    if (feeder->node_state() == event::NodeState::Live) bootstrap_pause = bootstrap_pause_min;
    return;
  }
  const auto now = clock.steady();
  if (!bootstrap_due) bootstrap_due = now + bootstrap_pause;
  if (now < *bootstrap_due) return;
  bootstrap_due.reset();
  bootstrap_pause = std::min<std::chrono::nanoseconds>(bootstrap_pause * 2, bootstrap_pause_max);
  if (feeder->state().dataset.version().seq.value() == 0) {
    spdlog::warn("starting over from the beginning of {}", topic("changes"));
    feeder->bootstrap(std::nullopt);
    return;
  }
  // A controller that holds a history never leaves it for a shorter one: it would vouch for changes
  // that nobody serves, and give their versions out a second time.
  tell({topic("changes") +
        " does not continue what this controller has folded: reads go on, "
        "changes are refused. If the log was replaced on purpose, end this controller, empty the "
        "folder of --state-dir and start it again"});
  feeder->recheck();
}

void Controller::Inner::save(bool at_once) {
  const event::NodeState state = feeder->node_state();
  // Diverged too: what was acknowledged must survive a restart.
  if (state != event::NodeState::Live && state != event::NodeState::Diverged) return;
  const std::uint64_t seq = feeder->state().dataset.version().seq.value();
  const auto now = clock.steady();
  const bool due =
      at_once || seq - saved_seq >= settings.save_after_changes || now - last_save > save_period;
  if (seq == 0 || seq == saved_seq || !due) return;
  if (saving.joinable()) saving.join();
  saved_seq = seq;
  last_save = now;
  saving = std::thread([this, contents = feeder->contents()] {
    if (const auto saved = store.save(contents); !saved) {
      spdlog::error("snapshot file: {}", saved.error().trail);
    }
  });
}

void Controller::Inner::stop(std::function<void()> when_stopped) {
  api->desk().close();
  api->pin_desk().close();
  server->stop(stop_within, [this, when_stopped = std::move(when_stopped)] {
    stopped = true;
    timer.cancel();
    for (Watched& bell : bells) bell.watch.reset();
    publish();
    if (const auto committed = outbox.commit(); !committed)
      spdlog::warn("{}", committed.error().trail);
    save(true);
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
