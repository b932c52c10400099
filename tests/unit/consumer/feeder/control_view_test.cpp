#include "consumer/feeder/control_view.hpp"

#include <gtest/gtest.h>

#include "schemas/codec.hpp"
#include "tests/support/pinned_rig.hpp"

namespace tidemark::consumer {
namespace {

using support::pin_draft;
using support::unpin_draft;

class ControlViewTest : public ::testing::Test {
 protected:
  bool apply(const log::Draft& draft) {
    log::Record record{.offset = log::Offset(offset_ += 3),  // compaction leaves holes
                       .appended = log::AppendTime(1000 + offset_)};
    record.key = draft.key;
    record.value = draft.value;
    record.tombstone = draft.tombstone;
    return view_.apply(record);
  }
  std::uint64_t pin_of(const std::string& node, const std::string& ring) const {
    const PlacedPin* found = view_.pin_for(node, ring);
    return found == nullptr ? 0 : found->pin.seq;
  }
  ControlView view_;
  std::int64_t offset_ = -1;
};

TEST_F(ControlViewTest, ANodesOwnPinCountsBeforeThatOfItsRingBeforeThatOfTheFleet) {
  EXPECT_EQ(pin_of("n1", "eu"), 0u);
  EXPECT_TRUE(apply(pin_draft("fleet", 3)));
  EXPECT_EQ(pin_of("n1", "eu"), 3u);
  EXPECT_TRUE(apply(pin_draft("ring:eu", 5)));
  EXPECT_EQ(pin_of("n1", "eu"), 5u);
  EXPECT_EQ(pin_of("n1", "us"), 3u);
  EXPECT_TRUE(apply(pin_draft("node:n1", 4)));
  EXPECT_EQ(pin_of("n1", "eu"), 4u);
  EXPECT_EQ(pin_of("n2", "eu"), 5u);
  EXPECT_TRUE(apply(unpin_draft("ring:eu")));
  EXPECT_EQ(pin_of("n2", "eu"), 3u);
  EXPECT_EQ(pin_of("n1", "eu"), 4u);
  EXPECT_TRUE(apply(unpin_draft("node:n1")));
  EXPECT_TRUE(apply(unpin_draft("fleet")));
  EXPECT_EQ(pin_of("n1", "eu"), 0u);
}

TEST_F(ControlViewTest, TheNewestRecordOfAKeyCounts) {
  EXPECT_TRUE(apply(pin_draft("fleet", 3)));
  EXPECT_TRUE(apply(pin_draft("fleet", 9, "bob", "better")));
  ASSERT_NE(view_.pin_of("fleet"), nullptr);
  EXPECT_EQ(view_.pin_of("fleet")->pin, (event::Pin{"fleet", 9, "bob", "better"}));
  EXPECT_EQ(view_.pin_of("fleet")->appended_ms, 1000 + offset_);
}

TEST_F(ControlViewTest, TheNewestRecordOfAKeyIsKnownByItsPlace) {
  EXPECT_EQ(view_.newest_of(pin_key("fleet")), -1);
  EXPECT_TRUE(apply(pin_draft("fleet", 3)));
  const std::int64_t first = offset_;
  EXPECT_TRUE(apply(pin_draft("ring:eu", 5)));
  EXPECT_EQ(view_.newest_of(pin_key("fleet")), first);
  EXPECT_TRUE(apply(unpin_draft("fleet")));
  EXPECT_EQ(view_.newest_of(pin_key("fleet")), offset_) << "a tombstone too";
}

TEST_F(ControlViewTest, WhatIsNoSoundRecordIsSkippedAndCounted) {
  EXPECT_TRUE(apply(pin_draft("fleet", 3)));
  auto wrong_key = pin_draft("fleet", 4);
  wrong_key.key = "pin/ring:eu";
  EXPECT_FALSE(apply(wrong_key));
  EXPECT_FALSE(apply(pin_draft("fleet", 0)));
  EXPECT_FALSE(apply(pin_draft("everything", 4)));
  EXPECT_FALSE(apply(pin_draft("ring:", 4)));
  EXPECT_FALSE(apply(support::gibberish()));
  EXPECT_EQ(view_.skipped(), 5u);
  EXPECT_EQ(pin_of("n1", "eu"), 3u);
}

class ProposalsInControl : public ControlViewTest {
 protected:
  static event::Proposal proposal(event::ProposalState state, const std::string& by = {}) {
    return {.id = {1, 2},
            .author = "alice",
            .reason = {},
            .refusal = {},
            .zones = {},
            .change = {},
            .state = state,
            .closed_by = by};
  }
  bool apply_as(const event::Proposal& held, const std::string& key) {
    log::Draft draft{.key = key};
    draft.value = schemas::encode(event::ControlRecord(held));
    return apply(draft);
  }
  bool apply_as(const event::Proposal& held) { return apply_as(held, held_key(held.id)); }
  std::string closed_by() const { return view_.proposal_of({1, 2})->proposal.closed_by; }
};

TEST_F(ProposalsInControl, OfTwoDecisionsTheFirstStands) {
  using event::ProposalState;
  EXPECT_TRUE(apply_as(proposal(ProposalState::Open)));
  EXPECT_TRUE(apply_as(proposal(ProposalState::Approved, "bob")));
  EXPECT_TRUE(apply_as(proposal(ProposalState::Rejected, "carol")));
  EXPECT_EQ(closed_by(), "bob");
  EXPECT_TRUE(apply_as(proposal(ProposalState::Approved, "dave")));
  EXPECT_EQ(closed_by(), "bob");
  EXPECT_TRUE(apply_as(proposal(ProposalState::Open)));  // its change was refused
  EXPECT_TRUE(apply_as(proposal(ProposalState::Rejected, "carol")));
  EXPECT_TRUE(apply_as(proposal(ProposalState::Open)));
  EXPECT_EQ(closed_by(), "carol") << "a rejected one is never opened again";
  EXPECT_EQ(view_.skipped(), 0u);
}

TEST_F(ProposalsInControl, StandUnderTheirOwnKeyUntilATombstone) {
  const event::Proposal held = proposal(event::ProposalState::Open);
  EXPECT_FALSE(apply_as(held, "held/7"));
  EXPECT_FALSE(apply_as(held, "pin/fleet"));
  EXPECT_TRUE(apply_as(held));
  log::Draft gone{.key = held_key(held.id)};
  gone.tombstone = true;
  EXPECT_TRUE(apply(gone));
  EXPECT_TRUE(view_.proposals().empty());
  EXPECT_EQ(view_.newest_ms(), 1000 + offset_);
}

TEST_F(ControlViewTest, HearsControllersByTheClockOfTheLog) {
  log::Draft beat{.key = "heartbeat/c1"};
  beat.value = schemas::encode(event::ControlRecord(event::Heartbeat{"c1", 7}));
  EXPECT_TRUE(apply(beat));
  EXPECT_EQ(view_.heartbeat_ms(), 1000 + offset_);
  EXPECT_EQ(view_.controllers().at("c1").number, 7u);
}

}  // namespace
}  // namespace tidemark::consumer
