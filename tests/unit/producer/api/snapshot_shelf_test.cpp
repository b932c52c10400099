#include "producer/api/snapshot_shelf.hpp"

#include <gtest/gtest.h>

#include "tests/support/life.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::producer {
namespace {

using namespace tidemark::support;

const dataset::Lineage lineage = consumer::lineage_of("tests");

class SnapshotShelfTest : public ::testing::Test {
 protected:
  void fold_next() {
    const std::int64_t offset = contents.state.offset + 1;
    const auto number = static_cast<std::uint32_t>(offset);
    const dns::Name zone = name("example.org.");
    fold::step(contents.state,
               offset == 0 ? create_zone(1, zone)
                           : put(100 + number, zone, a_record(*zone.child("www"), number)),
               offset);
    fold::advance(contents.state, offset, {});
  }
  ShelvedFile put_next() {
    fold_next();
    auto made = shelf.put(contents);
    EXPECT_TRUE(made.has_value()) << made.error().trail;
    return *made;
  }
  std::vector<std::uint64_t> stocked() {
    std::vector<std::uint64_t> seqs;
    for (const ShelvedFile& one : shelf.take_stock().files) seqs.push_back(one.file.seq);
    return seqs;
  }

  MemoryDisk disk;
  SnapshotShelf shelf{
      disk,
      [this](const std::string& name) -> base::Result<std::shared_ptr<const net::OctetSource>> {
        TIDEMARK_TRY(auto octets, disk.read(name));
        return net::octets_of(std::move(octets));
      },
      lineage};
  consumer::SnapshotContents contents{
      fold::State::empty(lineage, dataset::HashSeed(1)), "memory", {}, -1, {}};
};

using Seqs = std::vector<std::uint64_t>;

TEST_F(SnapshotShelfTest, FindsAgainWhatItWroteNewestFirst) {
  put_next();
  const ShelvedFile second = put_next();
  EXPECT_EQ(stocked(), (Seqs{2, 1}));
  const ShelvedFile found = shelf.take_stock().files.front();
  EXPECT_EQ(found.name, second.name);
  EXPECT_EQ(found.file.sha256, second.file.sha256);
  EXPECT_EQ(found.file.offset, 1);
  EXPECT_EQ(found.file.state_hash, contents.state.dataset.version().state_hash);
}

TEST_F(SnapshotShelfTest, HealthMakesNoDifference) {
  const ShelvedFile without = put_next();
  event::HealthFrame frame;
  frame.prober = "p1";
  contents.observations.apply(frame, 1234);
  contents.health_offset = 17;
  contents.health_last_record[0] = 9;
  EXPECT_EQ(shelf.put(contents)->file.sha256, without.file.sha256);
  EXPECT_EQ(disk.files().size(), 1u);
  const auto parsed = consumer::parse(disk.files().begin()->second, lineage, dataset::HashSeed(3));
  ASSERT_TRUE(parsed) << parsed.error().trail;
  EXPECT_EQ(parsed->health_offset, -1);
}

TEST_F(SnapshotShelfTest, SetsDamagedFilesAsideAndServesTheRest) {
  put_next();
  const std::string damaged = put_next().name + ".tmsnap";
  put_next();
  disk.files().at(damaged)[333] ^= 1;
  const SnapshotShelf::Stock stock = shelf.take_stock();
  ASSERT_EQ(stock.files.size(), 2u);
  ASSERT_EQ(stock.remarks.size(), 1u);
  EXPECT_NE(stock.remarks[0].find(damaged), std::string::npos);
  EXPECT_TRUE(disk.files().contains(damaged + ".bad"));
  EXPECT_EQ(stocked(), (Seqs{3, 1}));
}

TEST_F(SnapshotShelfTest, AFileUnderAnotherOnesNameIsNotServed) {
  const std::string first = put_next().name + ".tmsnap";
  const std::string second = put_next().name + ".tmsnap";
  std::swap(disk.files().at(first), disk.files().at(second));
  EXPECT_TRUE(stocked().empty());
}

TEST_F(SnapshotShelfTest, LeavesFilesOfAnotherDatasetAlone) {
  const std::string name = put_next().name + ".tmsnap";
  SnapshotShelf others(
      disk, [&](const std::string& of) { return net::octets_of(*disk.read(of)); },
      consumer::lineage_of("others"));
  const SnapshotShelf::Stock stock = others.take_stock();
  EXPECT_TRUE(stock.files.empty());
  EXPECT_EQ(stock.remarks.size(), 1u);
  EXPECT_TRUE(disk.files().contains(name));
}

TEST_F(SnapshotShelfTest, ReasonsForKeepingSurviveAndGoWithTheFile) {
  const ShelvedFile file = put_next();
  ASSERT_TRUE(shelf.keep(file, "ann: for the audit"));
  ShelvedFile found = shelf.take_stock().files.front();
  EXPECT_EQ(found.file.kept, "ann: for the audit");
  ASSERT_TRUE(shelf.remove(found));
  EXPECT_TRUE(disk.files().empty());
  ASSERT_TRUE(shelf.put(contents));
  ASSERT_TRUE(shelf.keep(file, "again"));
  ASSERT_TRUE(shelf.no_longer_keep(file));
  ASSERT_TRUE(shelf.no_longer_keep(file)) << "twice is as good as once";
  EXPECT_EQ(shelf.take_stock().files.front().file.kept, "");
}

// The n-th call fails, for every n: at no time is there less than what was durable before, and
// nothing that is not whole.
TEST_F(SnapshotShelfTest, SurvivesAFailureOfAnyCall) {
  put_next();
  put_next();
  fold_next();
  const auto start = disk.files();
  bool complete = false;
  for (std::size_t n = 1; !complete; ++n) {
    ASSERT_LT(n, 20u);
    disk.files() = start;
    const std::size_t first_call = disk.calls();
    disk.fail_call(first_call + n);
    const bool made = shelf.put(contents).has_value();
    complete = disk.calls() < first_call + n;
    disk.fail_call(0);
    const Seqs seqs = stocked();
    EXPECT_TRUE(seqs == (Seqs{2, 1}) || seqs == (Seqs{3, 2, 1})) << "call " << n;
    if (made) {
      EXPECT_EQ(seqs, (Seqs{3, 2, 1})) << "call " << n;
    }
  }
}

std::vector<ShelvedFile> files_of(const Seqs& newest_first) {
  std::vector<ShelvedFile> files;
  for (const std::uint64_t seq : newest_first) {
    consumer::SharedFile file;
    file.seq = seq;
    files.push_back({"fleet-" + std::to_string(seq), std::move(file)});
  }
  return files;
}

TEST(NeededFiles, AreTheNewestTheKeptAndWhatPinsReachBackTo) {
  auto files = files_of({90, 80, 70, 60, 50, 40});
  EXPECT_EQ(needed_files(files, {}, 2), (std::vector{true, true, false, false, false, false}));
  files[4].file.kept = "audit";
  EXPECT_EQ(needed_files(files, {}, 2), (std::vector{true, true, false, false, true, false}));
  EXPECT_EQ(needed_files(files, {69}, 1), (std::vector{true, false, false, true, true, false}))
      << "a pinned version is folded from the newest file before it";
  EXPECT_EQ(needed_files(files, {60, 999}, 1),
            (std::vector{true, false, false, true, true, false}));
  EXPECT_EQ(needed_files(files, {3}, 1), (std::vector{true, false, false, false, true, false}));
  EXPECT_TRUE(needed_files({}, {3}, 3).empty());
}

}  // namespace
}  // namespace tidemark::producer
