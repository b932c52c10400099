// Which route a request is for, and which parameters it may have.
#include "producer/api/api_routes.hpp"

#include <algorithm>
#include <set>

namespace tidemark::producer {
namespace {

net::HttpResponse with_allow(ApiError error, const std::string& methods) {
  net::HttpResponse response = to_response(error);
  if (!methods.empty()) response.headers.add("Allow", methods);
  return response;
}

}  // namespace

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> all{
      {"GET", {"status"}, Action::GetStatus},
      {"GET", {"zones"}, Action::GetZones},
      {"GET", {"zones", "{}"}, Action::GetZone},
      {"PUT", {"zones", "{}"}, Action::PutZone},
      {"PATCH", {"zones", "{}"}, Action::PatchZone},
      {"DELETE", {"zones", "{}"}, Action::DeleteZone},
      {"GET", {"zones", "{}", "rrsets", "{}", "{}"}, Action::GetRrset},
      {"PUT", {"zones", "{}", "rrsets", "{}", "{}"}, Action::PutRrset},
      {"DELETE", {"zones", "{}", "rrsets", "{}", "{}"}, Action::DeleteRrset},
      {"GET", {"changes"}, Action::GetPast},
      {"GET", {"changes", "{}"}, Action::GetChange},
      {"GET", {"changes", "{}", "progress"}, Action::GetProgress},
      {"GET", {"events"}, Action::GetEvents},
      {"GET", {"rollout"}, Action::GetRollout},
      {"POST", {"rollout", "{}", "{}"}, Action::OrderRollout},
      {"GET", {"pools"}, Action::GetPools},
      {"GET", {"pools", "{}"}, Action::GetPool},
      {"PUT", {"pools", "{}"}, Action::PutPool},
      {"DELETE", {"pools", "{}"}, Action::DeletePool},
      {"PUT", {"pools", "{}", "endpoints", "{}", "override"}, Action::PutOverride},
      {"DELETE", {"pools", "{}", "endpoints", "{}", "override"}, Action::DeleteOverride},
      {"GET", {"cookies"}, Action::GetCookies},
      {"POST", {"cookies"}, Action::StepCookies},
      {"GET", {"health"}, Action::GetHealth},
      {"GET", {"fleet"}, Action::GetFleet},
      {"GET", {"fleet", "diverged"}, Action::GetProof},
      {"GET", {"hashes"}, Action::GetProof},
      {"GET", {"history"}, Action::GetPast},
      {"GET", {"blame", "{}"}, Action::GetPast},
      {"GET", {"diff"}, Action::GetPast},
      {"GET", {"show"}, Action::GetPast},
      {"GET", {"versions"}, Action::GetPast},
      {"GET", {"snapshots"}, Action::Snapshots},
      {"POST", {"snapshots"}, Action::Snapshots},
      {"GET", {"snapshots", "{}"}, Action::Snapshots},
      {"HEAD", {"snapshots", "{}"}, Action::Snapshots},
      {"PUT", {"snapshots", "{}"}, Action::Snapshots},
      {"DELETE", {"snapshots", "{}"}, Action::Snapshots},
      {"GET", {"pins"}, Action::GetPins},
      {"POST", {"pins", "{}"}, Action::PutPin},
      {"DELETE", {"pins", "{}"}, Action::DeletePin},
      {"GET", {"held"}, Action::GetHeld},
      {"GET", {"held", "{}"}, Action::GetOneHeld},
      {"POST", {"held", "{}", "approve"}, Action::ApproveHeld},
      {"POST", {"held", "{}", "reject"}, Action::RejectHeld},
      {"GET", {"rollback"}, Action::GetRollback},
      {"POST", {"zones", "{}", "rollback"}, Action::RollbackZone},
  };
  return all;
}

std::expected<Api::Match, net::HttpResponse> Api::find(const net::HttpRequest& request) const {
  std::string methods;
  const auto& path = request.path;
  for (const Route& route : routes()) {
    if (path.empty() || path[0] != "v1" || path.size() != route.path.size() + 1) continue;
    Match match{route.action, {}};
    bool same = true;
    for (std::size_t i = 0; i < route.path.size() && same; ++i) {
      if (route.path[i] == "{}") {
        match.parameters.push_back(path[i + 1]);
      } else {
        same = route.path[i] == path[i + 1];
      }
    }
    if (!same) continue;
    if (route.method != request.method) {
      methods += (methods.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    if (std::ranges::find(match.parameters, std::string()) != match.parameters.end()) {
      return std::unexpected(to_response(
          bad_request("a part of the path is empty", "an empty name selects nothing, never all")));
    }
    return match;
  }
  if (!methods.empty()) {
    return std::unexpected(with_allow(
        {405, "method-not-allowed", request.method + " is not for this path", request.target},
        methods));
  }
  return std::unexpected(to_response(not_found("there is no such route", request.target)));
}

// What a client did not mean to be ignored is not ignored: `?dryrun=1` must not delete anything.
std::expected<void, ApiError> Api::check_parameters(const net::HttpRequest& request,
                                                    Action action) {
  static const std::vector<std::string_view> of_mutations{
      "dry_run", "acknowledge_removals", "reason", "hold", "rollout", "unseen"};
  static const std::vector<std::string_view> of_progress{"on", "unseen"},
      of_events{"after", "limit"};
  static const std::vector<std::string_view> of_decisions{"dry_run", "reason"};
  static const std::vector<std::string_view> of_pin{"dry_run", "reason", "unseen"};
  static const std::vector<std::string_view> of_unpin{"dry_run", "reason", "own", "past"};
  static const std::vector<std::string_view> of_rollback{"to"};
  static const std::vector<std::string_view> none;
  const auto& known = action == Action::GetRollback   ? of_rollback
                      : action == Action::GetProgress ? of_progress
                      : action == Action::GetEvents   ? of_events
                      : action == Action::DeletePin   ? of_unpin
                      : action == Action::PutPin      ? of_pin
                      : action == Action::OrderRollout || action == Action::ApproveHeld ||
                              action == Action::RejectHeld
                          ? of_decisions
                      : request.method == "GET" ? none
                                                : of_mutations;
  std::string names;
  for (const std::string_view name : known)
    names += (names.empty() ? "" : ", ") + std::string(name);
  std::set<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end()) {
      return std::unexpected(
          ApiError{400, "bad-request", "unknown parameter " + name, request.target,
                   names.empty() ? "this path takes none" : "this path knows " + names});
    }
    if (!seen.insert(name).second) {
      return std::unexpected(ApiError{400, "bad-request", "parameter " + name + " occurs twice",
                                      request.target, "say it once"});
    }
  }
  return {};
}

}  // namespace tidemark::producer
