// What a rate limit costs a response: locate() and admit(), in batches as a worker calls them.
#include <benchmark/benchmark.h>

#include "dns-edge/serve/rate_table.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::edge {
namespace {

constexpr std::size_t batch = 32;

// state.range(0): bits of the address that differ between sources; 0: one source.
template <std::size_t octets>
void admit(benchmark::State& state) {
  std::uint64_t now = 1;
  RateTable table({.per_second = 50, .burst = 125, .counters = rate_counters_default}, 42, now);
  support::SeededRandom random(1);
  const std::uint64_t mask = (std::uint64_t{1} << state.range(0)) - 1;
  std::array<RateTable::Source, batch> sources;
  std::uint64_t admitted = 0;
  for (auto _ : state) {
    table.advance(now += 1);
    for (RateTable::Source& source : sources) {
      const std::uint64_t number = random.next() & mask;
      std::array<std::uint8_t, octets> address{};
      for (std::size_t i = 0; i < std::min<std::size_t>(octets, 8); ++i) {
        address[octets - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
      }
      source = table.locate(address);
    }
    for (const RateTable::Source& source : sources) admitted += table.admit(source) ? 1 : 0;
  }
  benchmark::DoNotOptimize(admitted);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batch));
}
BENCHMARK(admit<4>)->Name("admit_v4")->Arg(0)->Arg(16)->Arg(32);
BENCHMARK(admit<16>)->Name("admit_v6")->Arg(0)->Arg(16)->Arg(48);

}  // namespace
}  // namespace tidemark::edge

BENCHMARK_MAIN();
