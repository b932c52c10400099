// Laws 10 and 11: two topics meet in freeze alone; frozen time; never below the floor by health
// alone; never empty.
#include <bit>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dataset/editor.hpp"
#include "core/health/verdict.hpp"

namespace tidemark::health {
namespace {

using event::AllDown;
using event::EndpointStatus;
using event::HealthFrame;
using event::Observed;
using event::OverrideState;
using event::Pool;

// Few names, so that frames, pools and overrides meet often.
std::string some_pool() { return *rc::gen::element<std::string>("mail", "web"); }
std::string some_endpoint() { return *rc::gen::element<std::string>("a", "b", "c", "d", "e"); }
bool some_bool() { return *rc::gen::arbitrary<bool>(); }
template <class T>
T below(T end) {
  return *rc::gen::inRange<T>(T{0}, end);
}

Pool draw_pool(const std::string& name) {
  Pool pool;
  pool.name = name;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    if (some_bool()) continue;
    event::Endpoint endpoint;
    endpoint.id = id;
    endpoint.address.family = some_bool() ? event::Address::Family::V4 : event::Address::Family::V6;
    endpoint.address.octets[3] = static_cast<std::uint8_t>(id[0]);
    endpoint.weight = static_cast<std::uint8_t>(below(3));
    endpoint.status = *rc::gen::weightedElement<EndpointStatus>(
        {{6, EndpointStatus::Obey}, {1, EndpointStatus::Up}, {1, EndpointStatus::Down}});
    pool.endpoints.push_back(endpoint);
  }
  pool.all_down = *rc::gen::element(AllDown::AnswerAll, AllDown::LastHealthy, AllDown::ServFail);
  pool.floor = static_cast<std::uint8_t>(below(4));
  pool.quorum = static_cast<std::uint8_t>(below(4));
  pool.stale_after_ms = *rc::gen::element<std::uint32_t>(0u, 50u, 1000u);
  return pool;
}

event::Override draw_override() {
  return {some_pool(), some_endpoint(),
          *rc::gen::element(OverrideState::Up, OverrideState::Down, OverrideState::Drain),
          *rc::gen::element<std::uint64_t>(0u, 300u, 1'000'000u), "drill"};
}

using Change = std::function<void(dataset::Editor&)>;
Change draw_change() {
  switch (below(4)) {
    case 0: return [pool = draw_pool(some_pool())](dataset::Editor& e) { e.put_pool(pool); };
    case 1:
      return [pool = some_pool()](dataset::Editor& e) {
        if (e.find_pool(pool)) e.delete_pool(pool);
      };
    case 2:
      return [entry = draw_override()](dataset::Editor& e) {
        if (e.find_pool(entry.pool)) e.put_override(entry);
      };
    default:
      return [entry = draw_override()](dataset::Editor& e) {
        if (e.find_override(entry.pool, entry.endpoint)) {
          e.delete_override(entry.pool, entry.endpoint);
        }
      };
  }
}
void change(dataset::Dataset& dataset, const Change& with) {
  dataset::Editor editor(dataset);
  with(editor);
  dataset = std::move(editor).finish();
}

dataset::Dataset empty_dataset() {
  return dataset::Dataset::empty(dataset::Lineage{base::U128{1, 2}}, dataset::HashSeed{7});
}
dataset::Dataset draw_dataset() {
  auto dataset = empty_dataset();
  for (const char* name : {"mail", "web"}) {
    change(dataset, [pool = draw_pool(name)](dataset::Editor& e) { e.put_pool(pool); });
  }
  for (int i = below(4); i > 0; --i) {
    change(dataset, [entry = draw_override()](dataset::Editor& e) { e.put_override(entry); });
  }
  return dataset;
}

HealthFrame draw_frame() {
  HealthFrame frame;
  frame.prober = *rc::gen::element<std::string>("p1", "p2", "p3", "agent");
  frame.agent = frame.prober == "agent";
  frame.full = some_bool();
  std::map<std::pair<std::string, std::string>, Observed> world;
  for (int i = below(8); i > 0; --i) {
    world[{some_pool(), some_endpoint()}] = *rc::gen::weightedElement<Observed>(
        {{4, Observed::Up}, {4, Observed::Down}, {1, Observed::Drain}});
  }
  for (const auto& [key, observed] : world) {
    frame.observations.push_back({key.first, key.second, observed, ""});
  }
  return frame;
}

struct Timed {
  HealthFrame frame;
  std::int64_t appended_ms;
};
std::vector<Timed> draw_history() {
  std::vector<Timed> history;
  std::int64_t now = 0;
  for (int i = below(15); i > 0; --i) history.push_back({draw_frame(), now += below(120)});
  return history;
}
Observations fold(const std::vector<Timed>& history) {
  Observations all;
  for (const Timed& each : history) all.apply(each.frame, each.appended_ms);
  return all;
}

std::map<std::string, PoolMasks> masks(const dataset::Dataset& dataset,
                                       const Observations& observations) {
  const auto view = HealthView::freeze(dataset, observations, 0);
  std::map<std::string, PoolMasks> all;
  for (const auto& pool : dataset.pools()) all[pool.pool().name] = view.masks(pool.slot());
  return all;
}
std::vector<std::pair<bool, Rule>> rulings(const dataset::Dataset& dataset,
                                           const Observations& observations) {
  std::vector<std::pair<bool, Rule>> all;
  for (const auto& pool : dataset.pools()) {
    for (const auto& each : judge(dataset, pool, observations)) all.push_back({each.up, each.rule});
  }
  return all;
}

// The members of one family by what may take them out.
struct Family {
  std::uint64_t members, weighted, eligible, answer;
  std::uint64_t up_and_chosen;
  bool serv_fail;
  std::uint8_t floor;
};
std::vector<Family> families(const dataset::Dataset& dataset, const Observations& observations) {
  const auto view = HealthView::freeze(dataset, observations, 0);
  std::vector<Family> all;
  for (const auto& pool : dataset.pools()) {
    const auto verdicts = judge(dataset, pool, observations);
    std::uint64_t out = 0, chosen = 0;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Verdict& v = verdicts[i];
      const bool by_operator = v.rule == Rule::Status || v.rule == Rule::Override;
      if (by_operator && (!v.up || v.drained)) out |= std::uint64_t{1} << i;
      if (v.up && !v.drained) chosen |= std::uint64_t{1} << i;
    }
    for (const bool v6 : {false, true}) {
      const std::uint64_t members = v6 ? pool.members_v6() : pool.members_v4();
      const PoolMasks& got = view.masks(pool.slot());
      const std::uint64_t eligible = members & pool.weighted() & ~out;
      all.push_back({members, members & pool.weighted(), eligible,
                     v6 ? got.answer_v6 : got.answer_v4, eligible & chosen,
                     pool.pool().all_down == AllDown::ServFail, pool.pool().floor});
    }
  }
  return all;
}

