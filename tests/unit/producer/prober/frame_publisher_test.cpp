#include "producer/prober/frame_publisher.hpp"

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "producer/prober/prober.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {

constexpr const char* topic = "d.health";

event::HealthFrame frame(std::uint64_t number) {
  event::HealthFrame made;
  made.prober = "p1";
  made.number = number;
  made.full = true;
  made.observations = {{"web", "a", event::Observed::Down, "connection refused"}};
  return made;
}

class Publishing : public ::testing::Test {
 protected:
  Publishing() {
    EXPECT_TRUE(log_.create({log::TopicSettings{.name = topic}}));
    sink_ = std::move(*log_.sink(topic));
    source_ = std::move(*log_.source(topic));
    EXPECT_TRUE(source_->start(log::Offset{0}));
  }
  std::vector<log::Record> records() {
    log_.go_online();
    return source_->drain(1000)->records;
  }

  log::MemoryLog log_;
  std::unique_ptr<log::Sink> sink_;
  std::unique_ptr<log::Source> source_;
};

TEST_F(Publishing, AFrameReachesTheTopicUnderItsProbersName) {
  FramePublisher publisher(*sink_);
  EXPECT_TRUE(publisher.publish(frame(7)));
  EXPECT_FALSE(publisher.poll().resend);
  const auto all = records();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].key, "p1");
  EXPECT_EQ(*schemas::decode_health_frame(all[0].value), frame(7));
  EXPECT_EQ(publisher.persisted(), 1u);
}

TEST_F(Publishing, AnOutageLeavesFewFramesBehindAndIsFollowedByTheNewestState) {
  FramePublisher publisher(*sink_);
  log_.go_offline();
  for (std::uint64_t i = 1; i <= 100; ++i) {
    publisher.publish(frame(i));
    EXPECT_FALSE(publisher.poll().resend) << "no room yet";
  }
  EXPECT_EQ(publisher.dropped(), 100 - frames_unacknowledged_max);
  log_.go_online();
  const auto news = publisher.poll();
  EXPECT_TRUE(news.resend);
  EXPECT_EQ(news.remarks, std::vector<std::string>{"frames reach the log again"});
  EXPECT_FALSE(publisher.poll().resend) << "asked once";
  EXPECT_EQ(records().size(), frames_unacknowledged_max);
}

TEST_F(Publishing, AnOutageIsToldOnce) {
  FramePublisher publisher(*sink_);
  log_.go_offline();
  std::size_t remarks = 0;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    publisher.publish(frame(i));
    remarks += publisher.poll().remarks.size();
  }
  EXPECT_EQ(remarks, 1u);
}

TEST_F(Publishing, AFullFrameIsAskedForAsSoonAsOneGotThroughAfterALoss) {
  FramePublisher publisher(*sink_);
  log_.store().fail_next_append(topic, log::AppendFault::NotPersisted);
  publisher.publish(frame(1));
  EXPECT_FALSE(publisher.poll().resend) << "a log that refuses is not asked without end";
  publisher.publish(frame(2));
  EXPECT_TRUE(publisher.poll().resend);
  publisher.publish(frame(3));
  EXPECT_FALSE(publisher.poll().resend);
}

TEST_F(Publishing, TheLargestFrameFitsARecordIfNeedBeWithoutItsCauses) {
  event::HealthFrame largest = frame(1);
  largest.observations.clear();
  for (std::size_t i = 0; i < targets_max; ++i) {
    std::string pool = std::to_string(i), endpoint = pool;
    pool.resize(event::pool_name_octets_max, 'p');
    endpoint.resize(event::endpoint_id_octets_max, 'e');
    largest.observations.push_back(
        {pool, endpoint, event::Observed::Down, std::string(cause_octets_max, 'c')});
  }
  const base::Bytes encoded = encode_frame(largest);
  EXPECT_LE(encoded.size(), event::health_frame_octets_max);
  const auto back = schemas::decode_health_frame(encoded);
  ASSERT_TRUE(back) << back.error().trail;
  EXPECT_EQ(back->observations.size(), targets_max);
}

}  // namespace
}  // namespace tidemark::producer
