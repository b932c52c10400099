#include "producer/api/pin_desk.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"
#include "net/json.hpp"
#include "producer/api/known_rings.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds read_back_within = 2s, held_back_max = 2s;
constexpr std::chrono::nanoseconds look_again = 20ms;

net::HttpResponse respond_json(unsigned status, const json::object& body) {
  net::HttpResponse response;
  response.status = status;
  response.body = json::serialize(body);
  return response;
}

// The node does what the records of `control` say to it.
bool obeys(const NodeStatus& node, const consumer::ControlView& control, std::uint64_t newest) {
  const event::NodeReport& report = node.report;
  const auto* pin = control.pin_for(report.node, report.ring);
  if (pin == nullptr) return report.pin_seq == 0 && report.active_seq >= newest;
  return report.pin_scope == pin->pin.scope && report.pin_seq == pin->pin.seq &&
         report.active_seq == pin->pin.seq;
}

// Who would obey; if nobody has ever reported, the scope may be a slip. Empty: somebody has.
std::string nobody_of(const std::string& scope, const std::vector<NodeStatus>& fleet) {
  std::set<std::string> known;
  const bool of_a_ring = scope.starts_with("ring:");
  for (const NodeStatus& node : fleet) {
    if (consumer::scope_holds(scope, node.report.node, node.report.ring)) return {};
    known.insert(of_a_ring ? node.report.ring : node.report.node);
  }
  std::string text = "no edge of " + scope + " has reported yet";
  if (known.empty()) return text;
  text += of_a_ring ? "; rings are: " : "; edges are: ";
  constexpr std::size_t named_max = 20;
  std::size_t named = 0;
  for (const std::string& one : known) {
    if (named == named_max) return text + ", ...";
    text += (named++ == 0 ? "" : ", ") + one;
  }
  return text;
}

json::object pin_json(const event::Pin& pin) {
  return {{"scope", pin.scope}, {"seq", pin.seq}, {"author", pin.author}, {"reason", pin.reason}};
}

ApiError no_such_version(std::uint64_t seq, std::uint64_t newest, const std::string& scope) {
  return invalid("version " + std::to_string(seq) + " does not exist yet: the newest is " +
                     std::to_string(newest),
                 scope, "pin to a version from 1 to " + std::to_string(newest));
}

}  // namespace

std::expected<void, ApiError> PinDesk::check_ready(const std::string& scope) const {
  if (!consumer::is_scope(scope)) {
    return refuse(bad_request("scope " + scope + ": not fleet, ring:NAME or node:NAME",
                              "name one scope; nothing stands for all but fleet"));
  }
  // Catching up or halted is good enough: in an incident a pin is wanted, and what it names is
  // known.
  const event::NodeState state = ports_.feeder.node_state();
  if (ports_.control == nullptr || !ports_.feeder.has_read_control() ||
      state == event::NodeState::Cold || state == event::NodeState::Diverged) {
    return refuse(unavailable("this controller does not follow the log now: state " +
                              event::to_text(state) + "; nothing was pinned"));
  }
  if (requests_.size() >= pin_requests_max) {
    return refuse(unavailable("too many requests for pins are waiting"));
  }
  return {};
}

