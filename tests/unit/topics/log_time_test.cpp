// The time of a SQLite log: never back, close to the clock, and not led astray by it.
#include "topics/log_time.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/sqlite_file.hpp"
#include "topics/sqlite_log.hpp"

namespace tidemark::topics {
namespace {

constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t start = 1'700'000'000'000;

// A machine, and a log that it appends to.
struct LogTimes : ::testing::Test {
  MachineTime now{"boot 1", hour, start};
  TimeEvidence evidence;
  std::int64_t last = 0;

  void pass(std::int64_t ms) {
    now.since_boot_ms += ms;
    now.wall_ms += ms;
  }
  std::int64_t append() {
    const LogTime time = next_log_time(evidence, now, last);
    EXPECT_GE(time.ms, last);
    evidence = time.evidence;
    return last = time.ms;
  }
  // Appends each second for so long.
  std::int64_t go_on(std::int64_t ms) {
    for (std::int64_t gone = 0; gone < ms; gone += second) {
      pass(second);
      append();
    }
    return last;
  }
};

TEST_F(LogTimes, IsTheWallClockOfAnUndisturbedMachine) {
  for (const std::int64_t pause : {0L, 1L, 7L, 999L, 1000L, 5000L, 3 * hour, 40 * day}) {
    pass(pause);
    EXPECT_EQ(append(), now.wall_ms) << pause;
  }
}

TEST_F(LogTimes, AStepForwardThatIsTakenBackLeavesLittleBehind) {
  append();
  now.wall_ms += 365 * day;  // a slip of the hand
  go_on(2 * minute);
  EXPECT_LE(last, start + 3 * minute);
  now.wall_ms -= 365 * day;
  go_on(4 * minute);
  EXPECT_EQ(last, now.wall_ms) << "and log time went on all the while";
}

TEST_F(LogTimes, AStepForwardThatStaysIsTaken) {
  append();
  now.wall_ms += 365 * day;  // the network told a machine that knew no time
  go_on(9 * minute);
  EXPECT_LT(last, start + hour);
  go_on(2 * minute);
  EXPECT_EQ(last, now.wall_ms);
}

TEST_F(LogTimes, AClockThatIsSetAgainAndAgainProvesNothing) {
  append();
  for (int i = 1; i < 10; ++i) {
    now.wall_ms += i * day;
    go_on(6 * minute);
    EXPECT_LE(last, start + i * 9 * minute);
  }
}

TEST_F(LogTimes, AStepBackDoesNotStopIt) {
  append();
  now.wall_ms -= day;
  std::int64_t before = last;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t after = go_on(10 * second);
    EXPECT_GE(after - before, 5 * second) << i;
    before = after;
  }
  go_on(3 * day);  // at half the speed
  EXPECT_EQ(last, now.wall_ms);
}

TEST_F(LogTimes, ASmallDifferenceIsCaughtUpWith) {
  append();
  now.wall_ms += 100;
  pass(10);
  EXPECT_EQ(append(), start + 15) << "half of what passed";
  go_on(2 * second);
  EXPECT_EQ(last, now.wall_ms);
}

TEST_F(LogTimes, AfterARebootTheWallClockIsRight) {
  append();
  now = {"boot 1", 5 * second, start + 30 * day};
  EXPECT_EQ(append(), start + 30 * day);
}

TEST_F(LogTimes, AfterARebootIntoThePastItGoesOnAllTheSame) {
  append();
  now = {"boot 1", 5 * second, 1000};  // no battery
  EXPECT_EQ(append(), start);
  EXPECT_EQ(go_on(minute), start + minute / 2);
  now.wall_ms += start;  // then the network says what time it is
  go_on(30 * second);
  EXPECT_LE(std::abs(last - now.wall_ms), step_ms);
}

TEST_F(LogTimes, WhatAnotherProgramLeftAheadRunsOn) {
  last = start + day;  // by a clock of before this rule
  EXPECT_EQ(append(), start + day);
  EXPECT_EQ(go_on(minute), start + day + minute / 2);
}

TEST_F(LogTimes, AnotherClockOfBootTimeProvesNothing) {
  append();
  now.boot = "of a container";
  now.since_boot_ms += 40 * day;
  now.wall_ms += second;
  EXPECT_EQ(append(), now.wall_ms);
}

TEST_F(LogTimes, ARebootThatIsMissedIsAStepOfTheClock) {
  append();
  now = {"boot 1", 2 * hour, start + 3 * day};  // up for longer than before, days later
  append();
  EXPECT_LE(last, start + 2 * hour);
  go_on(11 * minute);
  EXPECT_EQ(last, now.wall_ms);
}

TEST_F(LogTimes, EvidenceIsWrittenRarely) {
  append();
  const TimeEvidence kept = evidence;
  for (int i = 0; i < 9; ++i) {
    pass(100);
    append();
    EXPECT_EQ(evidence, kept);
  }
  pass(100);
  append();
  EXPECT_NE(evidence, kept);
}

// The same through a real file, with several writers and a clock that is set under them.
class SqliteTimes : public ::testing::Test {
 protected:
  MachineClock clock() {
    return [this] { return now_; };  // of this thread: append() waits for each completion
  }
  std::int64_t append(log::Sink& sink) {
    EXPECT_TRUE(sink.append(log::Ticket{0}, {.key = "k", .value = {1}}));
    for (;;) {
      const auto done = sink.completions();
      if (!done.empty()) return done.front().appended.value();
      pollfd waiting{sink.bell(), POLLIN, 0};
      ::poll(&waiting, 1, 60'000);
    }
  }
  void pass(std::int64_t ms) {
    now_.since_boot_ms += ms;
    now_.wall_ms += ms;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.file("x.log");
  MachineTime now_{"boot 1", hour, start};
};

TEST_F(SqliteTimes, AStepOfTheClockDoesNotFreezeTheLog) {
  auto log = *SqliteLog::open(path_, clock());
  ASSERT_TRUE(log->create({{.name = "t.health"}, {.name = "t.changes"}}));
  auto one = *log->sink("t.health");
  auto other = *log->sink("t.health");
  EXPECT_EQ(append(*one), start);
  pass(second);
  now_.wall_ms += 30 * day;
  EXPECT_EQ(append(*other), start + second + second / 2);
  pass(2 * second);
  now_.wall_ms -= 30 * day;
  EXPECT_EQ(append(*one), start + 3 * second) << "before: it stood still for 30 days";
  EXPECT_EQ(append(*(*log->sink("t.changes"))), now_.wall_ms) << "each topic for itself";
}

TEST_F(SqliteTimes, AFileOfBeforeIsWrittenOnAndReadsAsEver) {
  auto log = *SqliteLog::open(path_, clock());
  ASSERT_TRUE(log->create({{.name = "t.changes"}}));
  {
    auto file = *SqliteFile::open(path_, SqliteFile::Mode::Existing);
    ASSERT_TRUE(file.run("DROP TABLE log_time; UPDATE topic SET last_append_ms=" +
                         std::to_string(start - day)));
  }
  auto sink = *log->sink("t.changes");
  EXPECT_EQ(append(*sink), start);
  pass(hour);
  EXPECT_EQ(append(*sink), start + hour);
  // What a program of before asks for.
  auto file = *SqliteFile::open(path_, SqliteFile::Mode::Existing);
  EXPECT_EQ(*file.number("SELECT format FROM log WHERE one=1"), 1);
  ASSERT_TRUE(
      file.run("UPDATE topic SET next_position=next_position+1, "
               "last_append_ms=max(last_append_ms,0) WHERE name='t.changes'"));
}

TEST(MachineClock, SaysTheSameBootAndGoesOn) {
  const auto clock = machine_clock();
  const MachineTime before = clock(), after = machine_clock()();
  EXPECT_EQ(before.boot, after.boot);
  EXPECT_LE(before.since_boot_ms, after.since_boot_ms);
  EXPECT_GT(before.wall_ms, start);
}

}  // namespace
}  // namespace tidemark::topics
