#include "topics/log_url.hpp"

#include <gtest/gtest.h>

#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::topics {
namespace {

TEST(LogUrl, NamesAFileOrACluster) {
  const auto file = parse_log_url("sqlite:/var/lib/a:b.log");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->kind, LogSettings::Kind::Sqlite);
  EXPECT_EQ(file->path, "/var/lib/a:b.log");
  const auto cluster = parse_log_url("kafka:a.example:9092,[::1]:9093");
  ASSERT_TRUE(cluster.has_value());
  EXPECT_EQ(cluster->kind, LogSettings::Kind::Kafka);
  EXPECT_EQ(cluster->bootstrap, "a.example:9092,[::1]:9093");
  EXPECT_EQ(to_text(*cluster), "kafka:a.example:9092,[::1]:9093");
}

TEST(LogUrl, AnythingElseIsAnErrorThatShowsTheForms) {
  for (const char* const wrong : {"", "sqlite", "sqlite:", "kafka:", "postgres:x", "x.log"}) {
    const auto parsed = parse_log_url(wrong);
    ASSERT_FALSE(parsed.has_value()) << wrong;
    EXPECT_NE(parsed.error().trail.find("sqlite:PATH"), std::string::npos) << parsed.error().trail;
  }
  for (const char* const wrong : {"kafka:a", "kafka:a:0", "kafka:a:65536", "kafka::9092",
                                  "kafka:a:9092,", "kafka:a:x", "kafka:a:99999999999"}) {
    const auto parsed = parse_log_url(wrong);
    ASSERT_FALSE(parsed.has_value()) << wrong;
    EXPECT_NE(parsed.error().trail.find("HOST:PORT"), std::string::npos) << parsed.error().trail;
  }
}

TEST(LogUrl, OpensASqliteLogThatIsNotThereYet) {
  const TemporaryFolder folder;
  const auto log = open_log(*parse_log_url("sqlite:" + folder.file("x.log")));
  ASSERT_TRUE(log.has_value()) << log.error().trail;
  EXPECT_EQ((*log)->source("t").error().code, base::Errc::NotFound);
}

}  // namespace
}  // namespace tidemark::topics
