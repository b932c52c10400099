// A log that was made anew is filled until it holds what the old one had made.
#include "producer/decide/refill.hpp"

#include <gtest/gtest.h>

#include "core/dns/rdata.hpp"
#include "tests/support/life.hpp"

namespace tidemark::producer {
namespace {

using dns::RrType;
using support::name;

constexpr std::uint64_t seed = 7;
fold::State empty() {
  return fold::State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(seed));
}

dns::Rrset rrset(std::string_view owner, RrType type, const std::string& text,
                 std::uint32_t ttl = 300) {
  dns::Rrset made{name(owner), type, dns::Ttl(ttl), {}};
  made.rdata.push_back(*dns::rdata_from_text(type, text, dns::Name::root()));
  return *dns::canonicalize(std::move(made));
}

class Filling : public ::testing::Test {
 protected:
  static void fold(fold::State& state, const event::ChangeSet& change) {
    const auto judged = fold::step(state, change, state.offset + 1);
    fold::advance(state, state.offset + 1, {});
    const auto* rejected = std::get_if<fold::Rejected>(&judged);
    ASSERT_EQ(rejected, nullptr) << to_text(rejected->reason) << ": " << rejected->detail;
  }
  event::ChangeSet change(std::vector<event::ZoneEdits> zones,
                          std::vector<event::PoolEdit> pools = {}) {
    event::ChangeSet made{.change_id = event::ChangeId({0, ++ids_}),
                          .author = "tester",
                          .author_epoch = event::AuthorEpoch(0),
                          .zones = std::move(zones),
                          .pools = std::move(pools)};
    made.min_reader = event::min_reader_of(made);
    return made;
  }
  std::vector<event::ZoneEdit> zone_edits(const std::string& zone, int hosts) {
    std::vector<event::ZoneEdit> edits{
        event::CreateZone{},
        event::PutRrset{
            rrset(zone, RrType::Soa, "ns.example. admin.example. 41 7200 900 1209600 300")},
        event::PutRrset{rrset(zone, RrType::Ns, "ns.example.")}};
    for (int i = 0; i < hosts; ++i) {
      edits.emplace_back(event::PutRrset{rrset("h" + std::to_string(i) + "." + zone, RrType::Txt,
                                               '"' + std::string(200, 'x') + '"')});
    }
    return edits;
  }
  void create(const std::string& zone, int hosts) {
    fold(old_, change({{name(zone), event::ExpectAbsent{}, false, {}, zone_edits(zone, hosts)}}));
  }
  // All that a Dataset can hold, with more versions than a refill needs.
  void live() {
    event::CookieSalt one{}, two{};
    two.fill(2);
    for (const auto& [from, to] : std::initializer_list<
             std::pair<std::vector<event::CookieSalt>, std::vector<event::CookieSalt>>>{
             {{}, {one}}, {{one}, {one, two}}, {{one, two}, {two, one}}}) {
      auto salts = change({});
      salts.cookie_salts = event::PutCookieSalts{from, to};
      salts.min_reader = 2;
      fold(old_, salts);
    }
    fold(old_,
         change({}, {event::PutPool{
                        {.name = "web",
                         .endpoints = {{"a", {event::Address::Family::V4, {192, 0, 2, 1}}, 1, {}}},
                         .check = {}}}}));
    fold(old_,
         change({}, {event::PutOverride{{"web", "a", event::OverrideState::Drain, 0, "why"}}}));
    create("example.", 3);
    create("big.example.", 5000);
    create("other.", 0);
    auto pooled = zone_edits("pooled.", 1);
    dns::Rrset pool{name("www.pooled."), RrType::Pool, dns::Ttl(30), {{'w', 'e', 'b'}}};
    pooled.emplace_back(event::PutRrset{pool});
    fold(old_, change({{name("pooled."), event::ExpectAbsent{}, false, {}, pooled}}));
    for (int i = 0; i < 40; ++i) {
      fold(old_,
           change(
               {{name("example."),
                 event::ExpectAny{},
                 false,
                 {},
                 {event::PutRrset{rrset("www.example.", RrType::Txt, std::to_string(i), 3600)}}}}));
    }
    // What was put before the ceiling was lowered is above it.
    fold(old_, change({{name("example."),
                        event::ExpectAny{},
                        false,
                        {},
                        {event::PutZoneSettings{50, std::nullopt, 600, 86400}}}}));
    fold(old_, change({{name("other."),
                        event::ExpectAny{},
                        true,
                        {},
                        {event::BeginConstruction{},
                         event::PutRrset{rrset("a.other.", RrType::Txt, "x")}}}}));
  }
  Refill refill(const fold::State& of) {
    const auto version = of.dataset.version();
    return {of.dataset,
            {.succession = {version.seq.value(), version.state_hash.value(), {}},
             .origin_system = "refill",
             .reason = "made anew",
             .created_ms = 5}};
  }
  // To the end; how many ChangeSets.
  static std::size_t fill(Refill refill, fold::State& now) {
    std::size_t count = 0;
    for (;;) {
      const auto changes = refill.next(now);
      if (changes.empty()) return 0;
      for (const auto& one : changes) {
        ++count;
        fold(now, one);
        if (one.succession) return count;
      }
    }
  }
  void expect_same(const fold::State& now) {
    EXPECT_EQ(now.dataset.version().state_hash, old_.dataset.version().state_hash);
    EXPECT_EQ(now.dataset.version().seq.value(), old_.dataset.version().seq.value() + 1);
    EXPECT_EQ(now.dataset.zone_count(), old_.dataset.zone_count());
    for (const dataset::Zone& zone : old_.dataset.zones()) {
      const auto there = now.dataset.find_zone(zone.name());
      ASSERT_TRUE(there);
      EXPECT_EQ(there->serial(), zone.serial());
      EXPECT_EQ(there->settings(), zone.settings());
      EXPECT_EQ(there->rrsets(), zone.rrsets());
    }
    EXPECT_EQ(now.dataset.cookie_salts(), old_.dataset.cookie_salts());
    EXPECT_EQ(now.dataset.overrides(), old_.dataset.overrides());
  }
  std::uint64_t ids_ = 0;
  fold::State old_ = empty();
};

TEST_F(Filling, MakesTheSameStateWithTheSameSerialsAndAHigherVersion) {
  live();
  fold::State now = empty();
  const std::size_t count = fill(refill(old_), now);
  EXPECT_GT(count, 0u);
  EXPECT_LT(count, 30u) << "small zones share a ChangeSet";
  expect_same(now);
}

TEST_F(Filling, GoesOnFromAnyPlaceWhereItBrokeOff) {
  live();
  for (std::size_t broken_off = 1; broken_off < 10; ++broken_off) {
    fold::State now = empty();
    Refill first = refill(old_);
    for (std::size_t sent = 0; sent < broken_off;) {
      for (const auto& one : first.next(now)) {
        if (sent++ < broken_off) fold(now, one);
      }
    }
    fill(refill(old_), now);
    expect_same(now);
  }
}

TEST_F(Filling, RepairsWhatAnotherOneBeganWithAnotherVersion) {
  live();
  fold::State older = old_;
  Refill of_older = refill(older);
  fold::State now = empty();
  fold(old_, change({{name("example."),
                      event::ExpectAny{},
                      false,
                      {},
                      {event::PutRrset{rrset("new.example.", RrType::Txt, "n")}}}}));
  for (int calls = 0; calls < 6; ++calls) {
    for (const auto& one : of_older.next(now)) fold(now, one);
  }
  ASSERT_GT(now.dataset.zone_count(), 0u);
  fill(refill(old_), now);
  expect_same(now);
}

TEST_F(Filling, TwoWhoDecideAtOnePlaceWriteTwins) {
  live();
  fold::State now = empty();
  Refill a = refill(old_), b = refill(old_);
  EXPECT_EQ(a.next(now), b.next(now));
}

TEST_F(Filling, APartThatComesAfterTheSuccessionIsRejected) {
  live();
  fold::State now = empty();
  const auto late = refill(old_).next(now);
  fill(refill(old_), now);
  auto again = late.front();
  again.change_id = event::ChangeId({9, 9});  // decided elsewhere: no twin
  const auto judged = fold::step(now, again, now.offset + 1);
  const auto* rejected = std::get_if<fold::Rejected>(&judged);
  ASSERT_NE(rejected, nullptr);
  EXPECT_EQ(rejected->reason, fold::Reason::StaleAuthor);
}

}  // namespace
}  // namespace tidemark::producer
