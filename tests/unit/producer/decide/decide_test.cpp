#include "producer/decide/decide.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/dns/master_file.hpp"
#include "core/dns/rdata.hpp"
#include "core/fold/fold.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {

dns::Name name(std::string_view text) { return dns::Name::parse(text).value(); }

dns::Rrset rrset(std::string_view owner, dns::RrType type, std::vector<std::string> records,
                 std::uint32_t ttl = 300) {
  dns::Rrset made{name(owner), type, dns::Ttl(ttl), {}};
  for (const std::string& record : records) {
    made.rdata.push_back(dns::rdata_from_text(type, record, dns::Name::root()).value());
  }
  return dns::canonicalize(std::move(made)).value();
}

std::vector<dns::Rrset> zone_of_text(const std::string& text) {
  auto file = dns::read_master_file(text, name("example.org."));
  EXPECT_TRUE(file.has_value());
  return file->rrsets;
}

const std::string basic =
    "$TTL 300\n"
    "@ SOA ns.example.org. admin.example.org. 7 3600 600 86400 60\n"
    "@ NS ns\n"
    "ns A 192.0.2.53\n"
    "www A 192.0.2.1\n";

class DecideTest : public ::testing::Test {
 protected:
  Signature sign() {
    return {.change_id = event::ChangeId(base::U128{1, ++last_id_}), .author = "ann"};
  }
  std::expected<Plan, Problems> decide_on(const Wish& wish, const Signature& signature) {
    Base base{state_.dataset};
    for (const event::ChangeSet& change : pending_) base.pending.push_back(&change);
    return decide(base, wish, signature);
  }
  std::expected<Plan, Problems> decide_on(const Wish& wish) { return decide_on(wish, sign()); }
  // Decides and folds; every ChangeSet must be accepted.
  Plan grant(const Wish& wish, const Signature& signature) {
    auto plan = decide_on(wish, signature);
    EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().list().front().message);
    if (!plan) return {};
    fold(*plan);
    return *std::move(plan);
  }
  Plan grant(const Wish& wish) { return grant(wish, sign()); }
  void fold(const Plan& plan) {
    for (const event::ChangeSet& change : plan.change_sets) {
      const auto encoded = schemas::encode(change);
      const auto decoded = schemas::decode_change_set(encoded);
      ASSERT_TRUE(decoded.has_value()) << decoded.error().trail;
      const auto judged = fold::step(state_, *decoded, ++state_.offset);
      if (const auto* rejected = std::get_if<fold::Rejected>(&judged)) {
        ADD_FAILURE() << fold::to_text(rejected->reason) << ": " << rejected->detail;
      }
    }
  }
  ReplaceZone replace(const std::string& text) {
    return {name("example.org."), zone_of_text(text)};
  }
  EditZone put(dns::Rrset one) { return {name("example.org."), {event::PutRrset{std::move(one)}}}; }
  EditZone remove(std::string_view owner, dns::RrType type) {
    return {name("example.org."), {event::DeleteRrset{name(owner), type}}};
  }
  dataset::Zone zone() { return *state_.dataset.find_zone(name("example.org.")); }

  fold::State state_ = fold::State::empty(dataset::Lineage(base::U128{1, 2}), dataset::HashSeed(3));
  std::vector<event::ChangeSet> pending_;
  std::uint64_t last_id_ = 0;
};

bool has_rule(const Problems& problems, fold::Reason rule) {
  return std::ranges::any_of(problems.list(), [&](const Problem& one) { return one.rule == rule; });
}

TEST_F(DecideTest, CreatesANewZoneOnceAndExpectsItAbsent) {
  const Plan plan = grant(replace(basic));
  ASSERT_EQ(plan.change_sets.size(), 1u);
  const auto& edits = plan.change_sets[0].zones.at(0);
  EXPECT_EQ(edits.expect, event::Expect(event::ExpectAbsent{}));
  EXPECT_EQ(plan.diff.added(), 4u);
  EXPECT_EQ(zone().rrset_count(), 4u);
  EXPECT_TRUE(grant(replace(basic)).change_sets.empty());
}

TEST_F(DecideTest, ReplacingNamesOnlyWhatDiffers) {
  grant(replace(basic));
  const Plan plan = grant(replace(basic + "api A 192.0.2.9\n"));
  ASSERT_EQ(plan.change_sets.size(), 1u);
  const auto& edits = plan.change_sets[0].zones.at(0);
  EXPECT_EQ(edits.edits.size(), 1u);
  EXPECT_EQ(edits.expect, event::Expect(event::ExpectExactly{event::ZoneSeq(1)}));
  EXPECT_EQ(to_lines(plan.diff), std::vector<std::string>{"+ api.example.org. 300 IN A 192.0.2.9"});
}

