#include "producer/api/api.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <boost/json.hpp>

#include "net/json.hpp"
#include "producer/api/request_body.hpp"

namespace tidemark::producer {
namespace {

enum class Action : std::uint8_t {
  GetStatus,
  GetZones,
  GetZone,
  PutZone,
  PatchZone,
  DeleteZone,
  GetRrset,
  PutRrset,
  DeleteRrset,
  GetChange,
  GetPools,
  GetPool,
  PutPool,
  DeletePool,
  PutOverride,
  DeleteOverride,
  GetCookies,
  StepCookies,
  GetHealth,
  GetFleet,
  GetProof,
  GetPast,
  GetProgress,
  GetEvents,
  GetRollout,
  OrderRollout,
  Snapshots,
  GetPins,
  PutPin,
  DeletePin,
  GetRollback,
  RollbackZone,
  GetHeld,
  GetOneHeld,
  ApproveHeld,
  RejectHeld,
};

// What a token must be for. "reject" is no scope of its own: approve, or write for one's own.
std::string_view scope_of(const net::HttpRequest& request) {
  if (request.method == "GET") return "read";
  if (request.path.size() == 4 && request.path[1] == "held") {
    if (request.path[3] == "approve" || request.path[3] == "reject") return request.path[3];
  }
  return "write";
}

net::HttpResponse with_allow(ApiError error, const std::string& methods) {
  net::HttpResponse response = to_response(error);
  if (!methods.empty()) response.headers.add("Allow", methods);
  return response;
}

// What a client did not mean to be ignored is not ignored: `?dryrun=1` must not delete anything.
std::expected<void, ApiError> check_parameters(const net::HttpRequest& request, Action action) {
  static const std::vector<std::string_view> of_mutations{"dry_run", "acknowledge_removals",
                                                          "reason", "hold", "rollout"};
  static const std::vector<std::string_view> of_progress{"on"}, of_events{"after", "limit"};
  static const std::vector<std::string_view> of_decisions{"dry_run", "reason"};
  static const std::vector<std::string_view> of_unpin{"dry_run", "reason", "own"};
  static const std::vector<std::string_view> of_rollback{"to"};
  static const std::vector<std::string_view> none;
  const auto& known = action == Action::GetRollback   ? of_rollback
                      : action == Action::GetProgress ? of_progress
                      : action == Action::GetEvents   ? of_events
                      : action == Action::DeletePin   ? of_unpin
                      : action == Action::PutPin || action == Action::OrderRollout ||
                              action == Action::ApproveHeld || action == Action::RejectHeld
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

}  // namespace

// A segment "{}" is a parameter.
struct Api::Route {
  std::string_view method;
  std::vector<std::string_view> path;
  Action action;
};
struct Api::Match {
  Action action;
  std::vector<std::string> parameters;
};

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

Api::Api(ControllerStatus controller, DeskSettings settings, ApiPorts ports)
    : controller_(std::move(controller)),
      ports_(std::move(ports)),
      desk_(settings, ports_.desk),
      pin_desk_({.clock = ports_.desk.clock,
                 .feeder = ports_.desk.feeder,
                 .fleet = ports_.desk.fleet,
                 .control = ports_.control}),
      held_desk_({.clock = ports_.desk.clock,
                  .random = ports_.desk.random,
                  .outbox = ports_.desk.outbox,
                  .past = past(),
                  .desk = desk_,
                  .control = ports_.held,
                  .names = ports_.tokens != nullptr ? Names::Proven : Names::Told}),
      board_(ports_.rollout, {.controller = controller_.name,
                              .clock = ports_.desk.clock,
                              .feeder = ports_.desk.feeder,
                              .fleet = ports_.desk.fleet,
                              .history = ports_.history,
                              .outbox = ports_.desk.outbox,
                              .control = ports_.watermarks,
                              .take =
                                  [this](ReadWish wish, Terms terms, net::Respond respond) {
                                    desk_.take(std::move(wish), std::move(terms),
                                               std::move(respond));
                                  },
                              .run = ports_.desk.random.next()}) {}

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

std::expected<std::optional<std::string>, ApiError> Api::authorise(const net::HttpRequest& request,
                                                                   std::string_view scope) const {
  if (ports_.tokens == nullptr) return std::optional<std::string>();
  const auto header = request.headers.get("Authorization");
  const net::Principal* principal = header ? ports_.tokens->find_authorization(*header) : nullptr;
  if (principal == nullptr) {
    return std::unexpected(ApiError{401,
                                    "unauthorized",
                                    header ? "the token is not known" : "a token is needed",
                                    {},
                                    "Authorization: Bearer TOKEN"});
  }
  // An author may take back what was held for him (HeldDesk::reject sees to it).
  const bool withdraws =
      scope == "reject" && (principal->may("approve") || principal->may("write"));
  if (!withdraws && !principal->may(scope)) {
    return std::unexpected(ApiError{403, "forbidden",
                                    "the token of " + principal->name + " has no scope " +
                                        std::string(scope == "reject" ? "approve" : scope)});
  }
  return principal->name;
}

void Api::respond(net::HttpRequest request, net::Respond respond) {
  const bool reads = request.method == "GET";
  auto author = authorise(request, scope_of(request));
  if (!author) {
    net::HttpResponse response = to_response(author.error());
    if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer");
    respond(std::move(response));
    return;
  }
  if (reads && request.path == std::vector<std::string>{"metrics"}) {
    net::HttpResponse metrics = board_.metrics();
    if (ports_.proof != nullptr) metrics.body += ports_.proof->metrics();
    return respond(std::move(metrics));
  }
  auto match = find(request);
  if (!match) {
    respond(std::move(match).error());
    return;
  }
  if (match->action == Action::GetProof) {  // knows its parameters itself
    if (ports_.proof != nullptr) return ports_.proof->take(request, std::move(respond));
    return respond(to_response(unavailable("edges are not compared here")));
  }
  if (match->action == Action::GetPast) {  // knows its parameters itself
    if (ports_.past) return ports_.past(std::move(request), std::move(respond));
    respond(to_response(unavailable("no history is kept here")));
    return;
  }
  if (match->action == Action::Snapshots) {  // likewise
    if (ports_.snapshots != nullptr) {
      return ports_.snapshots->take(request, *author, std::move(respond));
    }
    respond(to_response(unavailable("no snapshot files are kept here")));
    return;
  }
  if (auto known = check_parameters(request, match->action); !known) {
    respond(to_response(known.error()));
    return;
  }
  if (answer_board(*match, request, respond)) return;
  if (reads) {
    auto answered = read(*match, request);
    respond(answered ? *std::move(answered) : to_response(answered.error()));
    return;
  }
  auto terms = read_terms(request, *author);
  if (!terms) {
    respond(to_response(terms.error()));
    return;
  }
  if (match->action == Action::OrderRollout) {
    return board_.rollout().order(request, match->parameters[0], match->parameters[1],
                                  *std::move(terms), std::move(respond));
  }
  if (match->action == Action::PutPin) {
    return pin_desk_.put(request, match->parameters[0], *std::move(terms), std::move(respond));
  }
  if (match->action == Action::DeletePin) {
    return pin_desk_.remove(request, match->parameters[0], *std::move(terms), std::move(respond));
  }
  if (match->action == Action::ApproveHeld || match->action == Action::RejectHeld) {
    return decide_held(*match, request, *std::move(terms), std::move(respond));
  }
  auto read_wish = wish(*match, request, *terms);
  if (!read_wish) {
    respond(to_response(read_wish.error()));
    return;
  }
  if (terms->hold) {
    return held_desk_.propose(*std::move(read_wish), *std::move(terms), std::move(respond));
  }
  desk_.take(*std::move(read_wish), *std::move(terms), std::move(respond));
}

bool Api::answer_board(const Match& match, const net::HttpRequest& request, net::Respond& respond) {
  const auto give = [&respond](Answered answered) {
    respond(answered ? *std::move(answered) : to_response(answered.error()));
    return true;
  };
  switch (match.action) {
    case Action::GetProgress: return give(board_.progress(match.parameters[0], request));
    case Action::GetEvents:   return give(board_.events(request));
    case Action::GetRollout:  return give(board_.rollout().read());
    default:                  return false;
  }
}

void Api::decide_held(const Match& match, const net::HttpRequest& request, Terms terms,
                      net::Respond respond) {
  if (!request.body.empty()) {
    const auto body = read_object(request, BodySize::Small, terms);
    if (!body) return respond(to_response(body.error()));
    const auto known = net::check_keys(body->get_object(), {"reason"});
    if (!known) return respond(to_response(bad_request(known.error().trail)));
  }
  const std::string& id = match.parameters[0];
  if (match.action == Action::ApproveHeld) {
    return held_desk_.approve(id, std::move(terms), std::move(respond));
  }
  const Power power = authorise(request, "approve") ? Power::Approve : Power::WithdrawOwn;
  held_desk_.reject(id, std::move(terms), power, std::move(respond));
}

Answered Api::read(const Match& match, const net::HttpRequest& request) const {
  const DeskPorts& ports = ports_.desk;
  const fold::State& state = ports.feeder.state();
  const dataset::Dataset& dataset = state.dataset;
  const auto& names = match.parameters;
  switch (match.action) {
    case Action::GetStatus: {
      ControllerStatus controller = controller_;
      controller.publishing_in_trouble = ports.publisher.trouble();
      return read_status(controller, ports.feeder.status(), ports.feeder.control(), ports.outbox);
    }
    case Action::GetZones: return read_zones(dataset);
    case Action::GetZone:  return read_zone(dataset, names[0], request);
    case Action::GetRrset: return read_rrset(dataset, names[0], names[1], names[2]);
    case Action::GetChange:
      // What it remembers of this change may be what the log has lost.
      if (ports.feeder.node_state() == event::NodeState::Diverged) {
        return std::unexpected(unavailable("this controller does not follow the log: DIVERGED: " +
                                           ports.feeder.status().detail));
      }
      return read_change(ports_.history, ports.outbox, state.ledger, names[0]);
    case Action::GetPools:   return read_pools(dataset);
    case Action::GetPool:    return read_pool(dataset, names[0]);
    case Action::GetCookies: return read_cookies(dataset);
    case Action::GetHealth:
      return read_health(dataset, ports.feeder.observations(), ports.feeder.status().health_offset);
    case Action::GetFleet:    return read_fleet(ports.fleet, ports.feeder);
    case Action::GetPins:     return read_pins(ports.feeder, ports.fleet);
    case Action::GetRollback: return read_rollback(past(), request);
    case Action::GetHeld:     return read_held(past());
    case Action::GetOneHeld:  return read_one_held(past(), names[0]);
    default:                  break;
  }
  return std::unexpected(not_found("there is no such route", request.target));
}

WishResult Api::wish(const Match& match, const net::HttpRequest& request, Terms& terms) const {
  const auto& parameters = match.parameters;
  switch (match.action) {
    case Action::PutZone:    return put_zone(request, parameters[0], terms);
    case Action::PatchZone:  return patch_zone(request, parameters[0], terms);
    case Action::DeleteZone: return delete_zone(parameters[0]);
    case Action::PutRrset:
      return put_rrset(request, parameters[0], parameters[1], parameters[2], terms);
    case Action::DeleteRrset: return delete_rrset(parameters[0], parameters[1], parameters[2]);
    case Action::PutPool:     return put_pool(request, parameters[0], terms);
    case Action::DeletePool:  return delete_pool(parameters[0]);
    case Action::PutOverride: {
      const std::int64_t log_ms = ports_.desk.feeder.observations().log_ms();
      const std::int64_t wall_ms = ports_.desk.clock.wall().count();
      const auto now = static_cast<std::uint64_t>(log_ms >= 0 ? log_ms : wall_ms);
      return put_override(request, parameters[0], parameters[1], now, terms);
    }
    case Action::StepCookies: {
      event::CookieSalt fresh;
      base::store_u64(fresh.data(), ports_.desk.random.next());
      base::store_u64(fresh.data() + 8, ports_.desk.random.next());
      return step_cookies(request, fresh, terms);
    }
    case Action::RollbackZone:   return rollback_zone(request, parameters[0], past(), terms);
    case Action::DeleteOverride: return delete_override(parameters[0], parameters[1]);
    default:                     break;
  }
  return std::unexpected(not_found("there is no such route", request.target));
}

}  // namespace tidemark::producer
