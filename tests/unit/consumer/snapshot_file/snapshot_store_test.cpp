#include "consumer/snapshot_file/snapshot_store.hpp"

#include <gtest/gtest.h>

#include "tests/support/life.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const dataset::Lineage lineage = lineage_of("tests");
const dataset::HashSeed seed(1);
const dns::Name zone = name("example.org.");

class SnapshotStoreTest : public ::testing::Test {
 protected:
  // One more change, saved.
  std::string save_next() {
    const std::int64_t offset = contents.state.offset + 1;
    const auto number = static_cast<std::uint64_t>(offset);
    const auto judgement = fold::step(
        contents.state,
        offset == 0 ? create_zone(1, zone)
                    : put(100 + number, zone,
                          a_record(*zone.child("www"), static_cast<std::uint32_t>(number))),
        offset);
    EXPECT_TRUE(std::holds_alternative<fold::Accepted>(judgement));
    fold::advance(contents.state, offset, {});
    auto saved = store.save(contents);
    EXPECT_TRUE(saved.has_value()) << saved.error().trail;
    return saved ? saved->name : std::string();
  }
  std::int64_t restored_offset() {
    const RestoreReport report = store.restore(seed);
    return report.contents ? report.contents->state.offset : -2;
  }

  MemoryDisk disk;
  SnapshotStore store{disk, lineage};
  SnapshotContents contents{fold::State::empty(lineage, seed), "memory", {}, -1, {}};
};

TEST_F(SnapshotStoreTest, RestoresTheNewest) {
  save_next();
  const std::string second = save_next();
  const RestoreReport report = store.restore(seed);
  ASSERT_TRUE(report.contents.has_value());
  EXPECT_EQ(report.contents->state.offset, 1);
  EXPECT_EQ(report.file, second);
  EXPECT_TRUE(report.remarks.empty());
}

TEST_F(SnapshotStoreTest, AnEmptyFolderGivesNothing) {
  const RestoreReport report = store.restore(seed);
  EXPECT_FALSE(report.contents.has_value());
  EXPECT_TRUE(report.remarks.empty());
}

TEST_F(SnapshotStoreTest, NamesHoldGenerationAndSha256) {
  const std::string name = save_next();
  const auto octets = disk.files().at(name);
  EXPECT_EQ(name, "snapshot-0000000001-" + base::to_hex(base::sha256(octets)) + ".tmsnap");
}

TEST_F(SnapshotStoreTest, KeepsThreeGenerations) {
  for (int i = 0; i < 6; ++i) save_next();
  const auto files = *store.files();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].substr(0, 19), "snapshot-0000000006");
  EXPECT_EQ(files[2].substr(0, 19), "snapshot-0000000004");
}

TEST_F(SnapshotStoreTest, WritesNothingForTheSameContents) {
  const std::string name = save_next();
  const auto again = store.save(contents);
  EXPECT_FALSE(again->written);
  EXPECT_EQ(again->name, name);
  EXPECT_EQ(disk.files().size(), 1u);
}

TEST_F(SnapshotStoreTest, SetsADamagedFileAsideAndTakesTheNextGeneration) {
  save_next();
  save_next();
  const std::string newest = save_next();
  disk.files().at(newest)[100] ^= 1;
  const RestoreReport report = store.restore(seed);
  ASSERT_TRUE(report.contents.has_value());
  EXPECT_EQ(report.contents->state.offset, 1);
  EXPECT_EQ(report.set_aside, 1u);
  ASSERT_EQ(report.remarks.size(), 1u);
  EXPECT_NE(report.remarks[0].find("SHA-256"), std::string::npos);
  EXPECT_TRUE(disk.files().contains(newest + ".bad"));
  EXPECT_FALSE(disk.files().contains(newest));
}

TEST_F(SnapshotStoreTest, RefusesAFileUnderAnotherFilesName) {
  const std::string first = save_next();
  const std::string second = save_next();
  std::swap(disk.files().at(first), disk.files().at(second));
  EXPECT_EQ(restored_offset(), -2);
}

TEST_F(SnapshotStoreTest, BadFilesDoNotPileUp) {
  for (int i = 0; i < 8; ++i) {
    disk.files().at(save_next()).pop_back();
    store.restore(seed);
  }
  save_next();
  std::size_t bad = 0;
  for (const auto& [name, octets] : disk.files()) bad += name.ends_with(".bad") ? 1 : 0;
  EXPECT_EQ(bad, bad_files_max);
}

