// The faults of the memory log. What it has in common with the other forms: tests/conformance/log.
#include "core/log/memory_log.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::log {
namespace {

class MemoryLogFaults : public ::testing::Test {
 protected:
  MemoryLogFaults() : log_(settings()) {
    EXPECT_TRUE(log_.create({TopicSettings{.name = "t"}}).has_value());
    source_ = std::move(*log_.source("t"));
    sink_ = std::move(*log_.sink("t"));
  }
  MemoryStoreSettings settings() {
    return {.identity = "m", .now = [this] { return AppendTime{now_}; }, .make_bell = {}};
  }
  void append(const std::string& value) {
    ASSERT_TRUE(sink_->append(Ticket{next_ticket_++}, Draft{.key = "k", .value = bytes(value)}));
  }
  static base::Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }
  std::string read() {
    const Drained drained = *source_->drain(100);
    std::string all;
    for (const Record& record : drained.records) all += base::as_text(record.value);
    for (const Happening happening : drained.happenings) all += "|" + to_text(happening);
    return all;
  }
  std::vector<Completion::Outcome> outcomes() {
    std::vector<Completion::Outcome> all;
    for (const Completion& each : sink_->completions()) all.push_back(each.outcome);
    return all;
  }

  std::int64_t now_ = 5;
  std::uint64_t next_ticket_ = 0;
  MemoryLog log_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Sink> sink_;
};
using enum Completion::Outcome;
using Outcomes = std::vector<Completion::Outcome>;

TEST_F(MemoryLogFaults, AStalledHighWatermarkHidesRecordsAndAcknowledgements) {
  log_.store().stall("t");
  append("a");
  ASSERT_TRUE(source_->start(Offset{0}));
  EXPECT_EQ(read(), "|caught up");
  EXPECT_EQ(outcomes(), Outcomes{});
  log_.store().unstall("t");
  EXPECT_EQ(read(), "a");
  EXPECT_EQ(outcomes(), Outcomes{Persisted});
}

TEST_F(MemoryLogFaults, ATruncatedRecordThatWasNotAcknowledgedIsUnknown) {
  log_.store().stall("t");
  append("a");
  log_.store().truncate("t", Offset{0});
  EXPECT_EQ(outcomes(), Outcomes{Unknown});
}

TEST_F(MemoryLogFaults, NextAppendFailsAsNamed) {
  log_.store().fail_next_append("t", AppendFault::NotPersisted);
  log_.store().fail_next_append("t", AppendFault::UnknownWritten);
  log_.store().fail_next_append("t", AppendFault::UnknownNotWritten);
  for (const char* value : {"a", "b", "c", "d"}) append(value);
  EXPECT_EQ(outcomes(), (Outcomes{NotPersisted, Unknown, Unknown, Persisted}));
  ASSERT_TRUE(source_->start(Offset{0}));
  EXPECT_EQ(read(), "bd|caught up");
}

TEST_F(MemoryLogFaults, DuplicateLastAppendsTheSameBytesAgain) {
  append("a");
  log_.store().duplicate_last("t");
  ASSERT_TRUE(source_->start(Offset{0}));
  EXPECT_EQ(read(), "aa|caught up");
}

TEST_F(MemoryLogFaults, OfflineSinksQueueAndSourcesSayUnavailableOnceThenOverlap) {
  append("a");
  ASSERT_TRUE(source_->start(Offset{0}));
  EXPECT_EQ(read(), "a|caught up");
  log_.go_offline();
  append("b");
  EXPECT_EQ(read(), "|unavailable");
  EXPECT_EQ(read(), "");
  log_.go_online();
  EXPECT_EQ(read(), "|overlap");
  EXPECT_EQ(read(), "") << "nothing before the next start()";
  EXPECT_EQ(outcomes(), (Outcomes{Persisted, Persisted}));
  ASSERT_TRUE(source_->start(Offset{0}));
  EXPECT_EQ(read(), "ab|caught up");
}

TEST_F(MemoryLogFaults, TheQueueOfAnOfflineSinkIsBounded) {
  log_.go_offline();
  for (std::size_t i = 0; i < memory_sink_queue_max; ++i) append("x");
  const auto refused = sink_->append(Ticket{9}, Draft{.key = "k", .value = bytes("x")});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::Errc::Unavailable);
}

TEST_F(MemoryLogFaults, OneConnectionIsCutAndTheOtherIsNot) {
  auto store = std::make_shared<MemoryStore>();
  ASSERT_TRUE(store->create({TopicSettings{.name = "t"}}));
  MemoryLog cut(store), whole(store);
  auto cut_source = std::move(*cut.source("t"));
  auto whole_source = std::move(*whole.source("t"));
  ASSERT_TRUE(cut_source->start(Offset{0}) && whole_source->start(Offset{0}));
  cut.go_offline();
  EXPECT_EQ(cut_source->drain(1)->happenings, std::vector{Happening::Unavailable});
  EXPECT_EQ(whole_source->drain(1)->happenings, std::vector{Happening::CaughtUp});
}

TEST_F(MemoryLogFaults, RetentionFollowsTheLogsTimeAndKeepsTheNewest) {
  ASSERT_TRUE(log_.create({TopicSettings{.name = "short", .retention_ms = 10}}));
  auto sink = std::move(*log_.sink("short"));
  for (const std::int64_t now : {100, 105, 200}) {
    now_ = now;
    ASSERT_TRUE(sink->append(Ticket{0}, Draft{.key = "k", .value = bytes("x")}));
  }
  EXPECT_EQ(log_.store().bounds("short")->first, Offset{2});
  EXPECT_EQ(log_.store().bounds("short")->next, Offset{3});
}

TEST_F(MemoryLogFaults, CompactionKeepsTheNewestOfEachKey) {
  ASSERT_TRUE(log_.create({TopicSettings{.name = "c", .cleanup = Cleanup::Compact}}));
  auto sink = std::move(*log_.sink("c"));
  for (const char* key : {"a", "b", "a", "a"}) {
    ASSERT_TRUE(sink->append(Ticket{0}, Draft{.key = key, .value = {}}));
  }
  log_.store().compact("c");
  auto source = std::move(*log_.source("c"));
  ASSERT_TRUE(source->start(Offset{0}));
  const auto records = source->drain(100)->records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].offset, Offset{1});
  EXPECT_EQ(records[1].offset, Offset{3});
}

class CountingBell final : public Bell {
 public:
  explicit CountingBell(int& rings) : rings_(rings) {}
  void ring() noexcept override { ++rings_; }
  void hush() noexcept override { rings_ = 0; }
  int descriptor() const noexcept override { return 77; }

 private:
  int& rings_;
};

TEST(MemoryLogBell, RingsForAnAppendAndIsHushedByDrain) {
  int rings = 0;
  MemoryLog log(
      MemoryStoreSettings{.make_bell = [&rings] { return std::make_unique<CountingBell>(rings); }});
  ASSERT_TRUE(log.create({TopicSettings{.name = "t"}}));
  auto source = std::move(*log.source("t"));
  EXPECT_EQ(source->bell(), 77);
  ASSERT_TRUE(source->start(Offset{0}));
  ASSERT_TRUE(source->drain(1));
  EXPECT_EQ(rings, 0);
  log.store().recreate("t");
  EXPECT_EQ(rings, 1);
}

}  // namespace
}  // namespace tidemark::log
