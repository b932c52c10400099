// The part of HeldDesk that judges what people ask of it.
#include <algorithm>
#include <cctype>

#include "producer/api/held_answers.hpp"
#include "producer/api/held_desk.hpp"
#include "producer/api/held_review.hpp"
#include "producer/api/request_body.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {

using event::ProposalState;

namespace {

event::ChangeId id_of_key(const base::Sha256& request, const std::string& key) {
  base::Sha256Stream hash;
  hash.update(base::as_bytes("held"));
  hash.update(request);
  hash.update(base::as_bytes(key));
  const base::Sha256 drawn = hash.finish();
  return event::ChangeId({base::load_u64(drawn.data()), base::load_u64(drawn.data() + 8)});
}

}  // namespace

std::expected<void, ApiError> HeldDesk::check_room(const event::Proposal& wanted) const {
  const auto& all = ports_.past.feeder.control().proposals();
  std::size_t octets = wanted.change.size();
  for (const auto& [id, placed] : all) octets += placed.proposal.change.size();
  if (all.size() < proposals_max && octets <= proposals_octets_max) return {};
  return refuse({503,
                 "held-full",
                 "too much is held: " + std::to_string(all.size()) + " changes",
                 {},
                 "approve or reject some: tidemark held list"});
}

bool HeldDesk::is_same_person(const std::string& author, const std::string& other) const {
  if (ports_.names == Names::Proven) {  // an import is by "TOKEN for NAME"
    return author.substr(0, author.find(' ')) == other.substr(0, other.find(' '));
  }
  return std::ranges::equal(author, other, [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  });
}

// Decided as the Desk does it, but a removal guard is only counted.
std::expected<Plan, ApiError> HeldDesk::plan(const ReadWish& wish, const Terms& terms,
                                             event::ChangeId id) const {
  if (!wish.allows_conditions && terms.condition() == Condition::Clients) {
    return refuse(bad_request("If-Match and If-None-Match are for zones"));
  }
  for (const OutboxEntry& entry : ports_.outbox.entries()) {
    if (objects_of(entry.outline).contains(wish.object)) {
      return refuse(unavailable("a change of " + wish.object + " is on its way"));
    }
  }
  const fold::State& state = ports_.past.feeder.state();
  const Base base{state.dataset};
  const auto wanted = wish.make(base);
  if (!wanted) return refuse(wanted.error());
  if (const auto* zone = zone_of(*wanted);
      terms.must_exist && zone != nullptr && !ZoneView(base, *zone).exists()) {
    return refuse({412, "precondition-failed", "there is no such zone", wish.object,
                   "leave out If-Match to create it"});
  }
  Signature signature{.change_id = id,
                      .author = terms.author,
                      .reason = terms.reason,
                      .created_ms = static_cast<std::uint64_t>(ports_.clock.wall().count()),
                      .rollout = terms.rollout,
                      .acknowledged_removals = terms.acknowledged_removals,
                      .expect = terms.expect,
                      .origin = terms.origin};
  auto decided = decide(base, *wanted, signature);
  if (!decided && !terms.acknowledged_removals && decided.error().count() == 1 &&
      decided.error().list().front().removals) {
    signature.acknowledged_removals = decided.error().list().front().removals;
    decided = decide(base, *wanted, signature);
  }
  if (!decided) return refuse(from_problems(decided.error(), wish.object, terms.condition()));
  if (decided->change_sets.size() > 1) {
    return refuse(invalid("too large to be held: it needs " +
                              std::to_string(decided->change_sets.size()) + " records",
                          wish.object, "propose it in parts"));
  }
  if (decided->change_sets.empty()) return *std::move(decided);
  event::ChangeSet& change = decided->change_sets.front();
  // What is approved later is as many removals as were counted now.
  if (!change.zones.empty()) change.acknowledged_removals = decided->diff.removed();
  const auto judged = fold::preview(state, change);
  if (const auto* rejected = std::get_if<fold::Rejected>(&judged)) {
    return refuse(
        from_rejection(rejected->reason, rejected->detail, wish.object, terms.condition()));
  }
  return *std::move(decided);
}

