#include "consumer/bootstrap/ladder.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "consumer/snapshot_file/snapshot_store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/unit/consumer/bootstrap/folded.hpp"

namespace tidemark::consumer {
namespace {

using namespace std::chrono_literals;
using namespace tidemark::support;

const dns::Name zone = name("example.org.");

// A file of version `seq`; the offsets are one less. Its text is large: it comes in several parts.
base::Bytes file_of(std::uint64_t seq, int texts = 0) {
  log::MemoryLog log(store_of_changes());
  SnapshotContents contents = nothing_folded();
  live_on(log, contents, create_zone(1, zone));
  for (std::uint64_t i = 2; i <= seq; ++i) {
    live_on(log, contents, put(10 + i, zone, a_record(zone, static_cast<std::uint32_t>(i))));
  }
  for (int i = 0; i < texts; ++i) {
    const auto number = static_cast<std::uint64_t>(i);
    live_on(log, contents,
            put(1000 + number, zone, a_record(*zone.child("n" + std::to_string(i)), 0xc0000201)));
  }
  return serialize(contents);
}
std::string sha256_of(const base::Bytes& octets) { return base::to_hex(base::sha256(octets)); }

// Sources as maps, with faults by name.
struct World {
  struct Place {
    std::vector<base::Bytes> files;
    unsigned status = 0;  // of every answer, if not 0
    std::string retry_after{};
    std::size_t parts_left = SIZE_MAX;  // then the connection breaks
    bool flips_an_octet = false;
  };

  base::Result<net::HttpResponse> ask(net::HttpCall call) {
    const std::string host = call.url.host;
    asked.push_back(host + call.url.target);
    tokens.push_back(std::string(call.headers.get("Authorization").value_or("")));
    const auto found = places.find(host);
    if (found == places.end()) return base::fail(base::Errc::Unavailable, host + ": refused");
    Place& place = found->second;
    net::HttpResponse response;
    if (place.status != 0) {
      response.status = place.status;
      if (!place.retry_after.empty()) response.headers.add("Retry-After", place.retry_after);
      return response;
    }
    if (call.url.target == "/v1/snapshots") {
      response.body = listing(place);
      return response;
    }
    for (const base::Bytes& file : place.files) {
      if (call.url.target == "/v1/snapshots/" + sha256_of(file)) return part(place, call, file);
    }
    response.status = 404;
    return response;
  }

  static std::string listing(const Place& place) {
    std::string text;
    for (const base::Bytes& file : place.files) {
      const auto contents = *parse(file, lineage_of("tests"), dataset::HashSeed(9));
      text += (text.empty() ? "" : ",") + std::string(R"({"sha256":")") + sha256_of(file) +
              R"(","octets":)" + std::to_string(file.size()) + R"(,"seq":)" +
              std::to_string(contents.state.dataset.version().seq.value()) + R"(,"offset":)" +
              std::to_string(contents.state.offset) + R"(,"state_hash":"","chain":"","new":1})";
    }
    return R"({"snapshots":[)" + text + "]}";
  }

  base::Result<net::HttpResponse> part(Place& place, const net::HttpCall& call,
                                       const base::Bytes& file) {
    if (place.parts_left-- == 0) {
      place.parts_left = 0;
      return base::fail(base::Errc::Unavailable, call.url.host + ": closed");
    }
    const std::string range(call.headers.get("Range").value_or(""));
    std::size_t first = 0, last = 0;
    EXPECT_EQ(std::sscanf(range.c_str(), "bytes=%zu-%zu", &first, &last), 2) << range;
    net::HttpResponse response;
    response.status = 206;
    response.body =
        std::string(base::as_text(base::ByteView(file).subspan(first, last + 1 - first)));
    if (place.flips_an_octet) response.body.back() ^= 1;
    response.headers.add("Content-Range", "bytes " + std::to_string(first) + "-" +
                                              std::to_string(last) + "/" +
                                              std::to_string(file.size()));
    octets += response.body.size();
    return response;
  }

  std::map<std::string, Place> places;
  std::vector<std::string> asked, tokens;
  std::size_t octets = 0;
};

class LadderTest : public ::testing::Test {
 protected:
  using Kind = SnapshotSource::Kind;

  SnapshotSource source(Kind kind, const std::string& host) {
    return {kind, *base_url("http://" + host), "secret"};
  }
  Ladder::Climb climb(const Wanted& wanted, const std::vector<SnapshotSource>& sources) {
    return ladder.climb(wanted, sources);
  }
  std::size_t times_asked(const std::string& host) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        world.asked, [&](const std::string& one) { return one.starts_with(host); }));
  }
  static std::uint64_t seq_of(const Ladder::Climb& climb) {
    return climb.found ? climb.found->contents.state.dataset.version().seq.value() : 0;
  }

  World world;
  MemoryDisk disk;
  ManualClock clock;
  SeededRandom random{7};
  bool ended = false;
  FetchProgress progress;
  Ladder ladder{{.disk = disk,
                 .clock = clock,
                 .random = random,
                 .ask = [this](net::HttpCall call, auto) { return world.ask(std::move(call)); },
                 .progress = [this](const FetchProgress& now) { progress = now; },
                 .ended = [this] { return ended; }},
                lineage_of("tests"),
                dataset::HashSeed(3)};
};

