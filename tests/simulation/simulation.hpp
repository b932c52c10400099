// Simulation: one history of a whole fleet, from one seed, on one thread.
//
// Two controllers, three to five edges, their disks and lines, one log in memory, clients and an
// Enactor. Dice draw what happens next: somebody makes a step, somebody asks, something breaks.
// After every event the invariants are judged (numbers as docs/reliability.md): see history.hpp for
// what an accepted change must be, edge.hpp for what a node may serve, clients.hpp for what was
// promised. At the end all faults stop, and everybody must come to the same place within a bounded
// number of rounds.
//
// The same Plan gives the same trace, bit for bit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/clients.hpp"
#include "tests/simulation/edge.hpp"
#include "tests/simulation/plan.hpp"

namespace tidemark::simulation {

class Simulation {
 public:
  // `folder`: empty, of this history alone.
  Simulation(Plan plan, const std::string& folder);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Verdict run();

 private:
  struct Faults;  // which of them this history has

  bool is_over() const { return !verdict_.violation.empty(); }
  void begin();
  void event();
  void check();
  void step_somebody();
  void advance(std::uint64_t ms);
  void heal();
  bool is_healed() const;
  void finish();
  base::Result<std::string> fetch(const std::string& host, const std::string& page) const;
  Machine& machine(std::size_t index);
  bool runs(std::size_t index) const;
  void start(std::size_t index);
  void crash(std::size_t index);
  void tell(const std::string& line);
  void violate(std::string what);

  // faults.cpp
  void break_something();
  void break_node(std::size_t index);
  void break_disk(Machine& machine);
  void break_log();
  void cut_log();
  void remake_log();
  void retain_log();
  void append_gibberish();
  void mend_all();

  const Plan plan_;
  Dice dice_;
  std::int64_t log_ms_ = 1'700'000'000'000;
  std::shared_ptr<log::MemoryStore> store_;
  History history_;
  World world_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::vector<std::unique_ptr<Edge>> edges_;
  std::vector<bool> paused_;  // by index: controllers, then edges
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Faults> faults_;
  bool stalled_ = false, remade_ = false, ended_ = false;
  base::Sha256Stream trace_;
  Verdict verdict_;
};

}  // namespace tidemark::simulation
