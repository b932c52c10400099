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
  std::string name = report->node;
  nodes_.insert_or_assign(std::move(name), Node{*std::move(report), record.appended.value()});
  if (nodes_.size() > nodes_max) {
    nodes_.erase(std::ranges::min_element(
        nodes_, {}, [](const auto& node) { return node.second.appended_ms; }));
  }
  return true;
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
    all.push_back({node.report, node.appended_ms, log_now_ms() - node.appended_ms, is_live(node)});
  }
  return all;
}

Acknowledgement FleetView::acknowledgement(dataset::Lineage lineage, dataset::Seq seq) const {
  Acknowledgement result;
  for (const auto& [name, node] : nodes_) {
    if (!is_live(node)) continue;
    const bool serves =
        node.report.lineage == lineage.value() && node.report.active_seq >= seq.value();
    (serves ? result.edges : result.stragglers).push_back(name);
  }
  return result;
}

}  // namespace tidemark::producer
