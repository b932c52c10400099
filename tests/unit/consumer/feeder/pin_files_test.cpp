#include "consumer/feeder/pin_files.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/feeder_rig.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

class PinFilesTest : public ::testing::Test {
 protected:
  PinFilesTest() {
    log::MemoryLog log(store_);
    append(log, changes_topic, {draft(create_zone(1, name("example.org.")))});
    rig_.settle();
  }
  dataset::Dataset version() const { return rig_.feeder.state().dataset; }
  std::string version_file() {
    const auto names = disk_.list();
    for (const std::string& one : *names) {
      if (one.starts_with("pinned-1-")) return one;
    }
    return {};
  }
  std::shared_ptr<log::MemoryStore> store_ = make_store();
  FeederRig rig_{store_};
  MemoryDisk disk_;
  PinFiles files_{disk_, lineage_of("tests")};
  const event::Pin pin_{"fleet", 1, "alice", "look first"};
};

TEST_F(PinFilesTest, APinAndItsVersionComeBack) {
  EXPECT_FALSE(files_.restore(dataset::HashSeed(9)).pin);
  ASSERT_TRUE(files_.keep(pin_, version()));
  const auto found = files_.restore(dataset::HashSeed(9));
  ASSERT_TRUE(found.pin);
  EXPECT_EQ(found.pin->pin, pin_);
  ASSERT_TRUE(found.pin->dataset);
  EXPECT_EQ(found.pin->dataset->version(), version().version());
  EXPECT_TRUE(found.remarks.empty());
}

TEST_F(PinFilesTest, NothingIsLeftAfterTheEndOfThePin) {
  ASSERT_TRUE(files_.keep(pin_, version()));
  ASSERT_TRUE(files_.forget());
  ASSERT_TRUE(files_.forget()) << "again does no harm";
  EXPECT_FALSE(files_.restore(dataset::HashSeed(9)).pin);
  EXPECT_TRUE(disk_.list()->empty());
}

TEST_F(PinFilesTest, AnotherPinTakesThePlaceOfTheOldVersion) {
  ASSERT_TRUE(files_.keep(pin_, version()));
  ASSERT_TRUE(files_.keep({"fleet", 7, "bob", "no version here"}, std::nullopt));
  const auto found = files_.restore(dataset::HashSeed(9));
  ASSERT_TRUE(found.pin);
  EXPECT_EQ(found.pin->pin.seq, 7u);
  EXPECT_FALSE(found.pin->dataset);
  EXPECT_EQ(version_file(), "");
}

TEST_F(PinFilesTest, ADamagedVersionIsNotUsedAndThePinStays) {
  ASSERT_TRUE(files_.keep(pin_, version()));
  const std::string name = version_file();
  base::Bytes octets = *disk_.read(name);
  octets[octets.size() / 2] ^= 1;
  ASSERT_TRUE(disk_.write_durably(name, octets));
  const auto found = files_.restore(dataset::HashSeed(9));
  ASSERT_TRUE(found.pin);
  EXPECT_FALSE(found.pin->dataset);
  EXPECT_EQ(found.remarks.size(), 1u);
}

// Reliability I2: whatever call fails, and a power cut is the same as one that fails and never
// returns, the pin that is noted has its version beside it.
TEST_F(PinFilesTest, AFailureAtAnyCallLeavesAPinWithItsVersion) {
  const dataset::Dataset first = version();
  log::MemoryLog log(store_);
  append(log, changes_topic, {draft(create_zone(2, name("example.net.")))});
  rig_.settle();
  const event::Pin next{"fleet", 2, "bob", "and again"};
  bool whole = false;
  for (std::size_t call = 1; !whole; ++call) {
    MemoryDisk disk;
    PinFiles files(disk, lineage_of("tests"));
    ASSERT_TRUE(files.keep(pin_, first));
    disk.fail_call(disk.calls() + call);
    whole = files.keep(next, version()).has_value();
    disk.fail_call(0);
    const auto found = files.restore(dataset::HashSeed(9));
    ASSERT_TRUE(found.pin) << call;
    ASSERT_TRUE(found.pin->dataset) << call;
    EXPECT_EQ(found.pin->dataset->version().seq.value(), found.pin->pin.seq) << call;
    ASSERT_LT(call, 20u);
  }
}

TEST_F(PinFilesTest, ADamagedPinIsTold) {
  ASSERT_TRUE(disk_.write_durably("pin.tmct", base::Bytes(20)));
  const auto found = files_.restore(dataset::HashSeed(9));
  EXPECT_FALSE(found.pin);
  EXPECT_EQ(found.remarks.size(), 1u);
}

}  // namespace
}  // namespace tidemark::consumer
