#include "tests/simulation/edge.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::simulation {

using consumer::ChainCheck;
using consumer::FeederStatus;
using event::NodeState;
using std::chrono::seconds;

namespace {

constexpr std::chrono::nanoseconds pause_min = seconds(1), pause_max = seconds(60);

std::string hex(const base::U128& value) { return base::to_hex(value).substr(0, 8); }

}  // namespace

struct Edge::Process {
  Process(Edge& edge, std::optional<consumer::SnapshotContents> restored);

  dataset::HashSeed seed;
  Astray astray;
  std::unique_ptr<log::Source> changes, health, control;
  consumer::Feeder feeder;
  consumer::Ladder ladder;
  std::unique_ptr<const consumer::Snapshot> served{};
  std::uint64_t served_seq = 0;
  bool served_astray = false;

  std::optional<consumer::FoundFile> found{};
  std::optional<ChainCheck> check{};
  std::set<std::string> refused{};
  std::optional<std::chrono::nanoseconds> due{};
  std::chrono::nanoseconds pause = pause_min;
  bool replayed = false;
};

Edge::Process::Process(Edge& edge, std::optional<consumer::SnapshotContents> restored)
    : seed(edge.machine.world.dice.random().next()),
      astray(edge.machine.world, edge.machine.name),
      changes(*edge.machine.log.source(changes_topic)),
      health(*edge.machine.log.source(health_topic)),
      control(*edge.machine.log.source(control_topic)),
      feeder({.dataset_name = dataset_name,
              .seed = seed,
              .records_per_step_max = 16,
              .node = edge.machine.name,
              .ring = "all",
              .when_older = edge.machine.world.plan.off == Guard::NeverOlder
                                ? consumer::FeederSettings::WhenOlder::Follow
                                : consumer::FeederSettings::WhenOlder::ServeOn,
              .retain_versions = 8},
             {.clock = edge.machine.clock,
              .changes = *changes,
              .health = health.get(),
              .control = control.get(),
              .log_identity = [&edge] { return edge.machine.log.identity(); },
              .folded =
                  [&edge](const consumer::FoldedChange& folded) {
                    edge.process_->astray.folded(folded);
                  },
              .skipped = [&edge](const event::Nack& nack,
                                 log::AppendTime) { edge.process_->astray.skipped(nack.offset); }},
             std::move(restored)),
      ladder({.disk = edge.machine.disk,
              .clock = edge.machine.clock,
              .random = edge.machine.world.dice.random(),
              .ask = [&edge](const net::HttpCall& call,
                             std::chrono::milliseconds) -> base::Result<net::HttpResponse> {
                const auto range = call.headers.get("Range");
                TIDEMARK_TRY(std::string body,
                             edge.machine.world.fetch(call.url.host, call.url.target,
                                                      std::string(range.value_or(""))));
                net::HttpResponse response;
                response.body = std::move(body);
                return response;
              },
              .progress = [](const consumer::FetchProgress&) {},
              .ended = [] { return false; }},
             Machine::lineage(), seed) {}

Edge::Edge(World& world, std::string name, std::vector<consumer::SnapshotSource> others)
    : machine(world, std::move(name)), others_(std::move(others)) {}
Edge::~Edge() = default;

void Edge::start() {
  TIDEMARK_CHECK(!runs(), "a process is started once");
  const std::size_t calls = machine.disk.calls();
  consumer::RestoreReport restored =
      machine.store.restore(dataset::HashSeed(machine.world.dice.random().next()));
  Astray before(machine.world, machine.name);
  if (restored.contents) before.restored(*restored.contents);
  process_ = std::make_unique<Process>(*this, std::move(restored.contents));
  process_->astray.take(before);
  take_snapshot();
  machine.world.tell(machine.name + ": starts, serves " + std::to_string(process_->served_seq));
  const bool unreadable = machine.fails_at > calls && machine.fails_at <= machine.disk.calls();
  if (!unreadable && process_->served_seq < machine.durable_seq) {
    machine.world.violate("F10: " + machine.name + " starts with version " +
                          std::to_string(process_->served_seq) + ", version " +
                          std::to_string(machine.durable_seq) + " was on its disk");
  }
}