TEST_F(LadderTest, PeersComeBeforeControllersAndTheNewestFileIsTaken) {
  world.places["peer"].files = {file_of(4), file_of(2)};
  world.places["controller"].files = {file_of(5)};
  const auto found =
      climb({}, {source(Kind::Controller, "controller"), source(Kind::Peer, "peer")});
  EXPECT_EQ(seq_of(found), 4u);
  EXPECT_EQ(times_asked("controller"), 0u);
  EXPECT_EQ(found.found->sha256, sha256_of(file_of(4)));
  EXPECT_EQ(world.tokens.front(), "Bearer secret");
  EXPECT_TRUE(disk.files().empty()) << "no part is left";
  EXPECT_TRUE(found.remarks.empty());
}

TEST_F(LadderTest, WhatIsTooOldOrTooNewOrRefusedIsNotTaken) {
  world.places["peer"].files = {file_of(4), file_of(3), file_of(2)};
  const std::vector<SnapshotSource> peer{source(Kind::Peer, "peer")};
  EXPECT_EQ(seq_of(climb({.seq_max = 3}, peer)), 3u);
  EXPECT_EQ(seq_of(climb({.refused = {sha256_of(file_of(4))}}, peer)), 3u);
  EXPECT_EQ(seq_of(climb({.offset_min = 3}, peer)), 4u);
  EXPECT_EQ(seq_of(climb({.log_identity = "another"}, peer)), 0u) << "their log is called memory";
  clock.advance(1h);
  const auto nothing = climb({.seq_min = 5}, peer);
  EXPECT_EQ(seq_of(nothing), 0u);
  ASSERT_EQ(nothing.remarks.size(), 1u);
  EXPECT_NE(nothing.remarks[0].find("no file there fits"), std::string::npos);
  clock.advance(1h);
  EXPECT_TRUE(climb({.seq_min = 5}, peer).remarks.empty()) << "once";
}

TEST_F(LadderTest, ABusySourceIsLeftAloneForAsLongAsItSays) {
  world.places["peer"] = {.files = {}, .status = 429, .retry_after = "30"};
  world.places["controller"] = {.files = {}, .status = 503, .retry_after = "tomorrow"};
  const std::vector<SnapshotSource> both{source(Kind::Peer, "peer"),
                                         source(Kind::Controller, "controller")};
  const auto first = climb({}, both);
  EXPECT_FALSE(first.found.has_value());
  EXPECT_EQ(first.remarks.size(), 2u);
  ASSERT_TRUE(first.again_in.has_value());
  EXPECT_GE(*first.again_in, 5s);
  EXPECT_EQ(progress.busy, 2u);
  clock.advance(29s);
  (void)climb({}, both);
  EXPECT_EQ(times_asked("peer"), 1u);
  EXPECT_EQ(times_asked("controller"), 2u);
  world.places["peer"] = {.files = {file_of(2)}};
  clock.advance(17s);  // half of it more at most
  EXPECT_EQ(seq_of(climb({}, both)), 2u);
}

TEST_F(LadderTest, AFetchGoesOnWhereItBrokeOffWithAnotherSource) {
  const base::Bytes large = file_of(2, 8000);
  ASSERT_GT(large.size(), part_octets_min * 3 / 2);
  world.places["one"] = {.files = {large}, .parts_left = 1};
  world.places["two"] = {.files = {large, file_of(1)}};
  const std::vector<SnapshotSource> both{source(Kind::Peer, "one"),
                                         source(Kind::Controller, "two")};
  const auto found = climb({}, both);
  EXPECT_EQ(seq_of(found), 8002u);
  EXPECT_EQ(world.octets, large.size()) << "no octet twice";
  EXPECT_EQ(progress.failures, 1u);
  EXPECT_TRUE(disk.files().empty());
}

TEST_F(LadderTest, AFetchGoesOnAfterACrashAlthoughANewerFileIsListed) {
  const base::Bytes large = file_of(2, 8000);
  world.places["one"] = {.files = {large}, .parts_left = 1};
  const std::vector<SnapshotSource> peer{source(Kind::Peer, "one")};
  EXPECT_FALSE(climb({}, peer).found.has_value());
  EXPECT_EQ(disk.files().size(), 1u);
  world.places["one"] = {.files = {file_of(3, 8001), large}};
  Ladder after({.disk = disk,
                .clock = clock,
                .random = random,
                .ask = [this](net::HttpCall call, auto) { return world.ask(std::move(call)); },
                .progress = [](const FetchProgress&) {},
                .ended = [] { return false; }},
               lineage_of("tests"), dataset::HashSeed(3));
  EXPECT_EQ(seq_of(after.climb({}, peer)), 8002u);
  EXPECT_EQ(world.octets, large.size());
}

