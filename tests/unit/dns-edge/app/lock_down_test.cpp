#include "dns-edge/app/lock_down.hpp"

#include <gtest/gtest.h>

#include "dns-edge/serve/settings.hpp"

namespace tidemark::edge {
namespace {

EdgeSettings settings_of(const std::string& log) {
  EdgeSettings settings;
  settings.log = *topics::parse_log_url(log);
  settings.state_folder = "/state";
  settings.listen = {*net::parse_address("127.0.0.1:53")};
  settings.admin = *net::parse_address("127.0.0.1:9153");
  return settings;
}

bool has(const std::vector<std::string>& paths, const std::string& path) {
  return std::ranges::find(paths, path) != paths.end();
}

TEST(LockDown, SqliteWritesBesideTheLogAndConnectsNowhere) {
  const Confinement wanted = confinement_of(settings_of("sqlite:/var/log-of-ours/main.tmlog"));
  EXPECT_EQ(wanted.writable, (std::vector<std::string>{"/state", "/var/log-of-ours"}));
  EXPECT_EQ(wanted.outgoing, Outgoing::None);
  EXPECT_EQ(wanted.bind_ports, (std::vector<std::uint16_t>{53, 9153}));
  EXPECT_EQ(confinement_of(settings_of("sqlite:main.tmlog")).writable.at(1), ".");
}

TEST(LockDown, KafkaReadsItsCertificatesAndConnectsToBrokers) {
  EdgeSettings settings = settings_of("kafka:broker.example:9092");
  settings.log.tls.ca = "/tls/ca.pem";
  settings.log.properties["ssl.crl.location"] = "/tls/crl.pem";
  Confinement wanted = confinement_of(settings);
  EXPECT_EQ(wanted.writable, std::vector<std::string>{"/state"});
  EXPECT_EQ(wanted.outgoing, Outgoing::AnyPort);
  EXPECT_TRUE(has(wanted.readable, "/tls/ca.pem"));
  EXPECT_TRUE(has(wanted.readable, "/tls/crl.pem"));
  EXPECT_FALSE(has(wanted.readable, "/etc"));
  settings.broker_ports = {9092};
  wanted = confinement_of(settings);
  EXPECT_EQ(wanted.outgoing, Outgoing::SomePorts);
  EXPECT_EQ(wanted.connect_ports, settings.broker_ports);
}

TEST(LockDown, TheFolderOfTheCookieKeyStaysReadable) {
  EdgeSettings settings = settings_of("sqlite:/log/main.tmlog");
  settings.cookies.file = "/keys/cookie.key";
  EXPECT_TRUE(has(confinement_of(settings).readable, "/keys"));
}

TEST(LockDown, SourcesOfSnapshotFilesOpenTheirPortsAndNoOthers) {
  EdgeSettings settings = settings_of("sqlite:/log/main.tmlog");
  using Kind = consumer::SnapshotSource::Kind;
  settings.snapshots.sources = {{Kind::Peer, *consumer::base_url("http://192.0.2.1:8081"), {}},
                                {Kind::Controller, *consumer::base_url("https://c.example"), {}}};
  settings.snapshots.share = *net::parse_address("192.0.2.9:8081");
  settings.snapshots.ca_file = "/tls/ca.pem";
  Confinement wanted = confinement_of(settings);
  EXPECT_EQ(wanted.outgoing, Outgoing::SomePorts);
  EXPECT_EQ(wanted.connect_ports, (std::vector<std::uint16_t>{8081, 443}));
  EXPECT_EQ(wanted.bind_ports, (std::vector<std::uint16_t>{53, 9153, 8081}));
  EXPECT_TRUE(has(wanted.readable, "/tls/ca.pem"));
  settings.snapshots.follows_announced = true;  // whose ports nobody knows yet
  EXPECT_EQ(confinement_of(settings).outgoing, Outgoing::AnyPort);
  settings.log = settings_of("kafka:broker.example:9092").log;
  settings.broker_ports = {9092};  // an operator narrows on purpose
  wanted = confinement_of(settings);
  EXPECT_EQ(wanted.outgoing, Outgoing::SomePorts);
  EXPECT_EQ(wanted.connect_ports, (std::vector<std::uint16_t>{9092, 8081, 443}));
}

TEST(LockDown, OpenFilesGrowWithTheWorkers) {
  EdgeSettings settings = settings_of("sqlite:/log/main.tmlog");
  const std::uint64_t with_one = confinement_of(settings).open_files;
  settings.workers = 64;
  EXPECT_GT(confinement_of(settings).open_files, with_one);
  EXPECT_GT(with_one, TcpLimits{}.connections_max);
}

}  // namespace
}  // namespace tidemark::edge
