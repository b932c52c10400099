#include "core/health/observations.hpp"

#include <gtest/gtest.h>

namespace tidemark::health {
namespace {

using event::HealthFrame;
using event::Observation;
using event::Observed;

HealthFrame frame(std::string prober, bool full, std::vector<Observation> observations) {
  HealthFrame made;
  made.prober = std::move(prober);
  made.full = full;
  made.observations = std::move(observations);
  return made;
}
Observation up(std::string endpoint) { return {"web", std::move(endpoint), Observed::Up, ""}; }
Observation down(std::string endpoint) {
  return {"web", std::move(endpoint), Observed::Down, "connection refused"};
}

TEST(Observations, AFullFrameReplacesWhatItsProberSaidAndNothingElse) {
  Observations all;
  all.apply(frame("p1", true, {up("a"), up("b")}), 100);
  all.apply(frame("p2", true, {down("a")}), 110);
  all.apply(frame("p1", true, {down("b")}), 120);
  ASSERT_EQ(all.sightings("web", "a").size(), 1u);
  EXPECT_EQ(all.sightings("web", "a")[0].prober, "p2");
  ASSERT_EQ(all.sightings("web", "b").size(), 1u);
  EXPECT_EQ(all.sightings("web", "b")[0],
            (Sighting{"p1", false, Observed::Down, 120, 120, "connection refused"}));
}

TEST(Observations, ADeltaTouchesOnlyWhatItNames) {
  Observations all;
  all.apply(frame("p1", true, {up("a"), up("b")}), 100);
  all.apply(frame("p1", false, {down("b")}), 150);
  EXPECT_EQ(all.sightings("web", "a")[0].observed, Observed::Up);
  EXPECT_EQ(all.sightings("web", "a")[0].since_ms, 100);
  EXPECT_EQ(all.sightings("web", "b")[0].observed, Observed::Down);
  EXPECT_EQ(all.sightings("web", "b")[0].since_ms, 150);
}

TEST(Observations, AnyFrameProvesThatItsProberLives) {  // OpenGSLB: heartbeats did not
  Observations all;
  all.apply(frame("p1", true, {up("a")}), 100);
  all.apply(frame("p1", false, {}), 5000);
  EXPECT_EQ(all.prober_seen_ms("p1"), 5000);
  EXPECT_EQ(all.sightings("web", "a")[0].seen_ms, 5000);
  EXPECT_EQ(all.sightings("web", "a")[0].since_ms, 100);
  EXPECT_EQ(all.prober_seen_ms("p2"), -1);
}

TEST(Observations, LogTimeNeverGoesBackAndPassesForUndecodableRecordsToo) {
  Observations all;
  EXPECT_EQ(all.log_ms(), -1);
  all.apply(frame("p1", true, {up("a")}), 100);
  all.note_undecodable(250);
  EXPECT_EQ(all.log_ms(), 250);
  all.apply(frame("p1", true, {up("a")}), 90);
  EXPECT_EQ(all.log_ms(), 250);
  EXPECT_EQ(all.prober_seen_ms("p1"), 250);
}

TEST(Observations, RemembersWhenAVantagePointLastSawItUpButNotAnAgent) {
  Observations all;
  all.apply(frame("p1", true, {up("a")}), 100);
  HealthFrame agent = frame("a", true, {up("a")});
  agent.agent = true;
  all.apply(agent, 200);
  EXPECT_EQ(all.last_up_ms("web", "a"), 100);
  all.apply(frame("p1", true, {down("a")}), 300);
  EXPECT_EQ(all.last_up_ms("web", "a"), 100);
  EXPECT_EQ(all.last_up_ms("web", "b"), -1);
  EXPECT_EQ(all.last_up_ms("mail", "a"), -1);
}

TEST(Observations, RevisionRisesOnlyWhenAVerdictCouldDependOnIt) {
  Observations all;
  all.apply(frame("p1", true, {up("a")}), 100);
  const auto before = all.revision();
  all.apply(frame("p1", true, {up("a")}), 200);
  EXPECT_EQ(all.revision(), before);
  all.apply(frame("p1", false, {down("a")}), 300);
  EXPECT_GT(all.revision(), before);
  const auto after = all.revision();
  all.apply(frame("p1", true, {}), 400);
  EXPECT_GT(all.revision(), after);
}

TEST(Observations, ATwoHundredFiftySeventhProberIsIgnoredAndCounted) {
  Observations all;
  for (std::size_t i = 0; i < probers_max; ++i) {
    all.apply(frame("p" + std::to_string(i), true, {up("a")}), 100);
  }
  all.apply(frame("late", true, {down("a"), down("b")}), 100);
  EXPECT_EQ(all.probers().size(), probers_max);
  EXPECT_EQ(all.ignored(), 2u);
  EXPECT_TRUE(all.sightings("web", "b").empty());
}

TEST(Observations, ANewProberTakesThePlaceOfOneThatWasSilentForADay) {
  Observations all;
  all.apply(frame("old", true, {up("gone")}), 50);
  for (std::size_t i = 1; i < probers_max; ++i) {
    all.apply(frame("p" + std::to_string(i), true, {up("a")}), 100);
  }
  all.apply(frame("p1", false, {}), 50 + prober_silent_ms_max);
  all.apply(frame("late", true, {down("a")}), 50 + prober_silent_ms_max);
  EXPECT_EQ(all.prober_seen_ms("old"), -1);
  EXPECT_TRUE(all.sightings("web", "gone").empty());
  EXPECT_EQ(all.sightings("web", "a").size(), probers_max);
  EXPECT_EQ(*Observations::from_octets(all.to_octets()), all);
}

TEST(Observations, OctetsDoNotDependOnTheOrderOfArrival) {
  Observations one, other;
  one.apply(frame("p1", true, {up("a"), down("b")}), 100);
  one.apply(frame("p2", true, {up("c")}), 100);
  other.apply(frame("p2", true, {up("c")}), 100);
  other.apply(frame("p1", true, {down("b"), up("a")}), 100);
  EXPECT_EQ(one.to_octets(), other.to_octets());
  EXPECT_EQ(one, other);
}

TEST(Observations, OctetsReadBackAndGoOnAlike) {
  Observations all;
  all.apply(frame("p1", true, {up("a"), down("b")}), 100);
  all.apply(frame("p2", true, {up("a")}), 120);
  auto back = Observations::from_octets(all.to_octets());
  ASSERT_TRUE(back) << back.error().trail;
  EXPECT_EQ(*back, all);
  for (Observations* each : {&all, &*back}) each->apply(frame("p1", true, {down("a")}), 140);
  EXPECT_EQ(*back, all);
}

TEST(Observations, EveryCutOfTheOctetsIsRefused) {
  Observations all;
  all.apply(frame("p1", true, {up("a"), down("b")}), 100);
  const base::Bytes octets = all.to_octets();
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    EXPECT_FALSE(Observations::from_octets(base::ByteView(octets).first(cut))) << cut;
  }
  base::Bytes longer = octets;
  longer.push_back(0);
  EXPECT_FALSE(Observations::from_octets(longer));
}

}  // namespace
}  // namespace tidemark::health