void Edge::crash() {
  process_.reset();
  machine.lose_unsynced();
}

void Edge::wipe() {
  TIDEMARK_CHECK(!runs(), "a folder is emptied while nobody uses it");
  machine.disk.files().clear();
  machine.durable_seq = 0;
  machine.log.forget();
}

void Edge::step() {
  Process& process = *process_;
  process.astray.note(process.feeder.state());
  const consumer::StepReport report = process.feeder.step();
  take_snapshot();
  if (process.astray.is_told(process.feeder, machine.clock.steady())) {
    process.feeder.distrust("a controller tells another chain");
  }
  recover();
  take_snapshot();
  if (report.folded > 0 || report.state_changed) machine.world.tell(describe());
}

std::string Edge::describe() const {
  if (!process_) return machine.name + ": down";
  const FeederStatus at = process_->feeder.status();
  return machine.name + ": " + event::to_text(at.state) + " offset " + std::to_string(at.offset) +
         " version " + std::to_string(at.version.seq.value()) + " " +
         hex(at.version.state_hash.value()) + " serves " + std::to_string(process_->served_seq);
}

void Edge::take_snapshot() {
  Process& process = *process_;
  auto next = process.feeder.take_snapshot();
  if (!next) return;
  const dataset::Version version = next->dataset.version();
  const std::uint64_t seq = version.seq.value();
  if (seq == 0) machine.world.violate("promise 4: " + machine.name + " serves an empty state");
  if (seq < process.served_seq) {
    machine.world.violate("I1: " + machine.name + " goes back from version " +
                          std::to_string(process.served_seq) + " to " + std::to_string(seq));
  }
  const bool known = machine.world.history.version(seq, version.state_hash.value()) != nullptr;
  if (!known && !process.astray && !process.served_astray) {
    machine.world.violate("I7: " + machine.name + " serves version " + std::to_string(seq) + " " +
                          hex(version.state_hash.value()) + ", which no history holds");
  }
  process.served_astray = !known;
  process.served_seq = seq;
  process.served = std::move(next);
}

std::uint64_t Edge::served_seq() const { return process_ ? process_->served_seq : 0; }

bool Edge::is_healed() const {
  if (!process_) return false;
  const fold::State& state = process_->feeder.state();
  const fold::State& log = machine.world.history.state();
  return process_->feeder.node_state() == NodeState::Live && state.offset == log.offset &&
         place_of(state) == place_of(log) && process_->served &&
         process_->served->dataset.version() == state.dataset.version();
}

void Edge::save() {
  Process& process = *process_;
  const NodeState state = process.feeder.node_state();
  if (state != NodeState::Live && state != NodeState::Diverged) return;
  const consumer::SnapshotContents contents = process.feeder.contents();
  const std::uint64_t seq = contents.state.dataset.version().seq.value();
  if (seq == 0 || process.feeder.status().held_back) return;
  const auto saved = machine.store.save(contents);
  machine.world.tell(machine.name + ": save " + std::to_string(seq) +
                     (saved ? " done" : " failed"));
  if (saved) machine.note_saved(*saved, seq);
}

// Recovery, told again.
void Edge::recover() {
  Process& process = *process_;
  const FeederStatus at = process.feeder.status();
  if (!at.needs_bootstrap) {
    process.check.reset();
    process.found.reset();
    if (at.state == NodeState::Live) {
      process.due.reset();
      process.pause = pause_min;
      process.replayed = false;
    }
    return;
  }
  if (process.check) {
    if (judge_file(at)) return;
  }
  const auto now = machine.clock.steady();
  if (!process.due) process.due = now + process.pause;
  if (now < *process.due) return;
  process.pause = std::min(process.pause * 2, pause_max);
  process.due = now + process.pause;
  look_for_file(at);
}

