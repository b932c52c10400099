// What a crash leaves, what a node makes of it, and what proves good.
#include "dns-edge/app/last_good.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "consumer/feeder/control_view.hpp"
#include "schemas/codec.hpp"
#include "tests/support/life.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::edge {
namespace {

using consumer::Generation;
using namespace std::chrono_literals;
using namespace tidemark::support;

constexpr std::chrono::seconds window = 60s;
const std::vector<Generation> files{{"newest", 12}, {"middle", 9}, {"oldest", 5}};

Crash crash(std::chrono::milliseconds life, std::uint64_t proven, std::uint64_t tried) {
  return {.signal = SIGABRT, .life = life, .proven = proven, .tried = tried};
}

TEST(CrashMark, TellsTheNextProcessHowThisOneEnded) {
  topics::TemporaryFolder folder;
  EXPECT_DEATH(
      {
        auto mark = *CrashMark::open(folder.path());
        mark->note(7, 9);
        mark->arm();
        std::abort();
      },
      "");
  auto mark = *CrashMark::open(folder.path());
  const auto found = mark->found();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->signal, SIGABRT);
  EXPECT_EQ(found->proven, 7u);
  EXPECT_EQ(found->tried, 9u);
  EXPECT_LT(found->life, 60s);
  ASSERT_TRUE(mark->clear().has_value());
  EXPECT_FALSE((*CrashMark::open(folder.path()))->found().has_value());
}

