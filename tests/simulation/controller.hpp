// Controller: a controller under the simulator: the product's Desk, decide, Outbox (a real SQLite
// file), Publisher, Feeder and LogLoss, in the order of producer/app/controller_turn.cpp, on one
// thread. Its HTTP API is left out: wishes come as values, answers too.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "producer/api/desk.hpp"
#include "producer/app/log_loss.hpp"
#include "tests/simulation/machine.hpp"

namespace tidemark::simulation {

// What clients were told.
struct Promise {
  event::ChangeId id;
  std::size_t controller;
  unsigned status = 0;   // 0: nothing yet, or the connection broke
  bool changes = true;   // false: the wish was granted already
  bool excused = false;  // the log lost what it had acknowledged, and its controller crashed
};

class Controller {
 public:
  // `folder`: of its own, for the outbox.
  Controller(World& world, std::string name, std::string folder);
  ~Controller();

  bool runs() const noexcept { return process_ != nullptr; }
  void start();
  void crash();
  void step();
  void save();
  void wish(const std::string& zone, producer::Wish wish, producer::Terms terms,
            std::shared_ptr<Promise> promise);
  // The version of a zone as this controller knows it; nothing: it does not.
  std::optional<event::ZoneSeq> zone_seq(const std::string& zone) const;
  // The change is in its outbox, or it will send it again if the log loses it.
  bool stands_for(event::ChangeId id) const;
  bool is_healed() const;
  bool is_live() const;
  std::int64_t offset() const;
  std::string describe() const;
  void wipe();

  Machine machine;

 private:
  struct Process;
  void bootstrap_if_needed();
  void look_after_log_loss();
  std::string outbox_path() const { return folder_ + "/outbox.sqlite"; }

  const std::string folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace tidemark::simulation
