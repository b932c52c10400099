#include "producer/prober/prober.hpp"

#include <gtest/gtest.h>

#include "tests/unit/producer/prober/scripted.hpp"

namespace tidemark::producer {
namespace {

using event::HealthFrame;
using event::Observed;
using std::chrono::milliseconds;

Target target(std::string endpoint, std::uint32_t interval_ms = 1000) {
  Target made{"web", std::move(endpoint), {event::Address::Family::V4, {192, 0, 2, 1}}, {}};
  made.check.kind = event::CheckKind::Http;
  made.check.port = 80;
  made.check.interval_ms = interval_ms;
  made.check.rise = 2;
  made.check.fall = 3;
  return made;
}

class Probing : public ::testing::Test {
 protected:
  explicit Probing(ProberSettings settings = {.name = "p1"})
      : prober_(std::move(settings), {clock_, random_, checker_, [this] { ++woken_; }}) {}

  // 10 ms at a time, every check answered after 10 ms.
  void run(milliseconds span) {
    for (milliseconds passed{0}; passed < span; passed += milliseconds(10)) {
      step();
      clock_.advance(milliseconds(10));
      checker_.answer_all();
    }
  }
  Prober::Step step() {
    Prober::Step step = prober_.step();
    frames_.insert(frames_.end(), step.frames.begin(), step.frames.end());
    return step;
  }
  std::string told() {  // "full a up, b down; delta ..." since the last call
    std::string text;
    for (const HealthFrame& frame : std::exchange(frames_, {})) {
      text += text.empty() ? "" : "; ";
      text += frame.full ? "full" : "delta";
      for (const auto& each : frame.observations) {
        text += " " + each.endpoint + (each.observed == Observed::Up ? "+" : "-");
      }
    }
    return text;
  }
  std::size_t full_frames() const {
    return static_cast<std::size_t>(
        std::count_if(frames_.begin(), frames_.end(), [](const auto& f) { return f.full; }));
  }

