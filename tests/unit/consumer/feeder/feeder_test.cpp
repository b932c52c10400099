#include "consumer/feeder/feeder.hpp"

#include <gtest/gtest.h>

#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"

namespace tidemark::consumer {
namespace {

using event::NodeState;
using namespace tidemark::support;

const dns::Name zone = name("example.org.");

// A log with a zone and `records` names in it; one Record each after the first.
std::shared_ptr<log::MemoryStore> store_with_zone(std::uint64_t records,
                                                  std::string identity = "memory") {
  auto store = make_store(std::move(identity));
  log::MemoryLog log(store);
  std::vector<log::Draft> drafts{draft(create_zone(1, zone))};
  for (std::uint64_t i = 0; i < records; ++i) {
    const auto address = static_cast<std::uint32_t>(0xc0000200 + i);
    drafts.push_back(
        draft(put(10 + i, zone, a_record(*zone.child("n" + std::to_string(i)), address))));
  }
  append(log, changes_topic, drafts);
  return store;
}

void append_one(FeederRig& rig, std::uint64_t number, std::uint32_t address) {
  append(rig.log, changes_topic, {draft(put(number, zone, a_record(zone, address)))});
}

TEST(Feeder, FollowsALogFromItsBeginning) {
  FeederRig rig(store_with_zone(3));
  EXPECT_EQ(rig.state(), NodeState::Cold);
  rig.run();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_EQ(rig.version().seq.value(), 4u);
  EXPECT_EQ(rig.feeder.status().offset, 3);
  EXPECT_EQ(rig.feeder.status().accepted, 4u);
  const Snapshot* snapshot = rig.take();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->dataset.version(), rig.version());
}

TEST(Feeder, OffersNothingWhileTheStateIsEmpty) {
  FeederRig rig(make_store());
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live) << "a controller may decide on a fresh log";
  EXPECT_EQ(rig.take(), nullptr);
  EXPECT_FALSE(rig.feeder.status().offered);
}

TEST(Feeder, OffersNoHalfOfAHistory) {
  FeederRig rig(store_with_zone(1500), std::nullopt, 1, 600);
  EXPECT_TRUE(rig.feeder.step().more);
  EXPECT_EQ(rig.state(), NodeState::Cold);
  EXPECT_EQ(rig.take(), nullptr);
  rig.run();
  EXPECT_EQ(rig.take()->dataset.version().seq.value(), 1501u);
}

TEST(Feeder, OffersAtMostOncePerInterval) {
  FeederRig rig(store_with_zone(1));
  rig.run();
  ASSERT_NE(rig.feeder.take_snapshot(), nullptr);
  append_one(rig, 100, 1);
  const auto report = rig.feeder.step();
  EXPECT_EQ(report.folded, 1u);
  EXPECT_EQ(rig.feeder.take_snapshot(), nullptr) << "the last offer was just now";
  ASSERT_TRUE(report.call_again_in.has_value());
  rig.clock.advance(*report.call_again_in);
  rig.feeder.step();
  const auto held_back = rig.feeder.take_snapshot();
  ASSERT_NE(held_back, nullptr);
  EXPECT_EQ(held_back->dataset.version(), rig.version());
  rig.clock.advance(std::chrono::milliseconds(5));
  append_one(rig, 101, 2);
  rig.feeder.step();
  EXPECT_NE(rig.feeder.take_snapshot(), nullptr) << "at once when the last offer is long ago";
}

TEST(Feeder, TellsTheVerdictOfEveryRecord) {
  auto store = store_with_zone(0);
  FeederRig rig(store);
  append(rig.log, changes_topic,
         {draft(create_zone(2, zone)), gibberish(), draft(create_zone(2, zone))});
  rig.run();
  ASSERT_EQ(rig.judgements.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<fold::Accepted>(rig.judgements[0].second));
  EXPECT_TRUE(std::holds_alternative<fold::Rejected>(rig.judgements[1].second));
  EXPECT_TRUE(std::holds_alternative<fold::Twin>(rig.judgements[2].second));
  EXPECT_EQ(rig.judgements[2].first, 3);
}

