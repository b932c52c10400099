#include "core/health/verdict.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <span>

#include "core/base/check.hpp"

namespace tidemark::health {

namespace {

using event::Observed;
using Said = Observations::Said;

// Those of one group who are heard of one endpoint: header, "Who is heard".
class Heard {
 public:
  Heard(const Observations& observations, const Observations::Seen& seen, bool agents,
        const event::Pool& pool)
      : observations_(observations) {
    for (const Said& said : seen.said) {
      if (observations.prober(said.prober).agent == agents) heard_[count_++] = &said;
    }
    std::sort(heard_.begin(), heard_.begin() + count_, [this](const Said* a, const Said* b) {
      if (seen_ms(*a) != seen_ms(*b)) return seen_ms(*a) > seen_ms(*b);
      return observations_.prober(a->prober).name < observations_.prober(b->prober).name;
    });
    fresh_ = fresh_at(observations.log_ms(), pool);
    std::size_t heard = fresh_;
    if (fresh_ == 0 && count_ > 0) heard = fresh_at(seen_ms(*heard_[0]), pool);
    const std::size_t quorum = agents ? 0 : pool.quorum;
    count_ = std::min(count_, std::max(heard, quorum));
  }

  bool fresh() const { return fresh_ > 0; }
  std::size_t count(Observed observed) const {
    std::size_t saying = 0;
    for (std::size_t i = 0; i < count_; ++i) saying += heard_[i]->observed == observed ? 1 : 0;
    return saying;
  }

 private:
  std::int64_t seen_ms(const Said& said) const { return observations_.prober(said.prober).seen_ms; }
  std::size_t fresh_at(std::int64_t ms, const event::Pool& pool) const {
    std::size_t fresh = 0;
    while (fresh < count_ && ms - seen_ms(*heard_[fresh]) <= pool.stale_after_ms) ++fresh;
    return fresh;
  }

  const Observations& observations_;
  std::array<const Said*, probers_max> heard_;  // newest first
  std::size_t count_ = 0;
  std::size_t fresh_ = 0;
};

std::optional<bool> vote(const Heard& heard, std::size_t quorum) {
  const std::size_t up = heard.count(Observed::Up), down = heard.count(Observed::Down);
  if (up + down == 0) return std::nullopt;
  if (quorum == 0) return up >= down;
  if (up >= quorum) return true;
  if (down >= quorum) return false;
  return std::nullopt;
}

struct Ruling {  // a Verdict without its text
  bool up = true;
  bool drained = false;
  Rule rule = Rule::Default;
  bool by_operator() const { return rule == Rule::Status || rule == Rule::Override; }
};

Ruling rule_by_health(const event::Pool& pool, const Observations& observations,
                      const Observations::Seen* seen) {
  Ruling ruling;
  if (seen == nullptr) return ruling;
  const Heard vantage(observations, *seen, false, pool);
  const Heard agents(observations, *seen, true, pool);
  if (const auto up = vote(vantage, pool.quorum)) {
    ruling = {*up, false, vantage.fresh() ? Rule::Quorum : Rule::Stale};
  } else if (const auto claim = vote(agents, 0)) {
    ruling = {*claim, false, Rule::Agent};
  }
  if (vantage.count(Observed::Drain) + agents.count(Observed::Drain) > 0) {
    ruling.drained = true;
    ruling.rule = Rule::Drain;
  }
  return ruling;
}

Ruling rule_on(const event::Pool& pool, const event::Endpoint& endpoint,
               const event::Override* override_entry, const Observations& observations,
               const Observations::Seen* seen) {
  if (endpoint.status != event::EndpointStatus::Obey) {
    return {endpoint.status == event::EndpointStatus::Up, false, Rule::Status};
  }
  Ruling ruling = rule_by_health(pool, observations, seen);
  if (override_entry == nullptr) return ruling;
  switch (override_entry->state) {
    case event::OverrideState::Up:    return {true, false, Rule::Override};
    case event::OverrideState::Down:  return {false, false, Rule::Override};
    case event::OverrideState::Drain: break;
  }
  return {ruling.up, true, Rule::Override};
}

bool in_force(const event::Override& entry, std::int64_t log_ms) {
  return entry.until_ms == 0 || log_ms < 0 || static_cast<std::uint64_t>(log_ms) < entry.until_ms;
}

// All that is said of the endpoints of one pool: the pool is looked up once.
class PoolObservations {
 public:
  PoolObservations(const Observations& observations, const event::Pool& pool)
      : endpoints_(observations.find(pool.name)) {}
  const Observations::Seen* find(const std::string& endpoint) const {
    if (endpoints_ == nullptr) return nullptr;
    const auto seen = endpoints_->find(endpoint);
    return seen == endpoints_->end() ? nullptr : &seen->second;
  }

