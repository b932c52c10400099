// What only the SQLite log has. What it has in common with the other forms: tests/conformance/log.
#include "topics/sqlite_log.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/doorbell.hpp"
#include "topics/sqlite_file.hpp"

namespace tidemark::topics {
namespace {

bool readable(int descriptor, int wait_ms) {
  pollfd waiting{descriptor, POLLIN, 0};
  return ::poll(&waiting, 1, wait_ms) == 1;
}

class SqliteLogTest : public ::testing::Test {
 protected:
  log::TopicSettings topic(const std::string& name) {
    log::TopicSettings settings;
    settings.name = name;
    return settings;
  }
  void append(log::Sink& sink, const std::string& key, const std::string& value) {
    ASSERT_TRUE(sink.append(log::Ticket{0}, {.key = key, .value = {value.begin(), value.end()}}));
    while (sink.completions().empty()) ASSERT_TRUE(readable(sink.bell(), 60'000));
  }
  std::string read_all(log::Source& source) {
    std::string all;
    for (bool told = false; !told;) {
      const auto drained = source.drain(100);
      for (const auto& record : drained->records) all += base::as_text(record.value);
      told = !drained->happenings.empty();
      for (const auto each : drained->happenings) all += "|" + to_text(each);
      if (!told) readable(source.bell(), 60'000);
    }
    return all;
  }
  std::string error_of(const std::string& path) {
    const auto log = SqliteLog::open(path);
    return log ? "no error" : log.error().trail;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("x.log");
};

TEST_F(SqliteLogTest, AMissingFileIsOnlyMadeByCreate) {
  auto log = *SqliteLog::open(path_);
  EXPECT_EQ(log->identity(), "");
  EXPECT_EQ(log->source("t").error().code, base::Errc::NotFound);
  EXPECT_EQ(log->check({topic("t")})->front().setting, "exists");
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(log->create({topic("t")}));
  EXPECT_TRUE(log->source("t").has_value());
  EXPECT_EQ(log->identity().substr(0, 7), "sqlite:");
}

TEST_F(SqliteLogTest, AStrangersFileIsRefusedByName) {
  std::ofstream(path_) << "zone file, and certainly no database: example. SOA ...";
  EXPECT_NE(error_of(path_).find("not a Tidemark log"), std::string::npos) << error_of(path_);
  const std::string other = folder_.file("other.db");
  ASSERT_TRUE(SqliteFile::open(other, SqliteFile::Mode::Create)->run("CREATE TABLE t(a)"));
  EXPECT_NE(error_of(other).find("not a Tidemark log"), std::string::npos) << error_of(other);
  EXPECT_FALSE((*SqliteLog::open(folder_.file("n")))->source("t").has_value());
}

TEST_F(SqliteLogTest, ANewerFormatIsUnsupported) {
  ASSERT_TRUE((*SqliteLog::open(path_))->create({topic("t")}));
  ASSERT_TRUE(SqliteFile::open(path_, SqliteFile::Mode::Existing)->run("UPDATE log SET format=2"));
  EXPECT_EQ(SqliteLog::open(path_).error().code, base::Errc::Unsupported);
}

TEST_F(SqliteLogTest, RetentionDropsWhatIsOldByTheLogsTimeAndKeepsTheNewest) {
  auto settings = topic("t");
  settings.retention_ms = 1'000;
  auto log = *SqliteLog::open(path_);
  ASSERT_TRUE(log->create({settings}));
  auto sink = *log->sink("t");
  for (const char* const value : {"a", "b", "c"}) append(*sink, "k", value);
  auto file = *SqliteFile::open(path_, SqliteFile::Mode::Existing);
  ASSERT_TRUE(file.run("UPDATE record_1 SET append_ms=append_ms-5000 WHERE position<2"));
  ASSERT_TRUE(log->tidy("t"));
  EXPECT_EQ(*file.number("SELECT start_position FROM topic"), 2);
  EXPECT_EQ(*file.number("SELECT count(*) FROM record_1"), 1);
  ASSERT_TRUE(file.run("UPDATE record_1 SET append_ms=append_ms-5000"));
  ASSERT_TRUE(log->tidy("t"));
  EXPECT_EQ(*file.number("SELECT count(*) FROM record_1"), 1) << "the newest stays";
  append(*sink, "k", "d");
  EXPECT_EQ(*file.number("SELECT max(position) FROM record_1"), 3) << "positions are never reused";
}

TEST_F(SqliteLogTest, CompactionKeepsTheNewestOfEachKeyAndReadersPassTheHoles) {
  auto settings = topic("c");
  settings.cleanup = log::Cleanup::Compact;
  auto log = *SqliteLog::open(path_);
  ASSERT_TRUE(log->create({settings}));
  auto sink = *log->sink("c");
  auto tail = *log->source("c");
  append(*sink, "a", "1");
  ASSERT_TRUE(tail->start(log::Offset{0}));
  EXPECT_EQ(read_all(*tail), "1|caught up");
  for (const char* const key : {"b", "a", "b", "a"}) append(*sink, key, key);
  ASSERT_TRUE(log->tidy("c"));
  auto whole = *log->source("c");
  ASSERT_TRUE(whole->start(log::Offset{0}));
  EXPECT_EQ(read_all(*whole), "ba|caught up");
  EXPECT_EQ(base::as_text(tail->drain(100)->records.at(0).value), "b")
      << "its last record was compacted away: that is no doubt";
}

TEST_F(SqliteLogTest, AReplacedFileIsOverlap) {
  auto log = *SqliteLog::open(path_);
  ASSERT_TRUE(log->create({topic("t")}));
  append(**log->sink("t"), "k", "a");
  auto tail = *log->source("t");
  ASSERT_TRUE(tail->start(log::Offset{0}));
  EXPECT_EQ(read_all(*tail), "a|caught up");
  const std::string other = folder_.file("other.log");
  auto others = *SqliteLog::open(other);
  ASSERT_TRUE(others->create({topic("t")}));
  append(**others->sink("t"), "k", "x");
  for (const char* const suffix : {"-wal", "-shm"}) {
    std::filesystem::remove(path_ + suffix);
    if (std::filesystem::exists(other + suffix)) {
      std::filesystem::rename(other + suffix, path_ + suffix);
    }
  }
  std::filesystem::rename(other, path_);
  EXPECT_EQ(read_all(*tail), "|overlap");
  EXPECT_TRUE(tail->drain(100)->records.empty()) << "silent until start()";
  ASSERT_TRUE(tail->start(log::Offset{0}));
  EXPECT_EQ(read_all(*tail), "x|caught up");
}

TEST_F(SqliteLogTest, AFileThatGoesAwayIsUnavailableOnceAndFollowedWhenItReturns) {
  auto log = *SqliteLog::open(path_);
  ASSERT_TRUE(log->create({topic("t")}));
  append(**log->sink("t"), "k", "a");
  auto tail = *log->source("t");
  ASSERT_TRUE(tail->start(log::Offset{0}));
  EXPECT_EQ(read_all(*tail), "a|caught up");
  const std::string aside = folder_.file("aside");
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    if (std::filesystem::exists(path_ + suffix))
      std::filesystem::rename(path_ + suffix, aside + suffix);
  }
  EXPECT_EQ(read_all(*tail), "|unavailable");
  EXPECT_TRUE(tail->drain(100)->happenings.empty()) << "told once";
  for (const char* const suffix : {"-wal", "-shm", ""}) {
    if (std::filesystem::exists(aside + suffix))
      std::filesystem::rename(aside + suffix, path_ + suffix);
  }
  append(**log->sink("t"), "k", "b");
  std::string seen;
  while (seen.empty()) {
    readable(tail->bell(), 60'000);
    const auto drained = tail->drain(100);
    for (const auto& record : drained->records) seen += base::as_text(record.value);
  }
  EXPECT_EQ(seen, "b");
}

TEST_F(SqliteLogTest, ALockedFileRefusesNothingSilently) {
  auto log = *SqliteLog::open(path_);
  ASSERT_TRUE(log->create({topic("t")}));
  auto sink = *log->sink("t");
  append(*sink, "k", "a");
  auto other = *SqliteFile::open(path_, SqliteFile::Mode::Existing);
  {
    auto held = *SqliteTransaction::begin(other);
    ASSERT_TRUE(sink->append(log::Ticket{5}, {.key = "k", .value = {'b'}}));
    EXPECT_FALSE(readable(sink->bell(), 0)) << "not acknowledged while it is not in the log";
  }
  ASSERT_TRUE(readable(sink->bell(), 60'000));
  const auto done = sink->completions();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].outcome, log::Completion::Outcome::Persisted);
}

TEST_F(SqliteLogTest, ATopicThatVanishedIsNotPersisted) {
  auto log = *SqliteLog::open(path_);
  ASSERT_TRUE(log->create({topic("t")}));
  auto sink = *log->sink("t");
  ASSERT_TRUE(SqliteFile::open(path_, SqliteFile::Mode::Existing)->run("DELETE FROM topic"));
  ASSERT_TRUE(sink->append(log::Ticket{5}, {.key = "k", .value = {'b'}}));
  ASSERT_TRUE(readable(sink->bell(), 60'000));
  const auto done = sink->completions();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].outcome, log::Completion::Outcome::NotPersisted);
}

TEST(Doorbell, ARingIsReadableAtOnceAndHushedAfterwards) {
  const TemporaryFolder folder;
  Doorbell bell(folder.file("x.log"));
  DoorbellWatch watch(folder.file("x.log"));
  int rung = 0;
  for (int i = 0; i < 50; ++i) {  // the slow timer may tick in between, hence more than one try
    watch.hush();
    const bool quiet = !readable(watch.descriptor(), 0);
    bell.ring();
    if (quiet && readable(watch.descriptor(), 0)) ++rung;
  }
  EXPECT_GT(rung, 25);
}

TEST(Doorbell, TheTimerCoversAMissingBellFile) {
  const TemporaryFolder folder;
  DoorbellWatch watch(folder.file("x.log"));
  EXPECT_TRUE(readable(watch.descriptor(), 60'000));
  watch.hush();
  Doorbell late(folder.file("x.log"));
  EXPECT_TRUE(readable(watch.descriptor(), 60'000)) << "the tick finds the new file";
  watch.hush();
  late.ring();
  EXPECT_TRUE(readable(watch.descriptor(), 60'000));
}

}  // namespace
}  // namespace tidemark::topics
