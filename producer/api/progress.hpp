// ProgressBoard: how each of the newest changes travels through the fleet: when it was appended,
// and when each edge was first heard to serve it.
//
// Both times are append times of the log: that of the change's record, that of the first NodeReport
// whose active version holds it. No node's clock matters, nor ours. An edge that goes back (a pin)
// and forward again counts once.
//
//   first, half, p99, all    the time after which so many of the edges asked serve it; of the whole
//                            fleet only while it is so: a straggler takes "all" away again
//
// It knows what was folded and heard since this process began, and forgets the oldest: a change
// that it does not know has a state and stragglers, but no times.
//
// Threads  One.
// Cost     folded: O(1). heard: the changes that the edge passed since its last report.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/event/node_report.hpp"
#include "core/fold/ledger.hpp"
#include "net/http.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/reads.hpp"

namespace tidemark::producer {

constexpr std::size_t travels_max = 1024;         // changes that are remembered
constexpr std::size_t arrivals_max = 10'000'000;  // of all of them together

struct Travel {
  std::uint64_t seq;
  event::ChangeId change_id;
  std::int64_t offset;
  std::int64_t appended_ms;
  event::RolloutClass rollout;
  std::string author{};
  std::vector<std::int64_t> arrivals_ms{};  // log times, one an edge, in order of coming
};

// Milliseconds after the append until the given share of `edges` served it; nothing: not yet.
std::optional<std::int64_t> time_to(const Travel& travel, std::size_t edges, unsigned percent);

class ProgressBoard {
 public:
  void folded(const consumer::FoldedChange& folded);
  void heard(const event::NodeReport& report, std::int64_t appended_ms);

  const Travel* find(std::uint64_t seq) const;
  const std::deque<Travel>& travels() const noexcept { return travels_; }

 private:
  struct Heard {                // of one edge
    std::uint64_t counted = 0;  // changes up to here have its arrival
    std::uint64_t active = 0;   // the highest ever heard: above `counted` if we fold behind it
    std::int64_t since_ms = 0;
  };
  void arrive(Heard& edge);

  std::deque<Travel> travels_;  // seqs are dense and rise
  std::map<std::string, Heard, std::less<>> heard_;
  std::uint64_t ahead_ = 0;  // the highest active seq of all
  std::size_t arrivals_ = 0;
};

struct ProgressPorts {
  const consumer::Feeder& feeder;
  const FleetView& fleet;
  const HistoryKeeper& history;
  const Outbox& outbox;
  const ProgressBoard& board;
};
// GET /v1/changes/{id}/progress?on=TARGET. A controller that is not LIVE vouches for nothing: then
// `reached` is false, and one that does not follow the log calls every change "unknown".
Answered read_progress(const ProgressPorts& ports, std::string_view id,
                       const net::HttpRequest& request);
// GET /metrics: the newest change's times, and the fleet by state.
std::string progress_metrics(const ProgressPorts& ports);

}  // namespace tidemark::producer