 private:
  const Observations::Endpoints* endpoints_;
};

constexpr std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << index; }

struct Judged {  // of one pool, bit i: endpoint i
  std::uint64_t up = 0, drained = 0;
  std::uint64_t eligible = 0;  // weight > 0, not taken out by an operator
  std::array<std::int64_t, event::pool_endpoints_max> last_up_ms{};
};

// Adds candidates, last seen up first, then lowest index, until `least` are in.
std::uint64_t fill(std::uint64_t answer, std::uint64_t candidates, std::size_t least,
                   const Judged& judged) {
  candidates &= ~answer;
  while (candidates != 0 && static_cast<std::size_t>(std::popcount(answer)) < least) {
    std::size_t best = static_cast<std::size_t>(std::countr_zero(candidates));
    for (std::uint64_t left = candidates; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      if (judged.last_up_ms[i] > judged.last_up_ms[best]) best = i;
    }
    answer |= bit(best);
    candidates &= ~bit(best);
  }
  return answer;
}

std::uint64_t last_healthy(std::uint64_t candidates, const Judged& judged) {
  std::int64_t newest = -1;
  std::uint64_t newest_ones = candidates;
  for (std::uint64_t left = candidates; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    if (judged.last_up_ms[i] > newest) {
      newest = judged.last_up_ms[i];
      newest_ones = 0;
    }
    if (judged.last_up_ms[i] == newest && newest >= 0) newest_ones |= bit(i);
  }
  return newest_ones;
}

std::uint64_t answer_of_family(const event::Pool& pool, std::uint64_t members,
                               std::uint64_t weighted, const Judged& judged, Choice& choice) {
  const std::uint64_t eligible = members & judged.eligible;
  const std::uint64_t up = eligible & judged.up & ~judged.drained;
  if (up != 0) {
    const std::uint64_t answer = fill(up, eligible, pool.floor, judged);
    choice = answer == up ? Choice::Up : Choice::Floor;
    return answer;
  }
  choice = Choice::AllDown;
  std::uint64_t tier = eligible;
  if (tier == 0) tier = members & weighted;
  if (tier == 0) tier = members;
  switch (pool.all_down) {
    case event::AllDown::AnswerAll: return tier;
    case event::AllDown::LastHealthy:
      return fill(last_healthy(tier, judged), eligible, pool.floor, judged);
    case event::AllDown::ServFail: return 0;
  }
  return tier;
}

using Overrides = std::span<const event::Override>;  // judge_masks()

const event::Override* find_override(Overrides overrides, const std::string& endpoint,
                                     std::int64_t log_ms) {
  for (const event::Override& entry : overrides) {
    if (entry.endpoint == endpoint) return in_force(entry, log_ms) ? &entry : nullptr;
  }
  return nullptr;
}

// When the same words may mean something else: PoolJudgement::until_ms.
std::int64_t end_of_freshness(const event::Pool& pool, const Observations& observations,
                              const Observations::Seen& seen) {
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  for (const Said& said : seen.said) {
    const std::int64_t last = observations.prober(said.prober).seen_ms;
    if (observations.log_ms() - last > pool.stale_after_ms) continue;  // it is over already
    end = std::min(end, last + pool.stale_after_ms + 1);
  }
  return end;
}

std::int64_t end_of_overrides(Overrides overrides, std::int64_t log_ms) {
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  for (const event::Override& entry : overrides) {
    if (entry.until_ms == 0 || !in_force(entry, log_ms)) continue;
    end = static_cast<std::int64_t>(std::min(static_cast<std::uint64_t>(end), entry.until_ms));
  }
  return end;
}

std::string told_by(const Observations& observations, const Observations::Seen* seen,
                    const Ruling& ruling) {
  if (seen == nullptr) return "nobody says anything";
  std::size_t up = 0, down = 0;
  std::string last;
  for (const Said& said : seen->said) {
    (said.observed == Observed::Up ? up : down) += 1;
    const bool wanted = ruling.drained ? said.observed == Observed::Drain
                                       : !ruling.up && said.observed == Observed::Down;
    if (!wanted) continue;
    const std::string by = observations.prober(said.prober).name + ": " +
                           (said.cause.empty() ? ruling.drained ? "drain" : "down" : said.cause);
    if (last.empty() || by < last) last = by;
  }
  const std::string counts =
      std::to_string(up) + " up, " + std::to_string(down) + " not" + (last.empty() ? "" : "; ");
  return counts + last;
}

}  // namespace

