#include "producer/api/held_desk.hpp"

#include <algorithm>

#include "producer/api/held_answers.hpp"
#include "producer/api/held_review.hpp"
#include "producer/api/request_body.hpp"

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;
using event::ProposalState;

constexpr std::chrono::nanoseconds read_back_within = 2s, noted_within = 5s, look_again = 20ms,
                                   look_after_every = 60s;

// Refused for good by the Desk or the fold: the proposal is open again.
bool is_refusal(unsigned status) {
  return status == 403 || status == 404 || status == 409 || status == 412 || status == 422;
}

}  // namespace

HeldDesk::~HeldDesk() = default;

std::expected<void, ApiError> HeldDesk::check_ready() const {
  const event::NodeState state = ports_.past.feeder.node_state();
  if (ports_.control == nullptr || !ports_.past.feeder.has_read_control() ||
      state != event::NodeState::Live) {
    return refuse(unavailable("this controller does not follow the log now: state " +
                              event::to_text(state) + "; nothing was held or decided"));
  }
  if (requests_.size() >= held_requests_max) {
    return refuse(unavailable("too many requests for held changes are waiting"));
  }
  return {};
}

void HeldDesk::take(Request request) {
  request.deadline = ports_.clock.steady() + read_back_within;
  begin_notes();
  requests_.push_back(std::move(request));
  step();
}

void HeldDesk::note(event::Proposal record, bool tombstone) {
  notes_.push_back({.kind = Kind::Note,
                    .record = std::move(record),
                    .tombstone = tombstone,
                    .deadline = ports_.clock.steady() + noted_within});
}

void HeldDesk::begin_notes() {
  for (Request& one : std::exchange(notes_, {})) requests_.push_back(std::move(one));
}

void HeldDesk::say(Request& request) {
  std::optional<event::ControlRecord> record;
  if (!request.tombstone) record = request.record;
  request.said = ports_.control->say(consumer::held_key(request.record.id), record, Zeal::Again);
}

std::optional<std::chrono::nanoseconds> HeldDesk::step() {
  const auto now = ports_.clock.steady();
  if (now >= look_after_due_) {
    look_after_due_ = now + look_after_every;
    look_after(now);
  }
  std::vector<base::U128> ahead;  // ids of requests that came earlier
  for (auto at = requests_.begin(); at != requests_.end();) {
    const bool waits = std::ranges::find(ahead, at->record.id) != ahead.end();
    ahead.push_back(at->record.id);
    if (waits && (now < at->deadline || at->stage == Stage::Publishing)) {
      ++at;
    } else {
      at = advance(*at, now) ? requests_.erase(at) : std::next(at);
    }
  }
  begin_notes();
  if (requests_.empty()) return std::nullopt;
  return look_again;
}

bool HeldDesk::advance(Request& request, std::chrono::nanoseconds now) {
  if (request.stage == Stage::Publishing) return answer_published(request);
  if (request.stage == Stage::Telling && !request.said) say(request);
  if (request.stage == Stage::Decided || request.said->stage == Saying::Stage::ReadBack) {
    return answer_read_back(request);
  }
  if (now < request.deadline) return false;
  if (request.respond) {
    (*request.respond)(to_response(
        unavailable("the log has not taken it in time; it may still come: GET /v1/held tells")));
  }
  return true;
}

bool HeldDesk::answer_read_back(Request& request) {
  const auto* placed = ports_.past.feeder.control().proposal_of(request.record.id);
  if (request.kind == Kind::Note) return true;
  if (placed == nullptr) {
    (*request.respond)(
        to_response(not_found("it was dropped meanwhile", base::to_hex(request.record.id))));
    return true;
  }
  if (request.kind == Kind::Propose) {
    if (!request.key.empty()) {
      ports_.outbox.put_receipt({request.key, request.request, event::ChangeId(request.record.id),
                                 proposed_status, request.answer});
    }
    (*request.respond)(proposed_response(request.record, request.answer));
    return true;
  }
  if (placed->proposal != request.record) {  // another decision was first
    note(placed->proposal, false);  // compaction keeps the newest record: it must be that one
    if (placed->proposal.state != request.record.state) {
      (*request.respond)(to_response(closed_error(placed->proposal)));
      return true;
    }
    request.record = placed->proposal;
  }
  if (request.kind == Kind::Approve) return publish(request);
  (*request.respond)(rejected_response(request.record));
  return true;
}

