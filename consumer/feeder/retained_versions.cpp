#include "consumer/feeder/retained_versions.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace tidemark::consumer {

namespace {

// Over the budget so many go with each change: memory follows with the next edit.
constexpr int dropped_at_once = 4;

std::uint64_t seq_of(const dataset::Dataset& dataset) { return dataset.version().seq.value(); }

}  // namespace

void RetainedVersions::pass(const dataset::Dataset& dataset) {
  if (keep_seq_ == seq_of(dataset)) kept_ = dataset;
}

void RetainedVersions::add(const dataset::Dataset& dataset) {
  TIDEMARK_CHECK(versions_.empty() || seq_of(versions_.back()) < seq_of(dataset), "seqs rise");
  pass(dataset);
  const bool served_before = !versions_.empty() && versions_.back().serves_as(dataset);
  const std::size_t superseded = dataset.store().octets_superseded();
  if (newest_is_part_ && superseded > parts_max_) versions_.pop_back();
  newest_is_part_ = served_before && !versions_.empty();
  versions_.push_back(dataset);
  if (versions_.size() > versions_max_) versions_.pop_front();
  const std::size_t newest = dataset.store().octets_in_use() - superseded;
  if (superseded <= newest + octets_max_) return;
  for (int i = 0; i < dropped_at_once && versions_.size() > 1; ++i) versions_.pop_front();
}

void RetainedVersions::keep(std::optional<std::uint64_t> seq) {
  if (keep_seq_ == seq) return;
  std::optional<dataset::Dataset> found = seq ? find(*seq) : std::nullopt;
  keep_seq_ = seq;
  kept_.swap(found);
}

void RetainedVersions::provide(const dataset::Dataset& dataset) {
  TIDEMARK_CHECK(keep_seq_ == seq_of(dataset), "only what is to be kept is provided");
  kept_ = dataset;
}

void RetainedVersions::clear() {
  versions_.clear();
  newest_is_part_ = false;
}

std::optional<dataset::Dataset> RetainedVersions::find(std::uint64_t seq) const {
  if (kept_ && seq_of(*kept_) == seq) return kept_;
  const auto at = std::ranges::lower_bound(versions_, seq, {}, seq_of);
  if (at == versions_.end() || seq_of(*at) != seq) return std::nullopt;
  return *at;
}

std::uint64_t RetainedVersions::oldest_seq() const noexcept {
  return versions_.empty() ? 0 : seq_of(versions_.front());
}

}  // namespace tidemark::consumer
