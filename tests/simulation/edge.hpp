// Edge: an edge node under the simulator: the product's Feeder, SnapshotStore, Ladder and
// ChainCheck, and answers of the product's respond(), on one thread.
//
// What dns-edge/app decides between them (Recovery, with threads and HTTP) is told again here, by
// the same rules: a snapshot file that the log confirms, of the own disk or of another node; else
// the log from its beginning; else the log is asked again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumer/bootstrap/chain_check.hpp"
#include "consumer/bootstrap/ladder.hpp"
#include "consumer/feeder/feeder.hpp"
#include "tests/simulation/machine.hpp"

namespace tidemark::simulation {

class Edge {
 public:
  Edge(World& world, std::string name, std::vector<consumer::SnapshotSource> others);
  ~Edge();

  bool runs() const noexcept { return process_ != nullptr; }
  void start();
  void crash();
  void step();
  void save();
  // One question of each kind about `zone`, judged against the model of the version served.
  void ask(const std::string& zone, std::uint64_t number);
  std::uint64_t served_seq() const;
  // LIVE at the judge's place, and that is what it serves.
  bool is_healed() const;
  std::string describe() const;
  // An operator empties the folder, the process is down.
  void wipe();

  Machine machine;

 private:
  struct Process;
  void take_snapshot();
  void recover();
  void look_for_file(const consumer::FeederStatus& at);
  bool judge_file(const consumer::FeederStatus& at);
  std::string answer(const std::string& name, dns::RrType type) const;

  std::vector<consumer::SnapshotSource> others_;
  std::unique_ptr<Process> process_;
};

}  // namespace tidemark::simulation
