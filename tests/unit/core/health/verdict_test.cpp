#include "core/health/verdict.hpp"

#include <gtest/gtest.h>

#include "core/dataset/editor.hpp"

namespace tidemark::health {
namespace {

using event::AllDown;
using event::Endpoint;
using event::EndpointStatus;
using event::HealthFrame;
using event::Observed;
using event::OverrideState;
using event::Pool;

dataset::Dataset empty() {
  return dataset::Dataset::empty(dataset::Lineage{base::U128{1, 2}}, dataset::HashSeed{7});
}
Endpoint v4(std::string id, std::uint8_t weight = 1, EndpointStatus status = EndpointStatus::Obey) {
  static std::uint8_t next = 1;
  return {std::move(id), {event::Address::Family::V4, {192, 0, 2, next++}}, weight, status};
}
Endpoint v6(std::string id) {
  return {std::move(id), {event::Address::Family::V6, {0x20, 1, 0xd, 0xb8}}};
}

class Verdicts : public ::testing::Test {
 protected:
  Verdicts() : dataset_(empty()) {
    pool_.name = "web";
    pool_.endpoints = {v4("a"), v4("b"), v4("c")};
    put();
  }
  void put() {
    dataset::Editor editor(dataset_);
    editor.put_pool(pool_);
    dataset_ = std::move(editor).finish();
  }
  void put_override(const std::string& endpoint, OverrideState state, std::uint64_t until_ms = 0) {
    dataset::Editor editor(dataset_);
    editor.put_override({"web", endpoint, state, until_ms, "by hand"});
    dataset_ = std::move(editor).finish();
  }
  void clear_override(const std::string& endpoint) {
    dataset::Editor editor(dataset_);
    editor.delete_override("web", endpoint);
    dataset_ = std::move(editor).finish();
  }
  // "ab" up, "c" down: one full frame.
  void say(const std::string& prober, std::int64_t ms, const std::string& up,
           const std::string& down, const std::string& drain = "", bool agent = false) {
    HealthFrame frame;
    frame.prober = prober;
    frame.full = true;
    frame.agent = agent;
    for (const char id : up) frame.observations.push_back({"web", {id}, Observed::Up, ""});
    for (const char id : down)
      frame.observations.push_back({"web", {id}, Observed::Down, "HTTP 503"});
    for (const char id : drain) frame.observations.push_back({"web", {id}, Observed::Drain, ""});
    observations_.apply(frame, ms);
  }
  Verdict of(const std::string& endpoint) const {
    const auto view = *dataset_.find_pool("web");
    const auto all = judge(dataset_, view, observations_);
    const auto frozen = HealthView::freeze(dataset_, observations_, 0);
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(frozen.rulings(view.slot()).rule_of(i), all[i].rule) << "endpoint " << i;
      if (view.pool().endpoints[i].id == endpoint) return all[i];
    }
    ADD_FAILURE() << endpoint;
    return {};
  }
  PoolMasks masks() const {
    return HealthView::freeze(dataset_, observations_, 0).masks(dataset_.find_pool("web")->slot());
  }

  Choice choice() const {
    return HealthView::freeze(dataset_, observations_, 0)
        .rulings(dataset_.find_pool("web")->slot())
        .v4;
  }

