#include "dns-edge/app/zone_lag.hpp"

#include <algorithm>
#include <map>

namespace tidemark::edge {

void ZoneLag::folded(const event::ChangeSet& change, std::uint64_t seq, std::int64_t appended_ms) {
  if (!touches_.empty() && seq < touches_.back().seq) touches_.clear();
  for (const event::ZoneEdits& zone : change.zones) {
    if (touches_.size() == zone_changes_max) touches_.pop_front();
    touches_.push_back({seq, appended_ms, zone.zone});
  }
}

ZoneLag::Sight ZoneLag::look(std::uint64_t active_seq, std::int64_t log_now_ms) const {
  Sight sight;
  const auto unserved = std::ranges::upper_bound(touches_, active_seq, {}, &Touch::seq);
  if (unserved == touches_.end()) return sight;
  std::map<dns::Name, std::int64_t> since;  // the first change of each
  for (auto at = unserved; at != touches_.end(); ++at) since.emplace(at->zone, at->appended_ms);
  sight.zones = since.size();
  std::vector<std::pair<std::int64_t, const dns::Name*>> order;
  for (const auto& [zone, ms] : since) order.emplace_back(ms, &zone);
  const std::size_t shown = std::min(order.size(), late_zones_shown);
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(shown), {},
                            [](const auto& one) { return one.first; });
  for (std::size_t i = 0; i < shown; ++i) {
    const std::int64_t age_ms = std::max<std::int64_t>(0, log_now_ms - order[i].first);
    sight.latest.push_back({order[i].second->to_text(), static_cast<std::uint64_t>(age_ms / 1000)});
  }
  return sight;
}

}  // namespace tidemark::edge