RC_GTEST_PROP(HealthLaw, ObservationsReadBackFromTheirOctets, ()) {
  const Observations all = fold(draw_history());
  const auto back = Observations::from_octets(all.to_octets());
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == all);
}

RC_GTEST_PROP(HealthLaw, OctetsOfAStrangerAreReadWholeOrRefused, ()) {
  base::Bytes octets = fold(draw_history()).to_octets();
  octets[below(octets.size())] ^= static_cast<std::uint8_t>(1 << below(8));
  const auto back = Observations::from_octets(octets);
  if (back) RC_ASSERT(back->to_octets() == octets);
}

RC_GTEST_PROP(HealthLaw, OrderOfObservationsIsNothing, ()) {
  const auto history = draw_history();
  auto shuffled = history;
  for (Timed& each : shuffled) {
    auto& list = each.frame.observations;
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  }
  RC_ASSERT(fold(history) == fold(shuffled));
}

// Deltas: whether an endpoint that nobody names for a moment is forgotten depends on the order.
RC_GTEST_PROP(HealthLaw, DeltasOfOneMillisecondMayComeInAnyOrder, ()) {
  Observations before = fold(draw_history());
  const std::int64_t now = before.log_ms() + 1;
  HealthFrame one = draw_frame(), other = draw_frame();
  one.prober = "p1";
  other.prober = "p2";
  one.agent = other.agent = one.full = other.full = false;
  Observations first = before, second = before;
  first.apply(one, now);
  first.apply(other, now);
  second.apply(other, now);
  second.apply(one, now);
  RC_ASSERT(first == second);
}