// True: the feeder has another state, or waits for the log's word.
bool Edge::judge_file(const FeederStatus& at) {
  Process& process = *process_;
  const ChainCheck::Verdict verdict = process.check->step();
  if (verdict == ChainCheck::Verdict::Unknown) return true;
  process.refused.insert(process.found->sha256);
  if (verdict == ChainCheck::Verdict::Other) {
    machine.world.tell(machine.name + ": a file is not of this log");
    process.check.reset();
    process.found.reset();
    return false;
  }
  machine.world.tell(machine.name + ": bootstrap from " + process.found->source + " at offset " +
                     std::to_string(process.found->contents.state.offset));
  process.astray.restored(process.found->contents);
  const std::uint64_t seq = process.found->contents.state.dataset.version().seq.value();
  if (!process.found->own && (!at.offered || seq >= at.version.seq.value())) {
    const auto kept = machine.store.keep(process.found->octets);
    if (kept) machine.note_saved(*kept, seq);
  }
  process.feeder.bootstrap(std::move(process.found->contents));
  process.check.reset();
  process.found.reset();
  return true;
}

void Edge::look_for_file(const FeederStatus& at) {
  Process& process = *process_;
  const bool diverged = at.state == NodeState::Diverged;
  const bool went_on = at.log_next && *at.log_next > at.offset;
  if (!diverged || went_on) {
    consumer::Wanted wanted;
    wanted.refused = process.refused;
    wanted.log_identity = machine.log.identity();
    wanted.offset_min = at.log_first.value_or(0);
    wanted.own_files = diverged;
    if (!diverged && at.offered)
      wanted.seq_min = std::max<std::uint64_t>(at.version.seq.value(), 1);
    auto climb = process.ladder.climb(wanted, others_);
    if (climb.found) {
      process.found = std::move(climb.found);
      const fold::State& state = process.found->contents.state;
      process.check.emplace(machine.log, changes_topic, state.offset, state.last_record,
                            process.found->contents.log_identity);
      return;
    }
  }
  if (diverged && went_on && at.log_first == 0 && at.offered && !process.replayed) {
    process.replayed = true;
    machine.world.tell(machine.name + ": folds the log from its beginning");
    return process.feeder.bootstrap(std::nullopt);
  }
  if (!at.offered) return process.feeder.bootstrap(std::nullopt);
  process.feeder.recheck();
}

std::string Edge::answer(const std::string& name, dns::RrType type) const {
  const base::Bytes query = support::to_wire({.name = name, .type = type, .payload = 1232});
  std::array<std::uint8_t, 4096> out{};
  const edge::Reply reply =
      edge::respond(query, {}, {}, *process_->served, edge::AnswerSettings{}, out);
  const auto message = dns::read_message(base::ByteView(out).first(reply.octets));
  if (!message) return "no message: " + message.error().trail;
  std::string told = std::to_string(std::to_underlying(message->rcode()));
  for (const dns::MessageRecord& record : message->answer) told += " " + base::to_hex(record.rdata);
  return told;
}

void Edge::ask(const std::string& zone, std::uint64_t number) {
  if (!process_ || !process_->served) return;
  const dataset::Version version = process_->served->dataset.version();
  const Model* const model =
      machine.world.history.version(version.seq.value(), version.state_hash.value());
  if (model == nullptr) return;  // told already
  const auto there = model->zones.find(zone);
  const std::string names[] = {"a." + zone, "b." + zone, "n" + std::to_string(number) + "." + zone};
  for (const std::string& name : names) {
    const dns::RrType type = name[0] == 'n' ? dns::RrType::A : dns::RrType::Txt;
    std::string wanted = std::to_string(std::to_underlying(dns::Rcode::Refused));
    if (there != model->zones.end()) {
      const auto& rrsets = there->second->rrsets;
      const auto rrset = rrsets.find({name, std::to_underlying(type)});
      wanted = std::to_string(
          std::to_underlying(rrset == rrsets.end() ? dns::Rcode::NxDomain : dns::Rcode::NoError));
      if (rrset != rrsets.end()) {
        for (const base::Bytes& rdata : rrset->second) wanted += " " + base::to_hex(rdata);
      }
    }
    const std::string got = answer(name, type);
    if (got != wanted) {
      machine.world.violate("I4: " + machine.name + " answers " + name + " with " + got +
                            ", version " + std::to_string(version.seq.value()) + " says " + wanted);
    }
  }
}

}  // namespace tidemark::simulation
