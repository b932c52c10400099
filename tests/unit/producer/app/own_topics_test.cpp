#include <gtest/gtest.h>

#include "consumer/feeder/late_log.hpp"
#include "core/log/memory_log.hpp"
#include "producer/app/heartbeat.hpp"
#include "producer/app/topics_setup.hpp"
#include "schemas/codec.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::seconds;

const std::string topic = "tests.control";

struct OwnTopics : ::testing::Test {
  support::ManualClock clock;
  log::MemoryLog log;
  consumer::LateSource source{clock, [this] { return log.source(topic); }};
  consumer::LateSink sink{clock, [this] { return log.sink(topic); }};

  void create() { ASSERT_TRUE(log.create({{.name = topic}}).has_value()); }
};

TEST_F(OwnTopics, HeartbeatsDoNotPileUpWhileTheLogIsAway) {
  create();
  ControlWriter writer(clock, sink);
  Heartbeat heartbeat("c1", clock, writer);
  for (int i = 0; i < 10; ++i) {
    (void)writer.step(nullptr);
    heartbeat.step();
    clock.advance(seconds(1));
  }
  EXPECT_EQ(log.store().bounds(topic)->next, log::Offset(2)) << "one each 5 s";
  log.go_offline();
  for (int i = 0; i < 50; ++i) {
    (void)writer.step(nullptr);
    heartbeat.step();
    clock.advance(seconds(1));
  }
  log.go_online();
  heartbeat.step();
  EXPECT_LE(log.store().bounds(topic)->next, log::Offset(4));
  ASSERT_TRUE(source.start(log::Offset(0)).has_value());
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

TEST_F(OwnTopics, AFreshControllerCreatesItsTopics) {
  Found result;
  TopicsSetup setup(
      log, TopicsSetup::Mode::CreateMissing, {{{.name = topic}}},
      [&](TopicsFound found) { result.tell(std::move(found)); },
      [&](std::string remark) { result.remark(std::move(remark)); });
  ASSERT_TRUE(result.wait([&] { return result.found.has_value(); }));
  EXPECT_FALSE(result.found->fatal);
  EXPECT_TRUE(log.store().bounds(topic).has_value());
}

TEST_F(OwnTopics, AControllerWithAHistoryCreatesNothing) {
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
