// A node whose state, or history, is not the one that a controller tells in its Heartbeats.
#include "dns-edge/app/self_repair.hpp"

#include <gtest/gtest.h>

#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;
using support::name;

struct NoJitter final : base::Random {
  std::uint64_t next() override { return 0; }
};

std::vector<log::Draft> history(std::uint32_t last_address) {
  std::vector<log::Draft> drafts{support::draft(support::create_zone(1, name("example.")))};
  for (std::uint32_t i = 2; i <= 10; ++i) {
    drafts.push_back(support::draft(support::put(
        i, name("example."), support::a_record(name("www.example."), i == 5 ? last_address : i))));
  }
  drafts.push_back(support::draft(
      support::put(11, name("example."), support::a_record(name("mail.example."), 7))));
  return drafts;
}

struct Node {  // with a control topic
  explicit Node(std::shared_ptr<log::MemoryStore> store,
                std::optional<consumer::SnapshotContents> restored = std::nullopt)
      : log(std::move(store)),
        changes(*log.source(support::changes_topic)),
        control(*log.source(support::control_topic)),
        feeder({.dataset_name = "tests", .seed = dataset::HashSeed(3), .node = "edge1"},
               {.clock = clock,
                .changes = *changes,
                .control = control.get(),
                .log_identity = [this] { return log.identity(); }},
               std::move(restored)),
        repair({clock, random, log, disk, "tests", dataset::HashSeed(3)}) {}

  void turn() {
    consumer::StepReport report;
    do {
      report = feeder.step();
    } while (report.more);
    clock.advance(5ms);
    for (std::string& remark : repair.step(feeder)) said += remark + "\n";
    if (auto snapshot = feeder.take_snapshot()) served = std::move(snapshot);
  }
  // Until a rebuild that is under way has ended.
  void settle() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    for (int quiet = 0; quiet < 5;) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << said;
      turn();
      quiet = repair.is_busy() ? 0 : quiet + 1;
    }
  }
  std::string mail() const {
    const auto zone = served->dataset.find_zone(name("example."));
    return dataset::value_text(
        zone->find(name("mail.example."))->find(dns::RrType::A)->to_rrset(name("mail.example.")));
  }

  support::ManualClock clock;
  NoJitter random;
  support::MemoryDisk disk;
  log::MemoryLog log;
  std::unique_ptr<log::Source> changes, control;
  consumer::Feeder feeder;
  SelfRepair repair;
  std::unique_ptr<const consumer::Snapshot> served;
  std::string said;
};

// What the whole log makes, whatever is pinned.
struct Replayed {
  explicit Replayed(const std::shared_ptr<log::MemoryStore>& store) {
    support::FeederRig rig(store);
    rig.settle();
    state = rig.feeder.state();
  }
  fold::State state = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1));
};

class Repairing : public ::testing::Test {
 protected:
  Repairing() { support::append(log, support::changes_topic, history(5)); }

  // As a controller folded the log, or says so.
  event::Heartbeat beat_of(const fold::State& state, std::string controller = "c1") {
    const fold::Footprint at = fold::footprint_of(state);
    return {.controller = std::move(controller),
            .number = ++number,
            .seq = at.seq,
            .state_hash = at.state_hash,
            .offset = at.offset,
            .chain = at.chain};
  }
  void say(const event::Heartbeat& beat) {
    support::append(log, support::control_topic,
                    {log::Draft{.key = "heartbeat/" + beat.controller,
                                .value = schemas::encode(event::ControlRecord(beat))}});
  }
  fold::State honest() {
    Node node(store);
    node.settle();
    return node.feeder.state();
  }
  // A file whose checksums and state hash are right, of a state that the log never made.
  consumer::SnapshotContents planted() {
    auto other = support::make_store();
    log::MemoryLog copy(other);
    std::vector<log::Draft> drafts = history(5);
    drafts.back() = support::draft(
        support::put(11, name("example."), support::a_record(name("mail.example."), 0x0a000001)));
    support::append(copy, support::changes_topic, drafts);
    Node node(other);
    node.settle();
    consumer::SnapshotContents contents = support::from_disk(node.feeder.contents(), 3);
    const fold::State right = honest();
    contents.state.chain = right.chain;
    contents.state.last_record = right.last_record;
    contents.log_identity.clear();
    return contents;
  }

  std::shared_ptr<log::MemoryStore> store = support::make_store();
  log::MemoryLog log{store};
  std::uint64_t number = 0;
};

TEST_F(Repairing, LeavesANodeThatAgreesAlone) {
  say(beat_of(honest()));
  Node node(store);
  node.settle();
  EXPECT_EQ(node.said, "");
  EXPECT_EQ(node.repair.rebuilds(), 0u);
}

TEST_F(Repairing, FindsAPlantedStateServesOnTellsWhereAndTakesTheRightOne) {
  const fold::State right = honest();
  say(beat_of(right));
  Node node(store, planted());
  ASSERT_TRUE(node.disk.write_durably("snapshot-0000000001-aa.tmsnap", {}).has_value());
  node.settle();
  EXPECT_EQ(node.repair.rebuilds(), 1u) << node.said;
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Live);
  EXPECT_EQ(node.feeder.state().dataset.version(), right.dataset.version());
  EXPECT_EQ(node.mail(), "60 0.0.0.7") << node.said;
  ASSERT_TRUE(node.repair.last());
  EXPECT_EQ(node.repair.last()->to_hash, right.dataset.version().state_hash.value());
  EXPECT_NE(node.repair.last()->from_hash, node.repair.last()->to_hash);
  ASSERT_EQ(node.repair.last()->differences.size(), 1u);
  EXPECT_EQ(node.repair.last()->differences[0].name, "mail.example.");
  EXPECT_NE(node.repair.last()->differences[0].left.find("10.0.0.1"), std::string::npos);
  EXPECT_EQ(node.repair.trouble(), "");
  EXPECT_TRUE(node.repair.took_rebuilt());
  (void)node.repair.saved("snapshot-0000000002-bb.tmsnap");
  const auto files = node.disk.list();
  EXPECT_EQ(*files, std::vector<std::string>{"snapshot-0000000001-aa.tmsnap.diverged"});
}