TEST(Feeder, SkipsAndReportsWhatCannotBeDecoded) {
  auto store = store_with_zone(1);
  FeederRig rig(store);
  append(rig.log, changes_topic, {gibberish()});
  append_one(rig, 50, 9);
  const auto report = rig.run();
  const FeederStatus status = rig.feeder.status();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_EQ(status.undecodable, 1u);
  EXPECT_EQ(status.accepted, 3u) << "what follows applies";
  EXPECT_EQ(status.offset, 3);
  ASSERT_EQ(status.nacks.size(), 1u);
  EXPECT_EQ(status.nacks[0].offset, 2);
  EXPECT_EQ(status.nacks[0].change_id, base::U128{});
  ASSERT_EQ(report.remarks.size(), 1u);
}

TEST(Feeder, KeepsTheNewestComplaintsOnly) {
  auto store = store_with_zone(0);
  FeederRig rig(store);
  append(rig.log, changes_topic, std::vector<log::Draft>(event::nacks_max + 5, gibberish()));
  rig.run();
  EXPECT_EQ(rig.feeder.status().nacks.size(), event::nacks_max);
  EXPECT_EQ(rig.feeder.status().nacks.back().offset, 21);
}

TEST(Feeder, HaltsAtARecordThatNeedsANewerTidemark) {
  auto store = store_with_zone(1);
  FeederRig rig(store);
  event::ChangeSet newer = put(60, zone, a_record(zone, 1));
  newer.min_reader = event::min_reader_supported + 1;
  append(rig.log, changes_topic, {draft(newer), draft(put(61, zone, a_record(zone, 2)))});
  rig.run();
  EXPECT_EQ(rig.state(), NodeState::Halted);
  EXPECT_EQ(rig.feeder.status().offset, 1) << "not applied, and not passed over";
  EXPECT_NE(rig.take(), nullptr) << "serves what it knows";
  append_one(rig, 62, 3);
  rig.settle();
  EXPECT_EQ(rig.feeder.status().offset, 1);
  EXPECT_NE(rig.feeder.status().detail.find("newer"), std::string::npos);
}

TEST(Feeder, GoesOnServingWhenTheLogIsOut) {
  FeederRig rig(store_with_zone(1));
  rig.run();
  rig.log.go_offline();
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_FALSE(rig.feeder.status().log_reachable);
  EXPECT_NE(rig.feeder.status().detail, "");
  rig.log.go_online();
  append_one(rig, 70, 7);
  rig.settle();
  EXPECT_TRUE(rig.feeder.status().log_reachable);
  EXPECT_EQ(rig.feeder.status().detail, "");
  EXPECT_EQ(rig.version().seq.value(), 3u);
}

TEST(Feeder, ReadsTheLastRecordAgainAfterALostConnection) {
  FeederRig rig(store_with_zone(2));
  rig.run();
  const auto before = rig.feeder.status();
  rig.log.lose_connection();
  append_one(rig, 80, 8);
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_EQ(rig.feeder.status().overlaps, 1u);
  EXPECT_EQ(rig.feeder.status().offset, before.offset + 1);
  EXPECT_EQ(rig.feeder.status().accepted, before.accepted + 1) << "the overlap is not folded twice";
}

// A log that lost its end and got other records in its place.
void cut_and_replace(FeederRig& rig, std::int64_t next, int records) {
  rig.log.store().truncate(changes_topic, log::Offset(next));
  for (int i = 0; i < records; ++i) append_one(rig, 900 + static_cast<std::uint64_t>(i), 99);
}

TEST(Feeder, DivergesWhenTheLogWasCutAndGrewAgain) {
  FeederRig rig(store_with_zone(4));
  rig.run();
  const auto version = rig.version();
  cut_and_replace(rig, 3, 5);
  const auto report = rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Diverged);
  EXPECT_TRUE(report.needs_bootstrap);
  EXPECT_EQ(rig.version(), version) << "nothing of the other history was applied";
  EXPECT_NE(rig.take(), nullptr);
  append_one(rig, 990, 1);
  rig.settle();
  EXPECT_EQ(rig.version(), version);
}

TEST(Feeder, DivergesWhenTheLogWasCutAndIsQuiet) {
  FeederRig rig(store_with_zone(4));
  rig.run();
  rig.log.store().truncate(changes_topic, log::Offset(2));
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Diverged);
}

TEST(Feeder, DivergesAfterTheGraceWhenTheLogEndsJustBeforeTheLastRecord) {
  FeederRig rig(store_with_zone(4));
  rig.run();
  rig.log.store().truncate(changes_topic, log::Offset(4));
  const auto report = rig.run();
  EXPECT_EQ(rig.state(), NodeState::CatchingUp) << "a new leader may show it in a moment";
  ASSERT_TRUE(report.call_again_in.has_value());
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Diverged);
}