TEST(CrashMark, ABadAddressEndsTheProcessAsItWouldWithoutIt) {
  topics::TemporaryFolder folder;
  EXPECT_EXIT(
      {
        auto mark = *CrashMark::open(folder.path());
        mark->arm();
        std::raise(SIGSEGV);
      },
      ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EQ((*CrashMark::open(folder.path()))->found()->signal, SIGSEGV);
}

TEST(CrashMark, WhoIsKilledFromOutsideLeavesNothing) {
  topics::TemporaryFolder folder;
  EXPECT_EXIT(
      {
        auto mark = *CrashMark::open(folder.path());
        mark->arm();
        std::raise(SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_FALSE((*CrashMark::open(folder.path()))->found().has_value());
}

TEST(TrialBook, ReadsWhatItWroteAndRefusesAnythingElse) {
  const TrialBook book{.crashes = 1,
                       .tried = 12,
                       .proven = 9,
                       .good = 5,
                       .good_file = "snapshot-1",
                       .held_before = 10,
                       .until = 14,
                       .reason = "crashed 2 times",
                       .obeyed = 3,
                       .build = "1.0"};
  std::string text = to_text(book);
  ASSERT_TRUE(parse_trial_book(text).has_value());
  EXPECT_EQ(*parse_trial_book(text), book);
  EXPECT_EQ(*parse_trial_book(to_text({})), TrialBook{});
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(parse_trial_book(flipped).has_value()) << i;
  }
  EXPECT_FALSE(parse_trial_book("").has_value());
}

TEST(JudgeCrash, OnceIsToldTwiceStepsBackToWhatWasProven) {
  TrialBook book;
  (void)judge_crash(book, crash(2h, 9, 12), window, files);
  EXPECT_EQ(book.crashes, 1u);
  EXPECT_EQ(book.held_before, 0u);
  (void)judge_crash(book, crash(1s, 0, 12), window, files);
  EXPECT_EQ(book.held_before, 10u);
  EXPECT_EQ(book.crashes, 0u);
  EXPECT_NE(book.reason.find("versions 10 to 12"), std::string::npos) << book.reason;
}

TEST(JudgeCrash, LongAfterItsStartAndWithNothingNewNobodyIsBlamed) {
  TrialBook book{.crashes = 1};
  (void)judge_crash(book, crash(299s, 12, 12), window, files);
  EXPECT_EQ(book.crashes, 0u);
  EXPECT_EQ(book.held_before, 0u);
}

TEST(JudgeCrash, WhatCrashesAgainStepsBackFurther) {
  TrialBook book{.good = 7};
  for (const std::uint64_t tried : {12u, 12u}) {
    (void)judge_crash(book, crash(1s, 9, tried), window, files);
  }
  EXPECT_EQ(book.held_before, 10u);
  for (int i = 0; i < 2; ++i) (void)judge_crash(book, crash(1s, 0, 9), window, files);
  EXPECT_EQ(book.held_before, 8u) << "to what soaked";
  for (int i = 0; i < 2; ++i) (void)judge_crash(book, crash(1s, 0, 7), window, files);
  EXPECT_EQ(book.held_before, 6u) << "to an older file";
  for (int i = 0; i < 2; ++i) (void)judge_crash(book, crash(1s, 0, 5), window, files);
  EXPECT_EQ(book.held_before, 6u) << "never to nothing";
}

TEST(JudgeCrash, AFileThatCrashesWhenItIsReadIsPassedOver) {
  TrialBook book;
  for (int i = 0; i < 2; ++i) (void)judge_crash(book, crash(10ms, 0, newest_file), window, files);
  EXPECT_EQ(book.held_before, 10u) << "the file before it is of version 9";
}

TEST(JudgeCrash, WithoutAFileToStartFromItDoesNotHold) {
  TrialBook book;
  for (int i = 0; i < 4; ++i) (void)judge_crash(book, crash(1s, 3, 4), window, {{"newest", 4}});
  EXPECT_EQ(book.held_before, 0u);
}

TEST(JudgeCrash, OnItsWayPastAHoldItGoesOnHolding) {
  TrialBook book{.proven = 9, .held_before = 10, .until = 14};
  for (int i = 0; i < 2; ++i) (void)judge_crash(book, crash(1s, 0, 14), window, files);
  EXPECT_EQ(book.held_before, 10u);
  EXPECT_EQ(book.until, 0u);
}

class LastGoodTest : public ::testing::Test {
 protected:
  LastGood make(const std::string& build = "1") {
    return LastGood({}, {clock, disk, store}, "n1", build);
  }
  LastGood::Sight serving(std::uint64_t seq) {
    LastGood::Sight sight;
    sight.active = seq;
    sight.file = file;
    sight.file_seq = file_seq;
    sight.control = &control;
    return sight;
  }
  void save(std::uint64_t seq) {  // a file that says that it is of this version
    while (contents.state.dataset.version().seq.value() < seq) {
      const std::int64_t offset = contents.state.offset + 1;
      const auto id = static_cast<std::uint64_t>(offset) + 1;
      (void)fold::step(
          contents.state,
          offset == 0 ? create_zone(id, zone)
                      : put(id, zone, a_record(*zone.child("www"), static_cast<std::uint32_t>(id))),
          offset);
      fold::advance(contents.state, offset, {});
    }
    file = store.save(contents)->name;
    file_seq = seq;
  }
  void decide(event::Watermark mark) {
    log::Record record{.offset = log::Offset(++offset_), .appended = log::AppendTime(1000)};
    record.key = consumer::watermark_key(mark.ring, "c1");
    record.value = schemas::encode(event::ControlRecord(std::move(mark)));
    ASSERT_TRUE(control.apply(record));
  }

  const dns::Name zone = name("example.org.");
  ManualClock clock;
  MemoryDisk disk;
  consumer::SnapshotStore store{disk, consumer::lineage_of("tests")};
  consumer::SnapshotContents contents{
      fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1)),
      "memory",
      {},
      -1,
      {}};
  consumer::ControlView control;
  std::string file;
  std::uint64_t file_seq = 0;
  std::int64_t offset_ = -1;
};

TEST_F(LastGoodTest, AFileIsGoodAfterItsSoakAndIsKept) {
  LastGood node = make();
  (void)node.begin(std::nullopt);
  save(3);
  const std::string first = file;
  (void)node.step(serving(3));
  clock.advance(299s);
  (void)node.step(serving(3));
  EXPECT_EQ(node.book().good, 0u) << "not before its time";
  EXPECT_EQ(node.proven(), 3u);
  for (std::uint64_t seq = 4; seq < 9; ++seq) save(seq);
  clock.advance(2s);
  (void)node.step(serving(8));
  EXPECT_EQ(node.book().good, 3u);
  EXPECT_EQ(node.book().good_file, first);
  EXPECT_TRUE(disk.files().contains(first)) << "although five newer ones were written";
  node.finish();
  EXPECT_EQ(read_trial_book(disk)->good, 3u) << "also after a restart";
}

TEST_F(LastGoodTest, AQuestionThatFailedBeginsTheSoakAnew) {
  LastGood node = make();
  (void)node.begin(std::nullopt);
  save(3);
  (void)node.step(serving(3));
  clock.advance(290s);
  node.failed_question();
  clock.advance(20s);
  (void)node.step(serving(3));
  EXPECT_EQ(node.book().good, 0u);
  clock.advance(300s);
  (void)node.step(serving(3));
  EXPECT_EQ(node.book().good, 3u);
}

TEST_F(LastGoodTest, GoingBackIsNoService) {
  LastGood node = make();
  (void)node.begin(std::nullopt);
  (void)node.step(serving(9));
  clock.advance(59s);
  (void)node.step(serving(4));
  clock.advance(30s);
  (void)node.step(serving(9));
  EXPECT_EQ(node.proven(), 0u);
  clock.advance(31s);
  (void)node.step(serving(9));
  EXPECT_EQ(node.proven(), 4u);
}

class HeldNode : public LastGoodTest {
 protected:
  HeldNode() {
    save(2);
    save(5);
    for (int i = 0; i < 2; ++i) {
      LastGood node = make();
      remarks = node.begin(crash(i == 0 ? 2h : 1s, i == 0 ? 4 : 0, 5));
    }
  }
  std::vector<std::string> remarks;
};

TEST_F(HeldNode, SetsTheFilesAsideAndSaysSo) {
  LastGood node = make();
  (void)node.begin(std::nullopt);
  EXPECT_EQ(node.hold(), (consumer::Hold{5, 0}));
  EXPECT_NE(node.trouble().find("holds before version 5"), std::string::npos);
  EXPECT_TRUE(disk.files().contains(file + ".held"));
  EXPECT_EQ(store.generations().front().seq, 2u);
}

TEST_F(HeldNode, PassesToTheVersionThatHoldsTheRevert) {
  LastGood node = make();
  (void)node.begin(std::nullopt);
  decide({.ring = "canary",
          .seq = 4,
          .reason = "an older one",
          .number = 1,
          .stopped_change = {0, 6},
          .released = true});
  (void)node.step(serving(4));
  EXPECT_EQ(node.hold().until_seq, 0u) << "it lies before the hold";
  decide({.ring = "canary",
          .seq = 7,
          .reason = "undone",
          .number = 2,
          .stopped_change = {0, 7},
          .released = true});
  (void)node.step(serving(4));
  EXPECT_EQ(node.hold(), (consumer::Hold{5, 7}));
  (void)node.step(serving(7));
  EXPECT_EQ(node.hold(), consumer::Hold{});
  EXPECT_EQ(node.trouble(), "");
}

TEST_F(HeldNode, APersonsReleaseCountsOnceAndForThisNodeOnly) {
  LastGood node = make();
  (void)node.begin(std::nullopt);
  decide({.ring = "node:n2", .seq = 9, .reason = "another one", .number = 1, .released = true});
  decide({.ring = "us", .seq = 9, .reason = "break-glass", .number = 2, .released = true});
  (void)node.step(serving(4));
  EXPECT_EQ(node.hold().before_seq, 5u);
  decide({.ring = "node:n1",
          .seq = 9,
          .reason = "try",
          .author = "alice",
          .number = 3,
          .released = true});
  (void)node.step(serving(4));
  EXPECT_EQ(node.hold(), consumer::Hold{});
  node.finish();

  LastGood again = make();
  (void)again.begin(crash(1s, 0, 5));
  LastGood third = make();
  (void)third.begin(crash(1s, 0, 5));
  EXPECT_EQ(third.hold().before_seq, 5u);
  (void)third.step(serving(4));
  EXPECT_EQ(third.hold().before_seq, 5u) << "the old release was used up";
}

TEST_F(HeldNode, ANewerBuildTriesAgain) {
  LastGood node = make("2");
  (void)node.begin(std::nullopt);
  EXPECT_EQ(node.hold(), consumer::Hold{});
}

TEST_F(LastGoodTest, AMinuteOfLifeForgetsACrash) {
  save(2);
  save(5);
  {
    LastGood node = make();
    (void)node.begin(crash(1s, 4, 5));
    EXPECT_EQ(node.book().crashes, 1u);
    clock.advance(61s);
    (void)node.step(serving(5));
    EXPECT_EQ(node.book().crashes, 0u);
    node.finish();
  }
  LastGood node = make();
  (void)node.begin(crash(1s, 0, 5));
  EXPECT_EQ(node.hold(), consumer::Hold{}) << "that is the first one again";
}

}  // namespace
}  // namespace tidemark::edge
