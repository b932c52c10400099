// What differs between two versions, near or far: the same as two states held against each other.
#include <map>

#include <gtest/gtest.h>

#include "consumer/history/history.hpp"
#include "consumer/history/history_writer.hpp"
#include "core/base/check.hpp"
#include "tests/support/generators.hpp"
#include "tests/support/life.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/topics/temporary_folder.hpp"

namespace tidemark::consumer {
namespace {

constexpr dataset::Lineage lineage{base::U128{1, 2}};
constexpr std::uint64_t changes = 6000;

struct Diffs : ::testing::Test {
  const topics::TemporaryFolder folder;
  const std::string path = folder.file("history");
  const std::vector<dns::Name> zones{support::name("example.net."), support::name("a.example.org."),
                                     support::name("example.org.")};
  support::SeededRandom random{7};

  Diffs() {
    auto writer = HistoryWriter::open(path, lineage).value();
    fold::State state = fold::State::empty(lineage, dataset::HashSeed(1));
    for (std::uint64_t i = 0; i < changes; ++i) {
      const dns::Name& zone = zones[i % zones.size()];
      const auto owner = *zone.child("h" + std::to_string(random.next() % 40));
      auto change = i < zones.size()
                        ? support::create_zone(i, zone)
                        : support::put(i, zone,
                                       support::a_record(
                                           owner, static_cast<std::uint32_t>(0xc0000200u + i % 7)));
      const auto offset = static_cast<std::int64_t>(i);
      if (i > 100 && random.next() % 4 == 0) {
        const auto now = state.dataset.find_zone(zone);
        const auto node = now->find(owner);
        if (node && node->find(dns::RrType::A)) {
          change.zones.front().edits = {event::DeleteRrset{owner, dns::RrType::A}};
        }
      }
      const auto judgement = fold::step(state, change, offset);
      TIDEMARK_CHECK(std::holds_alternative<fold::Accepted>(judgement), "a sound change");
      TIDEMARK_CHECK(writer.add({offset, offset, change, judgement}).has_value(), "written");
    }
    TIDEMARK_CHECK(writer.commit().has_value(), "committed");
  }

  using States = std::map<RrsetPlace, dns::Rrset>;
  States states(History& history, std::uint64_t seq) {
    States all;
    const auto names = history.zones_at(seq).value();
    for (const dns::Name& zone : names) {
      auto then = history.zone_at(zone, seq).value();
      for (dns::Rrset& rrset : then.rrsets) {
        if (rrset.type == dns::RrType::Soa) continue;  // its serial is the fold's
        const RrsetPlace place{zone, rrset.owner, rrset.type};
        all.emplace(place, std::move(rrset));
      }
    }
    return all;
  }
  std::vector<Difference> expected(History& history, std::uint64_t from, std::uint64_t to) {
    const States before = states(history, from), after = states(history, to);
    States places = before;
    places.insert(after.begin(), after.end());
    std::vector<Difference> differences;
    for (const auto& [place, any] : places) {
      Difference one{place.zone, {}, {}};
      if (before.contains(place)) one.before = before.at(place);
      if (after.contains(place)) one.after = after.at(place);
      if (one.before != one.after) differences.push_back(std::move(one));
    }
    return differences;
  }
};

TEST_F(Diffs, NearAndFarAreWhatTheStatesSay) {
  History history = History::open(path).value();
  for (const auto& [from, to] :
       {std::pair{100u, 160u}, {4000u, 5999u}, {100u, 5900u}, {5990u, 3u}}) {
    const auto wanted = expected(history, from, to);
    EXPECT_EQ(history.diff({.from = from, .to = to, .limit = 10'000}).value(), wanted) << from;
    std::vector<Difference> paged;  // in pages of 7, as the API gives them
    std::optional<RrsetPlace> after;
    for (;;) {
      const auto page = history.diff({.from = from, .to = to, .after = after, .limit = 7}).value();
      paged.insert(paged.end(), page.begin(), page.end());
      if (page.size() < 7) break;
      const dns::Rrset& any = page.back().after ? *page.back().after : *page.back().before;
      after = RrsetPlace{page.back().zone, any.owner, any.type};
    }
    EXPECT_EQ(paged, wanted) << from;
    std::vector<Difference> by_zone;
    for (const dns::Name& zone : {zones[0], zones[2], zones[1]}) {  // canonical order
      const auto found = history.diff({.from = from, .to = to, .zone = zone, .limit = 10'000});
      by_zone.insert(by_zone.end(), found->begin(), found->end());
    }
    EXPECT_EQ(by_zone, wanted) << from;
  }
}

}  // namespace
}  // namespace tidemark::consumer