void HeldDesk::propose(ReadWish wish, Terms terms, net::Respond respond) {
  const auto fail = [&respond](const ApiError& error) { respond(to_response(error)); };
  if (auto ready = check_ready(); !ready) return fail(ready.error());
  const std::uint64_t high = ports_.random.next();
  const event::ChangeId id = terms.key.empty() ? event::ChangeId({high, ports_.random.next()})
                                               : id_of_key(terms.request, terms.key);
  if (!terms.key.empty() && !terms.dry_run && answer_repeated(terms, respond)) return;
  const consumer::Feeder& feeder = ports_.past.feeder;
  auto decided = plan(wish, terms, id);
  if (!decided) return fail(decided.error());
  const dataset::Version version = feeder.state().dataset.version();
  if (terms.dry_run) return respond(dry_run_response(*decided, version, wish.warnings));
  if (decided->change_sets.empty()) {
    return respond(success_response(Success{std::nullopt, -1, version, {}, {}, wish.warnings}));
  }
  const event::ChangeSet& change = decided->change_sets.front();
  event::ChangeSet unasked = change;  // what a guard would have said
  unasked.acknowledged_removals = terms.acknowledged_removals;
  std::string refusal;
  const auto guarded = fold::preview(feeder.state(), unasked);
  if (const auto* rejected = std::get_if<fold::Rejected>(&guarded)) refusal = rejected->detail;
  const auto named = objects_of(change);
  event::Proposal held{.id = id.value(),
                       .author = terms.author,
                       .reason = terms.reason,
                       .created_ms = change.created_ms,
                       .refusal = shortened(std::move(refusal), schemas::text_octets_max),
                       .zones = {named.begin(), named.end()},
                       .decided_at_seq = version.seq.value(),
                       .change = schemas::encode(change)};
  const std::string answer = proposed_body(held, change, decided->diff, wish.warnings);
  if (feeder.control().proposal_of(held.id) != nullptr) {  // the same Idempotency-Key
    return respond(proposed_response(held, answer));
  }
  if (auto room = check_room(held); !room) return fail(room.error());
  take({.kind = Kind::Propose,
        .record = std::move(held),
        .respond = std::move(respond),
        .answer = answer,
        .key = terms.key,
        .request = terms.request});
}

std::optional<ApiError> HeldDesk::held_instead(const Terms& terms) const {
  const event::ChangeId held = id_of_key(terms.but_for_hold, terms.key);
  if (ports_.past.feeder.control().proposal_of(held.value()) == nullptr) return std::nullopt;
  return other_request(terms, terms.but_for_hold);
}

// A request whose key was used before, also by another controller or before a crash.
bool HeldDesk::answer_repeated(const Terms& terms, net::Respond& respond) const {
  const auto receipt = ports_.outbox.find_receipt(terms.key);
  const event::ChangeId unheld = change_id_of(terms.but_for_hold, terms.key);
  if (!receipt) {
    respond(to_response(unavailable(receipt.error().trail)));
  } else if (*receipt && (*receipt)->request != terms.request) {
    respond(to_response(other_request(terms, (*receipt)->request)));
  } else if (*receipt && (*receipt)->status == proposed_status) {
    net::HttpResponse response;
    response.status = proposed_status;
    response.body = (*receipt)->body;
    response.headers.add("Location", "/v1/held/" + base::to_hex((*receipt)->change_id.value()));
    response.headers.add("Idempotent-Replayed", "true");
    respond(std::move(response));
  } else if (ports_.past.feeder.state().ledger.find(unheld)) {
    respond(to_response(other_request(terms, terms.but_for_hold)));
  } else {
    return false;
  }
  return true;
}

// The Proposal that a decision is about, and that this author may take it.
std::expected<event::Proposal, ApiError> HeldDesk::find_open(const std::string& text,
                                                             const Terms& terms, Kind kind) const {
  const auto id = proposal_id_from(text);
  if (!id) return refuse(id.error());
  const auto* placed = ports_.past.feeder.control().proposal_of(*id);
  if (placed == nullptr)
    return refuse(not_found("nothing is held under this id", text, "tidemark held list"));
  const event::Proposal& held = placed->proposal;
  if (kind == Kind::Approve && is_same_person(held.author, terms.author)) {
    return refuse({403, "forbidden", "it is " + held.author + "'s own: somebody else approves it",
                   "held change " + text,
                   ports_.names == Names::Proven ? "use the token of another person"
                                                 : "another person: tidemark --author NAME held "
                                                   "approve " +
                                                       text});
  }
  return held;
}