TEST(Feeder, DivergesWhenTheTopicWasMadeAnew) {
  FeederRig rig(store_with_zone(4));
  rig.run();
  rig.log.store().recreate(changes_topic);
  for (std::uint64_t i = 0; i < 9; ++i) append_one(rig, 700 + i, 77);
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Diverged);
  EXPECT_EQ(rig.feeder.status().divergences, 1u);
}

TEST(Feeder, DivergesFromTheLogOfAnotherCluster) {
  auto store = store_with_zone(3, "cluster one");
  FeederRig first(store);
  first.run();
  FeederRig second(store_with_zone(3, "cluster two"), from_disk(first.feeder.contents()));
  second.settle();
  EXPECT_EQ(second.state(), NodeState::Diverged);
  EXPECT_NE(second.feeder.status().detail.find("cluster two"), std::string::npos);
  EXPECT_NE(second.take(), nullptr);
}

TEST(Feeder, RecheckFindsThatTheLogIsTheRightOneAgain) {
  auto store = store_with_zone(3, "cluster one");
  FeederRig first(store);
  first.run();
  FeederRig second(store_with_zone(3, "cluster one"), from_disk(first.feeder.contents()));
  second.log.store().truncate(changes_topic, log::Offset(2));
  second.settle();
  ASSERT_EQ(second.state(), NodeState::Diverged);
  append(second.log, changes_topic,
         {draft(put(11, zone, a_record(*zone.child("n1"), 0xc0000201))),
          draft(put(12, zone, a_record(*zone.child("n2"), 0xc0000202)))});
  second.feeder.recheck();
  second.settle();
  EXPECT_EQ(second.state(), NodeState::Live);
}

TEST(Feeder, AsksForABootstrapWhenRetentionOvertookIt) {
  auto store = store_with_zone(5);
  std::optional<SnapshotContents> old, fresh;
  {
    FeederRig rig(store);
    rig.run();
    old = from_disk(rig.feeder.contents());
    for (std::uint64_t i = 0; i < 5; ++i) append_one(rig, 300 + i, 3);
    rig.run();
    fresh = from_disk(rig.feeder.contents());
  }
  store->retain_from(changes_topic, log::Offset(9));
  FeederRig rig(store, std::move(old), 3);
  const auto report = rig.settle();
  EXPECT_TRUE(report.needs_bootstrap);
  EXPECT_EQ(rig.state(), NodeState::Restored);
  const Snapshot* served = rig.take();
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(served->dataset.version().seq.value(), 6u);

  const dataset::Version expected = fresh->state.dataset.version();
  rig.feeder.bootstrap(std::move(fresh));
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_EQ(rig.take()->dataset.version(), expected);
}

TEST(Feeder, AFileOfTheLogsEndIsServedAlthoughNoRecordFollows) {
  auto store = store_with_zone(2);
  std::optional<SnapshotContents> old, fresh;
  {
    FeederRig rig(store);
    rig.run();
    old = from_disk(rig.feeder.contents());
    append_one(rig, 300, 3);
    append_one(rig, 301, 4);
    rig.run();
    fresh = from_disk(rig.feeder.contents());
  }
  const dataset::Version expected = fresh->state.dataset.version();
  store->retain_from(changes_topic, log::Offset(4));
  FeederRig rig(store, std::move(old), 3);
  ASSERT_TRUE(rig.settle().needs_bootstrap);
  rig.log.go_offline();
  rig.feeder.bootstrap(std::move(fresh));
  rig.settle();
  EXPECT_NE(rig.take()->dataset.version(), expected) << "not before the log confirmed it";
  rig.log.go_online();
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_EQ(rig.take()->dataset.version(), expected);
}

TEST(Feeder, ColdWithoutTheLogsBeginningAsksForABootstrap) {
  auto store = store_with_zone(5);
  store->retain_from(changes_topic, log::Offset(3));
  FeederRig rig(store);
  EXPECT_TRUE(rig.settle().needs_bootstrap);
  EXPECT_EQ(rig.state(), NodeState::Cold);
  EXPECT_EQ(rig.take(), nullptr);
}

