#include "producer/publish/publisher.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "producer/publish/envelope.hpp"
#include "schemas/codec.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::producer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HandClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override { return now; }
  std::chrono::milliseconds wall() override { return milliseconds(0); }
  std::chrono::nanoseconds now{seconds(1)};
};

constexpr std::string_view topic = "test.changes";

event::ChangeSet change(std::uint64_t id) {
  event::ChangeSet made{.change_id = event::ChangeId(base::U128{0, id}),
                        .author = "ann",
                        .author_epoch = event::AuthorEpoch(0),
                        .reason = "because",
                        .created_ms = 1'700'000'000'000,
                        .acknowledged_removals = std::nullopt,
                        .zones = {},
                        .pools = {}};
  made.zones = {
      {dns::Name::parse("example.org.").value(),
       event::ExpectAny{},
       false,
       std::nullopt,
       {event::DeleteRrset{dns::Name::parse("www.example.org.").value(), dns::RrType::A}}}};
  return made;
}

// A controller's outgoing half over a memory log, with its own tail as judge.
class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() { EXPECT_TRUE(log_.create({{.name = std::string(topic)}}).has_value()); }

  void start() {
    publisher_.reset();
    sink_.reset();
    outbox_.emplace(Outbox::open(folder_.file("outbox"), limits_).value());
    sink_ = log_.sink(topic).value();
    publisher_.emplace(PublisherSettings{.source = "/tidemark/test/c1"}, clock_, *outbox_, *sink_);
  }
  void add(std::uint64_t id) {
    ASSERT_TRUE(outbox_->add({change(id)}, std::nullopt).has_value());
    ASSERT_TRUE(outbox_->commit());
  }
  std::vector<log::Record> records() {
    auto source = log_.source(topic).value();
    EXPECT_TRUE(source->start(log::Offset(0)).has_value());
    return source->drain(10'000)->records;
  }
  std::vector<std::uint64_t> ids() {
    std::vector<std::uint64_t> all;
    for (const auto& record : records()) {
      all.push_back(schemas::decode_change_set(record.value)->change_id.value().low);
    }
    return all;
  }
  // The own fold reads all that is there.
  void fold() {
    for (const auto& record : records()) {
      publisher_->folded(schemas::decode_change_set(record.value)->change_id);
      publisher_->passed(record.offset);
    }
  }
  void wait(std::chrono::nanoseconds time) { clock_.now += time; }

  topics::TemporaryFolder folder_;
  OutboxLimits limits_;
  log::MemoryLog log_;
  HandClock clock_;
  std::optional<Outbox> outbox_;
  std::unique_ptr<log::Sink> sink_;
  std::optional<Publisher> publisher_;
};

TEST_F(PublisherTest, SendsInOrderAndKeepsUntilTheFoldHasSeenIt) {
  start();
  for (std::uint64_t id = 1; id <= 5; ++id) add(id);
  EXPECT_EQ(publisher_->step().sent, 5u);
  EXPECT_EQ(publisher_->step().persisted, 5u);
  EXPECT_EQ(publisher_->waiting(), 5u);
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  fold();
  EXPECT_EQ(publisher_->waiting(), 0u);
  EXPECT_EQ(publisher_->step().sent, 0u);
}

