#include "producer/api/held_reads.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "core/base/hash.hpp"
#include "core/base/time_text.hpp"
#include "producer/api/held_review.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

using event::ProposalState;

constexpr std::size_t diff_lines_shown_max = 10'000;
constexpr std::size_t attempts_max = 1000;

std::string_view to_text(ProposalState state) {
  switch (state) {
    case ProposalState::Open:     return "open";
    case ProposalState::Approved: return "approved";
    case ProposalState::Rejected: return "rejected";
  }
  std::unreachable();
}

event::ChangeId attempt_id(const base::U128& proposal, std::size_t number) {
  if (number == 0) return event::ChangeId(proposal);
  base::Writer text;
  text.put("held");
  text.put(base::to_octets(proposal));
  text.put_u64(number);
  const base::Sha256 drawn = base::sha256(text.view());
  return event::ChangeId({base::load_u64(drawn.data()), base::load_u64(drawn.data() + 8)});
}

json::object summary_of(const RollbackPorts& past, const consumer::PlacedProposal& placed) {
  const event::Proposal& held = placed.proposal;
  const Attempt attempt = attempt_of(past.feeder.state().ledger, held.id);
  const bool open = held.state == ProposalState::Open && !attempt.made;
  const std::int64_t age_ms =
      std::max<std::int64_t>(0, past.feeder.control().newest_ms() - placed.appended_ms);
  json::array objects;
  for (const std::string& one : held.zones) objects.emplace_back(one);
  json::object body{{"id", base::to_hex(held.id)},
                    {"state", attempt.made ? "approved" : to_text(held.state)},
                    {"author", held.author},
                    {"reason", held.reason},
                    {"refusal", held.refusal},
                    {"objects", std::move(objects)},
                    {"created", base::rfc3339_of(static_cast<std::int64_t>(held.created_ms))},
                    {"age_ms", age_ms},
                    {"stale", open && std::chrono::milliseconds(age_ms) > proposal_stale_after},
                    {"decided_at_seq", held.decided_at_seq}};
  if (held.state != ProposalState::Open) {
    body["closed_by"] = held.closed_by;
    body["closed_reason"] = held.closed_reason;
    body["closed"] = base::rfc3339_of(static_cast<std::int64_t>(held.closed_ms));
  }
  if (open || held.state == ProposalState::Rejected) return body;
  const auto seq = made_seq(past, held);
  body["made"] = seq && *seq;
  if (seq && *seq) {
    body["seq"] = **seq;
    body["change_id"] = base::to_hex(attempt.change_id.value());
  }
  return body;
}

net::HttpResponse respond_json(const json::object& body) {
  net::HttpResponse response;
  response.body = json::serialize(body);
  return response;
}

}  // namespace

Attempt attempt_of(const fold::Ledger& ledger, const base::U128& proposal) {
  for (std::size_t number = 0;; ++number) {
    Attempt attempt{attempt_id(proposal, number)};
    auto remembered = ledger.find(attempt.change_id);
    if (!remembered || number == attempts_max) return attempt;
    if (remembered->reason) continue;
    attempt.made = *std::move(remembered);
    return attempt;
  }
}

std::expected<std::optional<std::uint64_t>, ApiError> made_seq(const RollbackPorts& past,
                                                               const event::Proposal& proposal) {
  const Attempt attempt = attempt_of(past.feeder.state().ledger, proposal.id);
  if (attempt.made) return attempt.made->seq;
  if (proposal.state != ProposalState::Approved) return std::nullopt;
  auto history = past.history.reader();
  if (!history) return refuse(std::move(history).error());
  for (std::size_t number = 0; number < attempts_max; ++number) {
    const auto found = history->find(attempt_id(proposal.id, number));
    if (!found) return refuse(unavailable(found.error().trail));
    if (!*found) break;
    if ((*found)->seq) return (*found)->seq;
  }
  return std::nullopt;
}

std::expected<base::U128, ApiError> proposal_id_from(const std::string& text) {
  if (const auto id = base::u128_from_hex(text)) return *id;
  return refuse(bad_request("held change " + text + ": an id has 32 hexadecimal digits",
                            "tidemark held list"));
}

net::HttpResponse read_held(const RollbackPorts& past) {
  std::vector<const consumer::PlacedProposal*> newest_first;
  for (const auto& [id, placed] : past.feeder.control().proposals()) {
    newest_first.push_back(&placed);
  }
  std::ranges::sort(newest_first, std::greater(), &consumer::PlacedProposal::offset);
  json::array held;
  for (const auto* placed : newest_first) held.push_back(summary_of(past, *placed));
  return respond_json({{"version", to_json(past.feeder.state().dataset.version())},
                       {"known", past.feeder.has_read_control()},
                       {"held", std::move(held)}});
}

Answered read_one_held(const RollbackPorts& past, const std::string& text) {
  const auto id = proposal_id_from(text);
  if (!id) return refuse(id.error());
  const auto* placed = past.feeder.control().proposal_of(*id);
  if (placed == nullptr)
    return refuse(not_found("nothing is held under this id", text, "tidemark held list"));
  json::object body = summary_of(past, *placed);
  const auto change = held_change(placed->proposal);
  if (!change) {
    body["standing"] = "outdated";
    body["why"] = change.error().message;
    return respond_json(body);
  }
  if (change->acknowledged_removals) body["removals"] = *change->acknowledged_removals;
  if (body.at("state") == "rejected" || (body.contains("made") && body.at("made").as_bool())) {
    body["standing"] = "closed";
    return respond_json(body);
  }
  const dataset::Dataset& dataset = past.feeder.state().dataset;
  const Review now = review(placed->proposal, *change, past, Base{dataset});
  body["standing"] = now.outdated.empty() ? "fits" : "outdated";
  if (!now.outdated.empty()) body["why"] = now.outdated;
  body["version"] = to_json(dataset.version());
  body["diff"] = to_json(now.plan.diff, diff_lines_shown_max);
  return respond_json(body);
}

}  // namespace tidemark::producer
