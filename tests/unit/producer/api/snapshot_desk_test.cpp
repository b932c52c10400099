// A controller's snapshot files: two controllers on one log, announcements, retention, requests.
#include "producer/api/snapshot_desk.hpp"

#include <deque>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "core/base/u128.hpp"
#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;
using namespace tidemark::support;

const dns::Name zone = name("example.org.");

// One controller as far as snapshot files go.
struct Keeper {
  Keeper(std::shared_ptr<log::MemoryStore> store, const std::string& controller,
         std::uint64_t seed = 1, std::optional<consumer::SnapshotContents> restored = std::nullopt)
      : log(std::move(store)),
        changes(*log.source(changes_topic)),
        health(*log.source(health_topic)),
        control(*log.source(control_topic)),
        sink(*log.sink(control_topic)),
        feeder({.dataset_name = "tests", .seed = dataset::HashSeed(seed)},
               {.clock = clock,
                .changes = *changes,
                .health = health.get(),
                .control = control.get(),
                .log_identity = [this] { return log.identity(); },
                .folded = [this](const consumer::FoldedChange& folded) { desk->folded(folded); }},
               std::move(restored)) {
    start(controller);
  }
  void start(const std::string& controller, std::chrono::nanoseconds pause_min = 0s) {
    desk.emplace(SnapshotDeskSettings{.controller = controller,
                                      .base_url = "http://c.example:8053",
                                      .rule = {.changes = 10, .octets = 0, .log_time = {}},
                                      .generations = 2,
                                      .pause_min = pause_min},
                 SnapshotDeskPorts{.clock = clock,
                                   .random = random,
                                   .feeder = feeder,
                                   .shelf = shelf,
                                   .control = &writer,
                                   .in_background = [this](std::function<void()> work) {
                                     works.push_back(std::move(work));
                                   }});
  }
  void work() {
    while (!works.empty()) {
      works.front()();
      works.pop_front();
    }
  }
  void run() {
    for (int i = 0; i < 6; ++i) {
      while (feeder.step().more) {
      }
      (void)feeder.take_snapshot();
      for (std::string& one : writer.step(feeder.has_read_control() ? &feeder.control() : nullptr))
        remarks.push_back(std::move(one));
      for (std::string& remark : desk->step()) remarks.push_back(std::move(remark));
      work();
    }
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    run();
    clock.advance(2s);
    run();
  }
  net::HttpResponse call(const std::string& method, const std::string& name = {}) {
    net::HttpRequest request;
    request.method = method;
    request.path = {"v1", "snapshots"};
    if (!name.empty()) request.path.push_back(name);
    request.query = {};
    if (method != "GET" && method != "HEAD") request.query.emplace_back("reason", "for the test");
    std::optional<net::HttpResponse> answer;
    desk->take(request, "ann",
               net::Respond([&](net::HttpResponse response) { answer = std::move(response); }));
    for (int i = 0; i < 4 && !answer; ++i) run();
    EXPECT_TRUE(answer.has_value());
    return answer ? *std::move(answer) : net::HttpResponse{};
  }
  std::vector<std::uint64_t> listed() const {
    std::vector<std::uint64_t> seqs;
    for (const auto& file : desk->share().listed()) seqs.push_back(file.seq);
    return seqs;
  }
  std::size_t files() {
    return static_cast<std::size_t>(std::ranges::count_if(
        disk.files(), [](const auto& one) { return one.first.ends_with(".tmsnap"); }));
  }

  ManualClock clock;
  SeededRandom random{1};
  log::MemoryLog log;
  std::unique_ptr<log::Source> changes, health, control;
  std::unique_ptr<log::Sink> sink;
  ControlWriter writer{clock, *sink};
  MemoryDisk disk;
  SnapshotShelf shelf{
      disk,
      [this](const std::string& name) -> base::Result<std::shared_ptr<const net::OctetSource>> {
        TIDEMARK_TRY(auto octets, disk.read(name));
        return net::octets_of(std::move(octets));
      },
      consumer::lineage_of("tests")};
  std::deque<std::function<void()>> works;
  std::vector<std::string> remarks;
  std::optional<SnapshotDesk> desk;
  consumer::Feeder feeder;
};

