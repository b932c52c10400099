#include "producer/api/fleet_board.hpp"

namespace tidemark::producer {
namespace {

// A large fleet is not looked through at every turn of the loop.
constexpr std::size_t looked_at_always_max = 100;
constexpr std::chrono::milliseconds look_pause{250};

}  // namespace

FleetBoard::FleetBoard(RolloutSettings settings, BoardPorts ports)
    : ports_(std::move(ports)),
      events_(ports_.run, ports_.clock),
      sight_(events_, ports_.feeder, ports_.fleet),
      rollout_(std::move(settings), {.controller = ports_.controller,
                                     .clock = ports_.clock,
                                     .feeder = ports_.feeder,
                                     .fleet = ports_.fleet,
                                     .history = ports_.history,
                                     .board = board_,
                                     .control = ports_.control,
                                     .take = ports_.take}) {}

void FleetBoard::folded(const consumer::FoldedChange& folded) {
  board_.folded(folded);
  sight_.folded(folded);
}

void FleetBoard::heard(const event::NodeReport& report, std::int64_t appended_ms) {
  if (report.lineage == ports_.feeder.state().dataset.version().lineage.value()) {
    board_.heard(report, appended_ms);
  }
  rollout_.heard(report);
}

std::optional<std::chrono::nanoseconds> FleetBoard::step() {
  const auto now = ports_.clock.steady();
  if (sight_.nodes() <= looked_at_always_max || now - looked_ >= look_pause) {
    looked_ = now;
    sight_.step();
  }
  events_.step();
  return rollout_.step();
}

void FleetBoard::close() {
  rollout_.close();
  events_.close();
}

net::HttpResponse FleetBoard::metrics() const {
  net::HttpResponse response;
  response.content_type = "text/plain; version=0.0.4";
  response.body = progress_metrics(progress_ports()) + rollout_.metrics();
  return response;
}

}  // namespace tidemark::producer
