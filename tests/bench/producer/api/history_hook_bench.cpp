// What the history index costs the controller's loop: the hook of the feeder for each change; and
// how fast the index takes changes behind it.
#include <filesystem>

#include <benchmark/benchmark.h>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "producer/api/history_scribe.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t changes = 20'000;

double micros_since(steady_clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(steady_clock::now() - begun).count();
}

void hook(benchmark::State& state) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("tidemark-hook-bench-" + std::to_string(getpid())))
          .string();
  const auto zone = support::name("example.org.");
  double loop_us = 0, all_us = 0;
  for (auto _ : state) {
    for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    HistoryScribe scribe(
        consumer::HistoryWriter::open(path, consumer::lineage_of("bench")).value());
    auto fold_state = fold::State::empty(consumer::lineage_of("bench"), dataset::HashSeed(1));
    const auto begun = steady_clock::now();
    double spent_us = 0;
    for (std::uint64_t i = 0; i < changes; ++i) {
      auto change =
          i == 0 ? support::create_zone(i, zone)
                 : support::put(i, zone,
                                support::a_record(*zone.child("h" + std::to_string(i % 1000)),
                                                  static_cast<std::uint32_t>(i)));
      change.reason = "ticket " + std::to_string(i) + ": move of a service";
      const log::Offset offset(static_cast<std::int64_t>(i));
      const auto judgement = fold::step(fold_state, change, offset.value());
      const auto hooked = steady_clock::now();
      scribe.add(to_waiting({offset, log::AppendTime(1), change, judgement, fold_state}));
      spent_us += micros_since(hooked);
    }
    TIDEMARK_CHECK(scribe.settle(std::chrono::minutes(5)), "written");
    all_us += micros_since(begun);
    loop_us += spent_us;
    state.SetIterationTime(spent_us / 1e6);
  }
  const auto all = static_cast<double>(changes * state.iterations());
  state.counters["loop_us_per_change"] = loop_us / all;
  state.counters["until_indexed_us_per_change"] = all_us / all;
  for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}
BENCHMARK(hook)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::producer
