#include "consumer/proof/rebuild.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

using namespace std::chrono_literals;
using support::name;

class RebuildOfALog : public ::testing::Test {
 protected:
  RebuildOfALog()
      : store(std::make_shared<log::MemoryStore>(log::MemoryStoreSettings{})), log(store) {
    log::TopicSettings settings;
    settings.name = topic;
    (void)store->create({settings});
    std::vector<log::Draft> drafts{support::draft(support::create_zone(1, name("example.")))};
    for (std::uint32_t i = 2; i <= 20; ++i) {
      drafts.push_back(support::draft(
          support::put(i, name("example."), support::a_record(name("www.example."), i))));
    }
    drafts.insert(drafts.begin() + 5, support::gibberish());
    support::append(log, topic, drafts);
  }
  // What a node holds that folded the log up to `offset`.
  fold::State state_at(std::int64_t offset) {
    Replay replay(fold::State::empty(lineage_of("tests"), dataset::HashSeed(7)));
    auto source = *log.source(topic);
    EXPECT_TRUE(source->start(log::Offset(0)).has_value());
    while (replay.state().offset < offset) {
      const auto drained = source->drain(1);
      for (const log::Record& record : drained->records) {
        EXPECT_TRUE(replay.take(record, {}).has_value());
      }
    }
    return replay.state();
  }
  RebuildPlan plan(std::int64_t compare_offset) {
    return {"tests", dataset::HashSeed(5), compare_offset, {}, {}, {}};
  }
  base::Result<Rebuilt> run(RebuildPlan with) {
    Rebuild rebuild(std::move(with), *log.source(topic));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!rebuild.is_done()) {
      if (std::chrono::steady_clock::now() > deadline) return base::fail(base::Errc::Unknown, "");
      std::this_thread::yield();
    }
    return rebuild.take();
  }

  const std::string topic = "tests.changes";
  std::shared_ptr<log::MemoryStore> store;
  log::MemoryLog log;
};

TEST_F(RebuildOfALog, ComesToTheSameAsANodeAndKeepsTheVersionAsked) {
  RebuildPlan with = plan(10);
  with.pin_seq = 3;
  const auto made = run(std::move(with));
  ASSERT_TRUE(made.has_value()) << made.error().trail;
  EXPECT_TRUE(made->from_beginning);
  EXPECT_EQ(fold::footprint_of(made->state), fold::footprint_of(state_at(20)));
  ASSERT_TRUE(made->at_compare);
  EXPECT_EQ(*made->at_compare, fold::footprint_of(state_at(10)));
  EXPECT_EQ(made->pinned->version().seq.value(), 3u);
}

TEST_F(RebuildOfALog, TellsWhereASuspectDiffers) {
  RebuildPlan with = plan(10);
  with.suspect = state_at(20).dataset;
  const auto made = run(std::move(with));
  ASSERT_TRUE(made.has_value());
  ASSERT_EQ(made->differences.size(), 2u) << "the SOA, and";
  EXPECT_EQ(made->differences[1].name, "www.example.");
  EXPECT_NE(made->differences[1].left, made->differences[1].right);
}

TEST_F(RebuildOfALog, EndsBeforeAPlaceThatTheLogNoLongerHas) {
  const auto made = run(plan(100));
  ASSERT_TRUE(made.has_value());
  EXPECT_FALSE(made->at_compare);
}

TEST_F(RebuildOfALog, BeginsAtAFileWhereTheBeginningIsGone) {
  const fold::State older = state_at(7), newest = state_at(20), wanted = state_at(15);
  store->retain_from(topic, log::Offset(5));
  EXPECT_EQ(run(plan(15)).error().code, base::Errc::OutOfRange);
  RebuildPlan with = plan(15);
  with.next_start = [&](std::size_t attempt) -> std::optional<SnapshotContents> {
    if (attempt > 1) return std::nullopt;
    const base::Bytes file = serialize({attempt == 0 ? newest : older, {}, {}, -1, {}});
    return *parse(file, lineage_of("tests"), dataset::HashSeed(6));
  };
  const auto made = run(std::move(with));
  ASSERT_TRUE(made.has_value()) << made.error().trail;
  EXPECT_FALSE(made->from_beginning);
  EXPECT_EQ(*made->at_compare, fold::footprint_of(wanted));
}

TEST_F(RebuildOfALog, BeginsAtNoFileOfAnotherHistory) {
  fold::State strange = state_at(7);
  const fold::State older = state_at(8), wanted = state_at(15);
  strange.last_record[0] ^= 1;
  store->retain_from(topic, log::Offset(5));
  RebuildPlan with = plan(15);
  with.next_start = [&](std::size_t attempt) -> std::optional<SnapshotContents> {
    if (attempt > 1) return std::nullopt;
    const base::Bytes file = serialize({attempt == 0 ? strange : older, {}, {}, -1, {}});
    return *parse(file, lineage_of("tests"), dataset::HashSeed(6));
  };
  const auto made = run(std::move(with));
  ASSERT_TRUE(made.has_value()) << made.error().trail;
  EXPECT_EQ(made->footprints.oldest()->offset, 8);
  EXPECT_EQ(*made->at_compare, fold::footprint_of(wanted));
}

TEST_F(RebuildOfALog, IsGivenUpAtOnce) { Rebuild rebuild(plan(1), *log.source(topic)); }

}  // namespace
}  // namespace tidemark::consumer
