// A million names with one A record each: how long a file takes to make and to restore.
#include <benchmark/benchmark.h>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/hash.hpp"
#include "core/dataset/editor.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

const dataset::Lineage lineage = lineage_of("bench");

SnapshotContents contents_of(std::int64_t names) {
  SnapshotContents contents{fold::State::empty(lineage, dataset::HashSeed(1)), "bench", {}, -1, {}};
  const dns::Name zone = support::name("example.org.");
  dataset::Editor editor(contents.state.dataset);
  editor.create_zone(zone);
  editor.put_rrset(zone, support::soa_of(zone, 1));
  editor.put_rrset(zone, support::ns_of(zone));
  for (std::int64_t i = 0; i < names; ++i) {
    editor.put_rrset(zone, support::a_record(*zone.child("host-" + std::to_string(i)),
                                             static_cast<std::uint32_t>(i)));
  }
  contents.state.dataset = std::move(editor).finish();
  return contents;
}

void serialize_file(benchmark::State& state) {
  const SnapshotContents contents = contents_of(state.range(0));
  std::size_t octets = 0;
  for (auto _ : state) {
    const base::Bytes file = serialize(contents);
    benchmark::DoNotOptimize(base::sha256(file));
    octets = file.size();
  }
  state.counters["octets_per_record"] =
      static_cast<double>(octets) / static_cast<double>(state.range(0));
}
BENCHMARK(serialize_file)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void restore_file(benchmark::State& state) {
  const base::Bytes file = serialize(contents_of(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(base::sha256(file));
    auto parsed = parse(file, lineage, dataset::HashSeed(2));
    if (!parsed) state.SkipWithError(parsed.error().trail.c_str());
    benchmark::DoNotOptimize(parsed);
    state.PauseTiming();
    parsed = base::fail(base::Errc::Invalid, "");
    state.ResumeTiming();
  }
}
BENCHMARK(restore_file)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::consumer