PoolJudgement judge_masks(const dataset::PoolView& view, Overrides overrides,
                          const Observations& observations) {
  const event::Pool& pool = view.pool();
  TIDEMARK_CHECK(pool.endpoints.size() <= event::pool_endpoints_max, "a mask has 64 bits");
  const PoolObservations said(observations, pool);
  PoolJudgement found;
  found.until_ms = end_of_overrides(overrides, observations.log_ms());
  PoolRulings& why = found.rulings;
  Judged judged;
  for (std::size_t i = 0; i < pool.endpoints.size(); ++i) {
    const event::Endpoint& endpoint = pool.endpoints[i];
    const Observations::Seen* seen = said.find(endpoint.id);
    const event::Override* entry = find_override(overrides, endpoint.id, observations.log_ms());
    const Ruling ruling = rule_on(pool, endpoint, entry, observations, seen);
    if (ruling.up) judged.up |= bit(i);
    if (ruling.drained) judged.drained |= bit(i);
    for (unsigned n = 0; n < why.rule_bits.size(); ++n) {
      if ((static_cast<unsigned>(ruling.rule) >> n & 1U) != 0) why.rule_bits[n] |= bit(i);
    }
    const bool taken_out = ruling.by_operator() && (!ruling.up || ruling.drained);
    if (endpoint.weight > 0 && !taken_out) judged.eligible |= bit(i);
    judged.last_up_ms[i] = seen == nullptr ? -1 : seen->last_up_ms;
    if (seen != nullptr) {
      found.until_ms = std::min(found.until_ms, end_of_freshness(pool, observations, *seen));
    }
  }
  found.masks = {judged.up,
                 answer_of_family(pool, view.members_v4(), view.weighted(), judged, why.v4),
                 answer_of_family(pool, view.members_v6(), view.weighted(), judged, why.v6)};
  return found;
}

std::string_view to_text(Rule rule) noexcept {
  switch (rule) {
    case Rule::Status:   return "status";
    case Rule::Override: return "override";
    case Rule::Drain:    return "drain";
    case Rule::Quorum:   return "quorum";
    case Rule::Stale:    return "stale";
    case Rule::Agent:    return "agent";
    case Rule::Default:  return "default";
  }
  return "default";
}

std::string_view to_text(Choice choice) noexcept {
  switch (choice) {
    case Choice::Up:      return "up";
    case Choice::Floor:   return "floor";
    case Choice::AllDown: return "all-down";
  }
  return "up";
}

std::vector<Verdict> judge(const dataset::Dataset& dataset, const dataset::PoolView& view,
                           const Observations& observations) {
  const event::Pool& pool = view.pool();
  const PoolObservations said(observations, pool);
  std::vector<Verdict> verdicts;
  verdicts.reserve(pool.endpoints.size());
  for (const event::Endpoint& endpoint : pool.endpoints) {
    auto entry = dataset.find_override(pool.name, endpoint.id);
    if (entry && !in_force(*entry, observations.log_ms())) entry.reset();
    const Observations::Seen* seen = said.find(endpoint.id);
    const Ruling ruling = rule_on(pool, endpoint, entry ? &*entry : nullptr, observations, seen);
    std::string cause = ruling.rule == Rule::Status     ? "configured"
                        : ruling.rule == Rule::Override ? entry->reason
                                                        : told_by(observations, seen, ruling);
    verdicts.push_back({ruling.up, ruling.drained, ruling.rule, std::move(cause)});
  }
  return verdicts;
}

}  // namespace tidemark::health
