// What the history index costs the controller's loop: the hook of the feeder for each change, and
// the commit of a turn.
#include <filesystem>

#include <benchmark/benchmark.h>

#include "consumer/history/history_writer.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "producer/decide/diff.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"

namespace tidemark::producer {
namespace {

constexpr std::uint64_t changes = 10'000;

void hook_and_commit(benchmark::State& state) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("tidemark-hook-bench-" + std::to_string(getpid())))
          .string();
  const auto zone = support::name("example.org.");
  std::chrono::duration<double> total{0};
  for (auto _ : state) {
    for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    auto writer = consumer::HistoryWriter::open(path, consumer::lineage_of("bench"));
    auto fold_state = fold::State::empty(consumer::lineage_of("bench"), dataset::HashSeed(1));
    const auto turn = static_cast<std::uint64_t>(state.range(0));  // changes between two commits
    std::chrono::duration<double> spent{0};
    for (std::uint64_t i = 0; i < changes; ++i) {
      auto change =
          i == 0 ? support::create_zone(i, zone)
                 : support::put(i, zone,
                                support::a_record(*zone.child("h" + std::to_string(i % 1000)),
                                                  static_cast<std::uint32_t>(i)));
      change.reason = "ticket " + std::to_string(i) + ": move of a service";
      const auto offset = static_cast<std::int64_t>(i);
      const auto judgement = fold::step(fold_state, change, offset);
      const auto begun = std::chrono::steady_clock::now();
      const auto added = writer->add({offset, offset, change, judgement, to_lines(change, 200)});
      TIDEMARK_CHECK(added.has_value(), "written");
      if (i % turn == 0) TIDEMARK_CHECK(writer->commit().has_value(), "committed");
      spent += std::chrono::steady_clock::now() - begun;
    }
    state.SetIterationTime(spent.count());
    total += spent;
  }
  state.counters["us_per_change"] =
      1e6 * total.count() / static_cast<double>(changes * state.iterations());
  for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}
BENCHMARK(hook_and_commit)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::producer