using Seqs = std::vector<std::uint64_t>;

class SnapshotDeskTest : public ::testing::Test {
 protected:
  void append(const log::Draft& record) { support::append(writer, changes_topic, {record}); }
  // Changes up to this seq, one RRset each.
  void change_to(std::uint64_t seq) {
    for (; next <= seq; ++next) {
      append(draft(next == 1
                       ? create_zone(1, zone)
                       : put(100 + next, zone,
                             a_record(*zone.child("www"), static_cast<std::uint32_t>(next)))));
    }
  }
  void pin(std::uint64_t seq) {
    log::Draft record;
    record.key = "pin/fleet";
    record.value = schemas::encode(event::ControlRecord(event::Pin{"fleet", seq, "ann", "why"}));
    support::append(writer, control_topic, {record});
  }
  std::vector<event::SnapshotAnnounce> announced() {
    std::vector<event::SnapshotAnnounce> all;
    auto source = *writer.source(control_topic);
    (void)source->start(log::Offset(0));
    const auto drained = source->drain(1000);
    for (const log::Record& record : drained->records) {
      const auto control = schemas::decode_control_record(record.value);
      if (const auto* one = std::get_if<event::SnapshotAnnounce>(&*control)) {
        EXPECT_EQ(record.key, "snapshot/" + one->controller);
        all.push_back(*one);
      }
    }
    return all;
  }

  std::shared_ptr<log::MemoryStore> store = make_store();
  log::MemoryLog writer{store};
  std::uint64_t next = 1;
};

TEST_F(SnapshotDeskTest, TwoControllersMakeTheSameFilesAtTheSamePoints) {
  change_to(5);
  Keeper one(store, "c1", 1), two(store, "c2", 77);
  one.run();
  change_to(9);
  // The second one was restored, has health in its state, and steps at other times.
  two.run();
  event::HealthFrame frame;
  frame.prober = "p1";
  support::append(writer, health_topic, {draft(frame)});
  two.run();
  append(gibberish());
  append(draft(create_zone(2, zone)));  // rejected: it is there
  change_to(12);
  one.run();
  change_to(15);
  two.run();
  change_to(20);
  one.run();
  change_to(25);
  two.run();
  one.run();
  const auto of = [](Keeper& keeper) {
    std::map<std::uint64_t, std::string> files;
    for (const auto& file : keeper.desk->share().listed()) {
      if (file.seq % 10 == 0) files[file.seq] = base::to_hex(file.sha256);
    }
    return files;
  };
  EXPECT_EQ(of(one).size(), 2u);
  EXPECT_EQ(of(one), of(two));
}

TEST_F(SnapshotDeskTest, MakesOneWhenLiveForTheFirstTimeAndAfterQuiet) {
  change_to(3);
  Keeper keeper(store, "c1");
  keeper.run();
  EXPECT_EQ(keeper.listed(), Seqs{3});
  change_to(4);
  keeper.run();
  EXPECT_EQ(keeper.listed(), Seqs{3});
  keeper.pass(11min);
  EXPECT_EQ(keeper.listed(), (Seqs{4, 3}));
  keeper.pass(60min);
  EXPECT_EQ(keeper.files(), 2u) << "no file twice";
}

TEST_F(SnapshotDeskTest, MakesNoneOfNothing) {
  Keeper keeper(store, "c1");
  keeper.pass(60min);
  EXPECT_EQ(keeper.files(), 0u);
  EXPECT_EQ(keeper.call("POST").status, 503u);
}

