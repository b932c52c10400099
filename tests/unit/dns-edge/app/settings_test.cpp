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

TEST(EdgeSettings, SourcesOfSnapshotFiles) {
  const topics::TemporaryFolder folder;
  std::ofstream(folder.path() + "/token") << "secret\n";
  Arguments arguments = whole();
  EXPECT_FALSE(read_settings(arguments)->snapshots.follows_announced) << "SQLite: connects nowhere";
  arguments.log = "kafka:127.0.0.1:9092";
  EXPECT_TRUE(read_settings(arguments)->snapshots.follows_announced);
  arguments.snapshots.from = {"none"};
  EXPECT_FALSE(read_settings(arguments)->snapshots.follows_announced);
  arguments.snapshots.from = {"http://controller:8053", "announced"};
  arguments.snapshots.peers = {"http://edge2:8081"};
  arguments.snapshots.token_file = folder.path() + "/token";
  arguments.snapshots.share = "0.0.0.0:8081";
  const auto settings = read_settings(arguments);
  ASSERT_TRUE(settings.has_value()) << settings.error().trail;
  ASSERT_EQ(settings->snapshots.sources.size(), 2u);
  EXPECT_EQ(settings->snapshots.sources[0].kind, consumer::SnapshotSource::Kind::Peer);
  EXPECT_EQ(settings->snapshots.sources[1].token, "secret");
  EXPECT_TRUE(settings->snapshots.follows_announced);
  EXPECT_EQ(settings->snapshots.share->port, 8081);

  arguments.snapshots.from = {"none", "announced"};
  EXPECT_NE(trail_of(arguments).find("--snapshot-from none"), std::string::npos);
  arguments.snapshots.from = {"controller:8053"};
  EXPECT_NE(trail_of(arguments).find("--snapshot-from: controller:8053"), std::string::npos);
  arguments.snapshots = {.token_file = folder.path() + "/nothing"};
  EXPECT_NE(trail_of(arguments).find("cannot be read"), std::string::npos);
  arguments.snapshots = {.advertised = "http://edge1:8081"};
  EXPECT_NE(trail_of(arguments).find("--share-snapshots"), std::string::npos);
}

