#include "producer/app/late_log.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "producer/app/heartbeat.hpp"
#include "producer/app/topics_setup.hpp"
#include "schemas/codec.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string topic = "tests.control";

struct LateLog : ::testing::Test {
  support::ManualClock clock;
  log::MemoryLog log;
  LateSource source{clock, [this] { return log.source(topic); }};
  LateSink sink{clock, [this] { return log.sink(topic); }};

  void create() { ASSERT_TRUE(log.create({{.name = topic}}).has_value()); }
  std::vector<log::Happening> happenings() { return source.drain(10)->happenings; }
};

TEST_F(LateLog, SaysUnavailableOnceAndOnlyAfterAWhile) {
  ASSERT_TRUE(source.start(log::Offset(0)).has_value());
  EXPECT_TRUE(happenings().empty());
  clock.advance(unavailable_after);
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

TEST_F(LateLog, HeartbeatsDoNotPileUpWhileTheLogIsAway) {
  create();
  sink.allow();
  Heartbeat heartbeat("c1", clock, sink);
  for (int i = 0; i < 10; ++i) {
    heartbeat.step();
    clock.advance(seconds(1));
  }
  EXPECT_EQ(log.store().bounds(topic)->next, log::Offset(2)) << "one each 5 s";
  log.go_offline();
  for (int i = 0; i < 50; ++i) {
    heartbeat.step();
    clock.advance(seconds(1));
  }
  log.go_online();
  heartbeat.step();
  EXPECT_LE(log.store().bounds(topic)->next, log::Offset(4));
  ASSERT_TRUE(source.start(log::Offset(0)).has_value());
  source.allow();
  const auto record = schemas::decode_control_record(source.drain(10)->records.at(0).value);
  EXPECT_EQ(std::get<event::Heartbeat>(*record).controller, "c1");
}

// Waits for a callback on the setup's own thread.
struct Found {
  std::mutex lock;
  std::condition_variable rung;
  std::optional<TopicsFound> found;
  std::vector<std::string> remarks;

  void tell(TopicsFound what) {
    const std::lock_guard held(lock);
    found = std::move(what);
    rung.notify_all();
  }
  void remark(std::string what) {
    const std::lock_guard held(lock);
    remarks.push_back(std::move(what));
    rung.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock held(lock);
    return rung.wait_for(held, seconds(20), condition);
  }
};

TEST_F(LateLog, AFreshControllerCreatesItsTopics) {
  Found result;
  TopicsSetup setup(
      log, TopicsSetup::Mode::CreateMissing, {{{.name = topic}}},
      [&](TopicsFound found) { result.tell(std::move(found)); },
      [&](std::string remark) { result.remark(std::move(remark)); });
  ASSERT_TRUE(result.wait([&] { return result.found.has_value(); }));
  EXPECT_FALSE(result.found->fatal);
  EXPECT_TRUE(log.store().bounds(topic).has_value());
}

TEST_F(LateLog, AControllerWithAHistoryCreatesNothing) {
  Found result;
  TopicsSetup setup(
      log, TopicsSetup::Mode::VerifyOnly, {{{.name = topic}}},
      [&](TopicsFound found) { result.tell(std::move(found)); },
      [&](std::string remark) { result.remark(std::move(remark)); });
  ASSERT_TRUE(result.wait([&] { return !result.remarks.empty(); }));
  EXPECT_FALSE(log.store().bounds(topic).has_value());
  create();
  ASSERT_TRUE(result.wait([&] { return result.found.has_value(); }));
}

}  // namespace
}  // namespace tidemark::producer