TEST_F(SnapshotDeskTest, LeavesPointsOutRatherThanWriteAllTheTime) {
  change_to(1);
  Keeper keeper(store, "c1");
  keeper.start("c1", 1ns);
  keeper.run();
  keeper.clock.advance(1s);
  change_to(10);
  while (keeper.feeder.step().more) {
  }
  keeper.desk->step();  // under way, its thread busy
  change_to(40);
  while (keeper.feeder.step().more) {
  }
  keeper.desk->step();
  EXPECT_EQ(keeper.works.size(), 1u);
  keeper.clock.advance(3s);  // so long it takes
  keeper.work();
  keeper.desk->step();
  change_to(50);
  keeper.run();
  EXPECT_EQ(keeper.listed().front(), 10u) << "a minute has to pass";
  keeper.clock.advance(61s);
  change_to(60);
  keeper.run();
  EXPECT_EQ(keeper.listed().front(), 60u);
}

TEST_F(SnapshotDeskTest, AnnouncesTheNewestAndAgainNowAndThen) {
  change_to(3);
  Keeper keeper(store, "c1");
  keeper.run();
  change_to(10);
  keeper.run();
  auto all = announced();
  ASSERT_EQ(all.size(), 2u);
  const auto file = keeper.desk->share().listed().front();
  EXPECT_EQ(all[1].sha256, base::to_hex(file.sha256));
  EXPECT_EQ(all[1].octets, file.octets);
  EXPECT_EQ(all[1].seq, 10u);
  EXPECT_EQ(all[1].offset, 9);
  EXPECT_EQ(all[1].state_hash, file.state_hash.value());
  EXPECT_EQ(all[1].controller, "c1");
  EXPECT_EQ(all[1].urls,
            std::vector{"http://c.example:8053/v1/snapshots/" + base::to_hex(file.sha256)});
  keeper.pass(10min);
  EXPECT_EQ(announced().size(), 3u);
  EXPECT_EQ(announced().back(), all[1]);
}

TEST_F(SnapshotDeskTest, WhatIsOldIsFirstUnlistedThenGoesAfterTheGrace) {
  change_to(1);
  Keeper keeper(store, "c1");
  keeper.run();
  change_to(10);
  keeper.run();
  EXPECT_EQ(keeper.listed(), (Seqs{10, 1}));
  const std::string oldest = base::to_hex(keeper.desk->share().listed().back().sha256);
  change_to(20);
  keeper.run();
  keeper.pass(1s);
  EXPECT_EQ(keeper.listed(), (Seqs{20, 10}));
  EXPECT_EQ(keeper.files(), 3u);
  auto download = std::make_optional(keeper.call("GET", oldest));
  EXPECT_EQ(download->status, 200u) << "who read the list before still gets it";
  keeper.pass(9min);
  EXPECT_EQ(keeper.files(), 3u);
  keeper.pass(2min);
  EXPECT_EQ(keeper.files(), 3u) << "somebody reads it";
  download.reset();
  keeper.pass(1s);
  EXPECT_EQ(keeper.files(), 2u);
  EXPECT_EQ(keeper.call("GET", oldest).status, 404u);
}

TEST_F(SnapshotDeskTest, KeepsWhatIsPinnedAndWhatIsNamed) {
  change_to(5);
  Keeper keeper(store, "c1");
  keeper.run();
  change_to(10);
  keeper.run();
  EXPECT_EQ(keeper.call("PUT", "5").status, 200u);
  pin(14);
  change_to(60);
  for (std::uint64_t seq = 20; seq <= 60; seq += 10) keeper.run();
  for (std::uint64_t seq = 70; seq <= 100; seq += 10) {
    change_to(seq);
    keeper.run();
  }
  keeper.pass(11min);
  keeper.pass(11min);
  EXPECT_EQ(keeper.listed(), (Seqs{100, 90, 10, 5}));
  EXPECT_NE(keeper.call("GET").body.find("\"kept\":\"ann: for the test\""), std::string::npos);
  EXPECT_EQ(keeper.call("DELETE", "5").status, 200u);
  EXPECT_EQ(keeper.call("DELETE", "5").status, 409u);
  keeper.pass(11min);
  keeper.pass(11min);
  EXPECT_EQ(keeper.listed(), (Seqs{100, 90, 10}));
  EXPECT_EQ(keeper.files(), 3u);
}

