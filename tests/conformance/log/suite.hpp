// The one conformance suite of the log port: what every form must show, test by test.
//
// A program instantiates it for its forms:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LogConformance, MemoryForm);
// The faults are in suite_faults.hpp.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/hash.hpp"
#include "tests/conformance/log/form.hpp"

namespace tidemark::conformance {

template <class ThisForm>
class LogConformance : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = ThisForm::unavailable(); !why.empty()) GTEST_SKIP() << why;
    form_ = std::make_unique<ThisForm>();
    log_ = form_->connect();
    make_topic();
  }
  void make_topic() {
    log::TopicSettings settings;
    settings.name = topic_ = form_->fresh_topic();
    const auto made = log_->create({settings});
    ASSERT_TRUE(made.has_value()) << made.error().trail;
  }
  std::unique_ptr<log::Source> source() { return source_of(*log_); }
  std::unique_ptr<log::Source> source_of(log::Log& log) {
    auto made = log.source(topic_);
    EXPECT_TRUE(made.has_value()) << made.error().trail;
    return std::move(*made);
  }
  std::unique_ptr<log::Sink> sink_of(log::Log& log) {
    auto made = log.sink(topic_);
    EXPECT_TRUE(made.has_value()) << made.error().trail;
    return std::move(*made);
  }
  log::Sink& sink() {
    if (!writer_) writer_ = form_->connect();
    if (!sink_) sink_ = sink_of(*writer_);
    return *sink_;
  }
  // A writer that knew the log before a fault may rightly refuse to go on after it.
  void restart_writer() {
    sink_.reset();
    writer_.reset();
  }
  static log::Draft draft(const std::string& value) {
    return log::Draft{.key = "key", .value = bytes(value)};
  }
  // Appends one after the other, each when the one before is in the log.
  std::vector<log::Completion> append(const std::vector<std::string>& values) {
    std::vector<log::Completion> all;
    for (const std::string& value : values) {
      EXPECT_TRUE(sink().append(log::Ticket{next_ticket_++}, draft(value)));
      const auto done = complete(sink(), 1);
      EXPECT_EQ(done.size(), 1u);
      for (const log::Completion& each : done) {
        EXPECT_EQ(each.outcome, log::Completion::Outcome::Persisted) << each.detail;
        all.push_back(each);
      }
    }
    return all;
  }
  static std::vector<std::string> values(const Seen& seen) {
    std::vector<std::string> all;
    for (const log::Record& record : seen.records) all.push_back(text(record));
    return all;
  }
  using Values = std::vector<std::string>;

  std::unique_ptr<ThisForm> form_;
  std::unique_ptr<log::Log> log_;     // read through
  std::unique_ptr<log::Log> writer_;  // appended through
  std::string topic_;
  std::unique_ptr<log::Sink> sink_;
  std::uint64_t next_ticket_ = 100;
};
TYPED_TEST_SUITE_P(LogConformance);

TYPED_TEST_P(LogConformance, AppendReturnsPositionAndAppendTime) {
  const auto done = this->append({"a", "b"});
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].ticket, log::Ticket{100});
  EXPECT_EQ(done[1].ticket, log::Ticket{101});
  EXPECT_EQ(done[0].offset, log::Offset{0});
  EXPECT_EQ(done[1].offset, log::Offset{1});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 2);
  ASSERT_EQ(this->values(seen), (std::vector<std::string>{"a", "b"}));
  for (const std::size_t i : {0, 1}) {
    EXPECT_EQ(seen.records[i].offset, done[i].offset);
    EXPECT_EQ(seen.records[i].appended, done[i].appended);
    EXPECT_GT(done[i].appended.value(), 0);
    EXPECT_EQ(seen.records[i].key, "key");
  }
}

TYPED_TEST_P(LogConformance, BatchesAreInOrderAndDense) {
  std::vector<log::Draft> batch;
  for (int i = 0; i < 50; ++i) batch.push_back(this->draft(std::to_string(i)));
  ASSERT_TRUE(this->sink().append_batch(log::Ticket{7}, batch));
  const auto done = complete(this->sink(), 50);
  ASSERT_EQ(done.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(done[i].ticket.value(), 7 + i);
    EXPECT_EQ(done[i].offset.value(), static_cast<std::int64_t>(i));
  }
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 50);
  ASSERT_EQ(seen.records.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(text(seen.records[i]), std::to_string(i));
}

