// A log of a million ChangeSets over ten years of log time, 100 zones of 1,000 names: how fast the
// index takes them, and how fast it answers.
#include <filesystem>
#include <iostream>

#include <benchmark/benchmark.h>

#include "consumer/history/history.hpp"
#include "consumer/history/history_writer.hpp"
#include "consumer/history/replay.hpp"
#include "core/base/check.hpp"
#include "schemas/codec.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

constexpr std::uint64_t changes = 1'000'000, zones = 100, names = 1'000;
constexpr std::int64_t ms_between = 315'000;
constexpr dataset::Lineage lineage{base::U128{1, 2}};

dns::Name zone_of(std::uint64_t number) {
  return support::name("zone-" + std::to_string(number % zones) + ".example.");
}

dns::Name owner_of(std::uint64_t number) {
  return *zone_of(number).child("host-" + std::to_string(number / zones * 7919 % names));
}

event::ChangeSet change_of(std::uint64_t number) {
  if (number < zones) {
    event::ChangeSet change = support::create_zone(number, zone_of(number));
    change.author = "importer";
    return change;
  }
  event::ChangeSet change =
      support::put(number, zone_of(number),
                   support::a_record(owner_of(number), static_cast<std::uint32_t>(number)));
  change.author = "author-" + std::to_string(number % 50);
  change.reason = "ticket " + std::to_string(number) + ": move of a service";
  return change;
}

// Made once a process: the index is what is measured, the fold runs on the way.
const std::string& index_path() {
  static const std::string path = [] {
    const auto file = std::filesystem::temp_directory_path() /
                      ("tidemark-history-bench-" + std::to_string(getpid()) + ".sqlite");
    auto writer = HistoryWriter::open(file, lineage);
    Replay replay(fold::State::empty(lineage, dataset::HashSeed(1)));
    for (std::uint64_t i = 0; i < changes; ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const log::Record record{.offset = log::Offset(at),
                               .appended = log::AppendTime(at * ms_between),
                               .value = schemas::encode(change_of(i))};
      const auto taken = replay.take(
          record, [&](const log::Record& one, const auto& change, const auto& judgement) {
            return writer->add({one.offset.value(), one.appended.value(), change, judgement});
          });
      TIDEMARK_CHECK(taken.has_value(), "the record is folded and indexed");
      if (i % 10'000 == 0) TIDEMARK_CHECK(writer->commit().has_value(), "committed");
    }
    TIDEMARK_CHECK(writer->commit().has_value(), "committed");
    return file.string();
  }();
  return path;
}

void build_index(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(index_path());
  state.counters["changes_per_second"] =
      benchmark::Counter(static_cast<double>(changes), benchmark::Counter::kIsRate);
  state.counters["octets_per_change"] =
      static_cast<double>(std::filesystem::file_size(index_path())) / changes;
}
BENCHMARK(build_index)->Iterations(1)->Unit(benchmark::kSecond);

void history_of_a_name(benchmark::State& state) {
  auto history = History::open(index_path());
  std::uint64_t i = zones;
  for (auto _ : state) {
    auto found = history->changes({.name = owner_of(i++), .limit = 100});
    if (!found || found->empty()) state.SkipWithError("no history");
  }
}
BENCHMARK(history_of_a_name)->Unit(benchmark::kMillisecond);

void changes_by_text(benchmark::State& state) {
  auto history = History::open(index_path());
  for (auto _ : state) {
    auto found = history->changes({.text = "TICKET 123456:", .limit = 100});
    if (!found || found->size() != 1) state.SkipWithError("not found");
  }
}
BENCHMARK(changes_by_text)->Unit(benchmark::kMillisecond);

void blame_a_zone(benchmark::State& state) {
  auto history = History::open(index_path());
  std::uint64_t i = 0;
  for (auto _ : state) {
    auto found = history->blame(zone_of(i++));
    if (!found || found->size() < names / 2) state.SkipWithError("no blame");
  }
}
BENCHMARK(blame_a_zone)->Unit(benchmark::kMillisecond);

void diff_of_all(benchmark::State& state) {
  auto history = History::open(index_path());
  for (auto _ : state) {
    auto found = history->diff(
        changes / 2, changes / 2 + static_cast<std::uint64_t>(state.range(0)), {}, 100'000);
    if (!found || found->empty()) state.SkipWithError("no diff");
    state.counters["differences"] = static_cast<double>(found->size());
  }
}
BENCHMARK(diff_of_all)->Arg(100)->Arg(10'000)->Arg(400'000)->Unit(benchmark::kMillisecond);

void first_page_of_a_diff(benchmark::State& state) {
  auto history = History::open(index_path());
  for (auto _ : state) {
    auto found = history->diff(changes / 2, changes / 2 + 400'000, {}, 100);
    if (!found || found->size() != 100) state.SkipWithError("no page");
  }
}
BENCHMARK(first_page_of_a_diff)->Unit(benchmark::kMillisecond);

void changes_of_a_zone(benchmark::State& state) {
  auto history = History::open(index_path());
  std::uint64_t i = 0;
  for (auto _ : state) {
    auto found = history->changes({.zone = zone_of(i++), .limit = 100});
    if (!found || found->size() != 100) state.SkipWithError("no history");
  }
}
BENCHMARK(changes_of_a_zone)->Unit(benchmark::kMillisecond);

void a_name_at_a_time(benchmark::State& state) {
  auto history = History::open(index_path());
  std::uint64_t i = 0;
  for (auto _ : state) {
    const auto ms = static_cast<std::int64_t>(++i * 7'777'777 % changes) * ms_between;
    const auto seq = history->seq_at(ms);
    auto found = history->rrsets_at(owner_of(i), {}, *seq);
    if (!found) state.SkipWithError("no state");
  }
}
BENCHMARK(a_name_at_a_time)->Unit(benchmark::kMillisecond);

void a_zone_at_a_time(benchmark::State& state) {
  auto history = History::open(index_path());
  for (auto _ : state) {
    auto found = history->zone_at(zone_of(3), changes / 2);
    if (!found) state.SkipWithError("no state");
  }
}
BENCHMARK(a_zone_at_a_time)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::consumer
