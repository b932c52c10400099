// The conformance suite over real Apache Kafka, and what only Kafka has.
#include <gtest/gtest.h>

#include "tests/conformance/log/kafka_form.hpp"
#include "tests/conformance/log/suite_faults.hpp"
#include "topics/kafka_log.hpp"
#include "topics/log_url.hpp"

namespace tidemark::conformance {

INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, LogConformance, KafkaForm);

class KafkaBroker : public LogConformance<KafkaForm> {
 protected:
  void SetUp() override {
    LogConformance::SetUp();
    if (!IsSkipped() && !KafkaForm::is_own()) GTEST_SKIP() << "not our broker to kill";
  }
};

TEST_F(KafkaBroker, KilledAndRestartedIsToldAndNothingIsLost) {
  append({"0", "1", "2"});
  auto tail = source();
  ASSERT_TRUE(tail->start(log::Offset{0}));
  ASSERT_EQ(drain_records(*tail, 3).records.size(), 3u);
  ASSERT_TRUE(KafkaForm::kill_broker());
  const Seen seen = drain_until_told(*tail, log::Happening::Overlap);
  EXPECT_TRUE(seen.has(log::Happening::Overlap));
  ASSERT_TRUE(tail->start(log::Offset{2}));
  ASSERT_TRUE(sink().append(log::Ticket{9}, draft("3")));  // queued while nobody is there
  const Seen down = drain_until_told(*tail, log::Happening::Unavailable);
  EXPECT_TRUE(down.has(log::Happening::Unavailable));
  ASSERT_TRUE(KafkaForm::start_broker());
  const auto done = complete(sink(), 1);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].outcome, log::Completion::Outcome::Persisted) << done[0].detail;
  EXPECT_EQ(values(drain_records(*tail, 2)), (Values{"2", "3"}));
}

TEST_F(KafkaBroker, ThatIsDownAtTheStartIsWaitedFor) {
  append({"0", "1"});
  ASSERT_TRUE(KafkaForm::kill_broker());
  auto late = form_->connect();
  auto tail = source_of(*late);
  auto late_sink = sink_of(*late);
  ASSERT_TRUE(tail->start(log::Offset{0}));
  EXPECT_TRUE(
      drain_until_told(*tail, log::Happening::Unavailable).has(log::Happening::Unavailable));
  EXPECT_FALSE(tail->bounds().has_value());
  EXPECT_EQ(late->identity(), "");
  ASSERT_TRUE(KafkaForm::start_broker());
  EXPECT_EQ(values(drain_records(*tail, 2)), (Values{"0", "1"}));
  EXPECT_NE(late->identity(), "");
}

TEST_F(KafkaBroker, FrozenIsToldThoughItsConnectionsStand) {
  append({"0", "1"});
  auto tail = source();
  ASSERT_TRUE(tail->start(log::Offset{0}));
  ASSERT_EQ(drain_records(*tail, 2).records.size(), 2u);
  KafkaForm::freeze_broker();
  const Seen seen = drain_until_told(*tail, log::Happening::Overlap);
  KafkaForm::thaw_broker();
  EXPECT_TRUE(seen.has(log::Happening::Overlap));
  ASSERT_TRUE(tail->start(log::Offset{1}));
  EXPECT_EQ(values(drain_records(*tail, 1)), Values{"1"});
}

TEST_F(KafkaBroker, StatisticsArePlainNumbers) {
  append({"0"});
  auto tail = source();
  ASSERT_TRUE(tail->start(log::Offset{0}));
  ASSERT_EQ(drain_records(*tail, 1).records.size(), 1u);
  auto& kafka = static_cast<topics::KafkaLog&>(*log_);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (kafka.statistics().topics[topic_].high_offset != 1 &&
         std::chrono::steady_clock::now() < deadline) {
    (void)tail->drain(10);
    wait_for(tail->bell());
  }
  const topics::KafkaStatistics statistics = kafka.statistics();
  EXPECT_EQ(statistics.topics.at(topic_).high_offset, 1);
  EXPECT_EQ(statistics.topics.at(topic_).leader, 1);
  EXPECT_GT(statistics.round_trip_us, 0);
  EXPECT_LE(statistics.handles, 2u) << "one reads everything, one creates and writes";
}

TEST_F(KafkaBroker, SpeaksMutualTlsAndTurnsStrangersAway) {
  const std::string broker = KafkaForm::add_tls_listener();
  ASSERT_FALSE(broker.empty());
  topics::LogSettings settings = *topics::parse_log_url("kafka:" + broker);
  const std::string folder = KafkaForm::tls_folder();
  settings.tls = {folder + "/ca.pem", folder + "/client.pem", folder + "/client.key"};
  writer_ = std::move(*topics::open_log(settings));
  append({"over TLS"});
  auto reader = std::move(*topics::open_log(settings));
  auto tail = source_of(*reader);
  ASSERT_TRUE(tail->start(log::Offset{0}));
  EXPECT_EQ(values(drain_records(*tail, 1)), Values{"over TLS"});
  EXPECT_NE(reader->identity(), "");

  settings.tls = {folder + "/ca.pem", "", ""};
  auto stranger = std::move(*topics::open_log(settings));
  auto refused = source_of(*stranger);
  ASSERT_TRUE(refused->start(log::Offset{0}));
  const Seen seen = drain_until_told(*refused, log::Happening::Unavailable);
  EXPECT_TRUE(seen.has(log::Happening::Unavailable));
  EXPECT_TRUE(seen.records.empty());
}

}  // namespace tidemark::conformance
