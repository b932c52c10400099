#include "core/fold/fold.hpp"

#include <gtest/gtest.h>

#include "core/dns/rdata.hpp"

namespace tidemark::fold {
namespace {

using dns::RrType;

dns::Name name(std::string_view text) { return *dns::Name::parse(text); }

dns::Rrset rrset(std::string_view owner, RrType type, std::vector<std::string> texts,
                 std::uint32_t ttl = 300) {
  dns::Rrset made{name(owner), type, dns::Ttl(ttl), {}};
  for (const std::string& text : texts) {
    auto rdata = dns::rdata_from_text(type, text, dns::Name::root());
    EXPECT_TRUE(rdata.has_value()) << text << ": " << (rdata ? "" : rdata.error().trail);
    made.rdata.push_back(*rdata);
  }
  return *dns::canonicalize(std::move(made));
}

dns::Rrset soa(std::string_view zone, std::uint32_t serial) {
  return rrset(zone, RrType::Soa,
               {"ns1.example. admin.example. " + std::to_string(serial) + " 7200 900 1209600 300"});
}

class Fold : public ::testing::Test {
 protected:
  State state_ = State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(99));
  std::uint64_t ids_ = 0;
  std::int64_t offset_ = -1;

  event::ChangeSet change(std::vector<event::ZoneEdits> zones,
                          std::vector<event::PoolEdit> pools = {}) {
    return {.change_id = event::ChangeId({0, ++ids_}),
            .author = "tester",
            .author_epoch = event::AuthorEpoch(0),
            .reason = "test",
            .acknowledged_removals = {},
            .zones = std::move(zones),
            .pools = std::move(pools)};
  }
  static event::ZoneEdits edits(std::string_view zone, std::vector<event::ZoneEdit> list,
                                event::Expect expect = event::ExpectAny{}) {
    return {name(zone), expect, false, {}, std::move(list)};
  }
  Judgement fold(const event::ChangeSet& one) { return step(state_, one, ++offset_); }
  Judgement fold(std::string_view zone, std::vector<event::ZoneEdit> list,
                 event::Expect expect = event::ExpectAny{}) {
    return fold(change({edits(zone, std::move(list), expect)}));
  }
  void make_example() {
    const auto made = fold("example.", {event::CreateZone{}, event::PutRrset{soa("example.", 10)},
                                        put("example.", RrType::Ns, {"ns1.example."}),
                                        put("ns1.example.", RrType::A, {"192.0.2.1"})});
    ASSERT_TRUE(std::holds_alternative<Accepted>(made)) << why(made);
  }
  static event::PutRrset put(std::string_view owner, RrType type, std::vector<std::string> texts) {
    return {rrset(owner, type, std::move(texts))};
  }
  static std::string why(const Judgement& judgement) {
    const auto* rejected = std::get_if<Rejected>(&judgement);
    return rejected == nullptr ? "not rejected"
                               : std::string(to_text(rejected->reason)) + ": " + rejected->detail;
  }
  void expect_rejected(const Judgement& judgement, Reason reason) {
    const auto* rejected = std::get_if<Rejected>(&judgement);
    ASSERT_NE(rejected, nullptr) << "expected " << to_text(reason);
    EXPECT_EQ(rejected->reason, reason) << why(judgement);
    EXPECT_FALSE(rejected->detail.empty());
  }
  dataset::Zone zone() { return *state_.dataset.find_zone(name("example.")); }
};

TEST_F(Fold, AnAcceptedChangeMakesTheNextVersion) {
  make_example();
  const auto before = state_.dataset.version();
  const auto judged = fold("example.", {put("www.example.", RrType::A, {"192.0.2.2"})});
  ASSERT_TRUE(std::holds_alternative<Accepted>(judged)) << why(judged);
  const auto& accepted = std::get<Accepted>(judged);
  EXPECT_EQ(accepted.version.seq.value(), before.seq.value() + 1);
  EXPECT_NE(accepted.version.state_hash, before.state_hash);
  ASSERT_EQ(accepted.zones.size(), 1u);
  EXPECT_EQ(accepted.zones[0].serial.value(), 11u);
  EXPECT_EQ(accepted.zones[0].seq.value(), accepted.version.seq.value());
  EXPECT_EQ(zone().find(name("www.example."))->find(RrType::A)->count(), 1);
  EXPECT_EQ(state_.dataset.recompute_state_hash(), accepted.version.state_hash);
}

TEST_F(Fold, OfTwoWritersWithOneExpectationTheFirstWins) {
  make_example();
  const event::ExpectExactly expect{zone().seq()};
  const auto first = fold("example.", {put("a.example.", RrType::A, {"192.0.2.2"})}, expect);
  const auto second = fold("example.", {put("a.example.", RrType::A, {"192.0.2.3"})}, expect);
  EXPECT_TRUE(std::holds_alternative<Accepted>(first));
  expect_rejected(second, Reason::ZoneChanged);
}

TEST_F(Fold, ATwinChangesNothingAndKeepsTheFirstFate) {
  make_example();
  const auto good = change({edits("example.", {put("a.example.", RrType::A, {"192.0.2.2"})})});
  const auto bad = change({edits("nowhere.", {put("a.nowhere.", RrType::A, {"192.0.2.2"})})});
  fold(good);
  fold(bad);
  const auto before = state_.dataset.version();
  const auto twin = fold(good);
  ASSERT_TRUE(std::holds_alternative<Twin>(twin));
  EXPECT_EQ(std::get<Twin>(twin).first.seq, before.seq.value());
  const auto bad_twin = fold(bad);
  ASSERT_TRUE(std::holds_alternative<Twin>(bad_twin));
  EXPECT_EQ(std::get<Twin>(bad_twin).first.reason, Reason::ZoneMissing);
  EXPECT_EQ(state_.dataset.version(), before);
}

TEST_F(Fold, AnOlderEpochOfAnAuthorIsFenced) {
  make_example();
  auto newer = change({edits("example.", {put("a.example.", RrType::A, {"192.0.2.2"})})});
  newer.author_epoch = event::AuthorEpoch(5);
  auto older = change({edits("example.", {put("a.example.", RrType::A, {"192.0.2.3"})})});
  older.author_epoch = event::AuthorEpoch(4);
  EXPECT_TRUE(std::holds_alternative<Accepted>(fold(newer)));
  expect_rejected(fold(older), Reason::StaleAuthor);
}

TEST_F(Fold, OneBadEditRejectsTheWholeChangeSetAndTouchesNothing) {
  make_example();
  const auto before = state_.dataset.version();
  const void* block = zone().identity();
  const auto judged = fold("example.", {put("a.example.", RrType::A, {"192.0.2.2"}),
                                        event::DeleteRrset{name("missing.example."), RrType::A}});
  expect_rejected(judged, Reason::RrsetMissing);
  EXPECT_EQ(state_.dataset.version(), before);
  EXPECT_EQ(zone().identity(), block);
  EXPECT_FALSE(zone().find(name("a.example.")).has_value());
}

TEST_F(Fold, SerialsFollowTheRequestOnlyForward) {
  make_example();
  const auto ahead = fold("example.", {event::PutRrset{soa("example.", 2026112100)}});
  ASSERT_TRUE(std::holds_alternative<Accepted>(ahead)) << why(ahead);
  EXPECT_EQ(zone().serial().value(), 2026112100u);
  fold("example.", {event::PutRrset{soa("example.", 5)}});
  EXPECT_EQ(zone().serial().value(), 2026112101u);
}

TEST_F(Fold, AZoneKeepsItsSoaAndNs) {
  make_example();
  expect_rejected(fold("example.", {event::DeleteRrset{name("example."), RrType::Ns}}),
                  Reason::MissingNs);
  expect_rejected(fold("example.", {event::DeleteRrset{name("example."), RrType::Soa}}),
                  Reason::MissingSoa);
  expect_rejected(fold("other.", {event::CreateZone{}, event::PutRrset{soa("other.", 1)}}),
                  Reason::MissingNs);
  EXPECT_FALSE(state_.dataset.find_zone(name("other.")).has_value());
}

TEST_F(Fold, RulesOfNamesAreKept) {
  make_example();
  expect_rejected(fold("example.", {put("ns1.example.", RrType::Cname, {"a.example."})}),
                  Reason::CnameAndOther);
  expect_rejected(fold("example.", {put("a.other.", RrType::A, {"192.0.2.1"})}), Reason::OutOfZone);
  expect_rejected(
      fold("example.", {put("a.example.", RrType::Ds, {"1 8 2 " + std::string(64, 'a')})}),
      Reason::DsRule);
  ASSERT_TRUE(std::holds_alternative<Accepted>(
      fold("example.", {put("d.example.", RrType::Dname, {"elsewhere."})})));
  expect_rejected(fold("example.", {put("x.d.example.", RrType::A, {"192.0.2.1"})}),
                  Reason::BelowDname);
  expect_rejected(fold("example.", {put("d.example.", RrType::Ns, {"ns1.example."})}),
                  Reason::DnameRule);
}

TEST_F(Fold, ADnameHiddenByACutMayHaveNamesBelowItUntilTheCutGoes) {
  make_example();
  ASSERT_TRUE(std::holds_alternative<Accepted>(
      fold("example.", {put("cut.example.", RrType::Ns, {"ns1.example."}),
                        put("d.cut.example.", RrType::Dname, {"elsewhere."}),
                        put("x.d.cut.example.", RrType::A, {"192.0.2.1"})})));
  expect_rejected(fold("example.", {event::DeleteRrset{name("cut.example."), RrType::Ns}}),
                  Reason::BelowDname);
}

TEST_F(Fold, ALargeRemovalNeedsTheExactCount) {
  make_example();
  std::vector<event::ZoneEdit> fill, wipe;
  for (int i = 0; i < 17; ++i) {
    const std::string owner = "h" + std::to_string(i) + ".example.";
    fill.push_back(put(owner, RrType::A, {"192.0.2.9"}));
    if (i < 7) wipe.push_back(event::DeleteRrset{name(owner), RrType::A});
  }
  fold("example.", fill);
  ASSERT_EQ(zone().rrset_count(), 20u);
  auto removal = change({edits("example.", wipe)});
  expect_rejected(fold(removal), Reason::RemovalGuard);
  removal.change_id = event::ChangeId({0, ++ids_});
  removal.acknowledged_removals = 8;
  expect_rejected(fold(removal), Reason::RemovalGuard);
  removal.change_id = event::ChangeId({0, ++ids_});
  removal.acknowledged_removals = 7;
  EXPECT_TRUE(std::holds_alternative<Accepted>(fold(removal)));
  EXPECT_EQ(zone().rrset_count(), 13u);
}

TEST_F(Fold, AZoneUnderConstructionIsInvisibleUntilItIsCommitted) {
  make_example();
  const auto construct = [&](std::vector<event::ZoneEdit> list) {
    auto zone_edits = edits("example.", std::move(list));
    zone_edits.construction = true;
    return fold(change({zone_edits}));
  };
  ASSERT_TRUE(std::holds_alternative<Accepted>(
      construct({event::BeginConstruction{}, event::PutRrset{soa("example.", 50)},
                 put("example.", RrType::Ns, {"ns1.example."}),
                 put("ns1.example.", RrType::A, {"192.0.2.77"})})));
  ASSERT_TRUE(std::holds_alternative<Accepted>(
      construct({put("new.example.", RrType::A, {"192.0.2.78"})})));
  EXPECT_FALSE(zone().find(name("new.example.")).has_value());
  expect_rejected(construct({event::CommitConstruction{9}}), Reason::ConstructionIncomplete);
  const auto committed = construct({event::CommitConstruction{4}});
  ASSERT_TRUE(std::holds_alternative<Accepted>(committed)) << why(committed);
  EXPECT_TRUE(zone().find(name("new.example.")).has_value());
  EXPECT_EQ(zone().serial().value(), 50u);
  EXPECT_EQ(state_.dataset.rrset_count(), 4u);
  EXPECT_EQ(state_.dataset.recompute_state_hash(), state_.dataset.version().state_hash);
}

TEST_F(Fold, PoolsInUseStayAndAreNeverEmptied) {
  make_example();
  const auto pool = [](std::vector<std::string> ids) {
    event::Pool made;
    made.name = "web";
    for (std::size_t i = 0; i < ids.size(); ++i) {
      event::Address address{event::Address::Family::V4, {192, 0, 2, std::uint8_t(10 + i)}};
      made.endpoints.push_back({ids[i], address, 1, event::EndpointStatus::Obey});
    }
    return made;
  };
  ASSERT_TRUE(std::holds_alternative<Accepted>(
      fold(change({edits("example.", {put("www.example.", RrType::Pool, {"web"})})},
                  {event::PutPool{pool({"a", "b"})}}))));
  EXPECT_EQ(state_.dataset.find_pool("web")->references(), 1u);
  expect_rejected(fold(change({}, {event::DeletePool{"web"}})), Reason::PoolInUse);
  expect_rejected(fold(change({}, {event::PutPool{pool({})}})), Reason::EmptyPool);
  expect_rejected(fold("example.", {put("x.example.", RrType::Pool, {"none"})}),
                  Reason::PoolMissing);
  expect_rejected(
      fold(change({}, {event::PutOverride{{"web", "z", event::OverrideState::Down, 0, ""}}})),
      Reason::EndpointMissing);
  ASSERT_TRUE(std::holds_alternative<Accepted>(
      fold(change({edits("example.", {event::DeleteRrset{name("www.example."), RrType::Pool}})},
                  {event::DeletePool{"web"}}))));
  EXPECT_FALSE(state_.dataset.find_pool("web").has_value());
}

TEST_F(Fold, EmptyNonTerminalsComeAndGoWithTheirDescendants) {
  make_example();
  fold("example.", {put("a.b.c.example.", RrType::A, {"192.0.2.1"})});
  EXPECT_TRUE(zone().find(name("b.c.example."))->is_empty_non_terminal());
  EXPECT_TRUE(zone().find(name("c.example.")).has_value());
  fold("example.", {event::DeleteRrset{name("a.b.c.example."), RrType::A}});
  EXPECT_FALSE(zone().find(name("b.c.example.")).has_value());
  EXPECT_FALSE(zone().find(name("c.example.")).has_value());
}

TEST_F(Fold, DeletingAZoneFreesItsMemory) {
  make_example();
  auto removal = change({edits("example.", {event::DeleteZone{}})});
  fold(removal);
  ASSERT_EQ(state_.dataset.zone_count(), 0u);
  EXPECT_EQ(state_.dataset.rrset_count(), 0u);
  EXPECT_EQ(state_.dataset.recompute_state_hash(), state_.dataset.version().state_hash);
  for (std::uint32_t i = 0; i < dataset::bucket_count; ++i) {
    ASSERT_EQ(state_.dataset.bucket(i), base::U128{});
  }
}

class Successions : public Fold {
 protected:
  event::ChangeSet succession(std::uint64_t seq, const base::U128& hash) {
    event::ChangeSet one = change({});
    one.min_reader = 3;
    one.succession = event::Succession{seq, hash, {}};
    return one;
  }
};

TEST_F(Successions, RaiseTheVersionOfWhatIsTheSameAndTouchEveryZone) {
  make_example();
  const auto before = state_.dataset.version();
  const auto judged = fold(succession(1000, before.state_hash.value()));
  ASSERT_TRUE(std::holds_alternative<Accepted>(judged)) << why(judged);
  EXPECT_EQ(std::get<Accepted>(judged).version, state_.dataset.version());
  EXPECT_EQ(state_.dataset.version().seq.value(), 1001u);
  EXPECT_EQ(state_.dataset.version().state_hash, before.state_hash);
  EXPECT_EQ(state_.dataset.recompute_state_hash(), before.state_hash);
  for (const dataset::Zone& zone : state_.dataset.zones()) EXPECT_EQ(zone.seq().value(), 1001u);
}

TEST_F(Successions, NeverLowerAVersionNorPassForAnotherState) {
  make_example();
  const auto at = state_.dataset.version();
  expect_rejected(fold(succession(at.seq.value() - 1, at.state_hash.value())), Reason::Malformed);
  expect_rejected(fold(succession(~std::uint64_t{0}, at.state_hash.value())), Reason::Malformed);
  auto other = at.state_hash.value();
  other.low ^= 1;
  expect_rejected(fold(succession(1000, other)), Reason::HashMismatch);
  event::ChangeSet too_old = succession(1000, at.state_hash.value());
  too_old.min_reader = 2;
  expect_rejected(fold(too_old), Reason::Malformed);
  event::ChangeSet with_more = succession(1000, at.state_hash.value());
  with_more.pools.push_back(event::DeletePool{"web"});
  expect_rejected(fold(with_more), Reason::Malformed);
  EXPECT_EQ(state_.dataset.version(), at);
}

class CookieSalts : public Fold {
 protected:
  static event::CookieSalt salt(std::uint8_t octet) {
    event::CookieSalt made;
    made.fill(octet);
    return made;
  }
  using Salts = std::vector<event::CookieSalt>;
  Judgement put_salts(Salts expected, Salts salts) {
    event::ChangeSet one = change({});
    one.min_reader = 2;
    one.cookie_salts = {std::move(expected), std::move(salts)};
    return fold(one);
  }
  void go(const Salts& to) {
    const auto judged = put_salts(state_.dataset.cookie_salts(), to);
    EXPECT_TRUE(std::holds_alternative<Accepted>(judged)) << why(judged);
    EXPECT_EQ(state_.dataset.cookie_salts(), to);
    EXPECT_EQ(state_.dataset.recompute_state_hash(), state_.dataset.version().state_hash);
  }
  const event::CookieSalt a_ = salt(1), b_ = salt(2), c_ = salt(3), d_ = salt(4);
};

TEST_F(CookieSalts, RollOverInThreeStages) {
  go({a_});
  go({a_, b_});
  go({b_, a_});
  go({b_});
  go({b_, c_});
  go({b_, c_, d_});
  go({c_, b_, d_});
}

TEST_F(CookieSalts, ArePartOfTheStateHashInTheirOrder) {
  const auto none = state_.dataset.version().state_hash;
  go({a_});
  const auto one = state_.dataset.version().state_hash;
  go({a_, b_});
  const auto two = state_.dataset.version().state_hash;
  go({b_, a_});
  EXPECT_NE(none, one);
  EXPECT_NE(one, two);
  EXPECT_NE(two, state_.dataset.version().state_hash);
}

TEST_F(CookieSalts, TheFirstToMoveThemWins) {
  go({a_});
  expect_rejected(put_salts({}, {b_}), Reason::CookiesChanged);
  EXPECT_TRUE(std::holds_alternative<Accepted>(put_salts({a_}, {a_, b_})));
  expect_rejected(put_salts({a_}, {a_, c_}), Reason::CookiesChanged);
  EXPECT_EQ(state_.dataset.cookie_salts(), (Salts{a_, b_}));
}

TEST_F(CookieSalts, OnlyOneStepAtATime) {
  expect_rejected(put_salts({}, {}), Reason::CookieRule);
  expect_rejected(put_salts({}, {a_, b_}), Reason::CookieRule);
  go({a_});
  expect_rejected(put_salts({a_}, {}), Reason::CookieRule);        // the last one
  expect_rejected(put_salts({a_}, {b_}), Reason::CookieRule);      // unknown to every node
  expect_rejected(put_salts({a_}, {b_, a_}), Reason::CookieRule);  // signs before it verifies
  expect_rejected(put_salts({a_}, {a_, a_}), Reason::CookieRule);
  go({a_, b_});
  expect_rejected(put_salts({a_, b_}, {b_}), Reason::CookieRule);  // the one that signs
  go({a_, b_, c_});
  expect_rejected(put_salts({a_, b_, c_}, {a_, b_, c_, d_}), Reason::CookieRule);
  expect_rejected(put_salts({a_, b_, c_}, {c_, b_, a_}), Reason::CookieRule);
}

TEST_F(CookieSalts, NeedAReaderThatKnowsThem) {
  event::ChangeSet one = change({});
  one.cookie_salts = event::PutCookieSalts{{}, {a_}};
  expect_rejected(fold(one), Reason::Malformed);
}

TEST_F(Fold, ExpirySettingsNeedAReaderThatKnowsThemAndCountInTheHash) {
  make_example();
  const event::PutZoneSettings settings{.removal_percent_max = {},
                                        .removal_rrsets_min = {},
                                        .ttl_seconds_ceiling = {},
                                        .expire_seconds = 600};
  auto one = change({edits("example.", {settings})});
  expect_rejected(fold(one), Reason::Malformed);
  one = change({edits("example.", {settings})});
  one.min_reader = 2;
  const auto before = state_.dataset.version().state_hash;
  EXPECT_TRUE(std::holds_alternative<Accepted>(fold(one)));
  EXPECT_EQ(zone().settings().expire_seconds, 600u);
  EXPECT_NE(state_.dataset.version().state_hash, before);
  EXPECT_EQ(state_.dataset.recompute_state_hash(), state_.dataset.version().state_hash);
}

}  // namespace
}  // namespace tidemark::fold