TEST_F(PublisherTest, ARecordCarriesCloudEventsHeaders) {
  start();
  add(7);
  publisher_->step();
  const auto record = records().at(0);
  EXPECT_EQ(record.key, "example.org.");
  const auto header = [&](std::string_view name) -> std::string {
    for (const auto& [key, value] : record.headers) {
      if (key == name) return value;
    }
    return "absent";
  };
  EXPECT_EQ(header("ce_id"), "00000000000000000000000000000007");
  EXPECT_EQ(header("ce_source"), "/tidemark/test/c1");
  EXPECT_EQ(header("ce_subject"), "example.org.");
  EXPECT_EQ(header("ce_time"), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(header("actor"), "ann");
  EXPECT_EQ(header("summary"), "example.org.: delete 1");
}

TEST_F(PublisherTest, AnUnknownOutcomeIsSentAgainWithTheSameBytes) {
  start();
  log_.store().fail_next_append(topic, log::AppendFault::UnknownWritten);
  add(1);
  publisher_->step();
  auto report = publisher_->step();
  EXPECT_EQ(report.remarks.size(), 1u);
  EXPECT_TRUE(publisher_->trouble());
  EXPECT_EQ(publisher_->step().sent, 0u) << "it backs off first";
  wait(seconds(3));
  EXPECT_EQ(publisher_->step().sent, 1u);
  const auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].value, all[1].value);
  fold();
  EXPECT_EQ(publisher_->waiting(), 0u);
}

TEST_F(PublisherTest, WhatWasNotPersistedGoesOutBeforeAnythingNewer) {
  start();
  log_.store().fail_next_append(topic, log::AppendFault::NotPersisted);
  add(1);
  publisher_->step();
  publisher_->step();
  add(2);
  wait(seconds(3));
  publisher_->step();
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(PublisherTest, ACrashAtAnyStepLosesNothing) {
  start();
  add(1);
  start();  // before it was sent
  publisher_->step();
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1}));
  start();  // sent, not judged
  publisher_->step();
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1, 1}));
  fold();
  EXPECT_TRUE(outbox_->commit().has_value());
  start();  // judged
  EXPECT_EQ(publisher_->waiting(), 0u);
  add(2);
  publisher_->step();
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1, 1, 2}));
}

TEST_F(PublisherTest, AnOutageIsSatOut) {
  start();
  log_.go_offline();
  for (std::uint64_t id = 1; id <= 3; ++id) add(id);
  for (int i = 0; i < 20; ++i) {
    publisher_->step();
    wait(seconds(70));
  }
  EXPECT_EQ(publisher_->waiting(), 3u);
  log_.go_online();
  for (int i = 0; i < 20; ++i) {
    publisher_->step();
    wait(seconds(3));
  }
  const auto all = ids();
  ASSERT_GE(all.size(), 3u);
  EXPECT_EQ((std::vector<std::uint64_t>{all[0], all[1], all[2]}),
            (std::vector<std::uint64_t>{1, 2, 3}));
  fold();
  EXPECT_EQ(publisher_->waiting(), 0u);
}

TEST_F(PublisherTest, WhatTheLogLostIsSentAgain) {
  start();
  add(1);
  publisher_->step();
  publisher_->step();
  log_.store().truncate(topic, log::Offset(0));
  wait(seconds(31));
  EXPECT_EQ(publisher_->step().sent, 1u);
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1}));
}

TEST_F(PublisherTest, WhatIsNotCommittedIsSentAndIsGoneAfterACrash) {
  start();
  ASSERT_TRUE(outbox_->add({change(1)}, std::nullopt));
  ASSERT_TRUE(outbox_->add({change(2)}, std::nullopt));
  EXPECT_FALSE(outbox_->is_committed());
  EXPECT_EQ(publisher_->step().sent, 2u);
  EXPECT_EQ(ids(), (std::vector<std::uint64_t>{1, 2}));
  start();
  EXPECT_TRUE(outbox_->entries().empty());
}

TEST_F(PublisherTest, ASequenceAndManyOctetsAreCommittedAtOnce) {
  start();
  ASSERT_TRUE(outbox_->add({change(1), change(2)}, std::nullopt));
  EXPECT_TRUE(outbox_->is_committed());
  limits_.uncommitted_octets_max = schemas::encode(change(1)).size();
  start();
  ASSERT_TRUE(outbox_->add({change(3)}, std::nullopt));
  EXPECT_FALSE(outbox_->is_committed());
  ASSERT_TRUE(outbox_->add({change(4)}, std::nullopt));
  EXPECT_TRUE(outbox_->is_committed());
}