TEST(Feeder, GoesOnServingTheOldStateUntilABootstrapCaughtUp) {
  auto store = store_with_zone(6);
  FeederRig rig(store);
  rig.run();
  const dataset::Version before = rig.take()->dataset.version();
  cut_and_replace(rig, 3, 2);
  rig.settle();
  ASSERT_EQ(rig.state(), NodeState::Diverged);
  rig.feeder.bootstrap(std::nullopt);
  EXPECT_EQ(rig.take()->dataset.version(), before);
  rig.log.go_offline();
  rig.settle();
  EXPECT_EQ(rig.take()->dataset.version(), before);
  rig.log.go_online();
  rig.settle();
  EXPECT_EQ(rig.version().seq.value(), 5u);
  EXPECT_EQ(rig.take()->dataset.version(), before) << "an older version is not served unasked";
  EXPECT_EQ(rig.state(), NodeState::Diverged);
  EXPECT_TRUE(rig.feeder.status().held_back);
  EXPECT_FALSE(rig.feeder.status().needs_bootstrap) << "it follows";
  EXPECT_NE(rig.feeder.status().detail.find("version 7"), std::string::npos);
  append_one(rig, 950, 5);
  append_one(rig, 951, 5);
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_FALSE(rig.feeder.status().held_back);
  EXPECT_EQ(rig.take()->dataset.version(), rig.version());
  EXPECT_EQ(rig.version().seq.value(), 7u);
}

TEST(Feeder, AReplayThatWaitsForAFileReadsNothing) {
  FeederRig rig(store_with_zone(6));
  rig.feeder.set_replay(Feeder::Replay::Waits);
  rig.settle();
  EXPECT_EQ(rig.feeder.status().offset, -1);
  rig.feeder.set_replay(Feeder::Replay::Runs);
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
}

TEST(Feeder, StartsFromARestoredStateWithTheLogDown) {
  auto store = store_with_zone(3);
  FeederRig first(store);
  first.run();
  FeederRig second(store, from_disk(first.feeder.contents()));
  second.log.go_offline();
  EXPECT_NE(second.take(), nullptr) << "before the first step";
  second.settle();
  EXPECT_EQ(second.state(), NodeState::Restored);
  second.log.go_online();
  append_one(second, 400, 4);
  second.settle();
  EXPECT_EQ(second.state(), NodeState::Live);
  EXPECT_EQ(second.take()->dataset.version().seq.value(), 5u);
  first.settle();
  EXPECT_EQ(first.version(), second.version());
  EXPECT_EQ(first.feeder.status().chain, second.feeder.status().chain);
}

TEST(Feeder, ASilentLogStallsNothing) {
  auto store = store_with_zone(1);
  FeederRig rig(store);
  rig.run();
  rig.log.store().stall(changes_topic);
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Live);
  rig.log.store().unstall(changes_topic);
  append_one(rig, 500, 5);
  rig.settle();
  EXPECT_EQ(rig.version().seq.value(), 3u);
}

TEST(Feeder, DivergesAtAHole) {
  auto store = store_with_zone(4);
  FeederRig rig(store);
  store->compact(changes_topic);  // somebody gave this topic the wrong cleanup policy
  rig.settle();
  EXPECT_EQ(rig.state(), NodeState::Diverged);
  EXPECT_EQ(rig.feeder.status().holes, 1u);
  EXPECT_EQ(rig.feeder.status().offset, -1);
  EXPECT_EQ(rig.take(), nullptr);
}

event::HealthFrame frame_of(event::Observed observed) {
  return {.prober = "ams",
          .number = 1,
          .full = true,
          .observations = {{"web", "a", observed, "test"}, {"web", "b", event::Observed::Up, ""}}};
}

std::shared_ptr<log::MemoryStore> store_with_pool() {
  auto store = store_with_zone(0);
  log::MemoryLog log(store);
  event::ChangeSet change = change_numbered(2);
  event::Pool pool{.name = "web", .endpoints = {}, .check = {}};
  for (const char* id : {"a", "b"}) {
    pool.endpoints.push_back({id, {event::Address::Family::V4, {192, 0, 2, 1}}});
  }
  change.pools.push_back(event::PutPool{pool});
  append(log, changes_topic, {draft(change)});
  return store;
}

std::uint64_t up(const Snapshot& snapshot) {
  return snapshot.health.masks(snapshot.dataset.find_pool(std::string_view("web"))->slot()).up;
}

