#include "consumer/feeder/retained_versions.hpp"

#include <gtest/gtest.h>

#include "core/fold/fold.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const dns::Name zone = name("example.org.");

class RetainedVersionsTest : public ::testing::Test {
 protected:
  RetainedVersionsTest() { take(create_zone(++number_, zone)); }
  void take(const event::ChangeSet& change) {
    const auto judged = fold::step(state_, change, static_cast<std::int64_t>(number_));
    ASSERT_TRUE(std::holds_alternative<fold::Accepted>(judged));
  }
  void put_one(std::uint32_t address) {
    take(put(++number_, zone, a_record(*zone.child("n" + std::to_string(address % 50)), address)));
  }
  void put_all(std::uint32_t address) {
    event::ChangeSet change = put(++number_, zone, a_record(zone, address));
    for (int i = 0; i < 1000; ++i) {
      change.zones[0].edits.push_back(
          event::PutRrset{a_record(*zone.child("m" + std::to_string(i)), address)});
    }
    take(change);
  }
  std::uint64_t seq() const { return state_.dataset.version().seq.value(); }

  std::uint64_t number_ = 0;
  fold::State state_ = fold::State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(3));
};

TEST_F(RetainedVersionsTest, HoldsTheNewestAndTheOneThatIsKept) {
  RetainedVersions versions(5, std::size_t{1} << 30U);
  versions.keep(3);
  for (std::uint32_t i = 1; i <= 20; ++i) {
    put_one(i);
    versions.add(state_.dataset);
  }
  EXPECT_EQ(versions.size(), 5u);
  EXPECT_EQ(versions.oldest_seq(), seq() - 4);
  ASSERT_TRUE(versions.find(3));
  EXPECT_EQ(versions.find(3)->version().seq.value(), 3u);
  EXPECT_FALSE(versions.find(4));
  versions.keep(std::nullopt);
  EXPECT_FALSE(versions.find(3));
}

TEST_F(RetainedVersionsTest, WhatOnlyOldVersionsNeedHasABudget) {
  RetainedVersions versions(100'000, 1);
  for (std::uint32_t i = 1; i <= 3000; ++i) {
    put_one(i);
    versions.add(state_.dataset);
  }
  const auto& store = state_.dataset.store();
  EXPECT_LT(versions.size(), 1000u);
  EXPECT_LE(store.octets_superseded(), 2 * (store.octets_in_use() - store.octets_superseded()));
}

TEST_F(RetainedVersionsTest, PartsOfAZoneUnderConstructionStayWhileTheyNeedLittle) {
  RetainedVersions versions(1000, std::size_t{1} << 30U);
  put_one(1);
  versions.add(state_.dataset);
  const dns::Name built = name("built.test.");
  for (std::uint32_t part = 0; part < 20; ++part) {
    event::ChangeSet change = put(++number_, built, a_record(*built.child("first"), part));
    change.zones[0].construction = true;
    if (part == 0) change.zones[0].edits = {event::BeginConstruction{}};
    take(change);
    versions.add(state_.dataset);
  }
  EXPECT_EQ(versions.size(), 21u);
}

TEST_F(RetainedVersionsTest, PartsOfAZoneUnderConstructionGoWhenTheNextOneComes) {
  RetainedVersions versions(1000, std::size_t{1} << 30U, 0);
  put_one(1);
  versions.add(state_.dataset);
  const std::uint64_t good = seq();
  const dns::Name built = name("built.test.");
  for (std::uint32_t part = 0; part < 20; ++part) {
    event::ChangeSet change = put(++number_, built, a_record(*built.child("first"), part));
    change.zones[0].construction = true;
    if (part == 0) change.zones[0].edits = {event::BeginConstruction{}};
    take(change);
    versions.add(state_.dataset);
    EXPECT_TRUE(versions.find(seq()));  // the newest is always there
  }
  EXPECT_EQ(versions.size(), 2u);
  put_one(2);
  versions.add(state_.dataset);
  EXPECT_EQ(versions.size(), 2u);
  EXPECT_TRUE(versions.find(good));
  EXPECT_TRUE(versions.find(seq()));
}

TEST_F(RetainedVersionsTest, TheVersionBeforeAnImportThatReplacedEverythingIsHeld) {
  RetainedVersions versions(1000, 100 * 1024);  // less than one copy of what is replaced
  put_all(1);
  versions.add(state_.dataset);
  const std::uint64_t good = seq();
  put_all(2);
  versions.add(state_.dataset);
  for (std::uint32_t i = 1; i <= 3; ++i) {
    put_one(i);
    versions.add(state_.dataset);
  }
  const auto& store = state_.dataset.store();
  EXPECT_GT(store.octets_superseded(), std::size_t{100} * 1024);
  EXPECT_TRUE(versions.find(good));
}

}  // namespace
}  // namespace tidemark::consumer
