#include "dns-edge/app/settings.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::edge {
namespace {

Arguments whole() {
  Arguments arguments;
  arguments.log = "sqlite:tide.log";
  arguments.dataset = "main";
  arguments.state_folder = "state";
  arguments.listen = {"127.0.0.1:5301", "[::1]:5301"};
  return arguments;
}

std::string trail_of(const Arguments& arguments) {
  const auto settings = read_settings(arguments);
  return settings ? "no error" : settings.error().trail;
}

TEST(EdgeSettings, DefaultsComeWhereNothingWasSaid) {
  const auto settings = read_settings(whole());
  ASSERT_TRUE(settings.has_value()) << settings.error().trail;
  EXPECT_EQ(settings->log.path, "tide.log");
  EXPECT_EQ(settings->listen.size(), 2u);
  EXPECT_EQ(net::to_text(settings->admin), "127.0.0.1:9153");
  EXPECT_GE(settings->workers, 1u);
  EXPECT_FALSE(settings->node.empty());
  EXPECT_EQ(settings->ring, "default");
}

TEST(EdgeSettings, WhatIsMissingOrWrongIsNamed) {
  Arguments arguments = whole();
  arguments.listen.clear();
  EXPECT_NE(trail_of(arguments).find("--listen is missing"), std::string::npos);
  arguments = whole();
  arguments.listen = {"localhost:53"};
  EXPECT_NE(trail_of(arguments).find("--listen localhost:53"), std::string::npos);
  arguments = whole();
  arguments.log = "mysql:x";
  EXPECT_NE(trail_of(arguments).find("sqlite:PATH"), std::string::npos);
  arguments = whole();
  arguments.workers = 10'000;
  EXPECT_NE(trail_of(arguments).find("--workers"), std::string::npos);
  arguments = whole();
  arguments.kafka_properties = {"no-equals"};
  EXPECT_NE(trail_of(arguments).find("not NAME=VALUE"), std::string::npos);
}

TEST(EdgeSettings, TheCommandLineComesBeforeTheFile) {
  const topics::TemporaryFolder folder;
  const std::string path = folder.path() + "/edge.yaml";
  std::ofstream(path) << "log: sqlite:file.log\ndataset: filed\nstate-dir: there\n"
                         "listen: [\"127.0.0.1:1\"]\nworkers: 3\nnode: from-file\n"
                         "kafka: {linger.ms: 1}\n";
  Arguments arguments;
  arguments.config = path;
  arguments.node = "from-line";
  arguments.kafka_properties = {"linger.ms=2"};
  const auto settings = read_settings(arguments);
  ASSERT_TRUE(settings.has_value()) << settings.error().trail;
  EXPECT_EQ(settings->dataset, "filed");
  EXPECT_EQ(settings->workers, 3u);
  EXPECT_EQ(settings->node, "from-line");
  EXPECT_EQ(settings->log.properties.at("linger.ms"), "2");
}

TEST(EdgeSettings, AnUnknownKeyOfTheFileIsNamedWithItsPlace) {
  const topics::TemporaryFolder folder;
  const std::string path = folder.path() + "/edge.yaml";
  std::ofstream(path) << "log: sqlite:file.log\nlisten_on: [\"127.0.0.1:1\"]\n";
  Arguments arguments;
  arguments.config = path;
  EXPECT_NE(trail_of(arguments).find("edge.yaml:2:1"), std::string::npos) << trail_of(arguments);
}

}  // namespace
}  // namespace tidemark::edge
