#include "tests/simulation/simulation.hpp"

#include <algorithm>
#include <iostream>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "tests/simulation/faults.hpp"

namespace tidemark::simulation {
namespace {

constexpr std::uint64_t events_min = 150, events_more = 350;
constexpr std::uint64_t heal_rounds_max = 3000;

std::shared_ptr<log::MemoryStore> make_store(std::int64_t& log_ms) {
  auto store = std::make_shared<log::MemoryStore>(log::MemoryStoreSettings{
      .identity = "the log", .now = [&log_ms] { return log::AppendTime(log_ms); }});
  std::vector<log::TopicSettings> topics(3);
  topics[0].name = changes_topic;
  topics[1].name = health_topic;
  topics[2].name = control_topic;
  topics[2].cleanup = log::Cleanup::Compact;
  (void)store->create(topics);
  return store;
}

consumer::SnapshotSource source_of(const std::string& host, consumer::SnapshotSource::Kind kind) {
  net::Url url;
  url.host = host;
  url.port = 80;
  return {kind, std::move(url), {}};
}

}  // namespace

Simulation::Simulation(Plan plan, const std::string& folder)
    : plan_(plan),
      dice_(plan.seed),
      store_(make_store(log_ms_)),
      history_(store_, plan.off),
      world_{plan_,
             dice_,
             store_,
             history_,
             [this](const std::string& line) { tell(line); },
             [this](std::string what) { violate(std::move(what)); },
             [this](const std::string& host, const std::string& page, const std::string&) {
               return fetch(host, page);
             }} {
  const std::size_t edges = 3 + dice_.below(3);
  std::vector<consumer::SnapshotSource> all;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string name = "c" + std::to_string(i + 1);
    controllers_.push_back(std::make_unique<Controller>(world_, name, folder + "/" + name));
    all.push_back(source_of(name, consumer::SnapshotSource::Kind::Controller));
  }
  for (std::size_t i = 0; i < edges; ++i) {
    all.push_back(source_of("e" + std::to_string(i + 1), consumer::SnapshotSource::Kind::Peer));
  }
  for (std::size_t i = 0; i < edges; ++i) {
    const std::string name = "e" + std::to_string(i + 1);
    auto others = all;
    std::erase_if(others, [&](const auto& one) { return one.base.host == name; });
    edges_.push_back(std::make_unique<Edge>(world_, name, std::move(others)));
  }
  paused_.resize(2 + edges);
  clients_ = std::make_unique<Clients>(world_, controllers_);
  faults_ = std::make_unique<Faults>(dice_);
}
Simulation::~Simulation() = default;

void Simulation::tell(const std::string& line) {
  if (ended_) return;  // who still waits for an answer is told so by the end of its controller
  trace_.update(base::as_bytes(line));
  trace_.update(base::as_bytes("\n"));
  if (plan_.tells) std::cout << line << "\n";
}

void Simulation::violate(std::string what) {
  if (is_over()) return;
  tell("VIOLATION " + what);
  verdict_.violation = std::move(what);
}

Verdict Simulation::run() {
  begin();
  const std::uint64_t events = events_min + dice_.below(events_more);
  for (std::uint64_t i = 0; i < events && !is_over(); ++i) event();
  if (!is_over()) heal();
  if (!is_over()) finish();
  verdict_.records = static_cast<std::uint64_t>(history_.end());
  verdict_.accepted = history_.state().accepted;
  verdict_.given_up = clients_->given_up();
  verdict_.astray = world_.astray;
  ended_ = true;
  verdict_.trace = base::to_hex(trace_.finish());
  return verdict_;
}

// Everybody starts, and the zones are there before anything breaks.
void Simulation::begin() {
  tell("seed " + std::to_string(plan_.seed) +
       ", without guard: " + std::string(to_text(plan_.off)));
  for (std::size_t i = 0; i < paused_.size(); ++i) start(i);
  for (int round = 0; round < 20 && !is_over(); ++round) {
    if (round == 10) clients_->create_zones();
    for (auto& controller : controllers_) controller->step();
    history_.follow();
    for (auto& edge : edges_) edge->step();
    advance(100);
    check();
  }
}

void Simulation::event() {
  ++verdict_.events;
  advance(1);
  const std::uint64_t drawn = dice_.below(100);
  if (drawn < faults_->percent) {
    break_something();
  } else if (drawn < 75) {
    step_somebody();
  } else if (drawn < 87) {
    clients_->act();
  } else if (drawn < 93) {
    advance(1 + dice_.below(300));
  } else {
    Edge& edge = *edges_[dice_.below(edges_.size())];
    if (edge.runs() && dice_.chance(50)) {
      edge.save();
    } else {
      ++verdict_.queries;
      edge.ask(zone_names[dice_.below(zone_names.size())], 1 + dice_.below(numbered_names));
    }
  }
  check();
}

void Simulation::step_somebody() {
  const std::size_t index = dice_.below(paused_.size());
  if (paused_[index] || !runs(index)) return;
  if (index < controllers_.size()) {
    controllers_[index]->step();
  } else {
    edges_[index - controllers_.size()]->step();
  }
}

