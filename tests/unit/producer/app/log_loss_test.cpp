// A controller whose log loses its end, is written on behind it, or is made anew.
#include "producer/app/log_loss.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "producer/api/history_keeper.hpp"
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
  explicit Losing(std::optional<std::chrono::seconds> refill_after = std::nullopt)
      : log(store),
        changes(*log.source(changes_topic)),
        sink(*log.sink(changes_topic)),
        outbox(*Outbox::open(folder.file("outbox"))),
        publisher({.source = "/tidemark/tests/c1"}, clock, outbox, *sink),
        history(folder.file("history"), "tests",
                {.clock = clock, .source = [this] { return log.source(changes_topic); }},
                fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1))),
        loss({.clock = clock,
              .log = log,
              .outbox = outbox,
              .dataset = "tests",
              .seed = dataset::HashSeed(1),
              .source = "/tidemark/tests/c1",
              .refill_after = refill_after}),
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
      const auto doubt = [this] {
        history.doubt();
        history.turn(feeder);
      };
      for (std::string& remark : loss.step(feeder, doubt)) said += remark + "\n";
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

TEST_F(Losing, SendsAgainAfterASecondDeeperCutToo) {
  const auto cut_to = [&](std::int64_t offset) {
    store->truncate(changes_topic, log::Offset(offset));
    ASSERT_TRUE(until([&] { return state() == event::NodeState::Diverged; })) << said;
    ASSERT_TRUE(until([&] { return state() == event::NodeState::Live && next() == 5; })) << said;
    EXPECT_EQ(fold::footprint_of(feeder.state()), fold::footprint_of(before)) << said;
  };
  cut_to(4);
  cut_to(2);
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

class LosingAll : public Losing {
 protected:
  LosingAll() : Losing(60s) {}
};

TEST_F(LosingAll, FillsATopicThatWasMadeAnewAndGoesOnWithAHigherVersion) {
  store->recreate(changes_topic);
  const auto begun = clock.steady();
  ASSERT_TRUE(until([&] { return said.find("in 60 s (--refill-after)") != said.npos; })) << said;
  EXPECT_EQ(next(), 0) << "not before its time";
  ASSERT_TRUE(until([&] { return state() == event::NodeState::Live; })) << said;
  EXPECT_GE(clock.steady() - begun, 60s);
  const auto version = feeder.state().dataset.version();
  EXPECT_EQ(version.seq.value(), before.dataset.version().seq.value() + 1) << said;
  EXPECT_EQ(version.state_hash, before.dataset.version().state_hash);
  wish(put_www(77));
  EXPECT_EQ(feeder.state().dataset.version().seq.value(), version.seq.value() + 1);
}

class Refills : public ::testing::Test {
 protected:
  // More than one ChangeSet holds.
  Refills() {
    std::uint64_t number = 0;
    const auto fold = [&](const event::ChangeSet& change) {
      (void)fold::step(held, change, held.offset + 1);
      fold::advance(held, held.offset + 1, {});
      footprints.note(held);
    };
    for (int zone = 0; zone < 30; ++zone) {
      const dns::Name apex = name("z" + std::to_string(zone) + ".");
      fold(support::create_zone(++number, apex));
      event::ChangeSet hosts = support::change_numbered(++number);
      hosts.zones = {{apex, event::ExpectAny{}, false, {}, {}}};
      for (std::uint32_t host = 0; host < 1000; ++host) {
        hosts.zones[0].edits.emplace_back(event::PutRrset{support::a_record(
            name("h" + std::to_string(host) + ".z" + std::to_string(zone) + "."), host)});
      }
      fold(hosts);
    }
  }
  std::unique_ptr<Refilling> begin(std::uint64_t seed) {
    return std::make_unique<Refilling>(
        RefillOrder{.dataset = "tests",
                    .seed = dataset::HashSeed(seed),
                    .target = held.dataset,
                    .succession = consumer::succession_of(held, footprints),
                    .source = "/tidemark/tests/c" + std::to_string(seed)},
        *log.source(changes_topic), *log.sink(changes_topic));
  }
  void expect_filled() {
    fold::State now = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(9));
    consumer::Replay replay(std::move(now));
    consumer::LogOrigins origins;
    auto source = *log.source(changes_topic);
    ASSERT_TRUE(source->start(log::Offset(0)));
    const auto drained = source->drain(100'000);
    ASSERT_TRUE(drained);
    for (const log::Record& record : drained->records) {
      ASSERT_TRUE(replay.take(record, [&](const auto&, const auto& change, const auto& judged) {
        origins.note(change, judged);
        return base::Result<void>{};
      }));
    }
    EXPECT_EQ(origins.successions.size(), 1u);
    EXPECT_EQ(origins.others, 0u);
    const auto wanted = held.dataset.version(), found = replay.state().dataset.version();
    EXPECT_EQ(found.state_hash, wanted.state_hash);
    EXPECT_EQ(found.seq.value(), wanted.seq.value() + 1);
    EXPECT_EQ(origins.place_shared_with(footprints), held.offset);
  }
  static bool wait_for(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!holds() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return holds();
  }
  std::shared_ptr<log::MemoryStore> store = support::make_store();
  log::MemoryLog log{store};
  fold::State held = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1));
  fold::Footprints footprints;
};

TEST_F(Refills, OfTwoAtOnceMakeOneState) {
  auto a = begin(2), b = begin(3);
  ASSERT_TRUE(wait_for([&] { return a->is_done() && b->is_done(); }));
  const auto first = a->take(), second = b->take();
  EXPECT_TRUE(first) << first.error().trail;
  EXPECT_TRUE(second) << second.error().trail;
  expect_filled();
}

