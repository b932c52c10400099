// From a stopped server to a changed mask: real checks, the memory log, the fold, freeze.
#include "producer/prober/probe_loop.hpp"

#include <gtest/gtest.h>

#include "core/dataset/editor.hpp"
#include "core/health/verdict.hpp"
#include "core/log/memory_log.hpp"
#include "schemas/codec.hpp"
#include "tests/probing/loopback.hpp"
#include "topics/event_bell.hpp"

namespace tidemark::probing {
namespace {

using event::CheckKind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class SteadyClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override { return steady_clock::now().time_since_epoch(); }
  std::chrono::milliseconds wall() override { return milliseconds(0); }
};
class PlainRandom final : public base::Random {
 public:
  std::uint64_t next() override { return state_ = state_ * 6364136223846793005u + 1; }

 private:
  std::uint64_t state_ = 1;
};

class Loop : public ::testing::Test {
 protected:
  Loop() {
    EXPECT_TRUE(log_.create({log::TopicSettings{.name = "d.health"}}));
    sink_ = std::move(*log_.sink("d.health"));
    source_ = std::move(*readers_log_.source("d.health"));
    EXPECT_TRUE(source_->start(log::Offset{0}));
    for (int i = 0; i < 2; ++i) {
      backends_.push_back(serve_status(io_, 200));
      addresses_.push_back(backends_.back()->local_address());
    }
    put_pool();
    start_loop();
  }
  static log::MemoryStoreSettings store_settings() {
    return {.identity = "m",
            .now =
                [] {
                  return log::AppendTime(std::chrono::duration_cast<milliseconds>(
                                             steady_clock::now().time_since_epoch())
                                             .count());
                },
            .make_bell = topics::make_event_bell};
  }
  void put_pool() {
    event::Pool pool;
    pool.name = "web";
    for (std::size_t i = 0; i < 2; ++i) {
      event::Endpoint endpoint;
      endpoint.id = i == 0 ? "a" : "b";
      endpoint.address = {event::Address::Family::V4, {127, 0, 0, 1}};
      pool.endpoints.push_back(endpoint);
    }
    dataset::Editor editor(dataset_);
    editor.put_pool(pool);
    dataset_ = std::move(editor).finish();
  }
  void start_loop() {
    loop_ = std::make_unique<producer::ProbeLoop>(
        io_, producer::ProberSettings{.name = "p1", .period = milliseconds(100)}, clock_, random_,
        *sink_, [this](std::string remark) { remarks_.push_back(std::move(remark)); });
    std::vector<producer::Target> targets{target(CheckKind::Http, addresses_[0].port, "a"),
                                          target(CheckKind::Tcp, addresses_[1].port, "b")};
    for (producer::Target& each : targets) {
      each.check.rise = 2;
      each.check.fall = 2;
    }
    loop_->set_targets(targets);
  }
  std::uint64_t answer() {
    const auto drained = source_->drain(1000);
    EXPECT_TRUE(drained);
    for (const log::Record& record : drained->records) {
      const auto frame = schemas::decode_health_frame(record.value);
      EXPECT_TRUE(frame);
      observations_.apply(*frame, record.appended.value());
      ++frames_;
    }
    const auto view = health::HealthView::freeze(dataset_, observations_, frames_ - 1);
    return view.masks(dataset_.find_pool("web")->slot()).answer_v4;
  }
  bool becomes(std::uint64_t mask) {
    return run_until(io_, [&] { return answer() == mask; });
  }

  boost::asio::io_context io_{1};
  SteadyClock clock_;
  PlainRandom random_;
  std::shared_ptr<log::MemoryStore> store_ = std::make_shared<log::MemoryStore>(store_settings());
  log::MemoryLog log_{store_};          // the prober's connection
  log::MemoryLog readers_log_{store_};  // ours, which is never lost
  std::unique_ptr<log::Sink> sink_;
  std::unique_ptr<log::Source> source_;
  std::vector<std::unique_ptr<net::HttpServer>> backends_;
  std::vector<net::SocketAddress> addresses_;
  dataset::Dataset dataset_ =
      dataset::Dataset::empty(dataset::Lineage{base::U128{1, 2}}, dataset::HashSeed{7});
  std::vector<std::string> remarks_;
  std::unique_ptr<producer::ProbeLoop> loop_;
  health::Observations observations_;
  std::int64_t frames_ = 0;
};

TEST_F(Loop, AStoppedServerLeavesTheAnswerAndComesBackWhenItIsStarted) {
  ASSERT_TRUE(run_until(io_, [&] { return answer() == 3 && loop_->standing().up == 2; }));
  const auto stopped = steady_clock::now();
  backends_[1].reset();
  ASSERT_TRUE(becomes(1));
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - stopped);
  RecordProperty("stop_to_mask_ms", static_cast<int>(took.count()));
  EXPECT_EQ(observations_.sightings("web", "b").at(0).cause, "connection refused");

  backends_[1] = serve_status(io_, 200, addresses_[1]);
  ASSERT_TRUE(becomes(3));

  backends_[0].reset();
  ASSERT_TRUE(becomes(2));
  backends_[1].reset();
  ASSERT_TRUE(becomes(3)) << "all down: as if all were up";
}

TEST_F(Loop, ALogOutageIsSurvivedAndTheNewestStateFollowsIt) {
  ASSERT_TRUE(run_until(io_, [&] { return answer() == 3 && loop_->standing().up == 2; }));
  log_.go_offline();
  backends_[0].reset();
  ASSERT_TRUE(run_until(io_, [&] { return loop_->standing().down == 1 && !remarks_.empty(); }));
  const std::int64_t before = frames_;
  log_.go_online();
  ASSERT_TRUE(becomes(2));
  EXPECT_LE(frames_ - before, 4 + 2) << "nothing piled up";
  ASSERT_TRUE(run_until(io_, [&] { return remarks_.size() == 2; }));
  EXPECT_EQ(remarks_[1], "frames reach the log again");
}

TEST_F(Loop, AProberThatStartsDuringAnOutageOfAMemberRaisesNobody) {
  ASSERT_TRUE(run_until(io_, [&] { return answer() == 3 && loop_->standing().up == 2; }));
  backends_[1].reset();
  ASSERT_TRUE(becomes(1));
  loop_.reset();
  start_loop();
  ASSERT_TRUE(run_until(io_, [&] {
    EXPECT_EQ(answer(), 1u);
    return loop_->frames_persisted() >= 3;
  }));
}

}  // namespace
}  // namespace tidemark::probing