void Simulation::check() {
  history_.follow();
  if (auto broken = history_.take_violation(); !broken.empty()) violate(std::move(broken));
  if (auto broken = clients_->broken_promise(false); !broken.empty()) violate(std::move(broken));
}

void Simulation::advance(std::uint64_t ms) {
  const std::chrono::milliseconds by(ms);
  log_ms_ += by.count();
  for (std::size_t i = 0; i < paused_.size(); ++i) machine(i).clock.advance(by);
}

Machine& Simulation::machine(std::size_t index) {
  return index < controllers_.size() ? controllers_[index]->machine
                                     : edges_[index - controllers_.size()]->machine;
}

bool Simulation::runs(std::size_t index) const {
  return index < controllers_.size() ? controllers_[index]->runs()
                                     : edges_[index - controllers_.size()]->runs();
}

void Simulation::start(std::size_t index) {
  if (index >= controllers_.size()) return edges_[index - controllers_.size()]->start();
  controllers_[index]->start();
  clients_->crashed(index);
}

void Simulation::crash(std::size_t index) {
  tell(machine(index).name + ": crashes");
  if (index < controllers_.size()) {
    controllers_[index]->crash();
  } else {
    edges_[index - controllers_.size()]->crash();
  }
}

// As SnapshotShare would answer.
base::Result<std::string> Simulation::fetch(const std::string& host,
                                            const std::string& page) const {
  auto* const self = const_cast<Simulation*>(this);
  for (std::size_t i = 0; i < paused_.size(); ++i) {
    Machine& other = self->machine(i);
    if (other.name != host) continue;
    if (!runs(i) || paused_[i] || !other.online) break;
    std::string listing;
    for (const auto& [name, octets] : other.disk.files()) {
      const std::string sha256 = consumer::sha256_of_file_name(name);
      if (sha256.empty()) continue;
      if (page.ends_with(sha256)) return std::string(base::as_text(octets));
      const auto summary = consumer::read_summary(octets);
      if (!summary) continue;
      listing += (listing.empty() ? "" : ",") + std::string("{\"sha256\":\"") + sha256 +
                 "\",\"octets\":" + std::to_string(octets.size()) +
                 ",\"seq\":" + std::to_string(summary->version.seq.value()) +
                 ",\"offset\":" + std::to_string(summary->offset) + "}";
    }
    return "{\"snapshots\":[" + listing + "]}";
  }
  return base::fail(base::Errc::Unavailable, host + ": does not answer");
}

bool Simulation::is_healed() const {
  return std::ranges::all_of(controllers_, [](const auto& one) { return one->is_healed(); }) &&
         std::ranges::all_of(edges_, [](const auto& one) { return one->is_healed(); });
}

// No more faults. Whoever serves a version that the log lost waits for the log to pass it: so
// clients go on.
void Simulation::heal() {
  tell("all faults end");
  mend_all();
  constexpr std::uint64_t write_every = 10;
  for (std::uint64_t round = 0; round < heal_rounds_max && !is_over(); ++round) {
    ++verdict_.heal_rounds;
    if (round % write_every == 0 && round > 0) {
      if (history_.state().dataset.zone_count() == 0) {
        clients_->create_zones();
      } else {
        clients_->edit();
      }
    }
    for (int i = 0; i < 2; ++i) {
      for (auto& controller : controllers_) controller->step();
      history_.follow();
      for (auto& edge : edges_) edge->step();
      check();
    }
    if (round > 1 && is_healed()) return;
    advance(round < 100 ? 200 : 2000);
  }
  if (is_over()) return;
  std::string all;
  for (const auto& one : controllers_) all += "\n  " + one->describe();
  for (const auto& one : edges_) all += "\n  " + one->describe();
  violate("I9: not healed after " + std::to_string(heal_rounds_max) + " rounds; the log ends at " +
          std::to_string(history_.end() - 1) + ", version " +
          std::to_string(history_.state().dataset.version().seq.value()) + all);
}

void Simulation::finish() {
  if (auto broken = clients_->broken_promise(true); !broken.empty()) return violate(broken);
  for (auto& edge : edges_) {
    for (const std::string& zone : zone_names) edge->ask(zone, 1);
    const std::uint64_t served = edge->served_seq();
    edge->save();
    edge->crash();
    edge->start();
    // A damaged newest file keeps its name, and what it should hold is not written again.
    const bool comparable = plan_.off == Guard::None && edge->machine.durable_seq >= served;
    if (!is_over() && comparable && edge->served_seq() != served) {
      violate("restore: " + edge->machine.name + " served " + std::to_string(served) +
              ", and after a restart " + std::to_string(edge->served_seq()));
    }
  }
  tell("healed at version " + std::to_string(history_.state().dataset.version().seq.value()) + " " +
       base::to_hex(history_.state().dataset.version().state_hash.value()));
}

}  // namespace tidemark::simulation
