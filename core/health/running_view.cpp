#include "core/health/running_view.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace tidemark::health {

namespace {

std::span<const event::Override> of_pool(const std::vector<event::Override>& overrides,
                                         const std::string& name) {
  const auto first = std::partition_point(overrides.begin(), overrides.end(),
                                          [&](const auto& entry) { return entry.pool < name; });
  const auto last = std::partition_point(first, overrides.end(),
                                         [&](const auto& entry) { return entry.pool == name; });
  return {first, last};
}

}  // namespace

HealthView RunningView::begin(const dataset::Dataset& dataset, Observations& observations,
                              std::int64_t position) {
  observations.take_touched();
  judge_all(dataset, observations);
  return shown(observations, position);
}

HealthView RunningView::refresh(const dataset::Dataset& dataset, Observations& observations,
                                std::int64_t position) {
  const Observations::Touched touched = observations.take_touched();
  if (touched.all || some_prober_returned(observations)) {
    judge_all(dataset, observations);
  } else {
    for (const std::string& name : touched.pools) {
      if (const auto pool = dataset.find_pool(name)) judge(*pool, observations);
    }
    if (observations.log_ms() >= next_due_ms_) judge_due(dataset, observations);
  }
  return shown(observations, position);
}

// A prober that every pool heard as fresh when it was judged is fresh still or has made its pool
// due. Of one that was not, the pools' judgements do not say when it returns.
bool RunningView::some_prober_returned(const Observations& observations) const {
  for (std::size_t i = 0; i < std::min(seen_ms_.size(), observations.prober_count()); ++i) {
    const bool spoke = observations.prober(static_cast<std::uint16_t>(i)).seen_ms != seen_ms_[i];
    if (spoke && judged_ms_ - seen_ms_[i] > stale_after_min_ms_) return true;
  }
  return false;
}

void RunningView::judge_all(const dataset::Dataset& dataset, const Observations& observations) {
  const std::uint32_t slots = dataset.pool_slots();
  overrides_ = dataset.overrides();
  due_ms_.assign(slots, std::numeric_limits<std::int64_t>::max());
  next_due_ms_ = stale_after_min_ms_ = std::numeric_limits<std::int64_t>::max();
  blocks_.assign((slots + HealthView::block_slots - 1) / HealthView::block_slots, nullptr);
  for (auto& block : blocks_) block = std::make_shared<HealthView::Block>();
  own_.assign(blocks_.size(), true);
  given_ = nullptr;
  for (const dataset::PoolView& pool : dataset.pools()) {
    stale_after_min_ms_ = std::min<std::int64_t>(stale_after_min_ms_, pool.pool().stale_after_ms);
    judge(pool, observations);
  }
}

// Some more than what is due, so that pools that were judged one after the other do not each cause
// a pass over all.
void RunningView::judge_due(const dataset::Dataset& dataset, const Observations& observations) {
  const std::int64_t until = observations.log_ms() + stale_after_min_ms_ / 4;
  next_due_ms_ = std::numeric_limits<std::int64_t>::max();
  for (const dataset::PoolView& pool : dataset.pools()) {
    if (due_ms_[pool.slot()] <= until) judge(pool, observations);
    next_due_ms_ = std::min(next_due_ms_, due_ms_[pool.slot()]);
  }
}

void RunningView::judge(const dataset::PoolView& pool, const Observations& observations) {
  const PoolJudgement found =
      judge_masks(pool, of_pool(overrides_, pool.pool().name), observations);
  const std::uint32_t slot = pool.slot();
  due_ms_[slot] = found.until_ms;
  next_due_ms_ = std::min(next_due_ms_, found.until_ms);
  const HealthView::Block& block = *blocks_[slot / HealthView::block_slots];
  const std::uint32_t place = slot % HealthView::block_slots;
  if (block.masks[place] == found.masks && block.rulings[place] == found.rulings) return;
  HealthView::Block& own = own_block(slot);
  own.masks[place] = found.masks;
  own.rulings[place] = found.rulings;
}

HealthView::Block& RunningView::own_block(std::uint32_t slot) {
  const std::size_t index = slot / HealthView::block_slots;
  if (!own_[index]) {
    blocks_[index] = std::make_shared<HealthView::Block>(*blocks_[index]);
    own_[index] = true;
  }
  given_ = nullptr;
  return *blocks_[index];
}

void RunningView::remember_probers(const Observations& observations) {
  seen_ms_.resize(observations.prober_count());
  for (std::size_t i = 0; i < seen_ms_.size(); ++i) {
    seen_ms_[i] = observations.prober(static_cast<std::uint16_t>(i)).seen_ms;
  }
  judged_ms_ = observations.log_ms();
}

HealthView RunningView::shown(const Observations& observations, std::int64_t position) {
  remember_probers(observations);
  if (given_ == nullptr) {
    given_ = std::make_shared<const HealthView::Blocks>(blocks_.begin(), blocks_.end());
    own_.assign(own_.size(), false);
  }
  HealthView view;
  view.position_ = position;
  view.log_ms_ = observations.log_ms();
  view.blocks_ = given_;
  return view;
}

HealthView HealthView::freeze(const dataset::Dataset& dataset, const Observations& observations,
                              std::int64_t position) {
  RunningView all;
  all.judge_all(dataset, observations);
  return all.shown(observations, position);
}

bool same_masks(const HealthView& a, const HealthView& b) noexcept {
  if (a.blocks_ == b.blocks_) return true;
  return std::ranges::equal(*a.blocks_, *b.blocks_, [](const auto& one, const auto& other) {
    return one == other || one->masks == other->masks;
  });
}

}  // namespace tidemark::health
