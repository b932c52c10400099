#include "dns-edge/app/node_reporter.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;

class Reporting : public ::testing::Test {
 protected:
  Reporting() { report.node = "edge-1"; }
  void make_topic() {
    log::TopicSettings fleet;
    fleet.name = "main.fleet";
    ASSERT_TRUE(log.create({fleet}).has_value());
  }
  std::int64_t records() { return log.store().bounds("main.fleet")->next.value(); }

  support::ManualClock clock;
  log::MemoryLog log;
  NodeReporter reporter{log, "main.fleet", clock};
  event::NodeReport report;
};

TEST_F(Reporting, NewsGoesOutAtOnceAndNoNewsOnceASecond) {
  make_topic();
  reporter.offer(report);
  EXPECT_EQ(records(), 1);
  clock.advance(10ms);
  reporter.offer(report);
  EXPECT_EQ(records(), 1) << "nothing new";
  report.active_seq = 1;
  reporter.offer(report);
  EXPECT_EQ(records(), 2) << "news";
  report.health_offset = 5;
  clock.advance(10ms);
  reporter.offer(report);
  EXPECT_EQ(records(), 2) << "the health position can wait";
  clock.advance(report_period);
  reporter.offer(report);
  EXPECT_EQ(records(), 3);
}

TEST_F(Reporting, AStreamOfNewsIsThinnedAndTheLastIsSent) {
  make_topic();
  reporter.offer(report);
  clock.advance(10ms);
  report.active_seq = 1;
  reporter.offer(report);
  report.active_seq = 2;
  const auto wait = reporter.offer(report);
  ASSERT_TRUE(wait.has_value());
  EXPECT_EQ(records(), 2);
  clock.advance(*wait);
  EXPECT_FALSE(reporter.offer(report).has_value());
  EXPECT_EQ(records(), 3);
}

TEST_F(Reporting, ATopicThatIsNotThereYetIsTriedOnceAPeriod) {
  for (int i = 0; i < 100; ++i) {
    report.active_seq = static_cast<std::uint64_t>(i);
    reporter.offer(report);
    clock.advance(1ms);
  }
  EXPECT_EQ(reporter.failures(), 1u);
  make_topic();
  clock.advance(report_period);
  reporter.offer(report);
  EXPECT_EQ(records(), 1);
}

}  // namespace
}  // namespace tidemark::edge