TEST(EdgeSettings, TheCommandLineComesBeforeTheFile) {
  const topics::TemporaryFolder folder;
  const std::string path = folder.path() + "/edge.yaml";
  std::ofstream(path) << "log: sqlite:file.log\ndataset: filed\nstate_dir: there\n"
                         "listen: [\"127.0.0.1:1\"]\nworkers: 3\nnode: from-file\n"
                         "take_over: true\nkafka: {linger.ms: 1}\n";
  Arguments arguments;
  arguments.config = path;
  arguments.node = "from-line";
  arguments.kafka_properties = {"linger.ms=2"};
  const auto settings = read_settings(arguments);
  ASSERT_TRUE(settings.has_value()) << settings.error().trail;
  EXPECT_EQ(settings->dataset, "filed");
  EXPECT_EQ(settings->workers, 3u);
  EXPECT_EQ(settings->addresses, Sharing::Shared);
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

std::string trail_of_file(const std::string& yaml) {
  const topics::TemporaryFolder folder;
  Arguments arguments;
  arguments.config = folder.path() + "/edge.yaml";
  std::ofstream(arguments.config) << "log: sqlite:file.log\ndataset: main\n" << yaml;
  return trail_of(arguments);
}

TEST(EdgeSettings, AKeyHasOneSpellingAndTheOtherIsSuggested) {
  const std::string trail = trail_of_file("state-dir: there\n");
  EXPECT_NE(trail.find("edge.yaml:3:1"), std::string::npos) << trail;
  EXPECT_NE(trail.find("did you mean \"state_dir\""), std::string::npos) << trail;
  EXPECT_NE(trail_of_file("retain-mib: 5\n").find("\"retain_mib\""), std::string::npos);
  EXPECT_NE(trail_of_file("stale-answer-seconds: 5\n").find("\"stale_answer_seconds\""),
            std::string::npos);
}

TEST(EdgeSettings, AWrongValueOfTheFileIsNamedWithItsPlace) {
  const std::string sound = "state_dir: there\nlisten: \"127.0.0.1:1\"\n";
  for (const std::string wrong : {"workers: 10000", "admin: nowhere", "sandbox: perhaps",
                                  "broker_ports: [0]", "retain_mib: 0"}) {
    const std::string trail = trail_of_file(sound + wrong + "\n");
    EXPECT_NE(trail.find("edge.yaml:5:"), std::string::npos) << trail;
  }
  Arguments arguments = whole();
  arguments.workers = 10'000;
  EXPECT_TRUE(trail_of(arguments).starts_with("--workers")) << "not of the file";
}

TEST(EdgeSettings, AnNsidIsAtMost128Octets) {
  Arguments arguments = whole();
  arguments.nsid = std::string(128, 'n');
  EXPECT_EQ(trail_of(arguments), "no error");
  arguments.nsid += 'n';
  EXPECT_EQ(trail_of(arguments), "--nsid: at most 128 octets; here are 129");
}

std::string rate_trail(const std::string& yaml) {
  const topics::TemporaryFolder folder;
  Arguments arguments = whole();
  arguments.config = folder.path() + "/edge.yaml";
  std::ofstream(arguments.config) << "rate_limit: " << yaml << "\n";
  return trail_of(arguments);
}

TEST(EdgeSettings, RateLimitsComeFromTheFile) {
  const auto usual = read_settings(whole());
  ASSERT_TRUE(usual.has_value());
  EXPECT_EQ(usual->rate.mode, RateMode::DryRun) << "until it is set";
  EXPECT_EQ(usual->rate.per_second, 50u);
  EXPECT_EQ(usual->rate.burst, 125u);
  EXPECT_EQ(usual->rate.slip, 1u);

  const topics::TemporaryFolder folder;
  Arguments arguments = whole();
  arguments.config = folder.path() + "/edge.yaml";
  std::ofstream(arguments.config) << "rate_limit:\n  mode: on\n  per_second: 200\n  slip: 2\n"
                                     "  allow: [192.0.2.0/24, \"::1\"]\n";
  const auto settings = read_settings(arguments);
  ASSERT_TRUE(settings.has_value()) << settings.error().trail;
  EXPECT_EQ(settings->rate.mode, RateMode::On);
  EXPECT_EQ(settings->rate.per_second, 200u);
  EXPECT_EQ(settings->rate.burst, 500u) << "in the usual proportion";
  EXPECT_EQ(settings->rate.slip, 2u);
  EXPECT_EQ(settings->rate.allow.size(), 2u);
}

TEST(EdgeSettings, AWrongRateLimitIsNamedWithItsPlace) {
  EXPECT_NE(rate_trail("{mode: maybe}").find("edge.yaml:1:"), std::string::npos);
  EXPECT_NE(rate_trail("{mode: maybe}").find("off, dry-run or on"), std::string::npos);
  EXPECT_NE(rate_trail("{per_second: 0}").find("1 to 20000"), std::string::npos);
  EXPECT_NE(rate_trail("{per_second: 10, burst: 101}").find("2 to 100"), std::string::npos);
  EXPECT_NE(rate_trail("{slip: 101}").find("0 to 100"), std::string::npos);
  EXPECT_NE(rate_trail("{allow: [192.0.2.1/24]}").find("192.0.2.1/24"), std::string::npos);
  EXPECT_NE(rate_trail("{rate: 5}").find("rate"), std::string::npos);
}

TEST(EdgeSettings, RightsAreReadAndWrongWordsNamed) {
  Arguments arguments = whole();
  arguments.user = "tidemark:dns";
  arguments.sandbox = "on";
  arguments.broker_ports = {"9092", "9094"};
  const auto settings = read_settings(arguments);
  ASSERT_TRUE(settings.has_value()) << settings.error().trail;
  EXPECT_EQ(settings->user, "tidemark:dns");
  EXPECT_EQ(settings->sandbox, SandboxMode::On);
  EXPECT_EQ(settings->broker_ports, (std::vector<std::uint16_t>{9092, 9094}));
  EXPECT_EQ(read_settings(whole())->sandbox, SandboxMode::BestEffort);
  arguments.sandbox = "maybe";
  EXPECT_NE(trail_of(arguments).find("on, off or best-effort"), std::string::npos);
  arguments.sandbox = "";
  arguments.broker_ports = {"0"};
  EXPECT_NE(trail_of(arguments).find("--broker-port 0"), std::string::npos);
}

TEST(EdgeSettings, KerberosNeedsProgramsThatTheSandboxForbids) {
  Arguments arguments = whole();
  arguments.log = "kafka:127.0.0.1:9092";
  arguments.kafka_properties = {"security.protocol=sasl_ssl"};
  EXPECT_NE(trail_of(arguments).find("kinit"), std::string::npos);
  arguments.sandbox = "off";
  EXPECT_TRUE(read_settings(arguments).has_value());
  arguments.sandbox = "on";
  arguments.kafka_properties.push_back("sasl.mechanisms=SCRAM-SHA-256");
  EXPECT_TRUE(read_settings(arguments).has_value());
}

TEST(EdgeSettings, WhatProvesGoodAndWhenToLeaveAnycastStandInTheFile) {
  topics::TemporaryFolder folder;
  const std::string path = folder.path() + "/edge.yaml";
  const auto read = [&](const std::string& more) {
    std::ofstream(path) << "log: sqlite:file.log\ndataset: main\nstate_dir: there\n"
                           "listen: [\"127.0.0.1:1\"]\n" +
                               more;
    Arguments arguments;
    arguments.config = path;
    return read_settings(arguments);
  };
  const auto plain = read("");
  ASSERT_TRUE(plain.has_value()) << plain.error().trail;
  EXPECT_EQ(plain->last_good.soak, std::chrono::seconds(300));
  EXPECT_TRUE(plain->withdrawal.file.empty());
  const auto told = read(
      "last_good: {soak_seconds: 7, crash_window_seconds: 5}\n"
      "withdrawal: {file: /run/x/anycast, after_seconds: 9, again_seconds: 3}\n");
  ASSERT_TRUE(told.has_value()) << told.error().trail;
  EXPECT_EQ(told->last_good.soak, std::chrono::seconds(7));
  EXPECT_EQ(told->last_good.crash_window, std::chrono::seconds(5));
  EXPECT_EQ(told->withdrawal.file, "/run/x/anycast");
  EXPECT_EQ(told->withdrawal.after, std::chrono::seconds(9));
  EXPECT_EQ(told->withdrawal.again, std::chrono::seconds(3));
  EXPECT_FALSE(read("last_good: {soak_seconds: 0}\n").has_value());
}

}  // namespace
}  // namespace tidemark::edge
