#include "cli/topic_reading.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"

namespace tidemark::cli {
namespace {

constexpr const char* topic = "t.changes";

struct Reading : ::testing::Test {
  Reading() {
    log::TopicSettings settings;
    settings.name = topic;
    EXPECT_TRUE(log.store().create({settings}).has_value());
    source = *log.source(topic);
    auto sink = *log.sink(topic);
    for (std::uint64_t i = 0; i < 10; ++i) {
      EXPECT_TRUE(sink->append(log::Ticket(i), {.value = {static_cast<std::uint8_t>(i)}}));
    }
  }
  Outcome read(ReadPlan plan) {
    offsets.clear();
    plan.patience = std::chrono::milliseconds(0);
    return read_topic(
        *source, plan,
        [this](const log::Record& record) { offsets.push_back(record.offset.value()); },
        [this](const std::string& remark) { remarks.push_back(remark); });
  }

  log::MemoryLog log;
  std::unique_ptr<log::Source> source;
  std::vector<std::int64_t> offsets;
  std::vector<std::string> remarks;
};
using Offsets = std::vector<std::int64_t>;

TEST_F(Reading, GoesFromTheFirstRecordThatIsThereToTheEnd) {
  log.store().retain_from(topic, log::Offset(7));
  ASSERT_TRUE(read({}));
  EXPECT_EQ(offsets, (Offsets{7, 8, 9}));
}

TEST_F(Reading, BeginsAtAnOffsetAndStopsAtTheLimit) {
  ASSERT_TRUE(read({.from = 3, .limit = 2}));
  EXPECT_EQ(offsets, (Offsets{3, 4}));
  ASSERT_TRUE(read({.from = 10}));
  EXPECT_EQ(offsets, Offsets{});
}

TEST_F(Reading, TakesTheNewestOnes) {
  ASSERT_TRUE(read({.last = 3}));
  EXPECT_EQ(offsets, (Offsets{7, 8, 9}));
  ASSERT_TRUE(read({.last = 100}));
  EXPECT_EQ(offsets.size(), 10u);
}

TEST_F(Reading, AnOffsetThatIsNotThereIsAnError) {
  log.store().retain_from(topic, log::Offset(7));
  const auto before = read({.from = 6});
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().exit, Exit::Error);
  EXPECT_NE(before.error().what.find("offset 6"), std::string::npos) << before.error().what;
  EXPECT_EQ(before.error().next, "--from 7");
  EXPECT_FALSE(read({.from = 11}));
  EXPECT_FALSE(read({.from = ~std::uint64_t{0}}));
}

TEST_F(Reading, ALogThatSaysNothingIsATimeOut) {
  log.go_offline();
  const auto done = read({});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, Exit::TimeOut);
  EXPECT_NE(done.error().what.find("offline"), std::string::npos) << done.error().what;
}

}  // namespace
}  // namespace tidemark::cli