RC_GTEST_PROP(HealthLaw, DeltaThenFullIsFull, ()) {
  const auto dataset = draw_dataset();
  const Observations before = fold(draw_history());
  HealthFrame full = draw_frame();
  full.full = true;
  HealthFrame delta = full;
  delta.full = false;
  std::erase_if(delta.observations, [](const auto&) { return some_bool(); });
  const std::int64_t now = before.log_ms() + 1 + below(100);
  Observations with = before, without = before;
  with.apply(delta, now);
  for (Observations* each : {&with, &without}) each->apply(full, now + 40);
  RC_ASSERT(masks(dataset, with) == masks(dataset, without));
  RC_ASSERT(rulings(dataset, with) == rulings(dataset, without));
}

RC_GTEST_PROP(HealthLaw, AFullFrameIsAllThatItsProberSays, ()) {
  Observations all = fold(draw_history());
  HealthFrame full = draw_frame();
  full.full = true;
  all.apply(full, all.log_ms() + 1);
  std::size_t said = 0;
  for (const char* pool : {"mail", "web"}) {
    for (const char* endpoint : {"a", "b", "c", "d", "e"}) {
      for (const Sighting& each : all.sightings(pool, endpoint)) said += each.prober == full.prober;
    }
  }
  RC_ASSERT(said == full.observations.size());
}

RC_GTEST_PROP(HealthLaw, ARecordAppendedTwiceChangesNothing, ()) {
  std::vector<Timed> twice;
  const auto history = draw_history();
  for (const Timed& each : history) twice.insert(twice.end(), 2, each);
  RC_ASSERT(fold(history) == fold(twice));
}

RC_GTEST_PROP(HealthLaw, WhileNeitherRevisionNorLogTimeRoseNoVerdictChanged, ()) {
  const auto dataset = draw_dataset();
  Observations all;
  std::int64_t now = 0;
  for (const Timed& each : draw_history()) {
    const Observations before = all;
    all.apply(each.frame, now += below(2) * 60);
    if (all.revision() != before.revision() || all.log_ms() != before.log_ms()) continue;
    RC_ASSERT(masks(dataset, all) == masks(dataset, before));
    RC_ASSERT(rulings(dataset, all) == rulings(dataset, before));
  }
}

RC_GTEST_PROP(HealthLaw, FrozenTime, ()) {  // no new record: nothing but the same, for ever
  const auto dataset = draw_dataset();
  const Observations all = fold(draw_history());
  const auto once = HealthView::freeze(dataset, all, 5);
  const auto again = HealthView::freeze(dataset, Observations(all), 5);
  RC_ASSERT(same_masks(once, again));
  for (const auto& pool : dataset.pools()) {
    const auto verdicts = judge(dataset, pool, all);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      RC_ASSERT(once.rulings(pool.slot()).rule_of(i) == verdicts[i].rule);
    }
  }
}

RC_GTEST_PROP(HealthLaw, WhenEveryProberIsDeadTimeAloneRaisesOrFellsNobody, ()) {
  auto dataset = empty_dataset();
  for (const char* name : {"mail", "web"}) {
    change(dataset, [pool = draw_pool(name)](dataset::Editor& e) { e.put_pool(pool); });
  }
  std::vector<Timed> history = draw_history();
  // The last round of all: everybody speaks within the shortest freshness.
  std::int64_t now = history.empty() ? 0 : history.back().appended_ms;
  for (const char* name : {"p1", "p2", "p3", "agent"}) {
    Timed last{draw_frame(), now};
    last.frame.prober = name;
    last.frame.agent = last.frame.prober == "agent";
    history.push_back(last);
  }
  Observations all = fold(history);
  const auto before = masks(dataset, all);
  all.note_undecodable(now + *rc::gen::inRange<std::int64_t>(0, 1'000'000));
  RC_ASSERT(masks(dataset, all) == before);
}