void HeldDesk::approve(const std::string& id, Terms terms, net::Respond respond) {
  const auto fail = [&respond](const ApiError& error) { respond(to_response(error)); };
  if (auto ready = check_ready(); !ready) return fail(ready.error());
  auto held = find_open(id, terms, Kind::Approve);
  if (!held) return fail(held.error());
  if (held->state == ProposalState::Rejected) return fail(closed_error(*held));
  const auto made = made_seq(ports_.past, *held);
  if (!made) return fail(made.error());
  if (*made) {  // idempotent
    const Attempt attempt = attempt_of(ports_.past.feeder.state().ledger, held->id);
    return respond(approved_before_response(*held, attempt, **made));
  }
  const auto change = held_change(*held);
  if (!change) return fail(change.error());
  const Review now = review(*held, *change, ports_.past, Base{ports_.past.feeder.state().dataset});
  if (!now.outdated.empty()) {
    if (held->state == ProposalState::Approved && !terms.dry_run) reopen(*held);
    return fail({409, "outdated", now.outdated, "held change " + id,
                 "reject it, and let its author propose it anew"});
  }
  if (terms.dry_run) {
    return respond(dry_run_response(now.plan, ports_.past.feeder.state().dataset.version(), {}));
  }
  Request request{.kind = Kind::Approve,
                  .record = *std::move(held),
                  .respond = std::move(respond),
                  .wait = terms.wait};
  if (request.record.state == ProposalState::Approved) {
    request.stage = Stage::Decided;  // but not made
  } else {
    request.record.state = ProposalState::Approved;
    request.record.closed_by = terms.author;
    request.record.closed_reason = terms.reason;
    request.record.closed_ms = static_cast<std::uint64_t>(ports_.clock.wall().count());
  }
  take(std::move(request));
}

bool HeldDesk::is_outdated(const event::Proposal& held) const {
  const auto change = held_change(held);
  const Base now{ports_.past.feeder.state().dataset};
  return !change || !review(held, *change, ports_.past, now).outdated.empty();
}

void HeldDesk::reject(const std::string& id, Terms terms, Power power, net::Respond respond) {
  const auto fail = [&respond](const ApiError& error) { respond(to_response(error)); };
  if (auto ready = check_ready(); !ready) return fail(ready.error());
  auto held = find_open(id, terms, Kind::Reject);
  if (!held) return fail(held.error());
  if (power == Power::WithdrawOwn && !is_same_person(held->author, terms.author)) {
    return fail({403, "forbidden", "the token of " + terms.author + " has no scope approve",
                 "held change " + id, "its author may withdraw it, others need the scope approve"});
  }
  const auto made = made_seq(ports_.past, *held);
  if (!made) return fail(made.error());
  const bool is_stuck = !*made && held->state == ProposalState::Approved && is_outdated(*held);
  if (*made || (held->state == ProposalState::Approved && !is_stuck)) {
    held->state = ProposalState::Approved;
    ApiError closed = closed_error(*held);
    if (!*made) closed.remedy = "it is not made yet, which takes: tidemark held approve " + id;
    return fail(closed);
  }
  if (held->state == ProposalState::Rejected) {  // idempotent
    return respond(rejected_response(*held));
  }
  held->state = ProposalState::Rejected;
  held->closed_by = terms.author;
  held->closed_reason = terms.reason;
  held->closed_ms = static_cast<std::uint64_t>(ports_.clock.wall().count());
  if (terms.dry_run) return respond(rejected_response(*held));
  if (is_stuck) reopen(*held);  // goes ahead: of an approved one nothing else is heard
  take({.kind = Kind::Reject, .record = *std::move(held), .respond = std::move(respond)});
}

}  // namespace tidemark::producer
