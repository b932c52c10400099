// What is said on `control`: until it is in the log, and once more if the log loses it.
#include "producer/api/control_writer.hpp"

#include <gtest/gtest.h>

#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;
using Stage = Saying::Stage;
using support::control_topic;

const std::string key = consumer::pin_key("fleet");

class ControlWriterTest : public ::testing::Test {
 protected:
  static event::ControlRecord pin(std::uint64_t seq) {
    return event::Pin{"fleet", seq, "alice", "looked at it"};
  }
  void run() {
    for (int i = 0; i < 4; ++i) {
      while (feeder.step().more) {
      }
      for (std::string& one : writer.step(feeder.has_read_control() ? &feeder.control() : nullptr))
        remarks.push_back(std::move(one));
    }
  }
  void pass(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 100ms) {
      clock.advance(100ms);
      run();
    }
  }
  void lose_all_from(std::int64_t offset) {
    store->truncate(control_topic, log::Offset(offset));
    log.lose_connection();
  }
  std::uint64_t pinned() const {
    const auto* placed = feeder.control().pin_of("fleet");
    return placed == nullptr ? 0 : placed->pin.seq;
  }
  std::int64_t next() const { return store->bounds(control_topic)->next.value(); }

  std::shared_ptr<log::MemoryStore> store = support::make_store();
  support::ManualClock clock;
  log::MemoryLog log{store}, elsewhere{store};
  std::unique_ptr<log::Source> changes{*log.source(support::changes_topic)};
  std::unique_ptr<log::Source> control{*log.source(control_topic)};
  std::unique_ptr<log::Sink> sink{*log.sink(control_topic)};
  ControlWriter writer{clock, *sink};
  consumer::Feeder feeder{{.dataset_name = "tests", .seed = dataset::HashSeed(1)},
                          {.clock = clock,
                           .changes = *changes,
                           .control = control.get(),
                           .log_identity = [this] { return log.identity(); },
                           .folded = {}},
                          std::nullopt};
  std::vector<std::string> remarks;
};

TEST_F(ControlWriterTest, WhatIsSaidIsReadBack) {
  const Said said = writer.say(key, pin(3), Zeal::Again);
  EXPECT_EQ(said->stage, Stage::UnderWay);
  run();
  EXPECT_EQ(said->stage, Stage::ReadBack);
  EXPECT_EQ(said->offset, 0);
  EXPECT_EQ(pinned(), 3u);
  pass(10s);
  EXPECT_EQ(next(), 1) << "once";
}

TEST_F(ControlWriterTest, WhatTheLogDidNotTakeIsSentAgainAsLongAsSomebodyWaits) {
  store->fail_next_append(control_topic, log::AppendFault::NotPersisted);
  const Said said = writer.say(key, pin(3), Zeal::Again);
  store->fail_next_append(control_topic, log::AppendFault::NotPersisted);
  run();
  EXPECT_EQ(said->stage, Stage::Sending);
  EXPECT_EQ(remarks.size(), 1u);
  pass(1s);
  EXPECT_EQ(said->stage, Stage::ReadBack);
  EXPECT_EQ(next(), 1);

  store->fail_next_append(control_topic, log::AppendFault::NotPersisted);
  writer.say(key, pin(4), Zeal::Again);
  pass(1s);
  EXPECT_EQ(next(), 1) << "given up by who dropped it";
  store->fail_next_append(control_topic, log::AppendFault::NotPersisted);
  const Said once = writer.say(key, pin(5), Zeal::Once);
  pass(1s);
  EXPECT_EQ(once->stage, Stage::Failed);
  EXPECT_EQ(next(), 1);
}

TEST_F(ControlWriterTest, WhatTheLogLosesIsSaidAgain) {
  writer.say("heartbeat/c1", event::Heartbeat{.controller = "c1", .number = 1}, Zeal::Once);
  const Said said = writer.say(key, pin(3), Zeal::Again);
  run();
  ASSERT_EQ(pinned(), 3u);
  lose_all_from(0);
  run();
  EXPECT_EQ(pinned(), 3u);
  EXPECT_EQ(said->stage, Stage::ReadBack);
  EXPECT_EQ(next(), 1) << "a heartbeat is not";
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_NE(remarks[0].find("has lost pin/fleet"), std::string::npos) << remarks[0];
}

// The view that was read anew may be ahead of the offset: others wrote on.
TEST_F(ControlWriterTest, ItIsMissedAlsoBehindWhatOthersWroteSince) {
  writer.say(key, pin(3), Zeal::Kept);
  run();
  store->truncate(control_topic, log::Offset(0));
  const auto other = *elsewhere.sink(control_topic);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    log::Draft beat;
    beat.key = "heartbeat/c2";
    beat.value = schemas::encode(event::ControlRecord(event::Heartbeat{"c2", i}));
    ASSERT_TRUE(other->append(log::Ticket(i), std::move(beat)));
  }
  log.lose_connection();
  run();
  EXPECT_EQ(pinned(), 3u);
}

TEST_F(ControlWriterTest, WhatSomebodySaidSinceStands) {
  writer.say(key, pin(3), Zeal::Again);
  run();
  const auto other = *elsewhere.sink(control_topic);
  log::Draft gone;
  gone.key = key;
  gone.tombstone = true;
  ASSERT_TRUE(other->append(log::Ticket(1), std::move(gone)));
  run();
  ASSERT_EQ(pinned(), 0u);
  lose_all_from(0);
  pass(2s);
  EXPECT_EQ(pinned(), 0u) << "an end of a pin is no loss of it";
  EXPECT_EQ(next(), 0);
}

TEST_F(ControlWriterTest, ATombstoneIsSaidAgainToo) {
  writer.say(key, pin(3), Zeal::Again);
  run();
  writer.say(key, std::nullopt, Zeal::Again);
  run();
  ASSERT_EQ(pinned(), 0u);
  lose_all_from(1);
  run();
  EXPECT_EQ(pinned(), 0u);
  EXPECT_EQ(next(), 2);
}

TEST_F(ControlWriterTest, AfterAnHourItIsForgotten) {
  writer.say(key, pin(3), Zeal::Again);
  run();
  clock.advance(2h);
  run();
  lose_all_from(0);
  pass(1s);
  EXPECT_EQ(next(), 0) << "what the log lost by then was lost on purpose";
}

}  // namespace
}  // namespace tidemark::producer