TEST_F(SnapshotStoreTest, LeavesFilesOfANewerFormatAndOfOthersAlone) {
  save_next();
  disk.files().emplace("notes.txt", base::Bytes{1});
  SnapshotStore others(disk, lineage_of("others"));
  const RestoreReport report = others.restore(seed);
  EXPECT_FALSE(report.contents.has_value());
  EXPECT_EQ(report.set_aside, 0u);
  EXPECT_EQ(report.remarks.size(), 1u);
  EXPECT_EQ(restored_offset(), 0);
}

TEST_F(SnapshotStoreTest, RestoreBeforeGoesOneGenerationBack) {
  save_next();
  const std::string second = save_next();
  const RestoreReport report = store.restore_before(second, seed);
  ASSERT_TRUE(report.contents.has_value());
  EXPECT_EQ(report.contents->state.offset, 0);
  EXPECT_FALSE(store.restore_before(report.file, seed).contents.has_value());
}

TEST_F(SnapshotStoreTest, AFullDiskCostsNoGeneration) {
  for (int i = 0; i < 3; ++i) save_next();
  const auto before = disk.files();
  std::size_t used = 0;
  for (const auto& [name, octets] : before) used += octets.size();
  disk.set_octets_max(used + 10);
  contents.state.offset = 77;
  EXPECT_FALSE(store.save(contents).has_value());
  EXPECT_EQ(disk.files(), before);
  disk.set_octets_max(used * 10);
  EXPECT_TRUE(store.save(contents).has_value());
  EXPECT_EQ(restored_offset(), 77);
}

TEST_F(SnapshotStoreTest, ATornFileIsPassedOver) {
  save_next();
  disk.tear_next_write(200);
  save_next();
  EXPECT_EQ(restored_offset(), 0);
}

// SQLite's way: fail the n-th call, for every n, until nothing fails any more. At no time is there
// less to restore than what was durable before.
TEST_F(SnapshotStoreTest, SurvivesAFailureOfAnyCall) {
  for (int i = 0; i < 4; ++i) save_next();
  const auto start = disk.files();
  const std::int64_t durable = contents.state.offset;
  contents.state.offset = 55;
  for (std::size_t n = 1;; ++n) {
    disk.files() = start;
    const std::size_t first_call = disk.calls();
    disk.fail_call(first_call + n);
    const bool saved = store.save(contents).has_value();
    const bool failed = disk.calls() >= first_call + n;
    disk.fail_call(0);
    EXPECT_EQ(restored_offset(), saved ? 55 : durable) << "call " << n;
    if (!failed) break;
    ASSERT_LT(n, 20u);
  }
  for (std::size_t n = 1; n <= 4; ++n) {
    disk.files() = start;
    disk.files().at(store.files()->front()).pop_back();
    disk.fail_call(disk.calls() + n);
    const RestoreReport report = store.restore(seed);
    if (n > 1) {
      ASSERT_TRUE(report.contents.has_value()) << "call " << n;
    } else {
      EXPECT_EQ(report.remarks.size(), 1u) << "the folder could not be listed";
    }
  }
}

TEST_F(SnapshotStoreTest, WhatIsProtectedStaysBesideTheNewest) {
  const std::string good = save_next();
  const std::string unprotected = save_next();
  store.protect({good});
  for (int i = 0; i < 5; ++i) save_next();
  EXPECT_TRUE(disk.files().contains(good));
  EXPECT_FALSE(disk.files().contains(unprotected));
  EXPECT_EQ(store.files()->size(), generations_min + 1);
  store.protect({});
  save_next();
  EXPECT_FALSE(disk.files().contains(good));
}

TEST_F(SnapshotStoreTest, FilesOfAVersionThatCrashedAreSetAsideAndNotReadAgain) {
  save_next();
  const std::string second = save_next();
  const std::string third = save_next();
  const auto generations = store.generations();
  ASSERT_EQ(generations.size(), 3u);
  EXPECT_EQ(generations.front().name, third);
  EXPECT_EQ(generations.front().seq, 3u);
  EXPECT_EQ(store.set_aside_from(3).size(), 1u);
  EXPECT_TRUE(disk.files().contains(third + ".held"));
  const RestoreReport report = store.restore(seed);
  ASSERT_TRUE(report.contents.has_value());
  EXPECT_EQ(report.file, second);
}

}  // namespace
}  // namespace tidemark::consumer
