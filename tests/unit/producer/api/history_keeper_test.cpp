// The index heals: whatever is wrong with it, in the end it says what the log says.
#include <atomic>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "consumer/history/replay.hpp"
#include "producer/api/history_builder.hpp"
#include "tests/unit/producer/api/api_rig.hpp"

namespace tidemark::producer {
namespace {

// Records of a log as they were when it was made; the first ones may be gone. For any thread.
class FrozenSource final : public log::Source {
 public:
  FrozenSource(std::vector<log::Record> records, std::size_t gone,
               const std::atomic<bool>* may_end = nullptr)
      : records_(std::move(records)), first_(gone), may_end_(may_end) {}

  base::Result<void> start(log::Offset from) override {
    at_ = static_cast<std::size_t>(from.value());
    out_ = at_ < first_ || at_ > records_.size();
    return {};
  }
  base::Result<log::Drained> drain(std::size_t records_max) override {
    log::Drained drained;
    while (at_ == records_.size() && may_end_ != nullptr && !*may_end_) std::this_thread::yield();
    if (out_) {
      drained.happenings.push_back(log::Happening::OutOfRange);
      return drained;
    }
    for (; at_ < records_.size() && drained.records.size() < records_max; ++at_) {
      drained.records.push_back(records_[at_]);
    }
    return drained;
  }
  std::optional<log::Bounds> bounds() const override {
    return log::Bounds{log::Offset(static_cast<std::int64_t>(first_)),
                       log::Offset(static_cast<std::int64_t>(records_.size()))};
  }
  int bell() const override { return -1; }

 private:
  const std::vector<log::Record> records_;
  const std::size_t first_;
  const std::atomic<bool>* const may_end_;  // holds its reader up at the end of the log
  std::size_t at_ = 0;
  bool out_ = false;
};

class Keeping : public testing::Test {
 protected:
  Keeping() {
    rig.import_basic();
    for (int i = 0; i < 5; ++i) {
      rig.call("PUT", "/v1/zones/example.org/rrsets/www/A",
               R"({"ttl": 60, "rdata": ["192.0.2.)" + std::to_string(10 + i) + R"("]})");
    }
  }
  std::vector<log::Record> records() {
    auto source = rig.log.source(support::changes_topic).value();
    EXPECT_TRUE(source->start(log::Offset(0)).has_value());
    return source->drain(1000).value().records;
  }
  HistoryPorts ports(std::size_t gone = 0) {
    return {.clock = rig.clock, .source = [this, gone] {
              return base::Result<std::unique_ptr<log::Source>>(
                  std::make_unique<FrozenSource>(records(), gone));
            }};
  }
  void wait_for(HistoryKeeper& keeper) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (keeper.is_building() && std::chrono::steady_clock::now() < deadline) {
      rig.clock.advance(std::chrono::seconds(1));
      keeper.turn(rig.feeder);
      std::this_thread::yield();
    }
    ASSERT_FALSE(keeper.is_building());
  }
  net::HttpResponse ask(HistoryKeeper& keeper, const std::string& target) {
    net::HttpRequest request;
    const auto parsed = net::parse_target(target).value();
    request.path = parsed.path;
    request.query = parsed.query;
    return HistoryDesk::answer(keeper, request, 0);
  }
  // As the feeder's hook does, from the record `first` of the log on.
  void fold_into(HistoryKeeper& keeper, std::size_t first) {
    consumer::Replay replay(
        fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1)));
    std::size_t at = 0;
    for (const log::Record& record : records()) {
      const auto taken = replay.take(
          record,
          [&](const log::Record& one, const auto& change,
              const auto& judgement) -> base::Result<void> {
            if (at >= first) {
              keeper.folded({one.offset, one.appended, change, judgement, replay.state()});
            }
            return {};
          });
      ASSERT_TRUE(taken.has_value());
      ++at;
    }
  }
  // The same as the index that was kept from the start.
  void expect_same(HistoryKeeper& keeper) {
    for (const char* const target : {"/v1/history", "/v1/changes", "/v1/blame/example.org",
                                     "/v1/diff?from=1", "/v1/show?zone=example.org&at=3"}) {
      const auto response = ask(keeper, target);
      EXPECT_EQ(response.status, 200u) << response.body;
      EXPECT_EQ(response.body, ask(rig.history, target).body) << target;
    }
  }

  ApiRig rig;
  const std::string path = rig.folder.file("other.sqlite");
};

TEST_F(Keeping, WhatIsMissingIsBuiltFromTheLog) {
  HistoryKeeper keeper(path, "tests", ports(), rig.feeder.state());
  EXPECT_TRUE(keeper.is_building());
  const auto response = ask(keeper, "/v1/history");
  EXPECT_EQ(response.status, 503u);
  EXPECT_NE(response.body.find("is being built"), std::string::npos) << response.body;
  wait_for(keeper);
  expect_same(keeper);
}

