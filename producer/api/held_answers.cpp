#include "producer/api/held_answers.hpp"

#include <boost/json.hpp>

#include "core/base/utf8.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

std::string hex(const event::Proposal& held) { return base::to_hex(held.id); }

net::HttpResponse respond_json(unsigned status, const json::object& body) {
  net::HttpResponse response;
  response.status = status;
  response.body = json::serialize(body);
  return response;
}

}  // namespace

std::string shortened(std::string text, std::size_t octets_max) {
  if (text.size() <= octets_max) return text;
  text.resize(octets_max);
  while (!text.empty() && !base::is_utf8(text)) text.pop_back();
  return text;
}

std::string proposed_body(const event::Proposal& held, const event::ChangeSet& change,
                          const Diff& diff, const std::vector<std::string>& warnings) {
  json::array objects, remarks;
  for (const std::string& one : held.zones) objects.emplace_back(one);
  for (const std::string& one : warnings) remarks.emplace_back(one);
  json::object body{{"held", hex(held)},
                    {"state", "open"},
                    {"changed", false},
                    {"refusal", held.refusal},
                    {"objects", std::move(objects)},
                    {"warnings", std::move(remarks)},
                    {"diff", to_json(diff, diff_lines_max)}};
  if (change.acknowledged_removals) body["removals"] = *change.acknowledged_removals;
  return json::serialize(body);
}

net::HttpResponse proposed_response(const event::Proposal& held, const std::string& body) {
  net::HttpResponse response;
  response.status = proposed_status;
  response.body = body;
  response.headers.add("Location", "/v1/held/" + hex(held));
  return response;
}

net::HttpResponse approved_before_response(const event::Proposal& held, const Attempt& attempt,
                                           std::uint64_t seq) {
  return respond_json(200, {{"held", hex(held)},
                            {"state", "approved"},
                            {"changed", true},
                            {"change_id", base::to_hex(attempt.change_id.value())},
                            {"offset", attempt.made ? attempt.made->offset : -1},
                            {"version", {{"seq", seq}}},
                            {"closed_by", held.closed_by},
                            {"warnings", json::array()}});
}

net::HttpResponse rejected_response(const event::Proposal& held) {
  return respond_json(200, {{"held", hex(held)},
                            {"state", "rejected"},
                            {"changed", false},
                            {"closed_by", held.closed_by}});
}

net::HttpResponse with_held(net::HttpResponse response, const event::Proposal& held) {
  json::object body = json::parse(response.body).as_object();
  body["held"] = hex(held);
  body["state"] = response.status == 200 ? "approved" : "pending";
  response.body = json::serialize(body);
  return response;
}

ApiError closed_error(const event::Proposal& held) {
  using event::ProposalState;
  const std::string by = held.closed_by.empty() ? "" : ", by " + held.closed_by;
  const std::string object = "held change " + hex(held);
  switch (held.state) {
    case ProposalState::Open:
      return {409, "conflict", "its change was refused; it is open again", object,
              "tidemark held show " + hex(held)};
    case ProposalState::Approved:
      return {409, "conflict", "it is approved already" + by, object,
              "tidemark held show " + hex(held)};
    case ProposalState::Rejected:
      return {409, "conflict", "it is rejected already" + by, object,
              "propose it again, if it is still wanted"};
  }
  std::unreachable();
}

}  // namespace tidemark::producer