TEST(Feeder, FreezesHealthWithTheDataset) {
  FeederRig rig(store_with_pool());
  append(rig.log, health_topic, {draft(frame_of(event::Observed::Down))});
  rig.settle();
  EXPECT_EQ(up(*rig.take()), 0b10u);
  EXPECT_EQ(rig.served->health.position(), 0);
  append(rig.log, health_topic, {draft(frame_of(event::Observed::Up))});
  rig.settle();
  EXPECT_EQ(up(*rig.take()), 0b11u);
  EXPECT_EQ(rig.served->dataset.version().seq.value(), 2u);
}

TEST(Feeder, FoldsHealthWhileDiverged) {
  FeederRig rig(store_with_pool());
  rig.settle();
  rig.log.store().recreate(changes_topic);
  rig.settle();
  ASSERT_EQ(rig.state(), NodeState::Diverged);
  append(rig.log, health_topic, {draft(frame_of(event::Observed::Down))});
  rig.settle();
  EXPECT_EQ(up(*rig.take()), 0b10u);
}

TEST(Feeder, HealthGoesOnWithTheFirstRecordThatIsThere) {
  auto store = store_with_pool();
  FeederRig first(store);
  for (int i = 0; i < 4; ++i) {
    append(first.log, health_topic, {draft(frame_of(event::Observed::Up))});
  }
  first.settle();
  const SnapshotContents contents = from_disk(first.feeder.contents());
  append(first.log, health_topic, {draft(frame_of(event::Observed::Up))});
  append(first.log, health_topic, {draft(frame_of(event::Observed::Down))});
  store->retain_from(health_topic, log::Offset(5));
  FeederRig second(store, contents, 2);
  second.settle();
  EXPECT_EQ(second.feeder.status().health_offset, 5);
  EXPECT_EQ(up(*second.take()), 0b10u);

  store->recreate(health_topic);
  append(second.log, health_topic, {draft(frame_of(event::Observed::Up))});
  second.settle();
  EXPECT_EQ(second.feeder.status().health_offset, 0);
  EXPECT_EQ(up(*second.take()), 0b11u);
  EXPECT_EQ(second.state(), NodeState::Live);
}

TEST(Feeder, TimeOfHealthPassesWithAFrameThatCannotBeDecoded) {
  FeederRig rig(store_with_pool());
  append(rig.log, health_topic, {draft(frame_of(event::Observed::Down)), gibberish()});
  rig.settle();
  EXPECT_EQ(rig.feeder.status().health_undecodable, 1u);
  EXPECT_EQ(rig.feeder.status().health_offset, 1);
  EXPECT_EQ(up(*rig.take()), 0b10u);
}

TEST(Feeder, FromNothingItsFirstOfferWaitsForHealth) {
  auto store = store_with_pool();
  log::MemoryLog log(store);
  append(log, health_topic, std::vector<log::Draft>(1500, draft(frame_of(event::Observed::Up))));
  append(log, health_topic, {draft(frame_of(event::Observed::Down))});
  FeederRig rig(store, std::nullopt, 1, 600);
  EXPECT_TRUE(rig.feeder.step().more);
  EXPECT_EQ(rig.state(), NodeState::Live);
  EXPECT_EQ(rig.take(), nullptr) << "it would answer from an endpoint that is known to be down";
  rig.run();
  EXPECT_EQ(up(*rig.take()), 0b10u);
}

TEST(Feeder, FromNothingItDoesNotWaitForHealthForEver) {
  auto store = store_with_pool();
  log::MemoryLog log(store);
  append(log, health_topic, std::vector<log::Draft>(1500, draft(frame_of(event::Observed::Up))));
  FeederRig rig(store, std::nullopt, 1, 600);
  EXPECT_TRUE(rig.feeder.step().call_again_in.has_value());
  rig.clock.advance(std::chrono::seconds(2));
  rig.feeder.step();
  EXPECT_NE(rig.take(), nullptr);
}

TEST(Feeder, BoundsWhatOneStepFolds) {
  FeederRig rig(store_with_zone(3000), std::nullopt, 1, 1024);
  const auto report = rig.feeder.step();
  EXPECT_EQ(report.folded, 1024u);
  EXPECT_TRUE(report.more);
  rig.run();
  EXPECT_EQ(rig.version().seq.value(), 3001u);
}

}  // namespace
}  // namespace tidemark::consumer
