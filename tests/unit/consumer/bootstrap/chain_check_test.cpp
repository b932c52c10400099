#include "consumer/bootstrap/chain_check.hpp"

#include <gtest/gtest.h>

#include "tests/unit/consumer/bootstrap/folded.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;
using Verdict = ChainCheck::Verdict;

const dns::Name zone = name("example.org.");

class ChainCheckTest : public ::testing::Test {
 protected:
  ChainCheckTest() {
    live_on(log, folded, create_zone(1, zone));
    live_on(log, folded, put(2, zone, a_record(zone, 1)));
    live_on(log, folded, put(3, zone, a_record(zone, 2)));
  }
  void append_one() { append(log, folded_topic, {draft(put(9, zone, a_record(zone, 9)))}); }
  ChainCheck check(std::string identity = "memory") {
    return {log, folded_topic, folded.state.offset, folded.state.last_record, std::move(identity)};
  }

  log::MemoryLog log{store_of_changes()};
  SnapshotContents folded = nothing_folded();
};

TEST_F(ChainCheckTest, TheSameRecordIsTheSameLog) {
  auto one = check();
  EXPECT_EQ(one.step(), Verdict::Same);
  EXPECT_EQ(one.step(), Verdict::Same);
}

TEST_F(ChainCheckTest, AnotherRecordOrNoneIsAnotherLog) {
  log.store().truncate(folded_topic, log::Offset(2));
  auto cut = check();
  EXPECT_EQ(cut.step(), Verdict::Other);
  EXPECT_NE(cut.why().find("offset 2"), std::string::npos) << cut.why();
  append_one();
  EXPECT_EQ(check().step(), Verdict::Other);
}

TEST_F(ChainCheckTest, WhatRetentionTookCannotBeConfirmed) {
  append_one();
  append_one();
  auto gone = check();
  log.store().retain_from(folded_topic, log::Offset(4));
  EXPECT_EQ(gone.step(), Verdict::Other);
}

TEST_F(ChainCheckTest, ALogThatBeginsRightBehindTheFileGoesOnFromIt) {
  append_one();
  log.store().retain_from(folded_topic, log::Offset(3));
  EXPECT_EQ(check().step(), Verdict::Same);
  EXPECT_EQ(check("elsewhere").step(), Verdict::Other);
  EXPECT_EQ(check("").step(), Verdict::Other) << "of which log the file is must be known";
}

TEST_F(ChainCheckTest, TheLogsIdentityCounts) {
  EXPECT_EQ(check("elsewhere").step(), Verdict::Other);
  EXPECT_EQ(check("").step(), Verdict::Same);
}

TEST_F(ChainCheckTest, ALogThatIsAwayTellsNothing) {
  log.go_offline();
  auto one = check();
  EXPECT_EQ(one.step(), Verdict::Unknown);
  EXPECT_EQ(one.step(), Verdict::Unknown);
  log.go_online();
  EXPECT_EQ(one.step(), Verdict::Same);
}

}  // namespace
}  // namespace tidemark::consumer
