// One feeder, 3 workers, 100,000 publications: no worker sees an older or a freed one, none leaks.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "consumer/snapshot/published.hpp"

namespace tidemark::consumer {
namespace {

constexpr std::uint64_t publications = 100'000;
constexpr std::size_t workers = 3;
std::atomic<std::int64_t> alive{0};

// Plain members: a torn or freed one is a data race for ThreadSanitizer and a broken sum without.
struct Version {
  explicit Version(std::uint64_t n) : number(n), twice(2 * n) { ++alive; }
  ~Version() {
    number = twice = ~std::uint64_t{0};
    --alive;
  }
  std::uint64_t number;
  std::uint64_t twice;
};

struct Seen {
  std::uint64_t batches = 0, sleeps = 0, distinct = 0, backwards = 0, torn = 0;
};

using Batches = std::array<std::atomic<std::uint64_t>, workers>;  // that each worker has done

Seen work(Published<Version>& published, std::size_t index, Batches& batches) {
  Published<Version>::Reader reader(published, index);
  Seen seen;
  std::uint64_t last = 0;
  while (last < publications) {
    const Version& now = reader.current();
    for (int query = 0; query < 8; ++query) seen.torn += now.twice == 2 * now.number ? 0 : 1;
    seen.backwards += now.number < last ? 1 : 0;
    seen.distinct += now.number != last ? 1 : 0;
    last = now.number;
    ++seen.batches;
    batches[index].store(seen.batches, std::memory_order_relaxed);
    if ((seen.batches + index) % 3 == 0) {  // to sleep between two batches, as workers do
      reader.go_offline();
      ++seen.sleeps;
      if (seen.sleeps % 64 == 0) std::this_thread::yield();
    }
  }
  reader.go_offline();
  return seen;
}

// However few cores there are, each worker gets to look and to sleep.
void wait_for_batches(const Batches& batches, std::uint64_t more) {
  for (const std::atomic<std::uint64_t>& one : batches) {
    const std::uint64_t wanted = one.load(std::memory_order_relaxed) + more;
    while (one.load(std::memory_order_relaxed) < wanted) std::this_thread::yield();
  }
}

TEST(PublishedStress, ThreeReadersAndAHundredThousandPublications) {
  {
    Published<Version> published(std::make_unique<const Version>(0), workers);
    Batches batches{};
    std::array<Seen, workers> seen;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers; ++i) {
      threads.emplace_back([&, i] { seen[i] = work(published, i, batches); });
    }
    std::size_t retired_max = 0;
    for (std::uint64_t i = 1; i <= publications; ++i) {
      published.publish(std::make_unique<const Version>(i));
      if (i % 256 == 0) {
        retired_max = std::max(retired_max, published.reclaim());
        std::this_thread::yield();
      }
      if (i % 2048 == 0) wait_for_batches(batches, 3);
    }
    for (std::thread& thread : threads) thread.join();
    for (const Seen& each : seen) {
      EXPECT_EQ(each.backwards, 0u);
      EXPECT_EQ(each.torn, 0u);
      EXPECT_GT(each.distinct, 1u);
      EXPECT_GT(each.sleeps, 0u);
    }
    EXPECT_EQ(published.reclaim(), 0u);
    EXPECT_EQ(alive, 1);
    RecordProperty("retired_max", static_cast<int>(retired_max));
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace tidemark::consumer
