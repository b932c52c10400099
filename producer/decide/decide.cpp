#include "producer/decide/decide.hpp"

#include "producer/decide/decide_zone.hpp"

namespace tidemark::producer {
namespace {

// The last pending edit that decides about a pool or an override.
template <class Matches>
const event::PoolEdit* last_pending(const Base& base, Matches&& matches) {
  const event::PoolEdit* last = nullptr;
  for (const event::ChangeSet* change : base.pending) {
    for (const event::PoolEdit& edit : change->pools) {
      if (matches(edit)) last = &edit;
    }
  }
  return last;
}

template <class T>
Plan plan_of(const Signature& signature, std::optional<T> before, std::optional<T> after,
             event::PoolEdit edit, std::vector<Difference<T>> Diff::* place) {
  Plan plan;
  if (before == after) return plan;
  event::ChangeSet change = signed_change(signature);
  change.pools.push_back(std::move(edit));
  plan.change_sets.push_back(std::move(change));
  (plan.diff.*place).push_back({std::move(before), std::move(after)});
  return plan;
}

struct Decide {
  const Base& base;
  const Signature& signature;
  using Decided = std::expected<Plan, Problems>;

  Decided operator()(const ReplaceZone& wish) const {
    return decide_replace(base, wish, signature);
  }
  Decided operator()(const EditZone& wish) const { return decide_edit(base, wish, signature); }
  Decided operator()(const RemoveZone& wish) const { return decide_remove(base, wish, signature); }
  Decided operator()(const event::PutPool& wish) const {
    return plan_of<event::Pool>(signature, expected_pool(base, wish.pool.name), wish.pool, wish,
                                &Diff::pools);
  }
  Decided operator()(const event::DeletePool& wish) const {
    return plan_of<event::Pool>(signature, expected_pool(base, wish.pool), std::nullopt, wish,
                                &Diff::pools);
  }
  Decided operator()(const event::PutOverride& wish) const {
    const event::Override& value = wish.override_;
    return plan_of<event::Override>(signature, expected_override(base, value.pool, value.endpoint),
                                    value, wish, &Diff::overrides);
  }
  Decided operator()(const event::DeleteOverride& wish) const {
    return plan_of<event::Override>(signature, expected_override(base, wish.pool, wish.endpoint),
                                    std::nullopt, wish, &Diff::overrides);
  }
  Decided operator()(const event::PutCookieSalts& wish) const {
    Plan plan;
    if (wish.expected == wish.salts) return plan;
    event::ChangeSet change = signed_change(signature);
    change.cookie_salts = wish;
    plan.change_sets.push_back(std::move(change));
    plan.diff.cookie_salts = wish;
    return plan;
  }
};

}  // namespace

event::ChangeSet signed_change(const Signature& signature) {
  return {.change_id = signature.change_id,
          .author = signature.author,
          .author_epoch = signature.author_epoch,
          .reason = signature.reason,
          .created_ms = signature.created_ms,
          .rollout = signature.rollout,
          .acknowledged_removals = signature.acknowledged_removals,
          .zones = {},
          .pools = {},
          .cookie_salts = {},
          .origin = signature.origin};
}

std::optional<event::Pool> expected_pool(const Base& base, std::string_view name) {
  const auto* edit = last_pending(base, [&](const event::PoolEdit& one) {
    const auto* put = std::get_if<event::PutPool>(&one);
    const auto* gone = std::get_if<event::DeletePool>(&one);
    return (put != nullptr && put->pool.name == name) || (gone != nullptr && gone->pool == name);
  });
  if (edit != nullptr) {
    const auto* put = std::get_if<event::PutPool>(edit);
    return put != nullptr ? std::optional(put->pool) : std::nullopt;
  }
  const auto pool = base.dataset.find_pool(name);
  return pool ? std::optional(pool->pool()) : std::nullopt;
}

std::optional<event::Override> expected_override(const Base& base, const std::string& pool,
                                                 const std::string& endpoint) {
  const auto* edit = last_pending(base, [&](const event::PoolEdit& one) {
    const auto* put = std::get_if<event::PutOverride>(&one);
    const auto* gone = std::get_if<event::DeleteOverride>(&one);
    const auto* whole = std::get_if<event::DeletePool>(&one);
    return (put != nullptr && put->override_.pool == pool && put->override_.endpoint == endpoint) ||
           (gone != nullptr && gone->pool == pool && gone->endpoint == endpoint) ||
           (whole != nullptr && whole->pool == pool);
  });
  if (edit == nullptr) return base.dataset.find_override(pool, endpoint);
  const auto* put = std::get_if<event::PutOverride>(edit);
  return put != nullptr ? std::optional(put->override_) : std::nullopt;
}

std::vector<event::CookieSalt> expected_cookie_salts(const Base& base) {
  std::vector<event::CookieSalt> salts = base.dataset.cookie_salts();
  for (const event::ChangeSet* change : base.pending) {
    if (change->cookie_salts) salts = change->cookie_salts->salts;
  }
  return salts;
}

std::expected<Plan, Problems> decide(const Base& base, const Wish& wish,
                                     const Signature& signature) {
  auto plan = std::visit(Decide{base, signature}, wish);
  if (!plan) return plan;
  for (event::ChangeSet& change : plan->change_sets) {
    change.min_reader = event::min_reader_of(change);
  }
  return plan;
}

const dns::Name* zone_of(const Wish& wish) {
  if (const auto* replace = std::get_if<ReplaceZone>(&wish)) return &replace->zone;
  if (const auto* edit = std::get_if<EditZone>(&wish)) return &edit->zone;
  if (const auto* remove = std::get_if<RemoveZone>(&wish)) return &remove->zone;
  return nullptr;
}

}  // namespace tidemark::producer
