// How much a version changes of what was answered before.
#include "producer/api/churn.hpp"

#include <gtest/gtest.h>

#include "core/fold/fold.hpp"
#include "tests/support/life.hpp"

namespace tidemark::producer {
namespace {

using namespace tidemark::support;

class ChurnTest : public ::testing::Test {
 protected:
  void apply(const event::ChangeSet& change) {
    ASSERT_TRUE(std::holds_alternative<fold::Accepted>(fold::step(state, change, ++offset)));
    fold::advance(state, offset, {});
  }
  const dns::Name zone = name("example.org.");
  fold::State state = fold::State::empty(dataset::Lineage({0, 1}), dataset::HashSeed(1));
  std::int64_t offset = -1;
};

TEST_F(ChurnTest, CountsWhatChangedAndWhatWent) {
  apply(create_zone(1, zone));
  for (std::uint32_t i = 0; i < 4; ++i) {
    apply(put(2 + i, zone, a_record(*zone.child("n" + std::to_string(i)), i)));
  }
  const dataset::Dataset before = state.dataset;
  EXPECT_EQ(churn_between(before, before).changed, 0u);
  apply(put(10, zone, a_record(*zone.child("new"), 9)));
  EXPECT_EQ(churn_between(before, state.dataset).changed, 0u) << "a new name, and the serial";
  apply(put(11, zone, a_record(*zone.child("n1"), 77)));
  EXPECT_EQ(churn_between(before, state.dataset).changed, 1u);
  EXPECT_EQ(churn_between(before, state.dataset).rrsets, before.rrset_count());
}

TEST_F(ChurnTest, AZoneThatWentIsAllOfIt) {
  apply(create_zone(1, zone));
  const dataset::Dataset before = state.dataset;
  const dataset::Dataset nothing =
      dataset::Dataset::empty(dataset::Lineage({0, 1}), dataset::HashSeed(1));
  EXPECT_EQ(churn_between(before, nothing), (Churn{before.rrset_count(), before.rrset_count()}));
  EXPECT_EQ(churn_between(nothing, before), Churn{});
}

}  // namespace
}  // namespace tidemark::producer
