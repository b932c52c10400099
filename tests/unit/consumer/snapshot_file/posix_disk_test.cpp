#include "consumer/snapshot_file/posix_disk.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tidemark::consumer {
namespace {

using base::Bytes;
using base::Errc;

class PosixDiskTest : public ::testing::Test {
 protected:
  PosixDiskTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~PosixDiskTest() override { std::filesystem::remove_all(root_); }
  std::unique_ptr<PosixDisk> open() { return std::move(PosixDisk::open(root_ + "/a/b").value()); }

  std::string root_;
};

TEST_F(PosixDiskTest, ReadsWhatWasWritten) {
  const auto disk = open();
  const Bytes octets{1, 2, 3};
  ASSERT_TRUE(disk->write_durably("one", octets).has_value());
  EXPECT_EQ(disk->read("one").value(), octets);
  ASSERT_TRUE(disk->write_durably("one", Bytes{}).has_value());
  EXPECT_EQ(disk->read("one").value(), Bytes{});
}

TEST_F(PosixDiskTest, ListsRenamesAndRemoves) {
  const auto disk = open();
  for (const char* name : {"b", "a", "c"}) ASSERT_TRUE(disk->write_durably(name, Bytes{7}));
  EXPECT_EQ(disk->list().value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(disk->rename("b", "d").has_value());
  EXPECT_TRUE(disk->remove("a").has_value());
  EXPECT_EQ(disk->list().value(), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(disk->read("a").error().code, Errc::NotFound);
  EXPECT_EQ(disk->remove("a").error().code, Errc::NotFound);
}

TEST_F(PosixDiskTest, TakesNoNameThatLeavesTheFolder) {
  const auto disk = open();
  for (const char* name : {"../x", "a/b", "", ".", ".hidden"}) {
    EXPECT_EQ(disk->write_durably(name, Bytes{1}).error().code, Errc::Invalid) << name;
  }
}

TEST_F(PosixDiskTest, RemovesWhatACrashLeftOver) {
  open();
  std::ofstream(root_ + "/a/b/.one.tmp") << "half";
  const auto disk = open();
  EXPECT_FALSE(std::filesystem::exists(root_ + "/a/b/.one.tmp"));
  EXPECT_TRUE(disk->list()->empty());
}

// A full disk, by the limit that a process may have on the size of its files.
TEST_F(PosixDiskTest, AFailedWriteLeavesTheOldFile) {
  const auto disk = open();
  ASSERT_TRUE(disk->write_durably("one", Bytes{1, 2, 3}));
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 1024;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = disk->write_durably("one", Bytes(4096, 9));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, Errc::Unavailable);
  EXPECT_NE(written.error().trail.find("one: write"), std::string::npos) << written.error().trail;
  EXPECT_EQ(disk->read("one").value(), (Bytes{1, 2, 3}));
  EXPECT_EQ(disk->list()->size(), 1u);
  EXPECT_TRUE(disk->write_durably("one", Bytes{4}).has_value()) << "recovers without a restart";
}

TEST_F(PosixDiskTest, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(root_ + "/file") << "x";
  const auto disk = PosixDisk::open(root_ + "/file/below");
  ASSERT_FALSE(disk.has_value());
  EXPECT_NE(disk.error().trail.find("create folder"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::consumer