TEST_F(DecideTest, ASerialBehindIsNoChangeAndOneAheadIs) {
  grant(replace(basic));
  auto behind = basic, ahead = basic;
  behind.replace(behind.find(" 7 "), 3, " 6 ");
  ahead.replace(ahead.find(" 7 "), 3, " 2025010100 ");
  EXPECT_TRUE(grant(replace(behind)).change_sets.empty());
  EXPECT_EQ(grant(replace(ahead)).change_sets.size(), 1u);
  EXPECT_EQ(zone().serial(), dns::Serial(2025010100));
  EXPECT_TRUE(grant(replace(ahead)).change_sets.empty());
}

TEST_F(DecideTest, OtherSoaFieldsCountWhateverTheSerial) {
  grant(replace(basic));
  auto other = basic;
  other.replace(other.find("3600"), 4, "7200");
  other.replace(other.find(" 7 "), 3, " 5 ");
  EXPECT_EQ(grant(replace(other)).change_sets.size(), 1u);
  EXPECT_EQ(zone().serial(), dns::Serial(8));
  EXPECT_TRUE(grant(replace(other)).change_sets.empty());
}

TEST_F(DecideTest, ASerialHalfTheCircleAwayIsTakenAlongWithAnotherChange) {
  grant(replace(basic));
  auto far = basic;
  far.replace(far.find(" 7 "), 3, " " + std::to_string(7u + 0x80000000u) + " ");
  EXPECT_TRUE(grant(replace(far)).change_sets.empty());
  EXPECT_EQ(grant(replace(far + "new A 192.0.2.2\n")).change_sets.size(), 1u);
  EXPECT_TRUE(grant(replace(far + "new A 192.0.2.2\n")).change_sets.empty());
}

TEST_F(DecideTest, PutAndDeleteOfOneRrset) {
  grant(replace(basic));
  EXPECT_TRUE(
      grant(put(rrset("www.example.org.", dns::RrType::A, {"192.0.2.1"}))).change_sets.empty());
  grant(put(rrset("www.example.org.", dns::RrType::A, {"192.0.2.8", "192.0.2.7"})));
  EXPECT_EQ(zone().find(name("www.example.org."))->find(dns::RrType::A)->count(), 2);
  grant(remove("www.example.org.", dns::RrType::A));
  EXPECT_FALSE(zone().find(name("www.example.org.")));
  EXPECT_TRUE(grant(remove("www.example.org.", dns::RrType::A)).change_sets.empty());
}

TEST_F(DecideTest, ACnameMakesRoomInOneChange) {
  grant(replace(basic + "a CNAME www\n"));
  const Plan plan =
      grant(EditZone{name("example.org."),
                     {event::PutRrset{rrset("a.example.org.", dns::RrType::A, {"192.0.2.4"})},
                      event::DeleteRrset{name("a.example.org."), dns::RrType::Cname}}});
  EXPECT_EQ(plan.change_sets.size(), 1u);
  EXPECT_TRUE(
      std::holds_alternative<event::DeleteRrset>(plan.change_sets[0].zones[0].edits.front()));
}

TEST_F(DecideTest, ListsEveryBrokenRule) {
  auto rrsets = zone_of_text(basic);
  rrsets.push_back(rrset("www.example.org.", dns::RrType::Cname, {"ns.example.org."}));
  rrsets.push_back(rrset("long.example.org.", dns::RrType::A, {"192.0.2.3"}, 700'000));
  rrsets.push_back(rrset("notexample.org.", dns::RrType::A, {"192.0.2.3"}));
  rrsets.push_back(
      rrset("p.example.org.", dns::RrType::Ds,
            {"1 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d"}));
  const auto plan = decide_on(ReplaceZone{name("example.org."), rrsets});
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().count(), 4u);
  for (const auto rule : {fold::Reason::CnameAndOther, fold::Reason::TtlTooHigh,
                          fold::Reason::OutOfZone, fold::Reason::DsRule}) {
    EXPECT_TRUE(has_rule(plan.error(), rule)) << fold::to_text(rule);
  }
  const auto ttl = std::ranges::find(plan.error().list(), fold::Reason::TtlTooHigh, &Problem::rule);
  EXPECT_EQ(ttl->owner, name("long.example.org."));
  EXPECT_EQ(ttl->type, dns::RrType::A);
}

TEST_F(DecideTest, AZoneKeepsItsSoaAndNs) {
  grant(replace(basic));
  for (const auto type : {dns::RrType::Soa, dns::RrType::Ns}) {
    const auto plan = decide_on(remove("example.org.", type));
    ASSERT_FALSE(plan.has_value());
    EXPECT_EQ(plan.error().count(), 1u);
  }
}

TEST_F(DecideTest, AnEmptyRrsetIsRefusedAndPointsToDeletion) {
  grant(replace(basic));
  dns::Rrset empty = rrset("www.example.org.", dns::RrType::A, {"192.0.2.1"});
  empty.rdata.clear();
  const auto plan = decide_on(put(empty));
  ASSERT_FALSE(plan.has_value());
  EXPECT_NE(plan.error().list()[0].message.find("delete"), std::string::npos);
}

TEST_F(DecideTest, TheGuardNamesTheExactCount) {
  std::string many = basic;
  for (int i = 0; i < 20; ++i) many += "h" + std::to_string(i) + " A 192.0.2.1\n";
  grant(replace(many));
  auto plan = decide_on(replace(basic));
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().list()[0].rule, fold::Reason::RemovalGuard);
  EXPECT_EQ(plan.error().list()[0].removals, 20u);
  Signature wrong = sign();
  wrong.acknowledged_removals = 19;
  EXPECT_FALSE(decide_on(replace(basic), wrong).has_value());
  Signature right = sign();
  right.acknowledged_removals = 20;
  EXPECT_EQ(grant(replace(basic), right).diff.removed(), 20u);
}