std::expected<event::Pin, ApiError> PinDesk::read_pin(const net::HttpRequest& request,
                                                      const std::string& scope, Terms& terms,
                                                      std::vector<std::string>& warnings) const {
  const auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(value.error());
  const auto& object = value->get_object();
  if (const auto known = net::check_keys(object, {"seq", "lineage", "state_hash", "reason"});
      !known) {
    return refuse(bad_request(known.error().trail));
  }
  const auto seq = net::optional_number_field(object, "seq", 0, 9'007'199'254'740'991);
  const auto lineage = net::optional_text_field(object, "lineage");
  const auto hash = net::optional_text_field(object, "state_hash");
  if (!seq) return refuse(bad_request(seq.error().trail));
  if (!lineage) return refuse(bad_request(lineage.error().trail));
  if (!hash) return refuse(bad_request(hash.error().trail));
  if (!*seq || **seq == 0) return refuse(bad_request("seq: the version to stay on, from 1"));
  const dataset::Version newest = ports_.feeder.state().dataset.version();
  const auto wanted = static_cast<std::uint64_t>(**seq);
  if (*lineage && **lineage != base::to_hex(newest.lineage.value())) {
    return refuse(invalid("version " + std::to_string(wanted) + " is of lineage " +
                              std::string(**lineage) + ", this dataset's is " +
                              base::to_hex(newest.lineage.value()),
                          scope, "pin to a version of this dataset"));
  }
  if (wanted > newest.seq.value()) {
    return refuse(no_such_version(wanted, newest.seq.value(), scope));
  }
  const auto held = ports_.feeder.version_at(dataset::Seq(wanted));
  if (*hash && held && **hash != base::to_hex(held->version().state_hash.value())) {
    return refuse(invalid("version " + std::to_string(wanted) + " has another state hash: " +
                              base::to_hex(held->version().state_hash.value()),
                          scope, "look for the version that is meant: tidemark changes"));
  }
  if (!held) {
    warnings.push_back("this controller does not hold version " + std::to_string(wanted) +
                       " any more: edges that do not hold it either stay where they are");
  }
  return event::Pin{scope, wanted, terms.author, terms.reason};
}

void PinDesk::put(const net::HttpRequest& request, const std::string& scope, Terms terms,
                  net::Respond respond) {
  if (auto ready = check_ready(scope); !ready) return respond(to_response(ready.error()));
  const consumer::ControlView& control = ports_.feeder.control();
  if (auto unknown = check_scope(request, ports_.fleet, control, scope)) {
    return respond(to_response(*unknown));
  }
  std::vector<std::string> warnings;
  auto pin = read_pin(request, scope, terms, warnings);
  if (!pin) return respond(to_response(pin.error()));
  if (std::string nobody = nobody_of(scope, ports_.fleet.nodes()); !nobody.empty()) {
    warnings.push_back(std::move(nobody));
  }
  if (terms.dry_run) {
    return respond(respond_json(200, {{"dry_run", true}, {"pin", pin_json(*pin)}}));
  }
  take({.scope = scope,
        .wanted = *std::move(pin),
        .warnings = std::move(warnings),
        .respond = std::move(respond),
        .stage = Stage::Telling,
        .newest_seq = 0,
        .deadline = {},
        .held_back_until = {}},
       terms);
}

// The rings whose nodes the scope holds, as far as they are gated.
std::vector<std::string> PinDesk::rings_of(const std::string& scope) const {
  const consumer::ControlView& control = ports_.feeder.control();
  std::vector<std::string> rings;
  for (const auto& [ring, mark] : control.watermarks()) {
    if (!mark.released && consumer::scope_holds(scope, {}, ring)) rings.push_back(ring);
  }
  if (!rings.empty()) return rings;
  for (const NodeStatus& node : ports_.fleet.nodes()) {
    if (consumer::scope_holds(scope, node.report.node, {})) rings.push_back(node.report.ring);
  }
  return rings;
}

// ?past=: the version that holds the revert of what the pin hides.
std::expected<Passage, ApiError> PinDesk::read_passage(const net::HttpRequest& request,
                                                       const event::Pin& pin,
                                                       const Terms& terms) const {
  const auto past = number_parameter(request, "past");
  if (!past) return refuse(past.error());
  Passage passage{.past = 0, .good = {}, .author = terms.author, .reason = terms.reason};
  if (!*past) return passage;
  const std::uint64_t newest = ports_.feeder.state().dataset.version().seq.value();
  if (**past > newest) return refuse(no_such_version(**past, newest, pin.scope));
  passage.past = **past;
  for (std::string& ring : rings_of(pin.scope)) passage.good.emplace(std::move(ring), pin.seq);
  return passage;
}

// An end of a pin is not always the way to the newest version.
void PinDesk::warn_of_rings(const event::Pin& pin, const Passage& passage,
                            std::vector<std::string>& warnings) const {
  const std::uint64_t newest = ports_.feeder.state().dataset.version().seq.value();
  for (const std::string& ring : rings_of(pin.scope)) {
    const auto* placed = ports_.feeder.control().watermark_of(ring);
    if (placed == nullptr || placed->mark.released || placed->mark.seq >= newest) continue;
    if (is_between(passage, ring, placed->mark.seq)) continue;  // it is taken past it
    warnings.push_back("ring " + ring + " serves version " + std::to_string(placed->mark.seq) +
                       " then, its watermark, not the newest");
  }
}

void PinDesk::remove(const net::HttpRequest& request, const std::string& scope, Terms terms,
                     net::Respond respond) {
  if (auto ready = check_ready(scope); !ready) return respond(to_response(ready.error()));
  const auto own = flag_parameter(request, "own");
  if (!own) return respond(to_response(own.error()));
  const auto* pin = ports_.feeder.control().pin_of(scope);
  if (pin == nullptr) {
    return respond(to_response(
        not_found("nothing is pinned by this scope", scope, "look what is pinned: tidemark pins")));
  }
  if (*own && pin->pin.author != terms.author) {
    return respond(
        to_response({409, "conflict", "the pin is " + pin->pin.author + "'s: " + pin->pin.reason,
                     scope, "ask them, or unpin without ?own=1"}));
  }
  auto passage = read_passage(request, pin->pin, terms);
  if (!passage) return respond(to_response(passage.error()));
  if (terms.dry_run) {
    return respond(respond_json(200, {{"dry_run", true}, {"unpinned", pin_json(pin->pin)}}));
  }
  std::vector<std::string> warnings;
  warn_of_rings(pin->pin, *passage, warnings);
  take({.scope = scope,
        .wanted = std::nullopt,
        .warnings = std::move(warnings),
        .respond = std::move(respond),
        .stage = Stage::HeldBack,
        .newest_seq = 0,
        .deadline = {},
        .held_back_until = {},
        .passage = *std::move(passage)},
       terms);
}

void PinDesk::take(Request request, const Terms& terms) {
  const auto now = ports_.clock.steady();
  request.newest_seq = ports_.feeder.state().dataset.version().seq.value();
  request.held_back_until = now + held_back_max;
  request.deadline = now + read_back_within + (request.wanted ? 0s : held_back_max);
  if (terms.wait) request.obeyed_by = now + *terms.wait;
  requests_.push_back(std::move(request));
  step();
}

bool PinDesk::is_folded_by_all(const Request& request) const {
  for (const NodeStatus& node : ports_.fleet.nodes()) {
    if (node.live && consumer::scope_holds(request.scope, node.report.node, node.report.ring) &&
        node.report.staged_seq < request.newest_seq) {
      return false;
    }
  }
  return true;
}

void PinDesk::say(Request& request) {
  std::optional<event::ControlRecord> record;
  if (request.wanted) record = *request.wanted;
  request.stage = Stage::Telling;
  request.said = ports_.control->say(consumer::pin_key(request.scope), record, Zeal::Again);
}

std::optional<std::chrono::nanoseconds> PinDesk::step() {
  const auto now = ports_.clock.steady();
  std::vector<std::string> ahead;  // scopes of requests that came earlier
  for (auto at = requests_.begin(); at != requests_.end();) {
    const bool waits = std::ranges::find(ahead, at->scope) != ahead.end();
    ahead.push_back(at->scope);
    if (waits && now < at->deadline) {
      ++at;
    } else {
      at = advance(*at, now) ? requests_.erase(at) : std::next(at);
    }
  }
  if (requests_.empty()) return std::nullopt;
  return look_again;
}

bool PinDesk::advance(Request& request, std::chrono::nanoseconds now) {
  if (request.stage == Stage::HeldBack &&
      (now >= request.held_back_until || is_folded_by_all(request))) {
    request.stage = Stage::Passing;
  }
  if (request.stage == Stage::Passing && pass(request)) return true;
  if (request.stage == Stage::Telling && !request.said) say(request);
  if (request.said && request.said->stage == Saying::Stage::ReadBack) {
    return answer_read_back(request, now);
  }
  if (now < request.deadline) return false;
  request.respond(to_response(
      unavailable("the log has not taken it in time; it may still come: GET /v1/pins tells")));
  return true;
}

// True: it was refused.
bool PinDesk::pass(Request& request) {
  const auto passed = ports_.pass ? ports_.pass(request.passage) : true;
  if (passed) {
    if (*passed) request.stage = Stage::Telling;
    return false;
  }
  ApiError error = passed.error();
  error.message += "; the pin stays";
  request.respond(to_response(error));
  return true;
}

bool PinDesk::answer_read_back(Request& request, std::chrono::nanoseconds now) {
  const auto* pin = ports_.feeder.control().pin_of(request.scope);
  const bool is_so =
      request.wanted ? pin != nullptr && pin->pin == *request.wanted : pin == nullptr;
  if (!is_so) {
    request.respond(to_response({409, "conflict", "somebody else's pin came right behind",
                                 request.scope, "look at it: tidemark pins"}));
    return true;
  }
  return answer_obeyed(request, now);
}

bool PinDesk::answer_obeyed(Request& request, std::chrono::nanoseconds now) {
  json::array edges, stragglers, troubles;
  for (const NodeStatus& node : ports_.fleet.nodes()) {
    if (!node.live || !consumer::scope_holds(request.scope, node.report.node, node.report.ring)) {
      continue;
    }
    if (obeys(node, ports_.feeder.control(), request.newest_seq)) {
      edges.emplace_back(node.report.node);
    } else {
      stragglers.emplace_back(node.report.node);
      if (!node.report.pin_trouble.empty()) {
        troubles.emplace_back(node.report.node + ": " + node.report.pin_trouble);
      }
    }
  }
  // Obeyed by nobody is not obeyed.
  const bool acked = ports_.fleet.is_caught_up() && stragglers.empty() && !edges.empty();
  if (request.obeyed_by && !acked && now < *request.obeyed_by) return false;
  json::array warnings;
  for (const std::string& warning : request.warnings) warnings.emplace_back(warning);
  json::object body{{"scope", request.scope},
                    {"pinned", request.wanted.has_value()},
                    {"offset", request.said->offset},
                    {"warnings", std::move(warnings)}};
  if (request.wanted) body["pin"] = pin_json(*request.wanted);
  if (request.obeyed_by) {
    body["acked"] = acked;
    body["edges"] = std::move(edges);
    body["stragglers"] = std::move(stragglers);
    body["troubles"] = std::move(troubles);
  }
  request.respond(respond_json(200, body));
  return true;
}

void PinDesk::close() {
  for (Request& request : requests_) {
    request.respond(to_response(unavailable(
        "this controller is ending; whether it is pinned another one tells: GET /v1/pins")));
  }
  requests_.clear();
}

net::HttpResponse read_pins(const consumer::Feeder& feeder, const FleetView& fleet) {
  const consumer::ControlView& control = feeder.control();
  json::array pins;
  for (const auto& [scope, placed] : control.pins()) {
    json::object one = pin_json(placed.pin);
    one["since"] = base::rfc3339_of(placed.appended_ms);
    one["held"] = feeder.version_at(dataset::Seq(placed.pin.seq)).has_value();
    json::array nodes;
    for (const NodeStatus& node : fleet.nodes()) {
      if (control.pin_for(node.report.node, node.report.ring) != &placed) continue;
      nodes.push_back(json::object{{"node", node.report.node},
                                   {"live", node.live},
                                   {"active_seq", node.report.active_seq},
                                   {"obeys", obeys(node, control, 0)},
                                   {"trouble", node.report.pin_trouble}});
    }
    one["nodes"] = std::move(nodes);
    pins.push_back(std::move(one));
  }
  return respond_json(200, {{"version", to_json(feeder.state().dataset.version())},
                            {"known", feeder.has_read_control()},
                            {"pins", std::move(pins)}});
}

}  // namespace tidemark::producer
