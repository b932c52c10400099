// What a node asks itself.
#include "dns-edge/app/self_questions.hpp"

#include <gtest/gtest.h>

#include "core/fold/fold.hpp"
#include "tests/support/life.hpp"

namespace tidemark::edge {
namespace {

using namespace tidemark::support;

class SelfQuestionsTest : public ::testing::Test {
 protected:
  void apply(const event::ChangeSet& change) {
    const auto judgement = fold::step(state, change, ++offset);
    ASSERT_TRUE(std::holds_alternative<fold::Accepted>(judgement));
    fold::advance(state, offset, {});
  }
  SelfFindings ask(const std::vector<SelfQuestion>& changed = {}) {
    const health::Observations nothing;
    const consumer::Snapshot snapshot{state.dataset,
                                      health::HealthView::freeze(state.dataset, nothing, -1)};
    return ask_self(snapshot, settings, changed, 0);
  }

  const dns::Name zone = name("example.org.");
  fold::State state = fold::State::empty(dataset::Lineage({0, 1}), dataset::HashSeed(1));
  std::int64_t offset = -1;
  AnswerSettings settings;
};

TEST_F(SelfQuestionsTest, ASoundZoneAnswersAll) {
  apply(create_zone(1, zone));
  apply(put(2, zone, a_record(*zone.child("www"), 1)));
  const SelfFindings found = ask({{*zone.child("www"), dns::RrType::A}});
  EXPECT_GE(found.asked, 4u);
  EXPECT_TRUE(found.wrong.empty()) << found.wrong.front();
}

TEST_F(SelfQuestionsTest, EveryZoneHasItsTurn) {
  constexpr std::size_t zones = zones_per_round + 10;
  for (std::size_t i = 0; i < zones; ++i) {
    apply(create_zone(i + 1, name(("z" + std::to_string(i) + ".example.").c_str())));
  }
  EXPECT_EQ(ask().zones_next, zones_per_round);
  const consumer::Snapshot snapshot{
      state.dataset, health::HealthView::freeze(state.dataset, health::Observations(), -1)};
  EXPECT_EQ(ask_self(snapshot, settings, {}, zones_per_round).zones_next, zones_per_round - 10);
}

}  // namespace
}  // namespace tidemark::edge
