// The part of Desk that makes changes of wishes.
#include <algorithm>

#include <boost/json.hpp>

#include "producer/api/desk_requests.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;

bool Desk::log_reachable() const {
  return ports_.feeder.status().log_reachable && !ports_.publisher.trouble();
}

bool Desk::may_decide() const {
  const auto state = ports_.feeder.node_state();
  return state == event::NodeState::Live || (state != event::NodeState::Cold && !log_reachable());
}

// Objects with a change that is not judged yet.
std::set<std::string> Desk::busy_objects() const {
  std::set<std::string> busy;
  for (const OutboxEntry& entry : ports_.outbox.entries()) busy.merge(objects_of(entry.outline));
  return busy;
}

void Desk::pump_parked(std::chrono::nanoseconds now) {
  if (pumping_ || parked_.empty()) return;  // an answer that brings a request comes back here
  pumping_ = true;
  const bool ready = may_decide();
  const bool outage = ready && !log_reachable();
  std::set<std::string> busy = busy_objects();
  std::set<std::string> ahead;  // objects of requests that stay parked
  for (auto at = parked_.begin(); at != parked_.end();) {
    const std::string object = at->wish.object;
    const bool late = outage || now - at->since >= settings_.answer_within;
    if (ahead.contains(object) || !(late || (ready && !busy.contains(object)))) {
      ahead.insert(object);
      ++at;
      continue;
    }
    Parked request = std::move(*at);
    at = parked_.erase(at);
    const std::size_t entries = ports_.outbox.entries().size();
    decide_now(std::move(request));
    if (ports_.outbox.entries().size() != entries) busy.insert(object);
  }
  pumping_ = false;
}

void Desk::decide_now(Parked request) {
  const auto state = ports_.feeder.node_state();
  // Cold: it has neither a snapshot file nor read the log. What it does not find may well be there.
  if (state == event::NodeState::Cold || state == event::NodeState::Diverged ||
      state == event::NodeState::Halted) {
    request.respond(
        to_response(unavailable("this controller does not follow the log: state " +
                                event::to_text(state) + ": " + ports_.feeder.status().detail)));
    return;
  }
  if (!request.terms.key.empty() && !request.terms.dry_run && answer_known(request)) return;
  Base base{ports_.feeder.state().dataset};
  for (const OutboxEntry& entry : ports_.outbox.entries()) base.pending.push_back(&entry.outline);
  auto wish = request.wish.make(base);
  if (!wish) {
    request.respond(to_response(wish.error()));
    return;
  }
  plan(std::move(request), base, *std::move(wish));
}

void Desk::plan(Parked request, const Base& base, Wish wish) {
  const Terms& terms = request.terms;
  const fold::State& state = ports_.feeder.state();
  const dns::Name* zone = zone_of(wish);
  if (terms.must_exist && zone != nullptr && !ZoneView(base, *zone).exists()) {
    request.respond(to_response({412, "precondition-failed", "there is no such zone",
                                 request.wish.object, "leave out If-Match to create it"}));
    return;
  }
  const Signature signature{.change_id = id_for(terms),
                            .author = terms.author,
                            .reason = terms.reason,
                            .created_ms = static_cast<std::uint64_t>(ports_.clock.wall().count()),
                            .rollout = terms.rollout,
                            .acknowledged_removals = terms.acknowledged_removals,
                            .expect = terms.expect,
                            .origin = terms.origin};
  auto decided = decide(base, wish, signature);
  if (!decided) {
    request.respond(
        to_response(from_problems(decided.error(), request.wish.object, terms.condition())));
    return;
  }
  add_skipped(wish, decided->diff, request.wish.warnings);
  const bool foreseeable = std::ranges::none_of(base.pending, [&](const event::ChangeSet* change) {
    return !change->pools.empty() || objects_of(*change).contains(request.wish.object);
  });
  if (decided->change_sets.size() == 1 && foreseeable) {
    const auto judged = fold::preview(state, decided->change_sets.front());
    if (const auto* rejected = std::get_if<fold::Rejected>(&judged)) {
      request.respond(to_response(from_rejection(rejected->reason, rejected->detail,
                                                 request.wish.object, terms.condition())));
      return;
    }
  }
  if (terms.dry_run) {
    request.respond(dry_run_response(*decided, state.dataset.version(), request.wish.warnings));
    return;
  }
  if (!decided->change_sets.empty()) {
    store(std::move(request), *std::move(decided));
    return;
  }
  const Judged nothing = Success{
      std::nullopt,         -1, state.dataset.version(), outcome_of(state.dataset, wish), {},
      request.wish.warnings};
  keep_receipt(terms.key, terms.request, signature.change_id, nothing);
  // No log remembers that nothing was to do.
  if (const auto kept = ports_.outbox.commit(); !terms.key.empty() && !kept) {
    remarks_.push_back("an Idempotency-Key is not kept: " + kept.error().trail);
  }
  answer({std::move(request.respond), terms.wait, request.since, deadline_of(terms, request.since),
          terms.wait_on},
         nothing);
}

void Desk::store(Parked request, Plan plan) {
  const Terms& terms = request.terms;
  const event::ChangeId id = plan.change_sets.back().change_id;
  std::optional<Receipt> receipt;
  if (!terms.key.empty()) receipt = Receipt{terms.key, terms.request, id};
  if (const auto stored = ports_.outbox.add(plan.change_sets, receipt); !stored) {
    ApiError error = not_durable(id, stored.error());
    if (stored.error().code == base::Errc::TooLarge) {
      error = unavailable(stored.error().trail);
      error.code = "outbox-full";
    }
    request.respond(to_response(error));
    return;
  }
  Group group{id,
              request.wish.object,
              terms.key,
              terms.request,
              terms.condition(),
              json::serialize(to_json(plan.diff, diff_lines_max)),
              std::move(request.wish.warnings),
              {},
              {}};
  // A large zone has taken its time until here; the log has had none yet.
  const auto deadline =
      std::max(deadline_of(terms, request.since), ports_.clock.steady() + settings_.answer_within);
  group.waiters.push_back(
      {std::move(request.respond), terms.wait, request.since, deadline, terms.wait_on});
  groups_.emplace(id.value(), std::move(group));
  if (ports_.stored) ports_.stored();
}

event::ChangeId Desk::id_for(const Terms& terms) {
  if (terms.change_id) return *terms.change_id;
  if (terms.key.empty()) {
    const std::uint64_t high = ports_.random.next();
    return event::ChangeId({high, ports_.random.next()});
  }
  return change_id_of(terms.request, terms.key);
}

}  // namespace tidemark::producer
