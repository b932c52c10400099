// RunningView is HealthView::freeze() after every record, and shares what did not change.
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dataset/editor.hpp"
#include "core/health/running_view.hpp"

namespace tidemark::health {
namespace {

constexpr std::uint32_t pools_max = 200;  // more than a block has slots
constexpr std::int64_t silence_ms = 400;  // longer than some pools allow, shorter than others

template <class T>
T below(T end) {
  return *rc::gen::inRange<T>(T{0}, end);
}
std::string pool_name(std::uint32_t index) { return "pool-" + std::to_string(index); }
std::string endpoint_name(int index) { return "e" + std::to_string(index); }

event::Pool draw_pool(std::uint32_t index) {
  event::Pool pool;
  pool.name = pool_name(index);
  for (int i = 0; i < 3; ++i) {
    event::Endpoint endpoint;
    endpoint.id = endpoint_name(i);
    endpoint.address.octets = {192, 0, 2, static_cast<std::uint8_t>(i)};
    pool.endpoints.push_back(endpoint);
  }
  pool.all_down = *rc::gen::element(event::AllDown::AnswerAll, event::AllDown::LastHealthy,
                                    event::AllDown::ServFail);
  pool.floor = static_cast<std::uint8_t>(below(3));
  pool.quorum = static_cast<std::uint8_t>(below(4));
  pool.stale_after_ms = *rc::gen::element<std::uint32_t>(0u, 50u, 300u, 1000u, 5000u);
  return pool;
}

dataset::Dataset draw_dataset(std::uint32_t pools) {
  dataset::Editor editor(
      dataset::Dataset::empty(dataset::Lineage{base::U128{1, 2}}, dataset::HashSeed{7}));
  for (std::uint32_t i = 0; i < pools; ++i) editor.put_pool(draw_pool(i));
  for (int i = below(4); i > 0; --i) {
    editor.put_override({pool_name(below(pools)), endpoint_name(below(3)),
                         *rc::gen::element(event::OverrideState::Up, event::OverrideState::Down,
                                           event::OverrideState::Drain),
                         *rc::gen::element<std::uint64_t>(0u, 300u, 2000u), "drill"});
  }
  return std::move(editor).finish();
}

event::HealthFrame draw_frame(std::uint32_t pools) {
  event::HealthFrame frame;
  frame.prober = *rc::gen::element<std::string>("p1", "p2", "p3", "agent");
  // An agent that was a vantage point before is rare, and possible.
  frame.agent = (frame.prober == "agent") != (below(20) == 0);
  frame.full = below(8) == 0;
  std::map<std::pair<std::uint32_t, int>, event::Observed> world;
  for (int i = below(6); i > 0; --i) {
    // The last one is of a pool that nobody defined.
    world[{below(pools + 1), below(3)}] = *rc::gen::weightedElement<event::Observed>(
        {{4, event::Observed::Up}, {4, event::Observed::Down}, {1, event::Observed::Drain}});
  }
  for (const auto& [key, observed] : world) {
    frame.observations.push_back({pool_name(key.first), endpoint_name(key.second), observed, ""});
  }
  return frame;
}

void expect_same(const dataset::Dataset& dataset, const HealthView& running,
                 const HealthView& frozen) {
  RC_ASSERT(running.position() == frozen.position());
  RC_ASSERT(running.log_ms() == frozen.log_ms());
  RC_ASSERT(same_masks(running, frozen));
  for (const auto& pool : dataset.pools()) {
    RC_ASSERT(running.masks(pool.slot()) == frozen.masks(pool.slot()));
    RC_ASSERT(running.rulings(pool.slot()) == frozen.rulings(pool.slot()));
  }
}

RC_GTEST_PROP(RunningViewLaw, IsWhatFreezeMakesAfterEveryRecord, ()) {
  // Few pools, so that probers meet; or many, so that blocks are shared.
  const std::uint32_t pools = below(2) == 0 ? 3 : 1 + below(pools_max);
  const auto dataset = draw_dataset(pools);
  Observations observations;
  RunningView running;
  std::int64_t position = -1, now = 0;
  expect_same(dataset, running.begin(dataset, observations, position),
              HealthView::freeze(dataset, observations, position));
  for (int i = below(40); i > 0; --i) {
    now += below(10) == 0 ? below(silence_ms * 4) : below(silence_ms / 8);
    if (below(10) == 0) {
      observations.note_undecodable(now);
    } else {
      observations.apply(draw_frame(pools), now);
    }
    ++position;
    if (below(4) == 0) continue;  // several records between two views
    expect_same(dataset, running.refresh(dataset, observations, position),
                HealthView::freeze(dataset, observations, position));
  }
}

}  // namespace
}  // namespace tidemark::health