  Pool pool_;
  dataset::Dataset dataset_;
  Observations observations_;
};

TEST_F(Verdicts, WhoIsNeverSeenIsUp) {
  EXPECT_TRUE(of("a").up);
  EXPECT_EQ(of("a").rule, Rule::Default);
  EXPECT_EQ(masks(), (PoolMasks{7, 7, 0}));
}

TEST_F(Verdicts, TheMajorityOfFreshVantagePointsDecidesAndATieIsUp) {
  say("p1", 100, "ab", "c");
  EXPECT_FALSE(of("c").up);
  EXPECT_EQ(of("c").rule, Rule::Quorum);
  EXPECT_EQ(of("c").cause, "0 up, 1 not; p1: HTTP 503");
  EXPECT_EQ(masks(), (PoolMasks{3, 3, 0}));
  say("p2", 110, "abc", "");
  EXPECT_TRUE(of("c").up);
  say("p3", 120, "ab", "c");
  EXPECT_FALSE(of("c").up);
}

TEST_F(Verdicts, ADeadProbersWordGoesStaleWhileAnotherLives) {
  say("p1", 0, "a", "bc");
  say("p2", 0, "abc", "");
  say("p3", 0, "a", "bc");
  EXPECT_FALSE(of("b").up);
  say("p2", 10'000, "abc", "");
  EXPECT_FALSE(of("b").up) << "ten seconds old is still fresh";
  say("p2", 10'001, "abc", "");
  EXPECT_TRUE(of("b").up);
  EXPECT_EQ(of("b").rule, Rule::Quorum);
}

TEST_F(Verdicts, WhenAllProbersAreDeadTheLastQuorumStands) {
  say("p1", 0, "a", "bc");
  say("p2", 500, "a", "bc");
  say("p3", 900, "abc", "");
  const PoolMasks before = masks();
  observations_.note_undecodable(3'600'000);  // log time goes on without them
  EXPECT_EQ(masks(), before);
  EXPECT_FALSE(of("b").up);
  EXPECT_EQ(of("b").rule, Rule::Stale);
}

TEST_F(Verdicts, AQuorumOfTwoIsNotMetByOneAndNotLostWithADeadProber) {
  pool_.quorum = 2;
  put();
  say("p1", 0, "ab", "c");
  EXPECT_TRUE(of("c").up);
  EXPECT_EQ(of("c").rule, Rule::Default);
  say("p2", 0, "ab", "c");
  EXPECT_FALSE(of("c").up);
  say("p1", 60'000, "ab", "c");  // p2 is silent, its last word still counts
  EXPECT_FALSE(of("c").up);
  EXPECT_EQ(of("c").rule, Rule::Quorum);
  say("p1", 61'000, "abc", "");
  EXPECT_TRUE(of("c").up);
}

TEST_F(Verdicts, AnAgentSpeaksOnlyWhereNoVantagePointDoes) {
  say("agent-a", 0, "", "a", "", true);
  EXPECT_FALSE(of("a").up);
  EXPECT_EQ(of("a").rule, Rule::Agent);
  say("p1", 10, "a", "");
  EXPECT_TRUE(of("a").up);
  EXPECT_EQ(of("a").rule, Rule::Quorum);
}

TEST_F(Verdicts, ADayWithoutFramesTakesNobodyAway) {  // OpenGSLB: leases for all
  say("agent-a", 0, "a", "", "", true);
  say("p1", 24 * 3600 * 1000, "bc", "");
  EXPECT_EQ(masks().answer_v4, 7u);
}

TEST_F(Verdicts, AnAgentsDrainOutranksTheQuorumAndTheOperatorOutranksBoth) {
  say("p1", 0, "abc", "");
  say("agent-a", 0, "", "", "a", true);
  EXPECT_TRUE(of("a").drained);
  EXPECT_TRUE(of("a").up);
  EXPECT_EQ(of("a").rule, Rule::Drain);
  EXPECT_EQ(masks(), (PoolMasks{7, 6, 0}));
  put_override("a", OverrideState::Up);
  EXPECT_EQ(of("a").rule, Rule::Override);
  EXPECT_EQ(of("a").cause, "by hand");
  EXPECT_EQ(masks().answer_v4, 7u);
  put_override("a", OverrideState::Down);
  EXPECT_FALSE(of("a").up);
  EXPECT_EQ(masks().answer_v4, 6u);
  clear_override("a");
  EXPECT_EQ(of("a").rule, Rule::Drain);
}

TEST_F(Verdicts, AnOverrideEndsByLogTime) {
  put_override("a", OverrideState::Down, 5000);
  EXPECT_EQ(of("a").rule, Rule::Override);
  say("p1", 4999, "abc", "");
  EXPECT_EQ(masks().answer_v4, 6u);
  say("p1", 5000, "abc", "");
  EXPECT_EQ(of("a").rule, Rule::Quorum);
  EXPECT_EQ(masks().answer_v4, 7u);
}

TEST_F(Verdicts, AConfiguredStatusOutranksEverything) {
  pool_.endpoints[0].status = EndpointStatus::Down;
  pool_.endpoints[1].status = EndpointStatus::Up;
  put();
  say("p1", 0, "ac", "b");
  put_override("a", OverrideState::Up);
  put_override("b", OverrideState::Down);
  EXPECT_EQ(of("a").rule, Rule::Status);
  EXPECT_EQ(masks(), (PoolMasks{6, 6, 0}));
}

TEST_F(Verdicts, TheFloorKeepsThoseSeenUpLast) {
  pool_.floor = 2;
  put();
  say("p1", 100, "abc", "");
  say("p1", 200, "ab", "c");
  say("p1", 300, "a", "bc");
  EXPECT_EQ(masks(), (PoolMasks{1, 3, 0}));
}

TEST_F(Verdicts, TheFrozenViewSaysHowTheAnsweredWereChosen) {
  EXPECT_EQ(choice(), Choice::Up);
  say("p1", 100, "a", "bc");
  EXPECT_EQ(choice(), Choice::Up) << "fewer, but not fewer than the floor";
  pool_.floor = 2;
  put();
  EXPECT_EQ(choice(), Choice::Floor);
  say("p1", 200, "", "abc");
  EXPECT_EQ(choice(), Choice::AllDown);
  put_override("b", OverrideState::Up);
  EXPECT_EQ(choice(), Choice::Floor);
  EXPECT_EQ(to_text(choice()), "floor");
}

TEST_F(Verdicts, TheFloorDoesNotRaiseWhatAnOperatorTookDown) {
  pool_.floor = 3;
  put();
  put_override("b", OverrideState::Down);
  say("p1", 100, "a", "bc");
  EXPECT_EQ(masks(), (PoolMasks{1, 5, 0}));
}

TEST_F(Verdicts, AllDownIsAnsweredAsIfAllWereUp) {
  say("p1", 100, "", "abc");
  EXPECT_EQ(masks(), (PoolMasks{0, 7, 0}));
  put_override("b", OverrideState::Down);
  EXPECT_EQ(masks().answer_v4, 5u) << "but not what the operator took down";
  for (const char* id : {"a", "c"}) put_override(id, OverrideState::Down);
  EXPECT_EQ(masks().answer_v4, 7u) << "unless nothing else is left";
}

TEST_F(Verdicts, AllDownMayMeanTheLastHealthyOnes) {
  pool_.all_down = AllDown::LastHealthy;
  put();
  say("p1", 50, "", "abc");
  EXPECT_EQ(masks().answer_v4, 7u) << "never seen up";
  say("p1", 100, "abc", "");
  say("p1", 200, "bc", "a");
  say("p1", 300, "", "abc");
  EXPECT_EQ(masks().answer_v4, 6u);
}

TEST_F(Verdicts, AllDownMayMeanServfail) {
  pool_.all_down = AllDown::ServFail;
  put();
  say("p1", 100, "", "abc");
  EXPECT_EQ(masks(), (PoolMasks{0, 0, 0}));
}

TEST_F(Verdicts, WeightZeroIsAnsweredOnlyIfAllWeightsAreZero) {  // OpenGSLB: 0 became 100
  pool_.endpoints[1].weight = 0;
  put();
  EXPECT_EQ(masks().answer_v4, 5u);
  say("p1", 100, "b", "ac");
  EXPECT_EQ(masks().answer_v4, 5u) << "all others down: still not";
  for (Endpoint& endpoint : pool_.endpoints) endpoint.weight = 0;
  put();
  EXPECT_EQ(masks().answer_v4, 7u);
}

TEST_F(Verdicts, FamiliesAreJudgedApart) {
  pool_.endpoints = {v4("a"), v4("b"), v6("c")};
  put();
  say("p1", 100, "ab", "c");
  EXPECT_EQ(masks(), (PoolMasks{3, 3, 4})) << "the only address of its family stays";
  say("p1", 200, "c", "ab");
  EXPECT_EQ(masks(), (PoolMasks{4, 3, 4}));
}

TEST_F(Verdicts, PoolsOfOneAddressHaveVerdictsOfTheirOwn) {  // OpenGSLB: keyed by address:port
  Pool mail = pool_;
  mail.name = "mail";
  dataset::Editor editor(dataset_);
  editor.put_pool(mail);
  dataset_ = std::move(editor).finish();
  say("p1", 100, "ab", "c");
  const auto view = HealthView::freeze(dataset_, observations_, 41);
  EXPECT_EQ(view.masks(dataset_.find_pool("web")->slot()).up, 3u);
  EXPECT_EQ(view.masks(dataset_.find_pool("mail")->slot()).up, 7u);
  EXPECT_EQ(view.position(), 41);
  EXPECT_EQ(view.log_ms(), 100);
}

}  // namespace
}  // namespace tidemark::health