TYPED_TEST_P(LogConformance, AppendTimeNeverDecreasesBehindThePort) {
  for (int i = 0; i < 20; ++i) this->append({"x"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 20);
  ASSERT_EQ(seen.records.size(), 20u);
  for (std::size_t i = 1; i < 20; ++i) {
    EXPECT_GE(seen.records[i].appended, seen.records[i - 1].appended);
  }
}

// Whole batches where the form promises them; else each writer's own order.
TYPED_TEST_P(LogConformance, TwoWritersInterleaveWholeBatches) {
  constexpr int batches = 40, batch_records = 5;
  const auto write = [&](const std::string& writer) {
    auto log = this->form_->connect();
    auto sink = this->sink_of(*log);
    for (int i = 0; i < batches; ++i) {
      std::vector<log::Draft> batch;
      for (int j = 0; j < batch_records; ++j) {
        batch.push_back(this->draft(writer + std::to_string(i * batch_records + j)));
      }
      ASSERT_TRUE(sink->append_batch(log::Ticket{0}, std::move(batch)));
      if (i % 4 == 0) (void)complete(*sink, 1);
    }
    // All are acknowledged when the own last record is in the log; wait for it there.
    auto tail = this->source_of(*log);
    ASSERT_TRUE(tail->start(log::Offset{0}));
    const std::string last = writer + std::to_string(batches * batch_records - 1);
    const Seen seen = drain_until(*tail, [&](const Seen& so_far) {
      return std::ranges::any_of(so_far.records,
                                 [&](const log::Record& each) { return text(each) == last; });
    });
    EXPECT_FALSE(seen.records.empty());
  };
  std::thread first(write, "a"), second(write, "b");
  first.join();
  second.join();
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 2 * batches * batch_records);
  ASSERT_EQ(seen.records.size(), 2u * batches * batch_records);
  int next_a = 0, next_b = 0;
  char writer = ' ';
  for (std::size_t i = 0; i < seen.records.size(); ++i) {
    EXPECT_EQ(seen.records[i].offset.value(), static_cast<std::int64_t>(i));
    const std::string value = text(seen.records[i]);
    int& next = value[0] == 'a' ? next_a : next_b;
    EXPECT_EQ(value.substr(1), std::to_string(next)) << "at " << i;
    if (this->form_->batches_are_atomic() && next % batch_records != 0) {
      EXPECT_EQ(value[0], writer) << "batch torn at " << i;
    }
    writer = value[0];
    ++next;
  }
}

TYPED_TEST_P(LogConformance, StartsAtFirstMiddleLastAndNext) {
  this->append({"0", "1", "2", "3"});
  auto source = this->source();
  for (const int from : {0, 2, 3, 1}) {
    ASSERT_TRUE(source->start(log::Offset{from}));
    const Seen seen = drain_records(*source, static_cast<std::size_t>(4 - from));
    ASSERT_EQ(seen.records.size(), static_cast<std::size_t>(4 - from)) << seen.detail;
    EXPECT_EQ(text(seen.records[0]), std::to_string(from));
  }
  ASSERT_TRUE(source->start(log::Offset{4}));
  const Seen nothing = drain_until_told(*source, log::Happening::CaughtUp);
  EXPECT_TRUE(nothing.records.empty());
  this->append({"4"});
  EXPECT_EQ(this->values(drain_records(*source, 1)), std::vector<std::string>{"4"});
  ASSERT_TRUE(source->bounds().has_value());
  EXPECT_EQ(source->bounds()->first, log::Offset{0});
  EXPECT_EQ(source->bounds()->next, log::Offset{5});
}

TYPED_TEST_P(LogConformance, BeyondTheEndIsOutOfRange) {
  this->append({"0", "1"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{7}));
  const Seen seen = drain_until_told(*source, log::Happening::OutOfRange);
  EXPECT_TRUE(seen.has(log::Happening::OutOfRange)) << seen.detail;
  EXPECT_TRUE(seen.records.empty());
  ASSERT_TRUE(source->start(log::Offset{1}));
  EXPECT_EQ(this->values(drain_records(*source, 1)), std::vector<std::string>{"1"});
}