TEST_F(Refills, ThatBrokeOffAreGoneOnWith) {
  for (std::int64_t records = 1; records <= 4; ++records) {
    auto broken = begin(2);
    const auto next = [&] { return store->bounds(changes_topic)->next.value(); };
    ASSERT_TRUE(wait_for([&] { return next() >= records || broken->is_done(); }));
    broken.reset();  // as a process that is killed: what was sent was sent
  }
  auto last = begin(4);
  ASSERT_TRUE(wait_for([&] { return last->is_done(); }));
  const auto done = last->take();
  EXPECT_TRUE(done) << done.error().trail;
  expect_filled();
}

TEST_F(LosingAll, NeverTouchesALogThatSomebodyElseWroteTo) {
  store->recreate(changes_topic);
  support::append(log, changes_topic, {support::draft(support::create_zone(9, name("other.")))});
  ASSERT_TRUE(until([&] { return said.find("1 changes that no refill wrote") != said.npos; }))
      << said;
  for (int i = 0; i < 200; ++i) {
    clock.advance(1s);
    run();
  }
  EXPECT_EQ(next(), 1);
  EXPECT_EQ(feeder.state().dataset.version(), before.dataset.version());
}

TEST_F(LosingAll, FollowsARefillOfAnotherAndSendsWhatThatDidNotHold) {
  // The other one holds what was there up to version 3.
  fold::State others = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(3));
  fold::Footprints footprints;
  auto source = *log.source(changes_topic);
  ASSERT_TRUE(source->start(log::Offset(0)));
  consumer::Replay replay(std::move(others));
  const auto drained = source->drain(3);
  ASSERT_TRUE(drained);
  for (const log::Record& record : drained->records) {
    ASSERT_TRUE(replay.take(record, {}));
    footprints.note(replay.state());
  }
  const auto succession = consumer::succession_of(replay.state(), footprints);
  store->recreate(changes_topic);
  Refilling refilling({.dataset = "tests",
                       .seed = dataset::HashSeed(4),
                       .target = replay.state().dataset,
                       .succession = succession,
                       .source = "/tidemark/tests/c2"},
                      *log.source(changes_topic), *log.sink(changes_topic));
  ASSERT_TRUE(until([&] { return refilling.is_done(); }));
  ASSERT_TRUE(refilling.take());
  const auto followed = [&] { return said.find("it goes on from version 5 as") != said.npos; };
  ASSERT_TRUE(until(followed)) << said;
  EXPECT_EQ(said.find("Filling it again"), said.npos) << said;
  ASSERT_TRUE(until([&] { return outbox.entries().empty(); })) << said;
  EXPECT_EQ(feeder.state().dataset.version().seq.value(), 4u + 2u) << said;
  EXPECT_TRUE(feeder.state().ledger.find(put_www(5).change_id));
  EXPECT_FALSE(feeder.state().ledger.find(put_www(2).change_id));
}

TEST_F(Losing, WhatWasSentIsRememberedOverARestart) {
  const std::string path = folder.file("sent");
  {
    auto memory = SentMemory::open(path);
    ASSERT_TRUE(memory);
    for (std::int64_t offset = 3; offset <= 5; ++offset) {
      memory->add({offset, {7}, put_www(static_cast<std::uint64_t>(offset)), 100});
    }
    ASSERT_TRUE(memory->commit());
    memory->add({6, {8}, put_www(6), 100});
  }
  auto memory = SentMemory::open(path);
  ASSERT_TRUE(memory);
  ASSERT_EQ(memory->all().size(), 3u) << "what was committed";
  EXPECT_EQ(memory->all().back().change, put_www(5));
  EXPECT_EQ(memory->all().back().chain, base::Sha256{7});
  memory->add({1, {9}, put_www(1), 100});  // another history
  ASSERT_TRUE(memory->commit());
  memory = SentMemory::open(path);
  ASSERT_TRUE(memory);
  ASSERT_EQ(memory->all().size(), 1u);
  EXPECT_EQ(memory->all().front().offset, 1);
}

TEST_F(Losing, SendsAgainAlsoIfItWasStartedAnewSince) {
  // A new process has the restored state, no footprints, and what was sent.
  const consumer::SnapshotContents file = support::from_disk(feeder.contents(), 1);
  const std::string path = folder.file("sent");
  {
    auto memory = SentMemory::open(path);
    ASSERT_TRUE(memory);
    for (std::int64_t offset = 1; offset <= 4; ++offset) {
      const auto place = feeder.footprints().at_offset(offset);
      memory->add({offset, place->chain, put_www(static_cast<std::uint64_t>(offset + 1)), 100});
    }
    ASSERT_TRUE(memory->commit());
  }
  store->truncate(changes_topic, log::Offset(3));
  auto source = *log.source(changes_topic);
  LogLoss after({.clock = clock,
                 .log = log,
                 .outbox = outbox,
                 .dataset = "tests",
                 .seed = dataset::HashSeed(1),
                 .sent_file = path});
  consumer::Feeder restarted({.dataset_name = "tests",
                              .seed = dataset::HashSeed(1),
                              .when_older = consumer::FeederSettings::WhenOlder::Follow},
                             {.clock = clock,
                              .changes = *source,
                              .log_identity = [this] { return log.identity(); },
                              .folded =
                                  [&](const consumer::FoldedChange& folded) {
                                    publisher.folded(folded.change.change_id);
                                  }},
                             file);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (next() < 5 && std::chrono::steady_clock::now() < deadline) {
    clock.advance(50ms);
    (void)restarted.step();
    for (std::string& remark : after.step(restarted, [] {})) said += remark + "\n";
    publisher.step();
  }
  (void)restarted.step();
  EXPECT_EQ(fold::footprint_of(restarted.state()), fold::footprint_of(before)) << said;
}

}  // namespace
}  // namespace tidemark::producer
