// The second half of the suite: what is reported when a log loses, forgets or doubts.
#pragma once

#include "tests/conformance/log/appender.hpp"
#include "tests/conformance/log/suite.hpp"

namespace tidemark::conformance {

// What Feeder and tests do after Overlap or a restart: read the last applied record again.
inline log::Record overlap_read(log::Source& source, std::int64_t applied) {
  EXPECT_TRUE(source.start(log::Offset{applied}));
  const Seen seen = drain_records(source, 1, 1);
  if (seen.records.empty())
    return log::Record{.offset = log::Offset{-1}, .appended = log::AppendTime{-1}};
  return seen.records.front();
}

TYPED_TEST_P(LogConformance, TheOverlapReadSeesAChangedLastRecord) {
  this->append({"0", "1", "2"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 3);
  ASSERT_EQ(seen.records.size(), 3u);
  const auto last = log::record_hash(seen.records[2]);
  EXPECT_EQ(log::record_hash(overlap_read(*source, 2)), last);
  source.reset();
  this->restart_writer();
  if (!this->form_->truncate(this->topic_, 2)) GTEST_SKIP() << "this form cannot be truncated here";
  this->append({"other", "more"});
  source = this->source();
  const log::Record again = overlap_read(*source, 2);
  EXPECT_EQ(again.offset, log::Offset{2});
  EXPECT_NE(log::record_hash(again), last);
}

TYPED_TEST_P(LogConformance, TruncateAndAppendIsReportedNeverSilent) {
  this->append({"0", "1", "2", "3"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  ASSERT_EQ(drain_records(*source, 4).records.size(), 4u);
  this->restart_writer();
  if (!this->form_->truncate(this->topic_, 2)) GTEST_SKIP() << "this form cannot be truncated here";
  this->append({"x", "y", "z"});  // longer than before: the old position exists again
  const Seen seen = drain_until(*source, [](const Seen& so_far) {
    return so_far.has(log::Happening::Overlap) || so_far.has(log::Happening::OutOfRange) ||
           !so_far.records.empty();
  });
  EXPECT_TRUE(seen.records.empty()) << "a record of another history slipped in";
  EXPECT_TRUE(seen.has(log::Happening::Overlap) || seen.has(log::Happening::OutOfRange));
  ASSERT_TRUE(source->start(log::Offset{0}));
  EXPECT_EQ(this->values(drain_records(*source, 5)),
            (std::vector<std::string>{"0", "1", "x", "y", "z"}));
}

TYPED_TEST_P(LogConformance, TruncationOfAQuietLogIsReported) {
  this->append({"0", "1", "2"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  ASSERT_EQ(drain_records(*source, 3).records.size(), 3u);
  this->restart_writer();
  if (!this->form_->truncate(this->topic_, 1)) GTEST_SKIP() << "this form cannot be truncated here";
  const Seen seen = drain_until(*source, [](const Seen& so_far) {
    return so_far.has(log::Happening::Overlap) || so_far.has(log::Happening::OutOfRange);
  });
  EXPECT_FALSE(seen.happenings.empty());
}

TYPED_TEST_P(LogConformance, ARecreatedTopicIsReported) {
  this->append({"0", "1"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  ASSERT_EQ(drain_records(*source, 2).records.size(), 2u);
  this->restart_writer();
  if (!this->form_->recreate(this->topic_)) GTEST_SKIP() << "this form cannot recreate here";
  this->append({"new 0", "new 1", "new 2"});  // longer than it was
  const Seen seen = drain_until(*source, [](const Seen& so_far) {
    return so_far.has(log::Happening::Overlap) || so_far.has(log::Happening::OutOfRange) ||
           !so_far.records.empty();
  });
  EXPECT_TRUE(seen.records.empty()) << "read " << this->values(seen)[0] << " of another topic";
  EXPECT_TRUE(seen.has(log::Happening::Overlap) || seen.has(log::Happening::OutOfRange));
  EXPECT_EQ(text(overlap_read(*source, 1)), "new 1");
}

TYPED_TEST_P(LogConformance, RetentionThatOvertookAReaderIsOutOfRange) {
  this->append({"0", "1", "2", "3"});
  if (!this->form_->retain_from(this->topic_, 2)) GTEST_SKIP() << "no retention here";
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{1}));
  const Seen seen = drain_until(*source, [](const Seen& so_far) {
    return so_far.has(log::Happening::OutOfRange) || !so_far.records.empty();
  });
  EXPECT_TRUE(seen.has(log::Happening::OutOfRange)) << seen.detail;
  EXPECT_TRUE(seen.records.empty());
  ASSERT_TRUE(source->bounds().has_value()) << "where to begin instead";
  EXPECT_EQ(source->bounds()->first, log::Offset{2});
  ASSERT_TRUE(source->start(source->bounds()->first));
  EXPECT_EQ(this->values(drain_records(*source, 2)), (std::vector<std::string>{"2", "3"}));
}

TYPED_TEST_P(LogConformance, AnUnknownOutcomeThenAResendIsAcceptedOnce) {
  this->append({"change 0"});
  if (!this->form_->append_unknown(*this->writer_, this->sink(), this->topic_,
                                   this->draft("change 1"))) {
    GTEST_SKIP() << "this form cannot lose an acknowledgement here";
  }
  const auto done = complete(this->sink(), 1);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].outcome, log::Completion::Outcome::Unknown) << done[0].detail;
  this->append({"change 1", "change 2"});  // the same bytes again, and the next one
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_until(*source, [](const Seen& so_far) {
    return !so_far.records.empty() && text(so_far.records.back()) == "change 2";
  });
  std::vector<std::string> accepted;  // as the fold does: a twin changes nothing
  for (const log::Record& record : seen.records) {
    if (std::ranges::find(accepted, text(record)) == accepted.end()) {
      accepted.push_back(text(record));
    }
  }
  EXPECT_EQ(accepted, (std::vector<std::string>{"change 0", "change 1", "change 2"}));
}

// A writer process dies at moments spread over its life. What it was told is in the log, in order,
// and no batch is torn.
TYPED_TEST_P(LogConformance, AWriterKilledAtAnyStepLosesNothingThatWasAcknowledged) {
  const std::string url = this->form_->url();
  if (url.empty()) GTEST_SKIP() << "this form lives in one process";
  for (int kill_after = 0; kill_after < 10; ++kill_after) {
    this->make_topic();
    const auto acknowledged = append_until_killed(url, this->topic_, kill_after);
    ASSERT_TRUE(acknowledged.has_value()) << "the appender did not run";
    this->restart_writer();
    this->append({"end"});
    auto source = this->source();
    ASSERT_TRUE(source->start(log::Offset{0}));
    const Seen seen = drain_until(*source, [](const Seen& so_far) {
      return !so_far.records.empty() && text(so_far.records.back()) == "end";
    });
    ASSERT_FALSE(seen.records.empty());
    std::int64_t next = 0;  // a Kafka producer may repeat records, never reorder them
    for (const log::Record& record : seen.records) {
      if (text(record) == "end") break;
      EXPECT_EQ(text(record), std::to_string(next)) << "kill " << kill_after;
      ++next;
    }
    EXPECT_GE(next, *acknowledged) << "acknowledged, but not in the log";
    if (this->form_->batches_are_atomic()) {
      EXPECT_EQ(next % appender_batch, 0) << "torn batch";
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    LogConformance, AppendReturnsPositionAndAppendTime, BatchesAreInOrderAndDense,
    AppendTimeNeverDecreasesBehindThePort, TwoWritersInterleaveWholeBatches,
    StartsAtFirstMiddleLastAndNext, BeyondTheEndIsOutOfRange,
    CaughtUpIsToldOnceAndAfterAllThatWasThere, ADrainIsBoundedAndSaysThatThereIsMore,
    TheBellWakesATail, LargeRecordsPassAndTheCapIsNamed, HeadersTombstonesAndEmptyValuesSurvive,
    AReaderStoppedAtEveryRecordSeesTheSameChain, SeveralSourcesReadTheSameTopicAtTheirOwnPace,
    IdentityIsTheSameOnEveryConnection, CheckNamesWhatIsMissingOrDiffersAndCreateNeverRepairs,
    AnUnknownTopicIsNotFound, TheOverlapReadSeesAChangedLastRecord,
    TruncateAndAppendIsReportedNeverSilent, TruncationOfAQuietLogIsReported,
    ARecreatedTopicIsReported, RetentionThatOvertookAReaderIsOutOfRange,
    AnUnknownOutcomeThenAResendIsAcceptedOnce,
    AWriterKilledAtAnyStepLosesNothingThatWasAcknowledged);

}  // namespace tidemark::conformance