TEST_F(Repairing, SaysThatTheControllerIsWrongOnceAndDoesNotLoop) {
  event::Heartbeat wrong = beat_of(honest());
  wrong.state_hash.low ^= 1;
  say(wrong);
  Node node(store);
  node.settle();
  EXPECT_EQ(node.repair.rebuilds(), 0u);
  EXPECT_NE(node.said.find("this node is right"), std::string::npos) << node.said;
  EXPECT_NE(node.repair.trouble(), "");
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Live);
  node.said.clear();
  wrong.number += 100;
  say(wrong);
  node.settle();
  EXPECT_EQ(node.said, "") << "it is not listened to";
  say(beat_of(honest()));
  node.settle();
  EXPECT_EQ(node.repair.trouble(), "") << "it agrees again";
  wrong.number += 100;
  say(wrong);
  node.settle();
  EXPECT_NE(node.said.find("this node is right"), std::string::npos);
}

// The log was cut and written on; the record that stands where this node stopped is the very same.
TEST_F(Repairing, SeesAnotherHistoryThatTheOverlapReadCannotSee) {
  Node old(store);
  old.settle();
  const consumer::SnapshotContents kept = old.feeder.contents();
  auto refilled = support::make_store();
  log::MemoryLog other(refilled);
  std::vector<log::Draft> drafts = history(0x0a000005);
  support::append(other, support::changes_topic, drafts);
  Node controller(refilled);
  controller.settle();
  support::append(other, support::control_topic,
                  {log::Draft{.key = "heartbeat/c1",
                              .value = schemas::encode(
                                  event::ControlRecord(beat_of(controller.feeder.state())))}});
  Node node(refilled, support::from_disk(kept, 3));
  consumer::StepReport report;
  do {
    report = node.feeder.step();
  } while (report.more);
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Live) << "the overlap record is equal";
  (void)node.repair.step(node.feeder);
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Diverged);
  node.settle();
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Live) << node.said;
  EXPECT_EQ(node.feeder.state().chain, controller.feeder.state().chain);
  EXPECT_EQ(node.repair.rebuilds(), 1u);
}

TEST_F(Repairing, StaysWithItsHistoryWhenTheControllerIsOfAnother) {
  event::Heartbeat wrong = beat_of(honest());
  wrong.chain[0] ^= 1;
  say(wrong);
  Node node(store);
  node.settle();
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Live) << node.said;
  EXPECT_EQ(node.repair.rebuilds(), 0u);
  EXPECT_NE(node.said.find("this node is right"), std::string::npos) << node.said;
}

TEST_F(Repairing, ServesTheRightVersionOfItsPinAfterwards) {
  const consumer::SnapshotContents wrong = planted();
  support::append(log, support::changes_topic,
                  {support::draft(support::put(12, name("example."),
                                               support::a_record(name("www.example."), 99)))});
  const event::Pin pin{"node:edge1", 11, "alice", "look first"};
  support::append(
      log, support::control_topic,
      {log::Draft{.key = "pin/node:edge1", .value = schemas::encode(event::ControlRecord(pin))}});
  say(beat_of(Replayed(store).state));
  Node node(store, support::from_disk(wrong, 3));
  node.settle();
  EXPECT_EQ(node.repair.rebuilds(), 1u) << node.said;
  EXPECT_EQ(node.feeder.state().dataset.version().seq.value(), 12u);
  EXPECT_EQ(node.served->dataset.version().seq.value(), 11u) << "pinned";
  EXPECT_EQ(node.mail(), "60 0.0.0.7");
}

TEST_F(Repairing, SaysWhenItCannotBeSaidWhoIsRight) {
  say(beat_of(honest()));
  const consumer::SnapshotContents wrong = planted();
  store->retain_from(support::changes_topic, log::Offset(5));
  Node node(store, support::from_disk(wrong, 3));
  node.settle();
  EXPECT_EQ(node.repair.rebuilds(), 0u);
  EXPECT_NE(node.repair.trouble().find("cannot be said"), std::string::npos) << node.said;
  EXPECT_EQ(node.feeder.node_state(), event::NodeState::Live) << "serving and folding go on";
}

TEST_F(Repairing, BeginsAtItsOldestFileWhereTheLogsBeginningIsGone) {
  const fold::State right = honest();
  say(beat_of(right));
  const consumer::SnapshotContents wrong = planted();
  auto early = support::make_store();
  log::MemoryLog copy(early);
  std::vector<log::Draft> drafts = history(5);
  drafts.resize(7);
  support::append(copy, support::changes_topic, drafts);
  Node before(early);
  before.settle();
  const base::Bytes file = consumer::serialize(before.feeder.contents());
  store->retain_from(support::changes_topic, log::Offset(5));
  Node node(store, support::from_disk(wrong, 3));
  ASSERT_TRUE(node.disk.write_durably("snapshot-0000000001-aa.tmsnap", file).has_value());
  node.settle();
  EXPECT_EQ(node.repair.rebuilds(), 1u) << node.said;
  EXPECT_EQ(node.feeder.state().dataset.version(), right.dataset.version());
}

}  // namespace
}  // namespace tidemark::edge