RC_GTEST_PROP(HealthLaw, HealthAloneNeverGoesBelowTheFloor, ()) {
  const auto dataset = draw_dataset();
  for (const Family& family : families(dataset, fold(draw_history()))) {
    if (family.serv_fail && family.up_and_chosen == 0) continue;
    const int least = std::min<int>(family.floor, std::popcount(family.eligible));
    RC_ASSERT(std::popcount(family.answer) >= least);
  }
}

RC_GTEST_PROP(HealthLaw, NeverEmptyButByServfail, ()) {
  const auto dataset = draw_dataset();
  for (const Family& family : families(dataset, fold(draw_history()))) {
    RC_ASSERT((family.answer & ~family.members) == 0u);
    if (family.members == 0) continue;
    if (family.serv_fail && family.up_and_chosen == 0) {
      RC_ASSERT(family.answer == 0u);
    } else {
      RC_ASSERT(family.answer != 0u);
    }
  }
}

RC_GTEST_PROP(HealthLaw, WhatIsUpAndEligibleIsAnswered, ()) {
  const auto dataset = draw_dataset();
  for (const Family& family : families(dataset, fold(draw_history()))) {
    RC_ASSERT((family.up_and_chosen & ~family.answer) == 0u);
  }
}

RC_GTEST_PROP(HealthLaw, WeightZeroAndTheOperatorsDownStayOutWhileAnythingElseIsThere, ()) {
  const auto dataset = draw_dataset();
  for (const Family& family : families(dataset, fold(draw_history()))) {
    if (family.weighted != 0) RC_ASSERT((family.answer & ~family.weighted) == 0u);
    if (family.eligible != 0) RC_ASSERT((family.answer & ~family.eligible) == 0u);
  }
}

RC_GTEST_PROP(HealthLaw, AnOverrideOutranksAndItsClearingRestoresExactly, ()) {
  auto dataset = draw_dataset();
  const Observations all = fold(draw_history());
  const event::Override entry = draw_override();
  change(dataset, [&](dataset::Editor& e) {
    if (e.find_override(entry.pool, entry.endpoint)) e.delete_override(entry.pool, entry.endpoint);
  });
  const auto before = masks(dataset, all);
  const auto before_rulings = rulings(dataset, all);
  change(dataset, [&](dataset::Editor& e) { e.put_override(entry); });
  const auto pool = *dataset.find_pool(entry.pool);
  const auto verdicts = judge(dataset, pool, all);
  const bool expired = entry.until_ms != 0 && all.log_ms() >= std::int64_t(entry.until_ms);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const event::Endpoint& endpoint = pool.pool().endpoints[i];
    if (endpoint.id != entry.endpoint || endpoint.status != EndpointStatus::Obey) continue;
    RC_ASSERT((verdicts[i].rule == Rule::Override) == !expired);
    if (expired) continue;
    RC_ASSERT(verdicts[i].drained == (entry.state == OverrideState::Drain));
    if (entry.state != OverrideState::Drain) {
      RC_ASSERT(verdicts[i].up == (entry.state == OverrideState::Up));
    }
  }
  change(dataset, [&](dataset::Editor& e) { e.delete_override(entry.pool, entry.endpoint); });
  RC_ASSERT(masks(dataset, all) == before);
  RC_ASSERT(rulings(dataset, all) == before_rulings);
}

RC_GTEST_PROP(HealthLaw, TwoTopicsMayInterleaveAsTheyLike, ()) {  // they meet in freeze alone
  std::vector<Change> changes;
  for (int i = below(16); i > 0; --i) changes.push_back(draw_change());
  const auto history = draw_history();

  auto expected = empty_dataset();
  for (const Change& each : changes) change(expected, each);
  const Observations expected_all = fold(history);

  auto dataset = empty_dataset();  // of a family of its own
  Observations all;
  std::size_t c = 0, h = 0;
  while (c < changes.size() || h < history.size()) {
    if (h == history.size() || (c < changes.size() && some_bool())) {
      change(dataset, changes[c++]);
    } else {
      all.apply(history[h].frame, history[h].appended_ms);
      ++h;
    }
    if (below(3) == 0) (void)HealthView::freeze(dataset, all, 0);  // when, is nothing either
  }
  RC_ASSERT(all == expected_all);
  RC_ASSERT(masks(dataset, all) == masks(expected, expected_all));
}

}  // namespace
}  // namespace tidemark::health
