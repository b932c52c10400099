#include "producer/api/known_rings.hpp"

#include <algorithm>
#include <set>

#include "producer/api/terms.hpp"

namespace tidemark::producer {
namespace {

constexpr std::string_view ring_prefix = "ring:", node_prefix = "node:";
constexpr std::size_t rings_listed_max = 32;

std::string listed(const std::set<std::string>& rings) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& ring : rings) {
    if (++count > rings_listed_max) return text + ", ...";
    text += (text.empty() ? "" : ", ") + ring;
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::optional<ApiError> check_ring(const net::HttpRequest& request, const FleetView& fleet,
                                   const consumer::ControlView& control, std::string_view ring) {
  const auto unseen = flag_parameter(request, "unseen");
  if (!unseen) return unseen.error();
  if (*unseen || !fleet.is_caught_up() || control.watermark_of(ring) != nullptr) {
    return std::nullopt;
  }
  std::set<std::string> rings;
  for (const auto& [name, mark] : control.watermarks()) {
    if (!name.starts_with(node_prefix)) rings.insert(name);  // of one node: fleet release
  }
  for (const NodeStatus& node : fleet.nodes()) rings.insert(node.report.ring);
  if (rings.contains(std::string(ring))) return std::nullopt;
  return invalid(
      "no edge of ring " + std::string(ring) + " has reported; known rings: " + listed(rings),
      "ring " + std::string(ring),
      "name one of them; for a ring that is not there yet: --unseen (unseen=1)");
}

std::optional<ApiError> check_scope(const net::HttpRequest& request, const FleetView& fleet,
                                    const consumer::ControlView& control, std::string_view scope) {
  const auto unseen = flag_parameter(request, "unseen");
  if (!unseen) return unseen.error();
  if (scope.starts_with(ring_prefix)) {
    return check_ring(request, fleet, control, scope.substr(ring_prefix.size()));
  }
  if (*unseen || !fleet.is_caught_up() || !scope.starts_with(node_prefix)) return std::nullopt;
  const std::string_view name = scope.substr(node_prefix.size());
  const auto nodes = fleet.nodes();
  const bool known = std::ranges::any_of(
      nodes, [name](const NodeStatus& node) { return node.report.node == name; });
  if (known) return std::nullopt;
  return invalid("no edge " + std::string(name) + " has reported", std::string(scope),
                 "tidemark fleet lists them; for one that is not there yet: --unseen (unseen=1)");
}

}  // namespace tidemark::producer
