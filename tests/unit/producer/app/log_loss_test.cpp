// A controller whose log loses its end, is written on behind it, or is made anew.
#include "producer/app/log_loss.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "producer/publish/publisher.hpp"
#include "tests/support/feeder_rig.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;
using support::changes_topic;
using support::name;

event::ChangeSet put_www(std::uint64_t number) {
  return support::put(number, name("example."),
                      support::a_record(name("www.example."), static_cast<std::uint32_t>(number)));
}

class Losing : public ::testing::Test {
 protected:
  Losing()
      : log(store),
        changes(*log.source(changes_topic)),
        sink(*log.sink(changes_topic)),
        outbox(*Outbox::open(folder.file("outbox"))),
        publisher({.source = "/tidemark/tests/c1"}, clock, outbox, *sink),
        history(folder.file("history"), "tests",
                {.clock = clock, .source = [this] { return log.source(changes_topic); }},
                fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1))),
        loss({clock, log, outbox, "tests", dataset::HashSeed(1)}),
        feeder({.dataset_name = "tests",
                .seed = dataset::HashSeed(1),
                .when_older = consumer::FeederSettings::WhenOlder::Follow},
               {.clock = clock,
                .changes = *changes,
                .log_identity = [this] { return log.identity(); },
                .folded =
                    [this](const consumer::FoldedChange& folded) {
                      history.folded(folded);
                      loss.folded(folded);
                      publisher.folded(folded.change.change_id);
                    }},
               std::nullopt) {
    wish(support::create_zone(1, name("example.")));
    for (std::uint64_t number = 2; number <= 5; ++number) wish(put_www(number));
    before = feeder.state();
  }
  void wish(const event::ChangeSet& change) {
    ASSERT_TRUE(outbox.add({change}, std::nullopt).has_value());
    run();
  }
  void run() {
    for (int i = 0; i < 4; ++i) {
      publisher.step();
      consumer::StepReport report;
      do {
        report = feeder.step();
      } while (report.more);
      (void)feeder.take_snapshot();
      history.turn(feeder);
      publisher.passed(log::Offset(feeder.state().offset));
      for (std::string& remark : loss.step(feeder, history)) said += remark + "\n";
    }
  }
  // Time passes until the condition holds; what a thread does takes real time.
  bool until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      clock.advance(50ms);
      run();
    }
    return true;
  }
  std::int64_t next() const { return store->bounds(changes_topic)->next.value(); }
  event::NodeState state() const { return feeder.node_state(); }

  std::shared_ptr<log::MemoryStore> store = support::make_store();
  topics::TemporaryFolder folder;
  support::ManualClock clock;
  log::MemoryLog log;
  std::unique_ptr<log::Source> changes;
  std::unique_ptr<log::Sink> sink;
  Outbox outbox;
  Publisher publisher;
  HistoryKeeper history;
  LogLoss loss;
  consumer::Feeder feeder;
  fold::State before = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1));
  std::string said;
};

TEST_F(Losing, SendsAgainWhatTheLogsEndTookAlongUntilItIsTheSameLog) {
  ASSERT_EQ(state(), event::NodeState::Live);
  store->truncate(changes_topic, log::Offset(2));
  ASSERT_TRUE(until([&] { return state() == event::NodeState::Diverged; })) << said;
  ASSERT_TRUE(until([&] { return state() == event::NodeState::Live && next() == 5; })) << said;
  EXPECT_EQ(fold::footprint_of(feeder.state()), fold::footprint_of(before));
  EXPECT_NE(said.find("lost its end: 3 records behind offset 1"), std::string::npos) << said;
  EXPECT_TRUE(outbox.entries().empty());
}

TEST_F(Losing, FollowsWhatOthersWroteBehindTheCut) {
  store->truncate(changes_topic, log::Offset(2));
  std::vector<log::Draft> others;
  for (std::uint64_t number = 11; number <= 15; ++number) {
    others.push_back(support::draft(put_www(number)));
  }
  support::append(log, changes_topic, others);
  ASSERT_TRUE(until([&] { return state() == event::NodeState::Live && next() == 10; })) << said;
  EXPECT_EQ(feeder.state().dataset.version().seq.value(), 10u) << said;
  for (const std::uint64_t number : {3U, 4U, 5U, 11U, 15U}) {
    EXPECT_TRUE(feeder.state().ledger.find(put_www(number).change_id)) << number;
  }
}

TEST_F(Losing, DoesNotSendAgainWhatWasRejected) {
  event::ChangeSet refused = put_www(6);
  refused.zones[0].expect = event::ExpectAbsent{};
  wish(refused);
  ASSERT_EQ(next(), 6);
  store->truncate(changes_topic, log::Offset(2));
  ASSERT_TRUE(until([&] { return state() == event::NodeState::Live && next() == 5; })) << said;
  EXPECT_FALSE(feeder.state().ledger.find(refused.change_id));
}

TEST_F(Losing, FollowsNoLogThatSharesNothingWithIt) {
  store->recreate(changes_topic);
  ASSERT_TRUE(until([&] { return said.find("shares no record") != std::string::npos; })) << said;
  support::append(log, changes_topic, {support::draft(support::create_zone(9, name("other.")))});
  for (int i = 0; i < 200; ++i) {
    clock.advance(1s);
    run();
    EXPECT_EQ(feeder.state().dataset.version(), before.dataset.version());
  }
  EXPECT_EQ(next(), 1) << "and nothing is sent there";
}

}  // namespace
}  // namespace tidemark::producer
