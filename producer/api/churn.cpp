#include "producer/api/churn.hpp"

#include <algorithm>

namespace tidemark::producer {

namespace {

void count_node(const dataset::Node& before, const std::optional<dataset::Node>& after,
                Churn& churn) {
  for (const dataset::RrsetView rrset : before) {
    if (rrset.type() == dns::RrType::Soa) continue;
    const auto now = after ? after->find(rrset.type()) : std::nullopt;
    if (!now || !std::ranges::equal(now->rendered(), rrset.rendered())) ++churn.changed;
  }
}

}  // namespace

Churn churn_between(const dataset::Dataset& before, const dataset::Dataset& after) {
  Churn churn;
  for (const dataset::Zone& zone : before.zones()) {
    churn.rrsets += zone.rrset_count();
    const auto now = after.find_zone(zone.name());
    if (!now) {
      churn.changed += zone.rrset_count();
    } else if (!(now->hash() == zone.hash())) {
      zone.for_each_node(
          [&](const dataset::Node& node) { count_node(node, now->find(node.name()), churn); });
    }
  }
  return churn;
}

}  // namespace tidemark::producer
