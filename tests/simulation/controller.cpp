#include "tests/simulation/controller.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>

#include "core/base/check.hpp"

namespace tidemark::simulation {

namespace fs = std::filesystem;
using event::NodeState;
using std::chrono::seconds;

namespace {

// With Guard::UnknownOutcome off: every outcome that is not known is told to be a good one.
class TrustingSink final : public log::Sink {
 public:
  TrustingSink(std::unique_ptr<log::Sink> inner, bool trusts)
      : inner_(std::move(inner)), trusts_(trusts) {}
  base::Result<void> append(log::Ticket ticket, log::Draft draft) override {
    return inner_->append(ticket, std::move(draft));
  }
  base::Result<void> append_batch(log::Ticket first, std::vector<log::Draft> drafts) override {
    return inner_->append_batch(first, std::move(drafts));
  }
  std::vector<log::Completion> completions() override {
    auto all = inner_->completions();
    for (log::Completion& one : all) {
      if (!trusts_ || one.outcome == log::Completion::Outcome::Persisted) continue;
      one.outcome = log::Completion::Outcome::Persisted;
      one.offset = log::Offset(std::numeric_limits<std::int64_t>::max());
    }
    return all;
  }
  int bell() const override { return -1; }

 private:
  std::unique_ptr<log::Sink> inner_;
  const bool trusts_;
};

producer::PublisherSettings publisher_settings(const World& world, const std::string& name) {
  producer::PublisherSettings settings{.source = "/tidemark/sim/" + name};
  if (world.plan.off == Guard::UnknownOutcome) settings.judged_within = std::chrono::hours(100'000);
  return settings;
}

}  // namespace

struct Controller::Process {
  Process(Controller& controller, producer::Outbox with,
          std::optional<consumer::SnapshotContents> restored);

