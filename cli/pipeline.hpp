// Pipeline: the way of a change inside one process: zone -> decide -> ChangeSets -> memory log ->
// Feeder -> Snapshot. The same parts as in a fleet; only the log has the memory form.
//
// Records that are folded leave the log, but for the last one, which the overlap read needs.
//
// Threads  One.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/zone_file.hpp"
#include "consumer/feeder/feeder.hpp"
#include "core/log/memory_log.hpp"
#include "net/system_ports.hpp"

namespace tidemark::cli {

class Pipeline {
 public:
  Pipeline();
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  using OnProgress = std::function<void(std::size_t done, std::size_t total)>;
  // The zone holds exactly what the file says. On a Failure it holds what it held before.
  Outcome load(ZoneFile file, const OnProgress& on_progress);

  // Folds what there is. How long until it wants to be called again, if nothing rings.
  std::optional<std::chrono::nanoseconds> step();
  int bell() const { return source_->bell(); }

  const fold::State& state() const { return feeder_->state(); }
  consumer::FeederStatus status() const { return feeder_->status(); }
  std::unique_ptr<const consumer::Snapshot> take_snapshot() { return feeder_->take_snapshot(); }

 private:
  Expected<std::vector<event::ChangeSet>> decide(ZoneFile file) const;
  Expected<std::vector<event::ChangeSet>> decide_new(ZoneFile file) const;
  Outcome append(const event::ChangeSet& change);

  net::SystemClock clock_;
  std::shared_ptr<log::MemoryStore> store_;
  log::MemoryLog log_;
  std::unique_ptr<log::Source> source_;
  std::unique_ptr<log::Sink> sink_;
  std::uint64_t tickets_ = 0;
  std::optional<fold::Rejected> rejected_;  // of the last record
  std::unique_ptr<consumer::Feeder> feeder_;
};

}  // namespace tidemark::cli
