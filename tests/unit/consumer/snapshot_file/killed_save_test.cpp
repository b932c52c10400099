// A process is killed before each system call, and behind each, of saving a snapshot file into a
// real folder: afterwards a whole generation is there, the one before or the new one.
#include <csignal>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

constexpr std::size_t stops_max = 2000;
const dataset::Lineage lineage = lineage_of("tests");

SnapshotContents contents_at(std::int64_t offset) {
  const dns::Name zone = name("example.org.");
  SnapshotContents contents{
      fold::State::empty(lineage, dataset::HashSeed(1)), "memory", {}, -1, {}};
  for (std::int64_t at = 0; at <= offset; ++at) {
    const auto number = static_cast<std::uint32_t>(at);
    fold::step(contents.state,
               at == 0 ? create_zone(1, zone)
                       : put(100 + number, zone, a_record(*zone.child("www"), number)),
               at);
    fold::advance(contents.state, at, {});
  }
  return contents;
}

base::Result<SavedFile> save(const std::string& folder, const SnapshotContents& contents) {
  TIDEMARK_TRY(const auto disk, PosixDisk::open(folder));
  return SnapshotStore(*disk, lineage).save(contents);
}

enum class Fate { Killed, Ended, NotTraced };

// Saves in a process that is killed at its `stop`-th stop; each system call has two of them.
Fate save_and_die(const std::string& folder, const SnapshotContents& contents, std::size_t stop) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(3);
    ::raise(SIGSTOP);
    ::_exit(save(folder, contents) ? 0 : 4);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) return Fate::NotTraced;
  for (std::size_t i = 0; i < stop; ++i) {
    if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) break;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      return Fate::Ended;
    }
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return Fate::Killed;
}

TEST(KilledSave, LeavesAWholeGenerationAtEverySystemCall) {
  const std::string folder = ::testing::TempDir() + "killed-" + std::to_string(::getpid());
  const SnapshotContents newer = contents_at(9);
  bool saw_old = false, saw_new = false;
  std::size_t stop = 1;
  for (Fate fate = Fate::Killed; fate == Fate::Killed; ++stop) {
    ASSERT_LT(stop, stops_max);
    std::filesystem::remove_all(folder);
    for (const std::int64_t offset : {5, 6, 7, 8}) ASSERT_TRUE(save(folder, contents_at(offset)));
    fate = save_and_die(folder, newer, stop);
    if (fate == Fate::NotTraced) GTEST_SKIP() << "this system lets no process be traced";
    const auto disk = PosixDisk::open(folder);
    ASSERT_TRUE(disk) << disk.error().trail;
    SnapshotStore store(**disk, lineage);
    const RestoreReport report = store.restore(dataset::HashSeed(5));
    ASSERT_TRUE(report.contents) << "killed at stop " << stop;
    EXPECT_EQ(report.set_aside, 0u) << "a file that is not whole had a name; stop " << stop;
    const std::int64_t offset = report.contents->state.offset;
    EXPECT_TRUE(offset == 8 || offset == 9) << offset;
    saw_old = saw_old || offset == 8;
    saw_new = saw_new || offset == 9;
    EXPECT_GE(store.files()->size(), generations_min) << "stop " << stop;
    if (fate == Fate::Ended) {
      EXPECT_EQ(offset, 9);
    }
  }
  EXPECT_TRUE(saw_old && saw_new) << "no stop lay on the other side of the change";
  std::cout << "killed at " << stop - 2 << " places\n";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidemark::consumer