TEST_F(LadderTest, ADamagedFileIsSetAsideAndItsSourceRests) {
  world.places["bad"] = {.files = {file_of(5)}, .flips_an_octet = true};
  world.places["good"] = {.files = {file_of(4)}};
  const std::vector<SnapshotSource> both{source(Kind::Peer, "bad"),
                                         source(Kind::Controller, "good")};
  const auto found = climb({}, both);
  EXPECT_EQ(seq_of(found), 4u);
  ASSERT_EQ(found.remarks.size(), 1u);
  EXPECT_NE(found.remarks[0].find("set aside"), std::string::npos) << found.remarks[0];
  EXPECT_TRUE(disk.files().contains("snapshot-fetched-" + sha256_of(file_of(5)) + ".tmsnap.bad"));
  clock.advance(9min);
  const std::size_t before = times_asked("bad");
  (void)climb({}, both);
  EXPECT_EQ(times_asked("bad"), before);
  EXPECT_EQ(progress.bad_files, 1u);
}

TEST_F(LadderTest, PartsThatOthersSpoiltAreThrownAwayAndItsSourceMayTryAgain) {
  const base::Bytes large = file_of(2, 8000);
  world.places["bad"] = {.files = {large}, .parts_left = 1, .flips_an_octet = true};
  world.places["good"] = {.files = {large}};
  const std::vector<SnapshotSource> both{source(Kind::Peer, "bad"),
                                         source(Kind::Controller, "good")};
  EXPECT_FALSE(climb({}, both).found.has_value());
  clock.advance(2s);
  EXPECT_EQ(seq_of(climb({}, {source(Kind::Controller, "good")})), 8002u);
}

TEST_F(LadderTest, OwnOlderFilesComeFirstIfTheyAreWanted) {
  SnapshotStore store(disk, lineage_of("tests"));
  (void)store.keep(file_of(3));
  (void)store.keep(file_of(4));
  EXPECT_FALSE(climb({}, {}).found.has_value());
  EXPECT_EQ(seq_of(climb({.own_files = true}, {})), 4u);
  const auto older = climb({.own_files = true, .refused = {sha256_of(file_of(4))}}, {});
  EXPECT_EQ(seq_of(older), 3u);
  EXPECT_TRUE(older.found->own);
  EXPECT_EQ(disk.files().size(), 2u);
}

TEST_F(LadderTest, AnnouncedSourcesAreLeftOutWhenTheLogIsNotTrusted) {
  world.places["announced"].files = {file_of(2)};
  const std::vector<SnapshotSource> one{source(Kind::Announced, "announced")};
  EXPECT_FALSE(climb({.announced = false}, one).found.has_value());
  EXPECT_EQ(times_asked("announced"), 0u);
  EXPECT_TRUE(climb({}, one).found.has_value());
}

TEST_F(LadderTest, AFullDiskIsTroubleAndNoMore) {
  disk.set_octets_max(10);
  world.places["peer"].files = {file_of(2)};
  const auto climbed = climb({}, {source(Kind::Peer, "peer")});
  EXPECT_FALSE(climbed.found.has_value());
  EXPECT_EQ(climbed.remarks.size(), 1u);
}

TEST_F(LadderTest, WhicheverCallOfTheDiskFailsOnceTheNextClimbFindsTheFile) {
  const base::Bytes large = file_of(2, 5000);
  world.places["peer"].files = {large};
  const std::vector<SnapshotSource> peer{source(Kind::Peer, "peer")};
  std::size_t failed_climbs = 0;
  for (std::size_t number = 1; number <= 12; ++number) {
    disk.fail_call(disk.calls() + number);
    auto found = climb({}, peer);
    for (int again = 0; again < 3 && !found.found; ++again) {
      ++failed_climbs;
      clock.advance(1h);
      found = climb({}, peer);
    }
    EXPECT_EQ(seq_of(found), 5002u) << "call " << number;
    EXPECT_EQ(found.found ? found.found->octets : base::Bytes(), large);
  }
  EXPECT_GT(failed_climbs, 3u);
}

TEST_F(LadderTest, NothingIsAskedAnyMoreOnceItIsEnded) {
  world.places["peer"].files = {file_of(2)};
  ended = true;
  EXPECT_FALSE(climb({}, {source(Kind::Peer, "peer")}).found.has_value());
  EXPECT_TRUE(world.asked.empty());
}

}  // namespace
}  // namespace tidemark::consumer