TEST_F(DecideTest, DeletingAZoneNeedsItsCountAcknowledged) {
  std::string many = basic;
  for (int i = 0; i < 20; ++i) many += "h" + std::to_string(i) + " A 192.0.2.1\n";
  grant(replace(many));
  const auto plan = decide_on(RemoveZone{name("example.org.")});
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().list()[0].removals, 24u);
  Signature right = sign();
  right.acknowledged_removals = 24;
  grant(RemoveZone{name("example.org.")}, right);
  EXPECT_EQ(state_.dataset.zone_count(), 0u);
  EXPECT_TRUE(grant(RemoveZone{name("example.org.")}).change_sets.empty());
}

TEST_F(DecideTest, ASmallZoneIsDeletedOnlyOnPurpose) {
  grant(replace(basic));
  const auto plan = decide_on(RemoveZone{name("example.org.")});
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().list()[0].removals, 4u);
  EXPECT_EQ(plan.error().list()[0].rule, fold::Reason::RemovalGuard);
}

TEST_F(DecideTest, AClientsConditionIsJudgedEarlyAndCarried) {
  grant(replace(basic));
  Signature absent = sign();
  absent.expect = event::ExpectAbsent{};
  EXPECT_TRUE(has_rule(decide_on(replace(basic), absent).error(), fold::Reason::ZoneExists));
  Signature other = sign();
  other.expect = event::ExpectExactly{event::ZoneSeq(9)};
  EXPECT_TRUE(has_rule(decide_on(replace(basic), other).error(), fold::Reason::ZoneChanged));
  Signature any = sign();
  any.expect = event::ExpectAny{};
  const Plan plan = grant(remove("www.example.org.", dns::RrType::A), any);
  EXPECT_EQ(plan.change_sets[0].zones[0].expect, event::Expect(event::ExpectAny{}));
}

TEST_F(DecideTest, AStalePlanLoses) {
  grant(replace(basic));
  const auto stale = decide_on(put(rrset("www.example.org.", dns::RrType::A, {"192.0.2.66"})));
  grant(put(rrset("www.example.org.", dns::RrType::A, {"192.0.2.77"})));
  const auto judged = fold::step(state_, stale->change_sets[0], ++state_.offset);
  ASSERT_TRUE(std::holds_alternative<fold::Rejected>(judged));
  EXPECT_EQ(std::get<fold::Rejected>(judged).reason, fold::Reason::ZoneChanged);
}

TEST_F(DecideTest, DecidesOnTopOfWhatIsPending) {
  grant(replace(basic));
  const auto first = decide_on(put(rrset("www.example.org.", dns::RrType::A, {"192.0.2.2"})));
  pending_ = first->change_sets;
  // Without the pending change there would be nothing to do.
  const auto back = decide_on(put(rrset("www.example.org.", dns::RrType::A, {"192.0.2.1"})));
  ASSERT_EQ(back->change_sets.size(), 1u);
  pending_.push_back(back->change_sets[0]);
  const auto gone = decide_on(remove("www.example.org.", dns::RrType::A));
  ASSERT_EQ(gone->change_sets.size(), 1u);
  fold(*first);
  fold(*back);
  fold(*gone);
  EXPECT_FALSE(zone().find(name("www.example.org.")));
}

TEST_F(DecideTest, SettingsAbsentKeepTheirValue) {
  grant(replace(basic));
  grant(EditZone{name("example.org."), {}, {std::nullopt, std::nullopt, 200}});
  EXPECT_EQ(zone().settings().ttl_seconds_ceiling, 200u);
  EXPECT_EQ(zone().settings().removal_percent_max, 30);
  EXPECT_TRUE(grant(EditZone{name("example.org."), {}, {std::nullopt, std::nullopt, 200}})
                  .change_sets.empty());
  EXPECT_FALSE(decide_on(put(rrset("x.example.org.", dns::RrType::A, {"192.0.2.2"}))).has_value());
}