  dataset::HashSeed seed;
  Astray astray;
  producer::Outbox outbox;
  std::unique_ptr<log::Source> changes, health, control;
  TrustingSink sink;
  producer::Publisher publisher;
  producer::LogLoss loss;
  producer::FleetView fleet;
  std::set<base::U128> folded_own;  // what LogLoss remembers
  consumer::Feeder feeder;
  std::unique_ptr<producer::Desk> desk;
  std::optional<std::chrono::nanoseconds> bootstrap_due{};
};

Controller::Process::Process(Controller& controller, producer::Outbox with,
                             std::optional<consumer::SnapshotContents> restored)
    : seed(controller.machine.world.dice.random().next()),
      astray(controller.machine.world, controller.machine.name),
      outbox(std::move(with)),
      changes(*controller.machine.log.source(changes_topic)),
      health(*controller.machine.log.source(health_topic)),
      control(*controller.machine.log.source(control_topic)),
      sink(*controller.machine.log.sink(changes_topic),
           controller.machine.world.plan.off == Guard::UnknownOutcome),
      publisher(publisher_settings(controller.machine.world, controller.machine.name),
                controller.machine.clock, outbox, sink),
      loss({controller.machine.clock, controller.machine.log, outbox, dataset_name, seed,
            controller.folder_ + "/sent.sqlite"}),
      fleet(controller.machine.clock),
      feeder({.dataset_name = dataset_name,
              .seed = seed,
              .records_per_step_max = 16,
              .when_older = consumer::FeederSettings::WhenOlder::Follow,
              .retain_versions = 8},
             {.clock = controller.machine.clock,
              .changes = *changes,
              .health = health.get(),
              .control = control.get(),
              .log_identity = [&controller] { return controller.machine.log.identity(); },
              .folded =
                  [this, &controller](const consumer::FoldedChange& folded) {
                    astray.folded(folded);
                    const event::ChangeId id = folded.change.change_id;
                    const bool accepted = std::holds_alternative<fold::Accepted>(folded.judgement);
                    if (accepted && outbox.contains(id)) folded_own.insert(id.value());
                    loss.folded(folded);
                    if (desk) desk->folded(folded);
                  },
              .skipped = [this](const event::Nack& nack,
                                log::AppendTime) { astray.skipped(nack.offset); }},
             std::move(restored)) {
  desk = std::make_unique<producer::Desk>(
      producer::DeskSettings{},
      producer::DeskPorts{.clock = controller.machine.clock,
                          .random = controller.machine.world.dice.random(),
                          .feeder = feeder,
                          .outbox = outbox,
                          .publisher = publisher,
                          .fleet = fleet});
}

Controller::Controller(World& world, std::string name, std::string folder)
    : machine(world, std::move(name)), folder_(std::move(folder)) {
  fs::create_directories(folder_);
}
Controller::~Controller() = default;

void Controller::start() {
  TIDEMARK_CHECK(!runs(), "a process is started once");
  consumer::RestoreReport restored =
      machine.store.restore(dataset::HashSeed(machine.world.dice.random().next()));
  Astray before(machine.world, machine.name);
  if (restored.contents) before.restored(*restored.contents);
  auto outbox = producer::Outbox::open(outbox_path());
  TIDEMARK_CHECK(outbox.has_value(), "the outbox opens");
  process_ = std::make_unique<Process>(*this, *std::move(outbox), std::move(restored.contents));
  process_->astray.take(before);
  process_->desk->settle_known();
  if (machine.world.plan.off == Guard::OutboxSync) {
    for (const char* end : {"", "-wal"}) {
      std::error_code ignored;
      fs::copy_file(outbox_path() + end, outbox_path() + ".before" + end,
                    fs::copy_options::overwrite_existing, ignored);
    }
  }
  machine.world.tell(machine.name + ": starts, " +
                     std::to_string(process_->outbox.entries().size()) + " in the outbox");
}

void Controller::crash() {
  process_.reset();
  machine.lose_unsynced();
  if (machine.world.plan.off != Guard::OutboxSync) return;
  std::error_code ignored;  // the disk forgets what it said was synced
  for (const char* end : {"", "-wal", "-shm"}) fs::remove(outbox_path() + end, ignored);
  for (const char* end : {"", "-wal"}) {
    fs::copy_file(outbox_path() + ".before" + end, outbox_path() + end, ignored);
  }
}

void Controller::wipe() {
  TIDEMARK_CHECK(!runs(), "a folder is emptied while nobody uses it");
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  fs::create_directories(folder_);
  machine.disk.files().clear();
  machine.durable_seq = 0;
  machine.log.forget();
}

void Controller::step() {
  Process& process = *process_;
  process.astray.note(process.feeder.state());
  const consumer::StepReport report = process.feeder.step();
  if (process.astray.is_told(process.feeder, machine.clock.steady())) {
    process.feeder.distrust("others tell another chain");
  }
  (void)process.feeder.take_snapshot();
  if (report.folded > 0) process.publisher.passed(log::Offset(process.feeder.state().offset));
  if (report.state_changed && process.feeder.node_state() == NodeState::Live) {
    process.desk->settle_known();
  }
  bootstrap_if_needed();
  look_after_log_loss();
  const NodeState state = process.feeder.node_state();
  if (state != NodeState::Diverged && state != NodeState::Restored) (void)process.publisher.step();
  (void)process.desk->step();
  if (report.folded > 0 || report.state_changed) machine.world.tell(describe());
}

void Controller::bootstrap_if_needed() {
  Process& process = *process_;
  const bool diverged = process.feeder.node_state() == NodeState::Diverged;
  if (!diverged && !process.feeder.status().needs_bootstrap) return;
  const auto now = machine.clock.steady();
  if (!process.bootstrap_due) process.bootstrap_due = now + seconds(2);
  if (now < *process.bootstrap_due) return;
  process.bootstrap_due.reset();
  if (process.feeder.state().dataset.version().seq.value() == 0) {
    process.feeder.bootstrap(std::nullopt);
  } else if (!diverged) {
    process.feeder.recheck();
  }
}

// The log is folded anew by a thread of its own: nothing else happens until it is done.
void Controller::look_after_log_loss() {
  Process& process = *process_;
  if (!machine.online) return;
  if (machine.world.plan.off == Guard::SendAgain) {
    if (process.feeder.node_state() == NodeState::Diverged) process.feeder.bootstrap(std::nullopt);
    return;
  }
  do {
    for (const std::string& remark : process.loss.step(process.feeder, [] {})) {
      machine.world.tell(machine.name + ": " + remark);
    }
    if (process.loss.is_comparing()) std::this_thread::yield();
  } while (process.loss.is_comparing());
}

void Controller::wish(const std::string& zone, producer::Wish wish, producer::Terms terms,
                      std::shared_ptr<Promise> promise) {
  producer::ReadWish read{zone, [wish = std::move(wish)](const producer::Base&) {
                            return std::expected<producer::Wish, producer::ApiError>(wish);
                          }};
  // A crash drops it: that is a connection that breaks, and answers nobody.
  const auto heard = [this, promise](const net::HttpResponse& response) {
    const std::string id = base::to_hex(promise->id.value());
    promise->status = response.status;
    promise->changes = response.body.find(id) != std::string::npos;
    machine.world.tell(machine.name + ": says " + std::to_string(response.status) + " to " +
                       id.substr(24));
  };
  process_->desk->take(std::move(read), std::move(terms), net::Respond(heard));
}

std::optional<event::ZoneSeq> Controller::zone_seq(const std::string& zone) const {
  if (!process_) return std::nullopt;
  const auto found =
      process_->feeder.state().dataset.find_zone(dns::Name::parse(zone).value().view());
  if (!found) return std::nullopt;
  return found->seq();
}

bool Controller::stands_for(event::ChangeId id) const {
  if (!process_) return false;
  return process_->outbox.contains(id) || process_->folded_own.contains(id.value());
}

void Controller::save() {
  Process& process = *process_;
  if (!is_live() || process.feeder.state().dataset.version().seq.value() == 0) return;
  const consumer::SnapshotContents contents = process.feeder.contents();
  const std::uint64_t seq = contents.state.dataset.version().seq.value();
  const auto saved = machine.store.save(contents);
  machine.world.tell(machine.name + ": save " + std::to_string(seq) +
                     (saved ? " done" : " failed"));
}

bool Controller::is_live() const {
  return process_ && process_->feeder.node_state() == NodeState::Live;
}

std::int64_t Controller::offset() const { return process_ ? process_->feeder.state().offset : -1; }

bool Controller::is_healed() const {
  if (!is_live()) return false;
  const fold::State& state = process_->feeder.state();
  return process_->outbox.entries().empty() &&
         state.offset == machine.world.history.state().offset &&
         place_of(state) == place_of(machine.world.history.state());
}

std::string Controller::describe() const {
  if (!process_) return machine.name + ": down";
  const auto at = process_->feeder.status();
  return machine.name + ": " + event::to_text(at.state) + " offset " + std::to_string(at.offset) +
         " version " + std::to_string(at.version.seq.value()) + ", outbox " +
         std::to_string(process_->outbox.entries().size()) +
         (at.detail.empty() ? "" : ", " + at.detail);
}

}  // namespace tidemark::simulation
