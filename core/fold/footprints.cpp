#include "core/fold/footprints.hpp"

#include <algorithm>

namespace tidemark::fold {

Footprint footprint_of(const State& state) {
  const dataset::Version version = state.dataset.version();
  return {state.offset, version.seq.value(), version.state_hash.value(), state.chain};
}

void Footprints::note(const State& state) {
  if (state.offset < 0) return;
  if (!all_.empty() && all_.back().offset + 1 != state.offset) all_.clear();
  all_.push_back(footprint_of(state));
  if (all_.size() > count_max_) all_.pop_front();
}

std::optional<Footprint> Footprints::at_offset(std::int64_t offset) const {
  if (all_.empty() || offset < all_.front().offset || offset > all_.back().offset) {
    return std::nullopt;
  }
  return all_[static_cast<std::size_t>(offset - all_.front().offset)];
}

std::optional<Footprint> Footprints::at_seq(std::uint64_t seq) const {
  const auto behind = std::ranges::upper_bound(all_, seq, {}, &Footprint::seq);
  if (behind == all_.begin() || std::prev(behind)->seq != seq) return std::nullopt;
  return *std::prev(behind);
}

std::optional<Footprint> Footprints::newest() const {
  return all_.empty() ? std::nullopt : std::optional(all_.back());
}
std::optional<Footprint> Footprints::oldest() const {
  return all_.empty() ? std::nullopt : std::optional(all_.front());
}

Agreement compare_history(const Footprints& own, std::int64_t offset, const base::Sha256& chain) {
  const auto at = own.at_offset(offset);
  if (!at) return Agreement::Unknown;
  return at->chain == chain ? Agreement::Same : Agreement::HistoryDiffers;
}

Agreement compare_state(const Footprints& own, std::uint64_t seq, const base::U128& state_hash) {
  const auto at = own.at_seq(seq);
  if (!at) return Agreement::Unknown;
  return at->state_hash == state_hash ? Agreement::Same : Agreement::StateDiffers;
}

Agreement compare(const Footprints& own, const event::Heartbeat& said) {
  const auto at = own.at_offset(said.offset);
  if (!at) return Agreement::Unknown;
  if (at->chain != said.chain) return Agreement::HistoryDiffers;
  const bool same = at->seq == said.seq && at->state_hash == said.state_hash;
  return same ? Agreement::Same : Agreement::StateDiffers;
}

}  // namespace tidemark::fold
