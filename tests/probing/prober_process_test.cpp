// tidemark-prober as a process on a SQLite log: follows the pools, survives what its log does.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "core/dataset/editor.hpp"
#include "core/health/verdict.hpp"
#include "schemas/codec.hpp"
#include "tests/probing/loopback.hpp"
#include "tests/probing/tls_server.hpp"
#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/definitions.hpp"
#include "topics/sqlite_log.hpp"

namespace tidemark::probing {
namespace {

class Process {
 public:
  explicit Process(std::vector<std::string> arguments, const std::string& output) {
    std::vector<char*> argv;
    for (std::string& each : arguments) argv.push_back(each.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 2, output.c_str(), O_CREAT | O_WRONLY | O_APPEND,
                                     0600);
    const int failed = posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    EXPECT_EQ(failed, 0) << argv[0];
  }
  ~Process() {
    if (pid_ > 0) end(SIGKILL);
  }
  // Both: the wait status.
  int end(int signal) {
    kill(pid_, signal);
    return wait();
  }
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

class ProberProcess : public ::testing::Test {
 protected:
  ~ProberProcess() override {
    if (!HasFailure()) return;
    std::FILE* told = std::fopen(folder_.file("told").c_str(), "r");
    for (char line[512]; told != nullptr && std::fgets(line, sizeof line, told) != nullptr;) {
      std::fputs(line, stdout);
    }
    if (told != nullptr) std::fclose(told);
  }
  Process prober(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{TIDEMARK_PROBER,
                                       "--log",
                                       "sqlite:" + folder_.file("log"),
                                       "--dataset",
                                       "d",
                                       "--name",
                                       "p1",
                                       "--period",
                                       "100",
                                       "--state-dir",
                                       folder_.file("state")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Process(std::move(arguments), folder_.file("told"));
  }
  void make_log() {
    log_ = *topics::SqliteLog::open(folder_.file("log"));
    ASSERT_TRUE(log_->create(*topics::default_topics("d")));
    changes_ = *log_->sink("d.changes");
    health_ = *log_->source("d.health");
    ASSERT_TRUE(health_->start(log::Offset{0}));
  }
  void add_backend() {
    backends_.push_back(serve_status(io_, 200));
    add_pool(backends_.back()->local_port());
  }
  void add_pool(std::uint16_t port) {
    event::Endpoint endpoint;
    endpoint.id = std::string(1, static_cast<char>('a' + pools_.size()));
    endpoint.address = {event::Address::Family::V4, {127, 0, 0, 1}};
    ports_.push_back(port);
    event::Pool& pool = pools_.emplace_back();
    pool.name = "pool-" + endpoint.id;
    pool.endpoints = {endpoint};
    event::Check& check = pool.check;
    check.kind = event::CheckKind::Http;
    check.port = ports_.back();
    check.interval_ms = 300;
    check.timeout_ms = 300;
    check.fall = 2;
    check.rise = 1;
  }
  // All pools so far, as a controller would say it.
  void publish_pools() {
    const auto number = next_change_++;
    event::ChangeSet change{.change_id = event::ChangeId{base::U128{1, number}},
                            .author = "test",
                            .author_epoch = event::AuthorEpoch{0},
                            .reason = "test",
                            .acknowledged_removals = std::nullopt,
                            .zones = {},
                            .pools = {}};
    for (const event::Pool& pool : pools_) change.pools.push_back(event::PutPool{pool});
    ASSERT_TRUE(
        changes_->append(log::Ticket{number}, {.key = "pools", .value = schemas::encode(change)}));
  }
  // "a+ b-": what p1 says.
  std::string said() {
    const auto drained = health_->drain(1000);
    EXPECT_TRUE(drained);
    for (const log::Record& record : drained->records) {
      EXPECT_EQ(record.key, "p1");
      const auto frame = schemas::decode_health_frame(record.value);
      EXPECT_TRUE(frame) << frame.error().trail;
      observations_.apply(*frame, record.appended.value());
    }
    std::string text;
    for (const event::Pool& pool : pools_) {
      for (const auto& each : observations_.sightings(pool.name, pool.endpoints[0].id)) {
        text += pool.endpoints[0].id + (each.observed == event::Observed::Up ? "+" : "-");
      }
    }
    return text;
  }
  bool becomes(const std::string& text) {
    return run_until(io_, [&] { return said() == text; });
  }

  topics::TemporaryFolder folder_;
  boost::asio::io_context io_{1};
  std::unique_ptr<topics::SqliteLog> log_;
  std::unique_ptr<log::Sink> changes_;
  std::unique_ptr<log::Source> health_;
  std::vector<std::unique_ptr<net::HttpServer>> backends_;
  std::vector<std::uint16_t> ports_;
  std::vector<event::Pool> pools_;
  std::uint64_t next_change_ = 1;
  health::Observations observations_;
};

TEST_F(ProberProcess, FollowsThePoolsAndTheirEndpoints) {
  Process process = prober();  // before there is a log
  make_log();
  add_backend();
  publish_pools();
  ASSERT_TRUE(becomes("a+"));
  add_backend();
  publish_pools();
  ASSERT_TRUE(becomes("a+b+"));
  backends_[0].reset();
  ASSERT_TRUE(becomes("a-b+"));
  EXPECT_EQ(observations_.sightings("pool-a", "a").at(0).cause, "connection refused");

  EXPECT_EQ(process.end(SIGKILL), SIGKILL);
  Process again = prober();  // it starts in the middle of the outage, from the log's beginning
  const std::int64_t before = observations_.prober_seen_ms("p1");
  ASSERT_TRUE(run_until(io_, [&] {
    EXPECT_EQ(said(), "a-b+");
    return observations_.prober_seen_ms("p1") > before + 300;
  }));
  EXPECT_EQ(again.end(SIGTERM), 0);

  Process third = prober();  // from its own snapshot file
  backends_[0] = serve_status(io_, 200, {any_port.ip, ports_[0]});
  ASSERT_TRUE(becomes("a+b+"));
  EXPECT_EQ(third.end(SIGINT), 0);
}

TEST_F(ProberProcess, TrustsWhomTheCaFileNames) {
  Authority authority;
  authority.sign("good", "DNS:www.example.test", 2);
  const TlsServer server(io_, authority.folder(), "good");
  make_log();
  add_pool(server.port());
  pools_[0].check.kind = event::CheckKind::Https;
  pools_[0].check.host = "www.example.test";
  pools_[0].check.verify_tls = true;
  pools_[0].check.interval_ms = pools_[0].check.timeout_ms = 1000;
  publish_pools();
  Process distrusting = prober();
  ASSERT_TRUE(becomes("a-"));
  EXPECT_EQ(observations_.sightings("pool-a", "a").at(0).cause,
            "TLS: certificate verify failed: no trusted authority signed it");
  EXPECT_EQ(distrusting.end(SIGTERM), 0);
  Process trusting = prober({"--ca-file", authority.ca_file()});
  ASSERT_TRUE(becomes("a+"));
  EXPECT_EQ(trusting.end(SIGTERM), 0);
  EXPECT_EQ(prober({"--ca-file", folder_.file("none.pem")}).wait(), 2 << 8) << "a usage error";
}

}  // namespace
}  // namespace tidemark::probing