TYPED_TEST_P(LogConformance, CaughtUpIsToldOnceAndAfterAllThatWasThere) {
  this->append({"0", "1", "2"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_until_told(*source, log::Happening::CaughtUp);
  EXPECT_EQ(seen.records.size(), 3u);
  this->append({"3"});
  const Seen more = drain_records(*source, 1);
  EXPECT_FALSE(more.has(log::Happening::CaughtUp));
}

TYPED_TEST_P(LogConformance, ADrainIsBoundedAndSaysThatThereIsMore) {
  this->append({"0", "1", "2", "3", "4", "5", "6"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 7, 2);
  ASSERT_EQ(seen.records.size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(text(seen.records[i]), std::to_string(i));
}

TYPED_TEST_P(LogConformance, TheBellWakesATail) {
  this->append({"0"});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  (void)drain_until_told(*source, log::Happening::CaughtUp);
  for (int i = 1; i <= 20; ++i) {
    std::thread writer([&] { this->append({std::to_string(i)}); });
    Seen seen;
    // Only what the bell announces is asked for; a lost ring would end in the long time-out.
    while (seen.records.empty()) {
      pollfd waiting{source->bell(), POLLIN, 0};
      ASSERT_EQ(::poll(&waiting, 1, 60'000), 1) << "the bell stayed silent";
      for (bool more = true; more;) {
        auto drained = source->drain(100);
        ASSERT_TRUE(drained.has_value());
        more = drained->more;
        for (auto& record : drained->records) seen.records.push_back(std::move(record));
      }
    }
    writer.join();
    EXPECT_EQ(this->values(seen), std::vector<std::string>{std::to_string(i)});
  }
}

TYPED_TEST_P(LogConformance, LargeRecordsPassAndTheCapIsNamed) {
  const std::string large(900 * 1024, 'x');
  this->append({large});
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 1);
  ASSERT_EQ(seen.records.size(), 1u);
  EXPECT_EQ(text(seen.records[0]), large);

  const std::string cap(log::record_octets_max - 3, 'x');  // and the key, "key"
  this->append({cap});
  const auto refused = this->sink().append(log::Ticket{1}, this->draft(cap + "x"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::Errc::TooLarge);
  EXPECT_NE(refused.error().trail.find("record_octets_max"), std::string::npos);
  std::vector<log::Draft> batch{this->draft("small"), this->draft(cap + "x")};
  EXPECT_FALSE(this->sink().append_batch(log::Ticket{1}, batch).has_value());
  this->append({"after"});
  EXPECT_EQ(this->values(drain_records(*source, 2)), (std::vector<std::string>{cap, "after"}));
}

TYPED_TEST_P(LogConformance, HeadersTombstonesAndEmptyValuesSurvive) {
  log::Draft tombstone{.key = "gone", .tombstone = true};
  log::Draft empty{.key = "empty"};
  log::Draft headers{.key = std::string("a\0b", 3), .value = bytes("v")};
  headers.headers = {{"ce_id", "1"}, {"actor", std::string("x\0y", 3)}, {"summary", ""}};
  log::Draft bare = headers;
  bare.headers.clear();
  ASSERT_TRUE(this->sink().append_batch(log::Ticket{0}, {tombstone, empty, headers, bare}));
  ASSERT_EQ(complete(this->sink(), 4).size(), 4u);
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  const Seen seen = drain_records(*source, 4);
  ASSERT_EQ(seen.records.size(), 4u);
  EXPECT_TRUE(seen.records[0].tombstone);
  EXPECT_EQ(seen.records[0].key, "gone");
  EXPECT_FALSE(seen.records[1].tombstone);
  EXPECT_TRUE(seen.records[1].value.empty());
  EXPECT_EQ(seen.records[2].key, headers.key);
  EXPECT_EQ(seen.records[2].headers, headers.headers);
  EXPECT_EQ(record_hash(seen.records[2]), record_hash(seen.records[3]))
      << "headers are for people, the hash does not see them";
}

TYPED_TEST_P(LogConformance, AReaderStoppedAtEveryRecordSeesTheSameChain) {
  std::vector<std::string> values;
  for (int i = 0; i < 12; ++i) values.push_back(std::to_string(i));
  this->append(values);
  const auto chain_of = [](base::Sha256Stream& chain, const log::Record& record) {
    chain.update(log::record_hash(record));
  };
  auto whole = this->source();
  ASSERT_TRUE(whole->start(log::Offset{0}));
  base::Sha256Stream expected;
  for (const auto& record : drain_records(*whole, 12).records) chain_of(expected, record);
  whole.reset();

  base::Sha256Stream chain;
  std::optional<base::Sha256> last;
  auto source = this->source();
  for (std::int64_t applied = -1; applied < 11; ++applied) {
    ASSERT_TRUE(source->start(log::Offset{std::max<std::int64_t>(applied, 0)}));
    const std::size_t wanted = applied < 0 ? 1 : 2;  // the overlap record, and the next one
    const Seen seen = drain_records(*source, wanted, wanted);
    ASSERT_GE(seen.records.size(), wanted);
    if (last) {
      EXPECT_EQ(log::record_hash(seen.records[0]), *last);
    }
    chain_of(chain, seen.records[wanted - 1]);
    last = log::record_hash(seen.records[wanted - 1]);
  }
  EXPECT_EQ(chain.finish(), expected.finish());
}

TYPED_TEST_P(LogConformance, SeveralSourcesReadTheSameTopicAtTheirOwnPace) {
  this->append({"0", "1", "2"});
  auto first = this->source();
  auto second = this->source();
  ASSERT_TRUE(first->start(log::Offset{0}));
  ASSERT_TRUE(second->start(log::Offset{2}));
  EXPECT_EQ(drain_records(*first, 3).records.size(), 3u);
  EXPECT_EQ(this->values(drain_records(*second, 1)), std::vector<std::string>{"2"});
  this->append({"3"});
  EXPECT_EQ(this->values(drain_records(*first, 1)), std::vector<std::string>{"3"});
  EXPECT_EQ(this->values(drain_records(*second, 1)), std::vector<std::string>{"3"});
}

TYPED_TEST_P(LogConformance, IdentityIsTheSameOnEveryConnection) {
  auto source = this->source();
  ASSERT_TRUE(source->start(log::Offset{0}));
  (void)drain_until_told(*source, log::Happening::CaughtUp);
  EXPECT_FALSE(this->log_->identity().empty());
  auto other = this->form_->connect();
  auto its_source = this->source_of(*other);
  EXPECT_EQ(other->identity(), this->log_->identity());
}

TYPED_TEST_P(LogConformance, CheckNamesWhatIsMissingOrDiffersAndCreateNeverRepairs) {
  log::TopicSettings wanted;
  wanted.name = this->form_->fresh_topic();
  auto missing = this->log_->check({wanted});
  ASSERT_TRUE(missing.has_value()) << missing.error().trail;
  ASSERT_EQ(missing->size(), 1u);
  EXPECT_EQ(missing->front().setting, "exists");
  EXPECT_TRUE(missing->front().fatal);
  ASSERT_TRUE(this->log_->create({wanted}));
  ASSERT_TRUE(this->log_->create({wanted})) << "creating again is harmless";
  EXPECT_TRUE(this->log_->check({wanted})->empty());

  log::TopicSettings other = wanted;
  other.cleanup = log::Cleanup::Compact;
  ASSERT_TRUE(this->log_->create({other}));
  const auto differs = *this->log_->check({other});
  ASSERT_FALSE(differs.empty());
  EXPECT_EQ(differs[0].setting, "cleanup.policy");
  EXPECT_EQ(differs[0].wanted, "compact");
  EXPECT_EQ(differs[0].found, "delete");
  EXPECT_TRUE(differs[0].fatal);
}

TYPED_TEST_P(LogConformance, AnUnknownTopicIsNotFound) {
  const std::string unknown = this->form_->fresh_topic();
  const auto source = this->log_->source(unknown);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, base::Errc::NotFound);
  EXPECT_NE(source.error().trail.find(unknown), std::string::npos);
  EXPECT_FALSE(this->log_->sink(unknown).has_value());
}

}  // namespace tidemark::conformance
