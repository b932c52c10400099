#include "topics/definitions.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace tidemark::topics {
namespace {

std::string error_of(const std::string& yaml) {
  const auto topics = parse_definitions(yaml, "d.yaml", "example");
  return topics ? "no error" : topics.error().trail;
}

TEST(Definitions, TheDefaultHasTheFourTopicsOfTheDesign) {
  const auto topics = default_topics("example");
  ASSERT_TRUE(topics.has_value()) << topics.error().trail;
  ASSERT_EQ(topics->size(), 4u);
  const log::TopicSettings& changes = (*topics)[0];
  EXPECT_EQ(changes.name, "example.changes");
  EXPECT_EQ(changes.cleanup, log::Cleanup::Delete);
  EXPECT_EQ(changes.retention_ms, 30 * std::int64_t{86'400'000});
  EXPECT_EQ(changes.min_insync_replicas, 2);
  EXPECT_EQ((*topics)[1].retention_ms, 6 * 3'600'000);
  EXPECT_EQ((*topics)[2].cleanup, log::Cleanup::Compact);
  EXPECT_EQ((*topics)[2].retention_ms, -1);
  EXPECT_EQ((*topics)[3].cleanup, log::Cleanup::CompactDelete);
}

TEST(Definitions, ReplicationCanBeOverridden) {
  const auto topics = default_topics("example", {.replication = 1});
  for (const auto& topic : *topics) {
    EXPECT_EQ(topic.replication, 1);
    EXPECT_EQ(topic.min_insync_replicas, 1);
  }
}

TEST(Definitions, TheCompiledTextIsTheShippedFile) {
  std::filesystem::path folder = std::filesystem::current_path();
  while (!std::filesystem::exists(folder / "topics/definitions.yaml")) {
    if (folder == folder.parent_path()) GTEST_SKIP() << "built outside of the source tree";
    folder = folder.parent_path();
  }
  std::ifstream file(folder / "topics/definitions.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), default_definitions());
}

TEST(Definitions, AnUnknownKeyIsAnErrorWithPlaceAndSuggestion) {
  EXPECT_EQ(error_of("topics:\n  <dataset>.changes:\n    cleanup: delete\n    retension: 1d\n"),
            "d.yaml:4:5: example.changes: retension: unknown key (did you mean \"retention\"?)");
  EXPECT_EQ(error_of("topic: {}\n"), "d.yaml:1:1: topic: unknown key (did you mean \"topics\"?)");
}

TEST(Definitions, WrongValuesAreNamedWithTheirPlace) {
  const std::string head = "topics:\n  <dataset>.changes:\n    cleanup: delete\n";
  EXPECT_EQ(error_of(head + "    retention: 30\n"),
            "d.yaml:4:16: example.changes: retention: \"30\": not a duration as 30d, 6h, 90s, "
            "500ms, forever");
  EXPECT_EQ(error_of(head + "    replication: 0\n"),
            "d.yaml:4:18: example.changes: replication: \"0\": not a number from 1 to 9");
  EXPECT_EQ(error_of(head + "    segment: [1d]\n"),
            "d.yaml:4:5: example.changes: segment: not a single value");
  EXPECT_EQ(error_of(head + "    segment: 1d\n    segment: 2d\n"),
            "d.yaml:5:5: example.changes: segment: written twice");
  EXPECT_EQ(error_of(head + "    replication: 1\n    min_insync_replicas: 2\n"),
            "d.yaml:2:3: example.changes: min_insync_replicas: more than replication");
}

TEST(Definitions, WhatBreaksAPromiseIsRefused) {
  EXPECT_EQ(error_of("topics:\n  <dataset>.changes: {cleanup: compact}\n"),
            "d.yaml:2:3: example.changes: cleanup: must be delete: history is never compacted");
  EXPECT_EQ(error_of("topics:\n  changes: {cleanup: delete}\n"),
            "d.yaml:2:3: changes: does not name <dataset>");
  EXPECT_EQ(error_of("topics: {}\n"), "d.yaml:1:1: topics: none is defined");
}

TEST(Definitions, BrokenYamlIsAnErrorNotAnException) {
  EXPECT_EQ(error_of("topics: [\n").substr(0, 7), "d.yaml:");
  EXPECT_EQ(error_of("").substr(0, 7), "d.yaml:");
  EXPECT_EQ(error_of("topics: {? [a] : b}").substr(0, 7), "d.yaml:");
}

TEST(Definitions, ADatasetNameHasNoUnderscore) {
  EXPECT_TRUE(check_dataset_name("main-2"));
  for (const char* const wrong : {"", "a_b", "a.b", "Main"})
    EXPECT_FALSE(check_dataset_name(wrong));
}

}  // namespace
}  // namespace tidemark::topics
