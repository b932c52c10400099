#include "consumer/feeder/late_log.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::consumer {
namespace {

using std::chrono::milliseconds;

const std::string topic = "tests.control";
constexpr milliseconds quiet{1000};
constexpr LateTerms terms{LateTerms::Opens::WhenAllowed, quiet};

struct LateLog : ::testing::Test {
  support::ManualClock clock;
  log::MemoryLog log;
  LateSource source{clock, [this] { return log.source(topic); }, terms};
  LateSink sink{clock, [this] { return log.sink(topic); }, terms};

  void create() { ASSERT_TRUE(log.create({{.name = topic}}).has_value()); }
  std::vector<log::Happening> happenings() { return source.drain(10)->happenings; }
};

TEST_F(LateLog, SaysUnavailableOnceAndOnlyAfterAWhile) {
  ASSERT_TRUE(source.start(log::Offset(0)).has_value());
  EXPECT_TRUE(happenings().empty());
  clock.advance(quiet);
  EXPECT_EQ(happenings(), std::vector{log::Happening::Unavailable});
  EXPECT_TRUE(happenings().empty());
}

TEST_F(LateLog, OpensWhenItMayAndCanFromWhereItWasStarted) {
  create();
  ASSERT_TRUE(source.start(log::Offset(1)).has_value());
  EXPECT_EQ(sink.append(log::Ticket(1), {}).error().code, base::Errc::Unavailable);
  sink.allow();
  for (const auto* key : {"a", "b"}) {
    log::Draft draft;
    draft.key = key;
    ASSERT_TRUE(sink.append(log::Ticket(1), draft).has_value());
  }
  EXPECT_EQ(sink.completions().size(), 2u);
  EXPECT_TRUE(source.drain(10)->records.empty()) << "not allowed yet";
  source.allow();
  const auto drained = source.drain(10);
  ASSERT_EQ(drained->records.size(), 1u);
  EXPECT_EQ(drained->records[0].key, "b");
}

TEST_F(LateLog, TriesAgainAfterAPause) {
  source.allow();
  ASSERT_TRUE(source.start(log::Offset(0)).has_value());
  EXPECT_TRUE(source.drain(10)->records.empty());
  create();
  EXPECT_FALSE(source.bounds());
  EXPECT_TRUE(happenings().empty()) << "the pause is not over";
  clock.advance(reopen_pause);
  EXPECT_TRUE(source.drain(10).has_value());
  EXPECT_TRUE(source.bounds());
}

TEST_F(LateLog, TellsEachReasonOnceAndAgainAfterAStart) {
  std::string reason = "the disk is away";
  LateSource at_once(clock, [&]() -> base::Result<std::unique_ptr<log::Source>> {
    return base::fail(base::Errc::Unavailable, reason);
  });
  EXPECT_EQ(at_once.drain(1)->detail, reason);
  EXPECT_TRUE(at_once.drain(1)->happenings.empty());
  clock.advance(reopen_pause);
  EXPECT_TRUE(at_once.drain(1)->happenings.empty()) << "the same reason";
  reason = "the broker is away";
  EXPECT_TRUE(at_once.drain(1)->happenings.empty()) << "the pause is not over";
  clock.advance(reopen_pause);
  EXPECT_EQ(at_once.drain(1)->detail, reason);
  ASSERT_TRUE(at_once.start(log::Offset(0)).has_value());
  clock.advance(reopen_pause);
  EXPECT_EQ(at_once.drain(1)->happenings, std::vector{log::Happening::Unavailable});
}

}  // namespace
}  // namespace tidemark::consumer
