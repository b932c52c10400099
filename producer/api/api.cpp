#include "producer/api/api.hpp"

#include "producer/api/api_routes.hpp"

namespace tidemark::producer {
namespace {

// What a token must be for. "reject" is no scope of its own: approve, or write for one's own.
std::string_view scope_of(const net::HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return "read";
  if (request.path.size() == 4 && request.path[1] == "held") {
    if (request.path[3] == "approve" || request.path[3] == "reject") return request.path[3];
  }
  return "write";
}

}  // namespace

Api::Api(ControllerStatus controller, DeskSettings settings, ApiPorts ports)
    : controller_(std::move(controller)),
      ports_(std::move(ports)),
      desk_(settings, ports_.desk),
      pin_desk_({.clock = ports_.desk.clock,
                 .feeder = ports_.desk.feeder,
                 .fleet = ports_.desk.fleet,
                 .control = ports_.control,
                 .pass = [this](const Passage& wanted) { return board_.rollout().pass(wanted); }}),
      held_desk_({.clock = ports_.desk.clock,
                  .random = ports_.desk.random,
                  .outbox = ports_.desk.outbox,
                  .past = past(),
                  .desk = desk_,
                  .control = ports_.control,
                  .names = ports_.tokens != nullptr ? Names::Proven : Names::Told}),
      board_(ports_.rollout, {.controller = controller_.name,
                              .clock = ports_.desk.clock,
                              .feeder = ports_.desk.feeder,
                              .fleet = ports_.desk.fleet,
                              .history = ports_.history,
                              .outbox = ports_.desk.outbox,
                              .control = ports_.control,
                              .take =
                                  [this](ReadWish wish, Terms terms, net::Respond respond) {
                                    desk_.take(std::move(wish), std::move(terms),
                                               std::move(respond));
                                  },
                              .run = ports_.desk.random.next()}) {}

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
    if (ports_.snapshots != nullptr) metrics.body += ports_.snapshots->metrics();
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
  write(*match, request, *author, std::move(respond));
}

}  // namespace tidemark::producer
