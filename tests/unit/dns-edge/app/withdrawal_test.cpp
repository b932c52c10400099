// When a node wants to be taken out of anycast.
#include "dns-edge/app/withdrawal.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "core/log/memory_log.hpp"
#include "schemas/codec.hpp"
#include "tests/support/life.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;
using namespace tidemark::support;

Withdrawal::Sight sight(std::size_t known, std::size_t fresh, std::size_t ahead) {
  return {.serves = true, .peers = {known, fresh, ahead}};
}

class WithdrawalTest : public ::testing::Test {
 protected:
  // Steps each second for so long.
  Anycast after(std::chrono::seconds time, const Withdrawal::Sight& seen) {
    for (auto left = time; left >= 0s; left -= 1s, now += 1s) (void)node.step(seen, now);
    return node.wanted();
  }
  Withdrawal node{{.file = "unused"}};
  std::chrono::nanoseconds now = 1h;
};

TEST_F(WithdrawalTest, WhoServesNothingIsWithdrawnAndWhoServesIsAnnounced) {
  EXPECT_EQ(after(5s, {}), Anycast::Withdraw);
  EXPECT_FALSE(node.wants_withdrawal());
  EXPECT_EQ(after(0s, sight(0, 0, 0)), Anycast::Announce);
}

TEST_F(WithdrawalTest, WhoLagsBehindFreshPeersGoesAndComesBackWhenItHasCaughtUp) {
  EXPECT_EQ(after(59s, sight(1, 1, 1)), Anycast::Announce);
  EXPECT_EQ(after(2s, sight(1, 1, 1)), Anycast::Withdraw);
  EXPECT_TRUE(node.wants_withdrawal());
  EXPECT_EQ(after(29s, sight(1, 1, 0)), Anycast::Withdraw);
  EXPECT_EQ(after(5s, sight(1, 1, 1)), Anycast::Withdraw) << "it lags again";
  EXPECT_EQ(after(31s, sight(1, 1, 0)), Anycast::Announce);
}

TEST_F(WithdrawalTest, WhoDoesNotHearItsPeersStays) {
  EXPECT_EQ(after(600s, sight(5, 0, 0)), Anycast::Announce);
  EXPECT_EQ(after(70s, sight(1, 1, 1)), Anycast::Withdraw);
  EXPECT_EQ(after(0s, sight(1, 0, 0)), Anycast::Announce) << "at once: nobody else may be there";
}

TEST_F(WithdrawalTest, ItStaysWhileLessThanHalfOfTheRingIsFresh) {
  EXPECT_EQ(after(600s, sight(4, 2, 2)), Anycast::Announce) << "2 of 5 with itself";
  EXPECT_EQ(after(70s, sight(3, 2, 2)), Anycast::Withdraw) << "2 of 4";
}

TEST_F(WithdrawalTest, APinIsNoLag) {
  Withdrawal::Sight pinned = sight(1, 1, 1);
  pinned.pinned = true;
  EXPECT_EQ(after(600s, pinned), Anycast::Announce);
}

TEST_F(WithdrawalTest, AShortLagIsForgotten) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(after(50s, sight(1, 1, 1)), Anycast::Announce);
    EXPECT_EQ(after(1s, sight(1, 1, 0)), Anycast::Announce);
  }
}

TEST_F(WithdrawalTest, TheFileHoldsOneWord) {
  topics::TemporaryFolder folder;
  const Withdrawal writer({.file = folder.path() + "/anycast"});
  for (const Anycast one : {Anycast::Withdraw, Anycast::Announce}) {
    ASSERT_TRUE(writer.write(one).has_value());
    std::ifstream in(folder.path() + "/anycast");
    std::string word;
    in >> word;
    EXPECT_EQ(word, to_text(one));
  }
  EXPECT_FALSE(
      Withdrawal({.file = folder.path() + "/none/anycast"}).write(Anycast::Announce).has_value());
}

class PeerWatchTest : public ::testing::Test {
 protected:
  PeerWatchTest() {
    log::TopicSettings fleet;
    fleet.name = "tests.fleet";
    (void)store->create({fleet});
    source = *log.source("tests.fleet");
  }
  void report(const std::string& node, std::uint64_t seq, const std::string& ring = "eu",
              event::NodeState state = event::NodeState::Live, bool withdrawn = false) {
    event::NodeReport report;
    report.node = node;
    report.ring = ring;
    report.state = state;
    report.active_seq = seq;
    report.wants_withdrawal = withdrawn;
    log::Draft draft;
    draft.key = node;
    draft.value = schemas::encode(report);
    append(log, "tests.fleet", {draft});
  }
  PeerWatch::Count look(std::uint64_t seq) {
    for (int i = 0; i < 3; ++i) watch->step();
    return watch->count({}, seq);
  }

  std::int64_t log_ms = 1'000'000;
  std::shared_ptr<log::MemoryStore> store =
      std::make_shared<log::MemoryStore>(log::MemoryStoreSettings{
          .identity = "memory", .now = [this] { return log::AppendTime(log_ms); }});
  log::MemoryLog log{store};
  ManualClock clock;
  std::unique_ptr<log::Source> source;
  std::unique_ptr<PeerWatch> watch;
  void begin() { watch = std::make_unique<PeerWatch>(*source, clock, "n1", "eu"); }
};

TEST_F(PeerWatchTest, CountsTheFreshOnesOfItsRing) {
  begin();
  report("n1", 5);
  report("n2", 9);
  report("n3", 5);
  report("n4", 9, "us");
  report("n5", 9, "eu", event::NodeState::Diverged);
  report("n6", 9, "eu", event::NodeState::Live, true);
  report("n7", 9, "eu", event::NodeState::Cold);
  const auto count = look(5);
  EXPECT_EQ(count.known, 4u) << "n2, n3, n5, n6: who left in order is none";
  EXPECT_EQ(count.fresh, 2u);
  EXPECT_EQ(count.fresh_ahead, 1u);
}

TEST_F(PeerWatchTest, WhoWasSilentByTheClockOfTheLogIsNotFresh) {
  begin();
  report("n2", 9);
  log_ms += 11'000;
  report("n3", 9);
  const auto count = look(5);
  EXPECT_EQ(count.known, 2u);
  EXPECT_EQ(count.fresh, 1u);
}

TEST_F(PeerWatchTest, WithoutNewsNobodyIsFresh) {
  begin();
  report("n2", 9);
  EXPECT_EQ(look(5).fresh, 1u);
  clock.advance(11s);
  EXPECT_EQ(look(5).fresh, 0u) << "the log may be gone, and so may they";
  EXPECT_EQ(look(5).known, 1u);
}

}  // namespace
}  // namespace tidemark::edge