TEST_F(Keeping, WhatIsThereIsGoneOnWith) {
  {
    HistoryKeeper keeper(path, "tests", ports(), rig.feeder.state());
    wait_for(keeper);
  }
  HistoryKeeper again(path, "tests",
                      {.clock = rig.clock,
                       .source = []() -> base::Result<std::unique_ptr<log::Source>> {
                         ADD_FAILURE() << "nothing is to be built";
                         return base::fail(base::Errc::Unavailable, "");
                       }},
                      rig.feeder.state());
  EXPECT_FALSE(again.is_building());
  again.turn(rig.feeder);
  expect_same(again);
}

TEST_F(Keeping, WhatIsNoIndexIsReplaced) {
  std::ofstream(path) << std::string(8192, 'x');
  HistoryKeeper keeper(path, "tests", ports(), rig.feeder.state());
  EXPECT_FALSE(keeper.take_remarks().empty());
  wait_for(keeper);
  expect_same(keeper);
  keeper.doubt();  // a reader found damage
  keeper.turn(rig.feeder);
  EXPECT_TRUE(keeper.is_building());
  wait_for(keeper);
  expect_same(keeper);
}

TEST_F(Keeping, WhereTheBeginningIsGoneTheStateIsTheBeginning) {
  HistoryKeeper keeper(path, "tests", ports(2), rig.feeder.state());
  wait_for(keeper);
  EXPECT_EQ(ask(keeper, "/v1/show?zone=example.org").body.substr(0, 60),
            ask(rig.history, "/v1/show?zone=example.org").body.substr(0, 60));
  EXPECT_EQ(ask(keeper, "/v1/show?zone=example.org&at=5").status, 404u);
  EXPECT_EQ(ask(keeper, "/v1/show?zone=example.org&at=1970-01-01").status, 404u) << "not known";
  EXPECT_EQ(ask(keeper, "/v1/show?at=1970-01-01").status, 404u);
  EXPECT_NE(ask(keeper, "/v1/history").body.find("\"first_seq\":6"), std::string::npos);
}

TEST_F(Keeping, AnIndexOfAnotherHistoryIsGivenUp) {
  ApiRig other;
  other.import_basic();
  other.call("DELETE", "/v1/zones/example.org/rrsets/www/A");
  const auto empty = fold::State::empty(consumer::lineage_of("tests"), dataset::HashSeed(1));
  HistoryKeeper keeper(other.folder.file("history.sqlite"), "tests", ports(), empty);
  ASSERT_FALSE(keeper.is_building());
  fold_into(keeper, 0);
  EXPECT_FALSE(keeper.settle(std::chrono::seconds(30))) << "it is noticed by who writes";
  keeper.turn(rig.feeder);
  EXPECT_TRUE(keeper.is_building());
  wait_for(keeper);
  expect_same(keeper);
}

TEST_F(Keeping, AnIndexThatGoesFurtherThanTheLogIsGivenUp) {
  const auto before = rig.feeder.state();
  ApiRig shorter;
  shorter.import_basic();
  HistoryKeeper keeper(rig.folder.file("history.sqlite"), "tests", ports(), before);
  ASSERT_FALSE(keeper.is_building());
  keeper.turn(shorter.feeder);
  EXPECT_TRUE(keeper.is_building());
}

TEST_F(Keeping, WhatIsFoldedWhileTheBuilderEndsIsHeldForTheIndex) {
  std::atomic<bool> may_end{false};
  auto held_up = ports();
  held_up.source = [&] {
    return base::Result<std::unique_ptr<log::Source>>(
        std::make_unique<FrozenSource>(records(), 0, &may_end));
  };
  HistoryKeeper keeper(path, "tests", held_up, rig.feeder.state());
  const auto turn_until = [&](auto done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      rig.clock.advance(std::chrono::seconds(1));
      keeper.turn(rig.feeder);
      std::this_thread::yield();
    }
    ASSERT_TRUE(done());
  };
  turn_until([&] { return keeper.is_taking_over(); });
  const std::size_t before = records().size();
  rig.call("PUT", "/v1/zones/example.org/rrsets/late/A", R"({"ttl": 60, "rdata": ["192.0.2.99"]})");
  fold_into(keeper, before);
  EXPECT_TRUE(keeper.is_building());
  may_end = true;
  turn_until([&] { return !keeper.is_building(); });
  EXPECT_TRUE(keeper.settle(std::chrono::seconds(30)));
  expect_same(keeper);
}

}  // namespace
}  // namespace tidemark::producer