  ManualClock clock_;
  CountingRandom random_;
  ScriptedChecker checker_;
  int woken_ = 0;
  Prober prober_;
  std::vector<HealthFrame> frames_;
};

TEST_F(Probing, WithoutTargetsItSaysSoEachPeriod) {
  run(milliseconds(3000));
  EXPECT_EQ(told(), "full; full; full");
}

TEST_F(Probing, TheFirstResultDecidesAndIsToldAtOnce) {
  checker_.down = {{{"web", "b"}, "connection refused"}};
  prober_.set_targets({target("a"), target("b")});
  EXPECT_EQ(prober_.standing().unknown, 2u);
  run(milliseconds(600));
  EXPECT_EQ(prober_.standing().up, 1u);
  EXPECT_EQ(prober_.standing().down, 1u);
  ASSERT_FALSE(frames_.empty());
  EXPECT_TRUE(frames_.back().full);
  EXPECT_EQ(frames_.back().observations,
            (std::vector<event::Observation>{{"web", "a", Observed::Up, ""},
                                             {"web", "b", Observed::Down, "connection refused"}}));
  EXPECT_EQ(frames_.back().prober, "p1");
  EXPECT_GT(woken_, 0);
}

TEST_F(Probing, NoFullFrameBeforeEveryTargetWasCheckedOnce) {
  prober_.set_targets({target("a"), target("b")});
  for (int i = 0; i < 300; ++i) {  // b hangs
    step();
    clock_.advance(milliseconds(10));
    if (checker_.under_way() == 2 || prober_.standing().up == 1) {
      if (checker_.started_of({"web", "a"}) == 1 && prober_.standing().up == 0) {
        checker_.answer({"web", "a"}, {true});
      }
    }
  }
  EXPECT_EQ(told(), "delta a+");
  checker_.answer({"web", "b"}, {false, "timed out after 1000 ms"});
  step();
  EXPECT_EQ(told(), "full a+ b-");
}

TEST_F(Probing, AFullFrameComesEachPeriodAndNothingElseWhileNothingChanges) {
  prober_.set_targets({target("a", 200)});
  run(milliseconds(2000));
  told();
  run(milliseconds(10'000));
  EXPECT_EQ(told(),
            "full a+; full a+; full a+; full a+; full a+; "
            "full a+; full a+; full a+; full a+; full a+");
}

TEST_F(Probing, EachTargetIsCheckedOnceInItsInterval) {
  prober_.set_targets({target("a", 200), target("b", 1000)});
  run(milliseconds(1000));  // each has had its first check
  const std::size_t a = checker_.started_of({"web", "a"});
  const std::size_t b = checker_.started_of({"web", "b"});
  run(milliseconds(10'000));
  // A little jitter of each turn is allowed, so that many probers do not fall into step.
  EXPECT_NEAR(static_cast<double>(checker_.started_of({"web", "a"}) - a), 50, 6);
  EXPECT_NEAR(static_cast<double>(checker_.started_of({"web", "b"}) - b), 10, 2);
}

TEST_F(Probing, ItTakesFallFailuresInARowToGoDownAndRiseSuccessesToComeBack) {
  prober_.set_targets({target("a")});
  run(milliseconds(600));
  told();
  const auto result = [&](bool good) {  // one check
    const std::size_t before = checker_.started();
    while (checker_.started() == before) {
      step();
      clock_.advance(milliseconds(10));
    }
    checker_.answer({"web", "a"}, {good, good ? "" : "HTTP 503 (expected 200-399)"});
    step();
    return prober_.standing().up == 1;
  };
  EXPECT_TRUE(result(false));
  EXPECT_TRUE(result(false));
  EXPECT_TRUE(result(true)) << "two failures are not three";
  EXPECT_TRUE(result(false));
  EXPECT_TRUE(result(false));
  EXPECT_EQ(told().find('-'), std::string::npos);
  EXPECT_FALSE(result(false));
  EXPECT_EQ(frames_.back().observations.back().cause, "HTTP 503 (expected 200-399)");
  EXPECT_NE(told().find("a-"), std::string::npos);
  EXPECT_FALSE(result(true));
  EXPECT_FALSE(result(false)) << "one success is not two";
  EXPECT_FALSE(result(true));
  EXPECT_TRUE(result(true));
  EXPECT_NE(told().find("a+"), std::string::npos);
}

TEST_F(Probing, ATransitionIsTheNextFrameAndNeverWaitsForThePeriod) {
  prober_.set_targets({target("a", 100), target("b", 100)});
  run(milliseconds(1990));
  told();
  checker_.down = {{{"web", "b"}, "connection refused"}};
  // Three checks 100 ms apart, 5 % jitter, 10 ms each, and 10 ms of our own stepping.
  for (int i = 0; i < 50 && told().find("delta b-") == std::string::npos; ++i) {
    ASSERT_LT(i, 45);
    run(milliseconds(10));
  }
}

TEST_F(Probing, ARemovedTargetIsGoneFromTheNextFullFrameAndNotCheckedAgain) {
  prober_.set_targets({target("a"), target("b")});
  run(milliseconds(2000));
  told();
  prober_.set_targets({target("b")});
  const std::size_t checks = checker_.started_of({"web", "a"});
  run(milliseconds(3000));
  EXPECT_EQ(checker_.started_of({"web", "a"}), checks);
  EXPECT_EQ(told(), "full b+; full b+; full b+");
}

TEST_F(Probing, ATargetRemovedInTheMiddleOfItsCheckEndsTheCheck) {
  prober_.set_targets({target("a")});
  while (checker_.under_way() == 0) {
    step();
    clock_.advance(milliseconds(10));
  }
  prober_.set_targets({});
  EXPECT_EQ(checker_.under_way(), 0u);
  EXPECT_EQ(prober_.standing().under_way, 0u);
  run(milliseconds(1500));
  EXPECT_EQ(told().substr(0, 4), "full");
}

TEST_F(Probing, AnotherCheckOfTheSameEndpointKeepsTheVerdictUntilItsFirstResult) {
  checker_.down = {{{"web", "a"}, "connection refused"}};
  prober_.set_targets({target("a")});
  run(milliseconds(1000));
  EXPECT_EQ(prober_.standing().down, 1u);
  Target moved = target("a");
  moved.check.port = 81;
  prober_.set_targets({moved});
  EXPECT_EQ(prober_.standing().down, 1u);
  checker_.down.clear();
  told();
  run(milliseconds(600));
  EXPECT_EQ(prober_.standing().up, 1u) << "the first result decides alone";
  EXPECT_NE(told().find("a+"), std::string::npos);
}

TEST_F(Probing, TheSameTargetsAgainChangeNothing) {
  prober_.set_targets({target("a"), target("b")});
  run(milliseconds(2000));
  const auto before = prober_.standing();
  for (int i = 0; i < 100; ++i) prober_.set_targets({target("a"), target("b")});
  run(milliseconds(1000));
  EXPECT_LE(prober_.standing().checks - before.checks, 4u);
  EXPECT_EQ(prober_.standing().transitions, before.transitions);
}

TEST_F(Probing, ALostFrameIsFollowedByAFullOneAtOnce) {
  prober_.set_targets({target("a")});
  run(milliseconds(2050));
  told();
  prober_.resend();
  step();
  EXPECT_EQ(told(), "full a+");
}

TEST_F(Probing, NumbersOfFramesRiseByOne) {
  prober_.set_targets({target("a", 100)});
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 0) checker_.down = {{{"web", "a"}, "HTTP 500 (expected 200-399)"}};
    if (i % 2 == 1) checker_.down.clear();
    run(milliseconds(500));
  }
  ASSERT_GT(frames_.size(), 10u);
  for (std::size_t i = 0; i < frames_.size(); ++i) EXPECT_EQ(frames_[i].number, i + 1);
}

class ProbingWithFewSlots : public Probing {
 protected:
  ProbingWithFewSlots() : Probing({.name = "p1", .checks_max = 4}) {}
};

TEST_F(ProbingWithFewSlots, NeverMoreChecksThanAllowedAndEveryTargetGetsItsTurn) {
  std::vector<Target> targets;
  for (int i = 0; i < 40; ++i) targets.push_back(target("e" + std::to_string(i), 1000));
  prober_.set_targets(targets);
  run(milliseconds(3000));
  EXPECT_LE(checker_.most_under_way(), 4u);
  EXPECT_EQ(prober_.standing().up, 40u);
  for (const Target& each : targets) EXPECT_GE(checker_.started_of({"web", each.endpoint}), 2u);
}

TEST_F(Probing, TheWorkOfAllDownIsTheWorkOfAllUp) {
  std::vector<Target> targets;
  for (int i = 0; i < 40; ++i) targets.push_back(target("e" + std::to_string(i)));
  prober_.set_targets(targets);
  run(milliseconds(2000));
  const std::size_t at_start = checker_.started();
  run(milliseconds(20'000));
  const std::size_t all_up = checker_.started() - at_start;
  for (const Target& each : targets) checker_.down[{"web", each.endpoint}] = "connection refused";
  run(milliseconds(5000));
  const std::size_t before = checker_.started();
  frames_.clear();
  run(milliseconds(20'000));
  EXPECT_NEAR(static_cast<double>(checker_.started() - before), static_cast<double>(all_up),
              static_cast<double>(all_up) * 0.05);
  EXPECT_EQ(full_frames(), 20u);
  EXPECT_EQ(frames_.size(), 20u);
}

TEST_F(Probing, AStormOfFlapsBecomesABoundedNumberOfDeltas) {
  std::vector<Target> targets;
  for (int i = 0; i < 1000; ++i) {
    targets.push_back(target("e" + std::to_string(i), 100));
    targets.back().check.rise = targets.back().check.fall = 1;
  }
  prober_.set_targets(targets);
  run(milliseconds(2000));
  told();
  const auto before = prober_.standing().transitions;
  const auto start = clock_.steady();
  for (int i = 0; i < 2000; ++i) {  // a millisecond at a time: every result is another one
    step();
    clock_.advance(milliseconds(1));
    for (const Target& each : targets) {
      if (i % 2 == 0) checker_.down[{"web", each.endpoint}] = "connection refused";
    }
    if (i % 2 == 1) checker_.down.clear();
    checker_.answer_all();
  }
  const auto span = std::chrono::duration_cast<milliseconds>(clock_.steady() - start);
  EXPECT_GT(prober_.standing().transitions - before, 5000u);
  EXPECT_LE(frames_.size(), static_cast<std::size_t>(span.count()) / 10 + 3);
}

TEST_F(Probing, TheOwnerIsNeverAskedToWaitBeyondWhatIsDue) {
  prober_.set_targets({target("a", 100)});
  for (int i = 0; i < 2000; ++i) {
    const Prober::Step now = step();
    ASSERT_GE(now.call_again_in.count(), 0);
    ASSERT_LE(now.call_again_in, milliseconds(1000));
    clock_.advance(std::max<std::chrono::nanoseconds>(now.call_again_in, milliseconds(1)));
    checker_.answer_all();
  }
  EXPECT_GT(prober_.standing().checks, 500u);
}

}  // namespace
}  // namespace tidemark::producer
