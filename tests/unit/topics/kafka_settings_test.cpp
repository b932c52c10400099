#include "topics/kafka_settings.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/kafka_log.hpp"

namespace tidemark::topics {
namespace {

LogSettings nobody() {  // nobody listens there; opening asks nobody
  LogSettings settings;
  settings.kind = LogSettings::Kind::Kafka;
  settings.bootstrap = "127.0.0.1:1";
  return settings;
}

std::string error_of(const LogSettings& settings) {
  const auto log = KafkaLog::open(settings);
  return log ? "no error" : log.error().trail;
}

// librdkafka starts its threads with thrd_create, which g++ 12's ThreadSanitizer does not know: the
// process would crash in the first of them.
#if defined(__SANITIZE_THREAD__)
constexpr bool can_open = false;
#else
constexpr bool can_open = true;
#endif

TEST(KafkaSettings, EveryPropertyOfTheTableIsInForce) {
  if (!can_open) GTEST_SKIP() << "librdkafka's threads do not run under ThreadSanitizer";
  const auto log = KafkaLog::open(nobody());
  ASSERT_TRUE(log.has_value()) << log.error().trail;
  for (const KafkaProperty& each : kafka_properties()) {
    const std::string name(each.name);
    const std::string value = each.value == "all" ? "-1" : std::string(each.value);
    if (each.of != KafkaProperty::Of::Producer) {
      EXPECT_EQ((*log)->effective(KafkaSide::Consumer, name), value) << name;
    }
    if (each.of != KafkaProperty::Of::Consumer) {
      EXPECT_EQ((*log)->effective(KafkaSide::Producer, name), value) << name;
    }
  }
}

TEST(KafkaSettings, FurtherPropertiesPassThroughToTheirSide) {
  if (!can_open) GTEST_SKIP() << "librdkafka's threads do not run under ThreadSanitizer";
  LogSettings settings = nobody();
  settings.properties = {{"client.id", "edge-7"}, {"linger.ms", "5"}, {"fetch.wait.max.ms", "100"}};
  const auto log = KafkaLog::open(settings);
  ASSERT_TRUE(log.has_value()) << log.error().trail;
  EXPECT_EQ((*log)->effective(KafkaSide::Consumer, "client.id"), "edge-7");
  EXPECT_EQ((*log)->effective(KafkaSide::Consumer, "fetch.wait.max.ms"), "100");
  EXPECT_EQ((*log)->effective(KafkaSide::Producer, "linger.ms"), "5");
}

TEST(KafkaSettings, WhatWouldBreakAPromiseIsRefusedWithTheReason) {
  for (const char* const name : {"group.id", "transactional.id", "client.rack",
                                 "allow.auto.create.topics", "enable.idempotence", "acks",
                                 "isolation.level", "auto.offset.reset", "bootstrap.servers"}) {
    LogSettings settings = nobody();
    settings.properties = {{name, "x"}};
    const std::string error = error_of(settings);
    EXPECT_EQ(error.find("kafka property " + std::string(name) + ": refused: "), 0u) << error;
  }
}

TEST(KafkaSettings, AnUnknownPropertyOrValueIsAnErrorByName) {
  LogSettings settings = nobody();
  settings.properties = {{"fetch.wait.ms", "1"}};
  EXPECT_NE(error_of(settings).find("fetch.wait.ms"), std::string::npos);
  settings.properties = {{"linger.ms", "soon"}, {"fetch.min.bytes", "many"}};
  EXPECT_NE(error_of(settings).find("fetch.min.bytes"), std::string::npos);
}

TEST(KafkaSettings, TlsTakesItsFilesFromPaths) {
  LogSettings settings = nobody();
  settings.tls = {.ca = "/ca.pem", .certificate = "/c.pem", .key = "/k.pem"};
  const auto all = *kafka_properties_of(settings, KafkaSide::Producer);
  const auto has = [&](const std::string& name, const std::string& value) {
    return std::ranges::find(all, std::pair(name, value)) != all.end();
  };
  EXPECT_TRUE(has("security.protocol", "ssl"));
  EXPECT_TRUE(has("ssl.ca.location", "/ca.pem"));
  EXPECT_TRUE(has("ssl.certificate.location", "/c.pem"));
  EXPECT_TRUE(has("ssl.key.location", "/k.pem"));
  EXPECT_NE(error_of(settings).find("/ca.pem"), std::string::npos) << "a missing file is named";
}

TEST(KafkaSettings, AFileBringsTlsAndProperties) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("k.yaml"))
      << "tls: {ca: a, certificate: b, key: c}\nproperties: {client.id: x}\n";
  LogSettings settings = nobody();
  ASSERT_TRUE(read_kafka_settings(folder.file("k.yaml"), settings));
  EXPECT_EQ(settings.tls, (KafkaTls{"a", "b", "c"}));
  EXPECT_EQ(settings.properties.at("client.id"), "x");
  std::ofstream(folder.file("half.yaml")) << "tls: {certificate: b}\n";
  EXPECT_FALSE(read_kafka_settings(folder.file("half.yaml"), settings));
  LogSettings file = *parse_log_url("sqlite:x");
  EXPECT_FALSE(read_kafka_settings(folder.file("k.yaml"), file));
}

TEST(KafkaStatistics, AreTakenFromTheLibrarysDocument) {
  KafkaStatistics statistics;
  read_kafka_statistics(
      R"({ "name":"x\"y", "msg_cnt":3,
      "brokers":{ "h:1/1":{ "rtt":{"min":1,"avg":420} , "toppars":{}},
      "h:2/2":{"rtt":{"avg":7}}}, "list":[1,{"a":2},"b"],
      "topics":{ "t.changes":{ "batchsize":{"avg":9}, "partitions":{
      "0":{ "partition":0, "leader":2, "hi_offset":55, "fetchq_cnt":4 },
      "-1":{ "leader":-1,"hi_offset":-1001 } } } }, "rate":1.5, "none":null })",
      statistics);
  EXPECT_EQ(statistics.unsent_records, 3);
  EXPECT_EQ(statistics.round_trip_us, 420);
  EXPECT_EQ(statistics.topics.at("t.changes").leader, 2);
  EXPECT_EQ(statistics.topics.at("t.changes").high_offset, 55);
  EXPECT_EQ(statistics.topics.at("t.changes").fetched_records, 4);
}

TEST(KafkaStatistics, BrokenDocumentsEndTheWalk) {
  for (const char* const broken : {"", "{", "{\"a\"", "{\"a\":", "[[[[[[[[[[[[[[[[[[[[", "{\"a\":}",
                                   "x", "{\"topics\":{\"t\":["}) {
    KafkaStatistics statistics;
    read_kafka_statistics(broken, statistics);
    EXPECT_EQ(statistics.unsent_records, 0);
  }
}

}  // namespace
}  // namespace tidemark::topics
