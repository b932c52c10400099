#include "consumer/snapshot_file/folder_lock.hpp"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

namespace tidemark::consumer {
namespace {

TEST(FolderLock, IsHeldByOneAtATime) {
  std::string folder = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  {
    const auto first = FolderLock::take(folder);
    ASSERT_TRUE(first.has_value());
    const auto second = FolderLock::take(folder);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, base::Errc::Conflict);
  }
  EXPECT_TRUE(FolderLock::take(folder).has_value());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidemark::consumer
