#include "cli/zone_file.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tidemark::cli {
namespace {

const std::string apex =
    "$ORIGIN example.org.\n@ 60 SOA ns1.x. host.x. 1 2 3 4 5\n@ 60 NS ns1.x.\n";

class ReadZoneFile : public ::testing::Test {
 protected:
  ReadZoneFile() : path_(::testing::TempDir() + "zone_file_" + std::to_string(getpid())) {}
  ~ReadZoneFile() override { std::filesystem::remove(path_); }

  Expected<ZoneFile> read(const std::string& text) const {
    std::ofstream(path_) << text;
    return read_zone_file(path_, "");
  }

  const std::string path_;
};

TEST_F(ReadZoneFile, PlacesWhatTheZoneAsAWholeBreaks) {
  const auto file = read(apex + "www 60 A 192.0.2.1\na 60 NS x.\na 60 DNAME x.\nwww 60 CNAME x.\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().what, path_ + ":5:1: DNAME at delegation a.example.org.\n  " + path_ +
                                   ":4:1: CNAME and other data at www.example.org. (A, CNAME)");
}

TEST_F(ReadZoneFile, PlacesItsWarnings) {
  const auto file = read(apex + "www 60 A 192.0.2.1\nsub 60 NS ns.sub\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(warning_lines(*file),
            std::vector{path_ + ":5:1: NS target ns.sub.example.org. has no address (NS at "
                                "sub.example.org.)"});
}

TEST_F(ReadZoneFile, NamesTheFirstLineWhereARecordIsMissing) {
  const auto file = read("$ORIGIN example.org.\n@ 60 SOA ns1.x. host.x. 1 2 3 4 5\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().what, path_ + ":2:1: no NS record at example.org.");
}

}  // namespace
}  // namespace tidemark::cli
