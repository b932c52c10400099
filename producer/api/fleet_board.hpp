// FleetBoard: what a controller sees of the fleet beside the newest reports: how changes travel,
// what happens, and the roll-out that follows from both. The Api's part for /v1/events,
// /v1/changes/{id}/progress, /v1/rollout and /metrics.
//
// Threads   One; that of the feeder.
// Requires  What BoardPorts refers to outlives it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "producer/api/events.hpp"
#include "producer/api/progress.hpp"
#include "producer/api/rollout.hpp"

namespace tidemark::producer {

struct BoardPorts {
  std::string controller;
  base::Clock& clock;
  const consumer::Feeder& feeder;
  const FleetView& fleet;
  const HistoryKeeper& history;
  const Outbox& outbox;
  ControlWriter* control = nullptr;  // none: nothing can be decided here
  Revert::Take take{};
  std::uint64_t run = 0;  // drawn at each start
};

class FleetBoard {
 public:
  FleetBoard(RolloutSettings settings, BoardPorts ports);

  void folded(const consumer::FoldedChange& folded);
  void skipped(const event::Nack& nack) { sight_.skipped(nack); }
  void heard(const event::NodeReport& report, std::int64_t appended_ms);
  std::optional<std::chrono::nanoseconds> step();
  void close();
  std::vector<std::string> take_remarks() { return rollout_.take_remarks(); }
  std::vector<std::string> take_progress() { return rollout_.take_progress(); }

  Answered progress(std::string_view id, const net::HttpRequest& request) const {
    return read_progress(progress_ports(), id, request);
  }
  Answered events(const net::HttpRequest& request) { return events_.answer(request); }
  std::size_t event_readers() const noexcept { return events_.readers(); }
  Rollout& rollout() noexcept { return rollout_; }
  const Rollout& rollout() const noexcept { return rollout_; }
  net::HttpResponse metrics() const;

 private:
  ProgressPorts progress_ports() const {
    return {ports_.feeder, ports_.fleet, ports_.history, ports_.outbox, board_};
  }

  const BoardPorts ports_;
  ProgressBoard board_;
  Events events_;
  EventSight sight_;
  std::chrono::nanoseconds looked_{0};
  Rollout rollout_;
};

}  // namespace tidemark::producer
