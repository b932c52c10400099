#include "producer/api/desk.hpp"

#include <algorithm>

#include "producer/api/desk_requests.hpp"

namespace tidemark::producer {

// What an earlier run left pending goes on, without anybody who waits.
Desk::Desk(DeskSettings settings, DeskPorts ports) : settings_(settings), ports_(std::move(ports)) {
  for (const OutboxEntry& entry : ports_.outbox.entries()) {
    const auto [at, first] = groups_.try_emplace(
        entry.group.value(), Group{entry.group, {}, {}, {}, Condition::Ours, {}, {}, {}, {}});
    if (!first) continue;
    auto receipt = ports_.outbox.receipt_of(entry.group);
    if (!receipt) remarks_.push_back(std::move(receipt).error().trail);
    if (!receipt || !*receipt) continue;
    at->second.key = (*receipt)->key;
    at->second.request = (*receipt)->request;
  }
}
Desk::~Desk() = default;

void Desk::take(ReadWish wish, Terms terms, net::Respond respond) {
  if (!wish.allows_conditions && terms.condition() == Condition::Clients) {
    respond(to_response(bad_request("If-Match and If-None-Match are for zones")));
    return;
  }
  if (parked_.size() + acking_.size() >= settings_.requests_max) {
    respond(to_response(unavailable("too many requests are waiting")));
    return;
  }
  Parked request{std::move(wish), std::move(terms), std::move(respond), ports_.clock.steady()};
  if (!request.terms.key.empty() && !request.terms.dry_run) {
    auto receipt = ports_.outbox.find_receipt(request.terms.key);
    if (!receipt) {
      request.respond(to_response(unavailable(receipt.error().trail)));
      return;
    }
    if (*receipt) {
      answer_repeated(std::move(request), **receipt);
      return;
    }
  }
  parked_.push_back(std::move(request));
  pump_parked(ports_.clock.steady());
}

void Desk::answer_repeated(Parked request, const Receipt& receipt) {
  if (receipt.request != request.terms.request) {
    request.respond(to_response(other_request(request.terms, receipt.request)));
    return;
  }
  if (receipt.status != 0) {
    net::HttpResponse response;
    response.status = receipt.status;
    response.body = receipt.body;
    response.headers.add("Idempotent-Replayed", "true");
    request.respond(std::move(response));
    return;
  }
  if (answer_known(request)) return;
  request.respond(pending_response(receipt.change_id));  // judged while this process was away
}

// A request with an Idempotency-Key whose change is under way, or whose receipt a crash has taken
// while the log has its change.
bool Desk::answer_known(Parked& request) {
  const event::ChangeId id = id_for(request.terms);
  const auto deadline = deadline_of(request.terms, request.since);
  Waiter waiter{std::move(request.respond), request.terms.wait, request.since, deadline,
                request.terms.wait_on};
  if (const auto group = groups_.find(id.value()); group != groups_.end()) {
    group->second.waiters.push_back(std::move(waiter));
    return true;
  }
  if (const auto first = ports_.feeder.state().ledger.find(id)) {
    Group group{id,
                request.wish.object,
                request.terms.key,
                request.terms.request,
                request.terms.condition(),
                {},
                {},
                {},
                {}};
    judge_by(*first, group);
    group.waiters.push_back(std::move(waiter));
    if (group.judged) {
      finish(std::move(group));
      return true;
    }
    waiter = std::move(group.waiters.back());
  }
  request.respond = std::move(waiter.respond);
  return false;
}

void Desk::folded(const consumer::FoldedChange& folded) {
  const auto& entries = ports_.outbox.entries();
  const auto entry = std::ranges::find(entries, folded.change.change_id, &OutboxEntry::change_id);
  if (entry == entries.end()) return;
  const base::U128 id = entry->group.value();
  const bool last = entry->change_id == entry->group;
  ports_.publisher.folded(folded.change.change_id);
  const auto at = groups_.find(id);
  if (at == groups_.end() || at->second.judged) return;
  Group& group = at->second;
  if (const auto* rejected = std::get_if<fold::Rejected>(&folded.judgement)) {
    group.judged =
        from_rejection(rejected->reason, rejected->detail, group.object, group.condition);
  } else if (const auto* twin = std::get_if<fold::Twin>(&folded.judgement)) {
    judge_by(twin->first, group);
  } else if (last) {
    const auto& accepted = std::get<fold::Accepted>(folded.judgement);
    group.judged = Success{group.id,   folded.offset.value(), accepted.version, accepted.zones,
                           group.diff, group.warnings};
  } else {  // a part of a long import: it makes progress
    const auto later = ports_.clock.steady() + settings_.answer_within;
    for (Waiter& waiter : group.waiters) waiter.deadline = std::max(waiter.deadline, later);
  }
  if (group.judged) judged_.push_back(id);
}

// What the ledger remembers is enough for an answer, if not for all of it.
void Desk::judge_by(const fold::Remembered& first, Group& group) {
  if (first.reason) {
    group.judged = from_rejection(*first.reason, "see the record of the change", group.object,
                                  group.condition);
  } else if (first.change_id == group.id) {
    dataset::Version version = ports_.feeder.state().dataset.version();
    version.seq = dataset::Seq(first.seq);
    group.judged = Success{group.id, first.offset, version, {}, group.diff, group.warnings};
  }
}

std::optional<std::chrono::nanoseconds> Desk::step() {
  const auto now = ports_.clock.steady();
  for (const base::U128& id : std::exchange(judged_, {})) {
    auto node = groups_.extract(id);
    if (!node.empty()) finish(std::move(node.mapped()));
  }
  pump_parked(now);
  expire(now);
  acknowledge(now);
  commit_if_due(now);
  const bool waiting =
      !parked_.empty() || !acking_.empty() ||
      std::ranges::any_of(groups_, [](const auto& group) { return !group.second.waiters.empty(); });
  std::optional<std::chrono::nanoseconds> again;
  if (waiting) again = std::chrono::milliseconds(50);
  if (commit_due_) again = std::min(again.value_or(*commit_due_ - now), *commit_due_ - now);
  return again;
}

void Desk::finish(Group group) {
  keep_receipt(group.key, group.request, group.id, *group.judged);
  for (Waiter& waiter : group.waiters) answer(std::move(waiter), *group.judged);
}

void Desk::answer(Waiter waiter, const Judged& judged) {
  if (const auto* error = std::get_if<ApiError>(&judged)) {
    waiter.respond(to_response(*error));
    return;
  }
  const Success& success = std::get<Success>(judged);
  if (waiter.wait) {
    acking_.push_back({std::move(waiter.respond), success, waiter.since + *waiter.wait,
                       std::move(waiter.wait_on)});
    acknowledge(ports_.clock.steady());
    return;
  }
  waiter.respond(success_response(success));
}

// Clients whose time is over: their changes go on.
void Desk::expire(std::chrono::nanoseconds now) {
  std::optional<base::Result<void>> durable;
  for (auto& [id, group] : groups_) {
    std::erase_if(group.waiters, [&, change_id = group.id](Waiter& waiter) {
      if (waiter.deadline > now) return false;
      if (!durable) durable = ports_.outbox.commit();
      waiter.respond(*durable ? pending_response(change_id)
                              : to_response(not_durable(change_id, durable->error())));
      return true;
    });
  }
}

void Desk::acknowledge(std::chrono::nanoseconds now) {
  for (auto at = acking_.begin(); at != acking_.end();) {
    const dataset::Version& version = at->success.version;
    const Acknowledgement heard =
        ports_.fleet.acknowledgement(version.lineage, version.seq, at->wait_on);
    // Who does not follow the log knows not what its edges serve (docs/http-api.md).
    const bool vouches = ports_.feeder.node_state() == event::NodeState::Live;
    const bool acked = vouches && ports_.fleet.is_caught_up() && heard.reached;
    if (!acked && now < at->deadline) {
      ++at;
      continue;
    }
    at->respond(acked_response(at->success, acked ? Acked::Yes : Acked::No, heard));
    at = acking_.erase(at);
  }
}

void Desk::keep_receipt(const std::string& key, const base::Sha256& request, event::ChangeId id,
                        const Judged& judged) {
  if (key.empty()) return;
  Receipt receipt{key, request, id};
  if (const auto* success = std::get_if<Success>(&judged)) {
    receipt.status = 200;
    receipt.body = success_response(*success).body;
  } else {
    const net::HttpResponse response = to_response(std::get<ApiError>(judged));
    receipt.status = response.status;
    receipt.body = response.body;
  }
  ports_.outbox.put_receipt(std::move(receipt));
}

std::chrono::nanoseconds Desk::deadline_of(const Terms& terms,
                                           std::chrono::nanoseconds since) const {
  const std::chrono::nanoseconds wait = terms.wait.value_or(std::chrono::seconds(0));
  return since + std::max(settings_.answer_within, wait);
}

void Desk::settle_known() {
  std::vector<fold::Remembered> known;
  std::vector<base::U128> groups;
  for (const OutboxEntry& entry : ports_.outbox.entries()) {
    auto remembered = ports_.feeder.state().ledger.find(entry.change_id);
    if (!remembered) continue;
    known.push_back(*std::move(remembered));
    groups.push_back(entry.group.value());
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    ports_.publisher.folded(known[i].change_id);
    const auto group = groups_.find(groups[i]);
    if (group == groups_.end() || group->second.judged) continue;
    judge_by(known[i], group->second);
    if (group->second.judged) judged_.push_back(groups[i]);
  }
}

void Desk::close() {
  for (Parked& request : std::exchange(parked_, {})) {
    request.respond(to_response(unavailable("this controller is ending; nothing was changed")));
  }
  for (const base::U128& id : std::exchange(judged_, {})) {
    auto node = groups_.extract(id);
    if (!node.empty()) finish(std::move(node.mapped()));
  }
  constexpr auto end_of_time = std::chrono::nanoseconds::max();
  expire(end_of_time);
  acknowledge(end_of_time);
}

void Desk::commit_if_due(std::chrono::nanoseconds now) {
  if (ports_.outbox.is_committed()) {
    commit_due_.reset();
    return;
  }
  if (!commit_due_) commit_due_ = now + settings_.commit_within;
  if (now < *commit_due_) return;
  commit_due_.reset();
  if (const auto committed = ports_.outbox.commit(); !committed) {
    remarks_.push_back(committed.error().trail);
    commit_due_ = now + settings_.commit_within;
  }
}

std::vector<std::string> Desk::take_remarks() { return std::exchange(remarks_, {}); }

}  // namespace tidemark::producer
