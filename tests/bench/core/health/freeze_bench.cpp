// What a health record costs a node: apply and freeze, by the number of endpoints.
#include <benchmark/benchmark.h>

#include "core/dataset/editor.hpp"
#include "core/health/running_view.hpp"

namespace tidemark::health {
namespace {

constexpr int endpoints_per_pool = 4;
constexpr int probers = 3;

dataset::Dataset dataset_of(std::int64_t pools) {
  dataset::Editor editor(
      dataset::Dataset::empty(dataset::Lineage{base::U128{1, 2}}, dataset::HashSeed{7}));
  for (std::int64_t i = 0; i < pools; ++i) {
    event::Pool pool;
    pool.name = "pool-" + std::to_string(i);
    for (int e = 0; e < endpoints_per_pool; ++e) {
      event::Endpoint endpoint;
      endpoint.id = "endpoint-" + std::to_string(e);
      endpoint.address.octets[3] = static_cast<std::uint8_t>(e);
      pool.endpoints.push_back(endpoint);
    }
    editor.put_pool(pool);
  }
  return std::move(editor).finish();
}

event::HealthFrame full_frame(const dataset::Dataset& dataset, int prober) {
  event::HealthFrame frame;
  frame.prober = "prober-" + std::to_string(prober);
  frame.full = true;
  for (const auto& pool : dataset.pools()) {
    for (const auto& endpoint : pool.pool().endpoints) {
      frame.observations.push_back({pool.pool().name, endpoint.id, event::Observed::Up, ""});
    }
  }
  return frame;
}

void freeze(benchmark::State& state) {
  const auto dataset = dataset_of(state.range(0));
  Observations observations;
  for (int p = 0; p < probers; ++p) observations.apply(full_frame(dataset, p), 1000);
  for (auto _ : state) benchmark::DoNotOptimize(HealthView::freeze(dataset, observations, 0));
  state.SetItemsProcessed(state.iterations() * state.range(0) * endpoints_per_pool);
}
BENCHMARK(freeze)->Arg(1)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// One of the probers says that one endpoint is down, then up again: all that a node does about it.
void flip(benchmark::State& state) {
  const auto dataset = dataset_of(state.range(0));
  Observations observations;
  for (int p = 0; p < probers; ++p) observations.apply(full_frame(dataset, p), 1000);
  RunningView running;
  running.begin(dataset, observations, 0);
  std::int64_t now = 1000;
  for (auto _ : state) {
    event::HealthFrame frame;
    frame.prober = "prober-0";
    frame.observations.push_back({"pool-" + std::to_string(now % state.range(0)), "endpoint-1",
                                  now % 2 == 0 ? event::Observed::Down : event::Observed::Up, ""});
    observations.apply(frame, ++now);
    benchmark::DoNotOptimize(running.refresh(dataset, observations, now));
  }
}
BENCHMARK(flip)->Arg(1)->Arg(1000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

void apply_full(benchmark::State& state) {
  const auto dataset = dataset_of(state.range(0));
  Observations observations;
  std::vector<event::HealthFrame> frames;
  for (int p = 0; p < probers; ++p) frames.push_back(full_frame(dataset, p));
  std::int64_t now = 0;
  for (auto _ : state) {
    ++now;
    observations.apply(frames[static_cast<std::size_t>(now % probers)], now);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * endpoints_per_pool);
}
BENCHMARK(apply_full)->Arg(1)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tidemark::health
