// FleetView: the newest NodeReport of each edge, with its age by the clock of the log.
//
// Age counts from the append time of the newest report of anybody, and goes on by our steady clock
// since we read that one: no node's wall clock matters, nor ours.
//
// Threads  One.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/dataset/version.hpp"
#include "core/event/node_report.hpp"
#include "core/log/record.hpp"
#include "producer/api/wait_target.hpp"

namespace tidemark::producer {

constexpr std::chrono::milliseconds live_within{5000};
constexpr std::size_t nodes_max = 10'000;  // the one silent for longest is forgotten first

struct NodeStatus {
  event::NodeReport report;
  std::int64_t appended_ms;
  std::int64_t age_ms;
  bool live;  // reported within live_within, and follows the log
  // Another live process that reports under the same name: its newest report.
  std::optional<event::NodeReport> twin{};
};

struct Acknowledgement {
  std::vector<std::string> edges;       // live ones that serve the version
  std::vector<std::string> stragglers;  // live ones that do not
  bool reached = false;                 // as many as the target wants
};

class FleetView {
 public:
  explicit FleetView(base::Clock& clock) : clock_(clock) {}

  // False: not a NodeReport.
  bool apply(const log::Record& record);
  void forget(const std::string& node);
  // Everything that the topic held at the start was read: from now on silence means something.
  void caught_up() noexcept { caught_up_ = true; }
  bool is_caught_up() const noexcept { return caught_up_; }

  std::vector<NodeStatus> nodes() const;
  // Of the edges that `target` is about. Reached by live edges only, and by one at least: whom
  // nobody serves is not served. An edge that holds something else (`differs`) does not serve it.
  Acknowledgement acknowledgement(dataset::Lineage lineage, dataset::Seq seq,
                                  const WaitTarget& target = {}) const;

  // Told of each report as it comes, with its append time; set once, before the first.
  std::function<void(const event::NodeReport&, std::int64_t)> heard{};
  // What the node holds that this controller does not, for people; empty: nothing that is known
  // (fleet_proof.hpp). Set once; without it reports are believed.
  std::function<std::string(const event::NodeReport&)> differs{};

 private:
  struct Node {
    event::NodeReport report;
    std::int64_t appended_ms;
    // Of the instance before this one. A restart changes the instance once; who comes back after
    // another spoke shares its name with it.
    std::optional<event::NodeReport> other{};
    std::int64_t came_back_ms = -1;
  };
  void take(event::NodeReport report, std::int64_t appended_ms);
  bool is_shared(const Node& node) const;
  std::int64_t log_now_ms() const;
  bool is_live(const Node& node) const;

  base::Clock& clock_;
  std::map<std::string, Node> nodes_;
  std::int64_t newest_ms_ = -1;
  std::chrono::nanoseconds newest_read_{0};
  bool caught_up_ = false;
};

}  // namespace tidemark::producer
