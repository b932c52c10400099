#include "tests/simulation/faults.hpp"

#include <algorithm>

namespace tidemark::simulation {

void Simulation::break_something() {
  ++verdict_.faults;
  switch (dice_.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3: return break_node(dice_.below(paused_.size()));
    case 4: {
      if (!faults_->disks) return;
      return break_disk(edges_[dice_.below(edges_.size())]->machine);
    }
    case 5:
      if (faults_->clocks) {
        const auto hours = static_cast<std::int64_t>(dice_.below(400'000)) - 200'000;
        machine(dice_.below(paused_.size())).clock.step_wall(std::chrono::hours(hours));
      }
      if (dice_.chance(20)) advance(20'000);
      return;
    default: return break_log();
  }
}

void Simulation::break_node(std::size_t index) {
  Machine& one = machine(index);
  if (!runs(index)) {
    ++verdict_.restarts;
    paused_[index] = false;
    const bool edge = index >= controllers_.size();
    if (edge && faults_->disks && dice_.chance(10)) {
      edges_[index - controllers_.size()]->wipe();
      tell(one.name + ": its disk is replaced");
    }
    return start(index);
  }
  if (faults_->nodes && dice_.chance(40)) return crash(index);
  if (faults_->nodes && dice_.chance(40)) {
    paused_[index] = !paused_[index];
    return tell(one.name + (paused_[index] ? ": pauses" : ": goes on"));
  }
  if (!faults_->lines) return;
  if (dice_.chance(50)) {
    tell(one.name + ": loses its connection");
    return one.line.lose_connection();
  }
  one.online = !one.online;
  tell(one.name + (one.online ? ": is online" : ": is offline"));
  one.online ? one.line.go_online() : one.line.go_offline();
}

void Simulation::break_disk(Machine& one) {
  switch (dice_.below(4)) {
    case 0: return one.damage_a_file();
    case 1:
      tell(one.name + ": a call of its disk will fail");
      one.fails_at = one.disk.calls() + 1 + dice_.below(6);
      return one.disk.fail_call(one.fails_at);
    case 2:
      tell(one.name + ": its disk is full");
      return one.disk.set_octets_max(dice_.below(20'000));
    default: return one.mend_disk();
  }
}

void Simulation::break_log() {
  switch (dice_.below(8)) {
    case 0:
      if (!faults_->appends) return;
      tell("log: an append will fail");
      return store_->fail_next_append(changes_topic, static_cast<log::AppendFault>(dice_.below(3)));
    case 1:
      if (!faults_->twins || history_.end() == 0 || stalled_) return;
      if (store_->bounds(changes_topic)->next == store_->bounds(changes_topic)->first) return;
      tell("log: its last record comes twice");
      return store_->duplicate_last(changes_topic);
    case 2:
    case 3:
      if (!faults_->stalls) return;
      stalled_ = !stalled_;
      tell(stalled_ ? "log: stalls" : "log: goes on");
      if (!stalled_ && dice_.chance(50)) {  // what nobody saw is lost
        store_->truncate(changes_topic, store_->bounds(changes_topic)->next);
        history_.cut(history_.end());
        tell("log: what was not acknowledged is lost");
      }
      return stalled_ ? store_->stall(changes_topic) : store_->unstall(changes_topic);
    case 4:
      if (faults_->gibberish) append_gibberish();
      return;
    case 5:  return cut_log();
    case 6:  return retain_log();
    default: return remake_log();
  }
}

// An unclean election: records that everybody could see are gone.
void Simulation::cut_log() {
  if (!faults_->cuts) return;
  const std::int64_t next = history_.end();
  const std::int64_t lost = 1 + static_cast<std::int64_t>(dice_.below(8));
  if (next <= lost + 2) return;
  tell("log: loses its last " + std::to_string(lost) + " records");
  clients_->excuse(next - lost);
  store_->truncate(changes_topic, log::Offset(next - lost));
  history_.cut(next - lost);
}

// Old records go; what is left is continued by the controllers' files.
void Simulation::retain_log() {
  if (!faults_->retains) return;
  std::int64_t first = history_.end();
  for (const auto& controller : controllers_) {
    if (!controller->is_live()) return;
    controller->save();
    first = std::min(first, controller->offset());
  }
  const std::int64_t oldest = store_->bounds(changes_topic)->first.value();
  if (first <= oldest) return;
  first = oldest + 1 +
          static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(first - oldest)));
  tell("log: begins at " + std::to_string(first));
  store_->retain_from(changes_topic, log::Offset(first));
}

// Deleted and created: nobody may take the new one for the old one.
void Simulation::remake_log() {
  if (!faults_->remakes || remade_ || verdict_.events < Faults::remakes_after) return;
  remade_ = true;
  tell("log: is made anew");
  store_->recreate(changes_topic);
  history_.cut(0);
  clients_->forget_all();
}

void Simulation::append_gibberish() {
  log::MemoryLog line(store_);
  auto sink = line.sink(changes_topic);
  tell("log: somebody writes what is no ChangeSet");
  (void)(*sink)->append(log::Ticket(1), {.key = "?", .value = {1, 2, 3, 4, 5, 6, 7, 8, 9}});
}

void Simulation::mend_all() {
  store_->unstall(changes_topic);
  if (remade_) {  // what an operator does then: all start from nothing
    for (std::size_t i = 0; i < paused_.size(); ++i) {
      if (runs(i)) crash(i);
    }
    for (auto& one : controllers_) one->wipe();
    for (auto& one : edges_) one->wipe();
    clients_->forget_all();
  }
  for (std::size_t i = 0; i < paused_.size(); ++i) {
    paused_[i] = false;
    Machine& one = machine(i);
    one.mend_disk();
    one.online = true;
    one.line.go_online();
    if (!runs(i)) start(i);
  }
  history_.follow();
}

}  // namespace tidemark::simulation
