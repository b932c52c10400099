#include "producer/api/fleet_view.hpp"

#include <algorithm>

#include "schemas/codec.hpp"

namespace tidemark::producer {

bool FleetView::apply(const log::Record& record) {
  if (record.appended.value() > newest_ms_) {
    newest_ms_ = record.appended.value();
    newest_read_ = clock_.steady();
  }
  if (record.tombstone) {
    forget(record.key);
    return true;
  }
  auto report = schemas::decode_node_report(record.value);
  if (!report) return false;
  if (heard) heard(*report, record.appended.value());
  take(*std::move(report), record.appended.value());
  if (nodes_.size() > nodes_max) {
    nodes_.erase(std::ranges::min_element(
        nodes_, {}, [](const auto& node) { return node.second.appended_ms; }));
  }
  return true;
}

void FleetView::take(event::NodeReport report, std::int64_t appended_ms) {
  const auto [at, first] = nodes_.try_emplace(report.node, Node{report, appended_ms});
  if (first) return;
  Node& node = at->second;
  const base::U128 before = node.report.instance;
  if (report.instance != before && report.instance != base::U128{} && before != base::U128{}) {
    if (node.other && node.other->instance == report.instance) node.came_back_ms = appended_ms;
    node.other = std::move(node.report);
  }
  node.report = std::move(report);
  node.appended_ms = appended_ms;
}

bool FleetView::is_shared(const Node& node) const {
  return node.other && node.came_back_ms >= 0 &&
         log_now_ms() - node.came_back_ms <= live_within.count();
}

void FleetView::forget(const std::string& node) { nodes_.erase(node); }

std::int64_t FleetView::log_now_ms() const {
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - newest_read_);
  return newest_ms_ + since.count();
}

bool FleetView::is_live(const Node& node) const {
  return log_now_ms() - node.appended_ms <= live_within.count() &&
         (node.report.state == event::NodeState::Live ||
          node.report.state == event::NodeState::CatchingUp);
}

std::vector<NodeStatus> FleetView::nodes() const {
  std::vector<NodeStatus> all;
  all.reserve(nodes_.size());
  for (const auto& [name, node] : nodes_) {
    all.push_back({node.report, node.appended_ms, log_now_ms() - node.appended_ms, is_live(node),
                   is_shared(node) ? node.other : std::nullopt});
  }
  return all;
}

Acknowledgement FleetView::acknowledgement(dataset::Lineage lineage, dataset::Seq seq,
                                           const WaitTarget& target) const {
  Acknowledgement result;
  for (const auto& [name, node] : nodes_) {
    if (!is_live(node) || (!target.ring.empty() && node.report.ring != target.ring)) continue;
    const auto has = [&](const event::NodeReport& report) {
      return report.lineage == lineage.value() && report.active_seq >= seq.value() &&
             (!differs || differs(report).empty());
    };
    // Two under one name count as one, and it serves when both do.
    const bool serves = has(node.report) && (!is_shared(node) || has(*node.other));
    (serves ? result.edges : result.stragglers).push_back(name);
  }
  const std::size_t asked = result.edges.size() + result.stragglers.size();
  result.reached = asked != 0 && result.edges.size() * 100 >= asked * target.percent;
  return result;
}

}  // namespace tidemark::producer