TEST_F(PublisherTest, ACommitThatFailsIsTriedAgainAndNothingIsWrittenTwice) {
  start();
  auto other =
      *topics::SqliteFile::open(folder_.file("outbox"), topics::SqliteFile::Mode::Existing);
  ASSERT_TRUE(
      other.run("CREATE TRIGGER full BEFORE INSERT ON entries "
                "BEGIN SELECT RAISE(ABORT, 'full'); END"));
  ASSERT_TRUE(outbox_->add({change(1)}, std::nullopt));
  ASSERT_TRUE(outbox_->add({change(2)}, std::nullopt));
  EXPECT_FALSE(outbox_->commit());
  EXPECT_FALSE(outbox_->add({change(3)}, std::nullopt)) << "the disk is asked first from now on";
  EXPECT_EQ(outbox_->entries().size(), 2u);
  outbox_->settle(event::ChangeId(base::U128{0, 1}));
  ASSERT_TRUE(other.run("DROP TRIGGER full"));
  ASSERT_TRUE(outbox_->commit());
  start();
  ASSERT_EQ(outbox_->entries().size(), 1u);
  EXPECT_EQ(outbox_->entries().front().change_id, event::ChangeId(base::U128{0, 2}));
}

TEST_F(PublisherTest, AFullOutboxTakesNothingOfAWish) {
  limits_.entries_max = 3;
  start();
  add(1);
  add(2);
  const auto refused = outbox_->add({change(3), change(4)}, std::nullopt);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, base::Errc::TooLarge);
  EXPECT_EQ(outbox_->entries().size(), 2u);
  add(3);
  start();
  EXPECT_EQ(outbox_->entries().size(), 3u);
}

TEST_F(PublisherTest, AFullFileTakesNothingOfAWish) {
  limits_.octets_max = schemas::encode(change(1)).size() * 2 + 1;
  start();
  add(1);
  ASSERT_FALSE(outbox_->add({change(2), change(3)}, std::nullopt).has_value());
  EXPECT_EQ(outbox_->entries().size(), 1u);
  start();
  EXPECT_EQ(outbox_->entries().size(), 1u);
}

TEST_F(PublisherTest, ASequenceKeepsItsGroup) {
  start();
  ASSERT_TRUE(outbox_->add({change(1), change(2), change(3)}, std::nullopt).has_value());
  start();
  for (const auto& entry : outbox_->entries()) {
    EXPECT_EQ(entry.group, event::ChangeId(base::U128{0, 3}));
  }
}

TEST_F(PublisherTest, ReceiptsAndEpochsSurvive) {
  limits_.receipts_max = 2;
  start();
  const base::Sha256 request = base::sha256(base::as_bytes("body"));
  Receipt receipt{"k1", request, event::ChangeId(base::U128{0, 1})};
  ASSERT_TRUE(outbox_->add({change(1)}, receipt).has_value());
  EXPECT_EQ(outbox_->find_receipt("k1").value()->request, request) << "before it is durable, too";
  ASSERT_TRUE(outbox_->commit());
  EXPECT_EQ(outbox_->next_author_epoch()->value(), 1u);
  start();
  auto found = outbox_->find_receipt("k1").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->request, request);
  EXPECT_EQ(found->status, 0u);
  receipt.status = 200;
  receipt.body = "{}";
  outbox_->put_receipt(receipt);
  EXPECT_EQ(outbox_->find_receipt("k1").value()->body, "{}");
  for (const auto* key : {"k2", "k3"}) {
    outbox_->put_receipt({key, request, receipt.change_id});
    ASSERT_TRUE(outbox_->commit());
  }
  EXPECT_FALSE(outbox_->find_receipt("k1").value()) << "the oldest goes first";
  EXPECT_TRUE(outbox_->find_receipt("k3").value());
  EXPECT_EQ(outbox_->next_author_epoch()->value(), 2u);
}

}  // namespace
}  // namespace tidemark::producer