TEST_F(DecideTest, PoolsAndOverrides) {
  event::Pool pool;
  pool.name = "web";
  pool.endpoints.push_back({.id = "a", .address = {event::Address::Family::V4, {192, 0, 2, 1}}});
  grant(event::PutPool{pool});
  EXPECT_TRUE(grant(event::PutPool{pool}).change_sets.empty());
  const event::Override down{"web", "a", event::OverrideState::Down, 0, "work"};
  grant(event::PutOverride{down});
  EXPECT_TRUE(grant(event::PutOverride{down}).change_sets.empty());
  grant(event::DeleteOverride{"web", "a"});
  EXPECT_TRUE(grant(event::DeleteOverride{"web", "a"}).change_sets.empty());
  grant(event::DeletePool{"web"});
  EXPECT_TRUE(grant(event::DeletePool{"web"}).change_sets.empty());
  EXPECT_TRUE(state_.dataset.pools().empty());
}

TEST_F(DecideTest, APoolThatIsNotThereIsNamed) {
  grant(replace(basic));
  const auto plan = decide_on(put(rrset("pool.example.org.", dns::RrType::Pool, {"web"})));
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().list()[0].rule, fold::Reason::PoolMissing);
}

class LargeZone : public DecideTest {
 protected:
  // 30,000 names with two RRsets each: several records' worth.
  std::vector<dns::Rrset> large() {
    auto rrsets = zone_of_text(basic);
    for (int i = 0; i < 30'000; ++i) {
      const std::string owner = "host" + std::to_string(i) + ".example.org.";
      rrsets.push_back(rrset(owner, dns::RrType::A, {"192.0.2.1"}));
      rrsets.push_back(rrset(owner, dns::RrType::Txt, {"\"number " + std::to_string(i) + "\""}));
    }
    return rrsets;
  }
};

TEST_F(LargeZone, IsBuiltUnderConstructionAndCommittedAtOnce) {
  const auto rrsets = large();
  const auto plan = decide_on(ReplaceZone{name("example.org."), rrsets});
  ASSERT_TRUE(plan.has_value());
  ASSERT_GT(plan->change_sets.size(), 2u);
  std::optional<dns::Name> last_owner;
  for (const event::ChangeSet& change : plan->change_sets) {
    EXPECT_LE(schemas::encode(change).size(), event::change_set_octets_max);
    EXPECT_EQ(change.acknowledged_removals.has_value(), false);
    std::optional<dns::Name> first_owner;
    for (const auto& edit : change.zones[0].edits) {
      const auto* one = std::get_if<event::PutRrset>(&edit);
      if (one == nullptr) continue;
      if (!first_owner) {
        first_owner = one->rrset.owner;
        EXPECT_NE(first_owner, last_owner) << "an owner is split";
      }
      last_owner = one->rrset.owner;
    }
  }
  for (std::size_t i = 0; i + 1 < plan->change_sets.size(); ++i) {
    const auto judged = fold::step(state_, plan->change_sets[i], ++state_.offset);
    ASSERT_TRUE(std::holds_alternative<fold::Accepted>(judged));
    EXPECT_FALSE(state_.dataset.find_zone(name("example.org.")));
  }
  fold({{plan->change_sets.back()}, {}});
  EXPECT_EQ(zone().rrset_count(), rrsets.size());
  EXPECT_TRUE(grant(ReplaceZone{name("example.org."), rrsets}).change_sets.empty());
}

TEST_F(LargeZone, ALargeRemovalIsAcknowledgedByTheCommitAlone) {
  grant(ReplaceZone{name("example.org."), large()});
  auto other = zone_of_text(basic);
  for (int i = 0; i < 30'000; ++i) {
    other.push_back(
        rrset("new" + std::to_string(i) + ".example.org.", dns::RrType::Aaaa, {"2001:db8::1"}));
  }
  const ReplaceZone wish{name("example.org."), other};
  const auto refused = decide_on(wish);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().list()[0].removals, 60'000u);
  Signature right = sign();
  right.acknowledged_removals = 60'000;
  const Plan plan = grant(wish, right);
  EXPECT_EQ(plan.change_sets.back().change_id, right.change_id);
  EXPECT_EQ(zone().rrset_count(), other.size());
}

TEST_F(LargeZone, AnotherImportWaitsForThePendingOne) {
  const auto plan = decide_on(ReplaceZone{name("example.org."), large()});
  pending_ = plan->change_sets;
  const auto other = decide_on(replace(basic));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().list()[0].rule, fold::Reason::ZoneChanged);
}

}  // namespace
}  // namespace tidemark::producer
