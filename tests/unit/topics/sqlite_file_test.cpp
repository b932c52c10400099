#include "topics/sqlite_file.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::topics {
namespace {

class SqliteFileTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_.file("x.db");
};

TEST_F(SqliteFileTest, BindsAndReadsNumbersTextAndBlobs) {
  auto file = *SqliteFile::open(path_, SqliteFile::Mode::Create);
  ASSERT_TRUE(file.run("CREATE TABLE t(a, b, c, d)"));
  auto insert = *file.prepare("INSERT INTO t VALUES(?,?,?,?)");
  insert.bind(1, std::int64_t{-7});
  insert.bind(2, std::string_view("text\0zero", 9));
  insert.bind(3, base::as_bytes("blob"));
  insert.bind_null(4);
  ASSERT_TRUE(insert.run());
  EXPECT_EQ(file.changed(), 1);
  auto select = *file.prepare("SELECT a,b,c,d FROM t");
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.number(0), -7);
  EXPECT_EQ(select.text(1), std::string("text\0zero", 9));
  EXPECT_EQ(base::as_text(select.blob(2)), "blob");
  EXPECT_TRUE(select.is_null(3));
  EXPECT_FALSE(*select.step());
}

TEST_F(SqliteFileTest, SaysThatTheFolderIsMissing) {
  const std::string away = folder_.file("away/x.db");
  const auto file = SqliteFile::open(away, SqliteFile::Mode::Create);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, base::Errc::Unavailable);
  EXPECT_NE(file.error().trail.find("mkdir -p " + folder_.file("away")), std::string::npos)
      << file.error().trail;
  std::ofstream(folder_.file("no_folder")).put('x');
  const auto other = SqliteFile::open(folder_.file("no_folder/x.db"), SqliteFile::Mode::Create);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().trail.find("no_folder"), std::string::npos) << other.error().trail;
}

TEST_F(SqliteFileTest, AnEmptyBlobIsNotNull) {
  auto file = *SqliteFile::open(path_, SqliteFile::Mode::Create);
  auto select = *file.prepare("SELECT ?1 IS NULL, length(?1)");
  select.bind(1, base::ByteView{});
  ASSERT_TRUE(*select.step());
  EXPECT_EQ(select.number(0), 0);
  EXPECT_EQ(select.number(1), 0);
}

TEST_F(SqliteFileTest, ATransactionThatIsNotCommittedIsRolledBack) {
  auto file = *SqliteFile::open(path_, SqliteFile::Mode::Create);
  ASSERT_TRUE(file.run("CREATE TABLE t(a)"));
  {
    auto dropped = *SqliteTransaction::begin(file);
    ASSERT_TRUE(file.run("INSERT INTO t VALUES(1)"));
  }
  auto kept = *SqliteTransaction::begin(file);
  ASSERT_TRUE(file.run("INSERT INTO t VALUES(2)"));
  ASSERT_TRUE(kept.commit());
  EXPECT_EQ(*file.number("SELECT sum(a) FROM t"), 2);
}

TEST_F(SqliteFileTest, AMissingFileIsNotFoundAndNotCreated) {
  const auto file = SqliteFile::open(path_, SqliteFile::Mode::Existing);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, base::Errc::NotFound);
  EXPECT_NE(file.error().trail.find(path_), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SqliteFileTest, ALockedFileIsUnavailableAfterTheWait) {
  auto first = *SqliteFile::open(path_, SqliteFile::Mode::Create);
  auto second = *SqliteFile::open(path_, SqliteFile::Mode::Existing,
                                  {.busy_for = std::chrono::milliseconds(2)});
  auto held = *SqliteTransaction::begin(first);
  const auto refused = SqliteTransaction::begin(second);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::Errc::Unavailable);
}

TEST_F(SqliteFileTest, AStrangersFileIsInvalid) {
  std::ofstream(path_) << "this is not a database, it is a longer text than sixteen octets";
  auto file = *SqliteFile::open(path_, SqliteFile::Mode::Existing);
  const auto read = file.number("SELECT count(*) FROM sqlite_master");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, base::Errc::Invalid);
}

}  // namespace
}  // namespace tidemark::topics