TEST_F(SnapshotDeskTest, MakesOneOnWishAndAnswersWhenItIsDurable) {
  change_to(3);
  Keeper keeper(store, "c1");
  keeper.run();
  change_to(4);
  keeper.run();
  const net::HttpResponse made = keeper.call("POST");
  EXPECT_EQ(made.status, 200u) << made.body;
  EXPECT_NE(made.body.find("\"seq\":4"), std::string::npos);
  EXPECT_EQ(keeper.call("POST").status, 200u) << "it is there already";
  EXPECT_EQ(keeper.files(), 2u);
  change_to(5);
  keeper.run();
  keeper.disk.set_octets_max(0);
  EXPECT_EQ(keeper.call("POST").status, 503u);
  EXPECT_FALSE(keeper.remarks.empty());
}

TEST_F(SnapshotDeskTest, RefusesWhatItDoesNotKnow) {
  change_to(3);
  Keeper keeper(store, "c1");
  keeper.run();
  EXPECT_EQ(keeper.call("PUT", "2").status, 404u);
  EXPECT_EQ(keeper.call("PUT", "all").status, 400u);
  EXPECT_EQ(keeper.call("GET", "all").status, 404u);
  net::HttpRequest request;
  request.method = "POST";
  request.path = {"v1", "snapshots"};
  request.query = {{"dry_run", "1"}};
  unsigned status = 0;
  keeper.desk->take(request, "ann",
                    net::Respond([&](const net::HttpResponse& r) { status = r.status; }));
  EXPECT_EQ(status, 400u) << "nothing is made by a dry run";
}

TEST_F(SnapshotDeskTest, ARestartServesAtOnceWhatIsThere) {
  change_to(10);
  Keeper keeper(store, "c1");
  keeper.run();
  keeper.start("c1");
  keeper.run();
  EXPECT_EQ(keeper.listed(), Seqs{10});
  EXPECT_EQ(keeper.files(), 1u);
}

TEST_F(SnapshotDeskTest, AtTheEndTheNewestStateHasAFile) {
  change_to(3);
  Keeper keeper(store, "c1");
  keeper.run();
  change_to(7);
  keeper.run();
  keeper.desk->close();
  keeper.work();
  EXPECT_EQ(keeper.files(), 2u);
  EXPECT_EQ(keeper.shelf.take_stock().files.front().file.seq, 7u);
}

TEST_F(SnapshotDeskTest, AFileThatIsDamagedOrGoneIsReplaced) {
  change_to(10);
  Keeper keeper(store, "c1");
  keeper.run();
  ASSERT_EQ(keeper.listed(), Seqs{10});
  const std::string sha256 = base::to_hex(keeper.desk->share().listed().front().sha256);
  keeper.disk.files().begin()->second.back() ^= 1;
  keeper.call("GET", sha256);
  keeper.pass(61s);
  EXPECT_EQ(keeper.files(), 1u) << "made anew; the bad one lies aside";
  EXPECT_EQ(keeper.disk.files().size(), 2u);
  EXPECT_EQ(keeper.call("GET", sha256).status, 200u);
  std::erase_if(keeper.disk.files(), [](const auto& one) { return one.first.ends_with("snap"); });
  EXPECT_EQ(keeper.call("GET", sha256).status, 404u) << "what is gone is not promised";
  keeper.run();
  EXPECT_EQ(keeper.listed(), Seqs{10});
  EXPECT_EQ(keeper.call("HEAD", sha256).status, 200u);
  EXPECT_NE(keeper.desk->metrics().find("files_dropped_total 2\n"), std::string::npos);
}

TEST_F(SnapshotDeskTest, ADivergedControllerOffersNothing) {
  change_to(10);
  Keeper keeper(store, "c1");
  keeper.run();
  EXPECT_EQ(keeper.listed(), Seqs{10});
  Keeper other(make_store("memory"), "c2", 1, from_disk(keeper.feeder.contents()));
  other.disk.files() = keeper.disk.files();
  other.pass(5s);  // that log is empty: what was folded is not in it
  EXPECT_EQ(other.feeder.node_state(), event::NodeState::Diverged);
  EXPECT_EQ(other.listed(), Seqs{});
}

}  // namespace
}  // namespace tidemark::producer