// Through the Desk like any other change; false: it will be told.
bool HeldDesk::publish(Request& request) {
  const event::Proposal& held = request.record;
  const auto change = held_change(held);
  if (!change) {
    (*request.respond)(to_response(change.error()));
    return true;
  }
  const Signature signature = signature_of(*change);
  Terms terms{
      .author = signature.author,
      .reason = shortened((held.reason.empty() ? "" : held.reason + " ") + "(held change " +
                              base::to_hex(held.id) + ", approved by " + held.closed_by +
                              (held.closed_reason.empty() ? ")" : ": " + held.closed_reason + ")"),
                          event::reason_octets_max),
      .acknowledged_removals = signature.acknowledged_removals,
      .expect = signature.expect,
      .origin = signature.origin,
      .wait = request.wait,
      .rollout = signature.rollout};
  const Attempt attempt = attempt_of(ports_.past.feeder.state().ledger, held.id);
  terms.change_id = attempt.change_id;
  terms.key = "\nheld/" + base::to_hex(attempt.change_id.value());  // no author is empty
  terms.request = base::sha256(base::as_bytes(terms.key));
  ReadWish wish{
      .object = held.zones.empty() ? std::string() : held.zones.front(),
      .make = [held, change = *change,
               past = ports_.past](const Base& base) -> std::expected<Wish, ApiError> {
        const Review now = review(held, change, past, base);
        if (now.outdated.empty()) return wish_of(change);
        return refuse({409, "outdated", now.outdated, "held change " + base::to_hex(held.id),
                       "reject it, and let its author propose it anew"});
      }};
  request.published = std::make_shared<std::optional<net::HttpResponse>>();
  request.stage = Stage::Publishing;
  ports_.desk.take(std::move(wish), std::move(terms),
                   net::Respond([slot = request.published](net::HttpResponse response) {
                     *slot = std::move(response);
                   }));
  return answer_published(request);
}

// Approved, but it will not be made as it is.
void HeldDesk::reopen(event::Proposal open) {
  open.state = ProposalState::Open;
  open.closed_by.clear();
  open.closed_reason.clear();
  open.closed_ms = 0;
  note(std::move(open), false);
}

bool HeldDesk::answer_published(Request& request) {
  if (!*request.published) return false;
  net::HttpResponse response = std::move(**request.published);
  if (response.status < 300) {
    (*request.respond)(with_held(std::move(response), request.record));
    return true;
  }
  if (is_refusal(response.status)) reopen(request.record);
  (*request.respond)(std::move(response));
  return true;
}

// Closed ones are forgotten after a while; one whose change was made is approved, whatever was
// written of it since.
void HeldDesk::look_after(std::chrono::nanoseconds now) {
  const consumer::Feeder& feeder = ports_.past.feeder;
  if (!check_ready()) return;
  for (const auto& [id, placed] : feeder.control().proposals()) {
    const event::Proposal& held = placed.proposal;
    const std::chrono::milliseconds age(feeder.control().newest_ms() - placed.appended_ms);
    if (held.state != ProposalState::Open) {
      if (age > proposal_kept) note(held, true);
      continue;
    }
    const auto busy = std::ranges::find_if(
        requests_, [&](const Request& request) { return request.record.id == id; });
    if (busy != requests_.end() || !attempt_of(feeder.state().ledger, id).made) continue;
    event::Proposal approved = held;
    approved.state = ProposalState::Approved;
    approved.closed_reason = "its change is in the log";
    approved.closed_ms = static_cast<std::uint64_t>(ports_.clock.wall().count());
    note(std::move(approved), false);
  }
  look_after_due_ = now + look_after_every;
}

void HeldDesk::close() {
  for (Request& request : requests_) {
    if (request.stage == Stage::Publishing && answer_published(request)) continue;
    if (request.respond) {
      (*request.respond)(to_response(unavailable(
          "this controller is ending; what became of it another one tells: GET /v1/held")));
    }
  }
  requests_.clear();
}

}  // namespace tidemark::producer
