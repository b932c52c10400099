#include "producer/api/fleet_proof.hpp"

#include <algorithm>
#include <deque>

#include <boost/json.hpp>

#include "consumer/proof/descent.hpp"
#include "consumer/proof/hash_page.hpp"
#include "net/json.hpp"
#include "producer/api/api_error.hpp"

namespace tidemark::producer {

namespace json = boost::json;
using base::to_hex;
using fold::Agreement;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds look_period = 1s;
constexpr std::chrono::milliseconds page_within{5000};
constexpr std::size_t page_octets_max = std::size_t{8} * 1024 * 1024;

bool follows_the_log(event::NodeState state) {
  return state == event::NodeState::Live || state == event::NodeState::CatchingUp;
}

json::object place_json(const dataset::Difference& one) {
  json::object shown{{"kind", one.kind}};
  if (!one.zone.empty()) shown["zone"] = one.zone;
  if (!one.name.empty()) shown["name"] = one.name;
  if (!one.type.empty()) shown["type"] = one.type;
  shown["controller"] = one.left.empty() ? json::value() : json::value(one.left);
  shown["node"] = one.right.empty() ? json::value() : json::value(one.right);
  return shown;
}

}  // namespace

std::string to_text(Agreement agreement) {
  switch (agreement) {
    case Agreement::Unknown:        return "unknown";
    case Agreement::Same:           return "same";
    case Agreement::StateDiffers:   return "state-differs";
    case Agreement::HistoryDiffers: return "history-differs";
  }
  return {};
}

NodeProof prove(const event::NodeReport& report, const consumer::Feeder& feeder) {
  if (!follows_the_log(feeder.node_state())) return {Agreement::Unknown, {}};
  const fold::Footprints& own = feeder.footprints();
  const Agreement history = fold::compare_history(own, report.offset, report.chain);
  if (history == Agreement::HistoryDiffers) {
    return {history, "read other records than this controller up to offset " +
                         std::to_string(report.offset) + ": chain " + to_hex(report.chain) +
                         ", here " + to_hex(own.at_offset(report.offset)->chain)};
  }
  const Agreement state = fold::compare_state(own, report.active_seq, report.state_hash);
  if (state == Agreement::StateDiffers) {
    return {state, "serves another state as version " + std::to_string(report.active_seq) +
                       ": hash " + to_hex(report.state_hash) + ", here " +
                       to_hex(own.at_seq(report.active_seq)->state_hash)};
  }
  if (history == Agreement::Same && own.at_offset(report.offset)->seq != report.staged_seq) {
    return {Agreement::StateDiffers,
            "made version " + std::to_string(report.staged_seq) + " of the records up to offset " +
                std::to_string(report.offset) + ", this controller version " +
                std::to_string(own.at_offset(report.offset)->seq)};
  }
  const bool same = history == Agreement::Same || state == Agreement::Same;
  return {same ? Agreement::Same : Agreement::Unknown, {}};
}

namespace {

// Of a node, for who cannot compare.
std::string what_it_reports(const NodeStatus& node) {
  const event::NodeReport& report = node.report;
  return "reports " + event::to_text(report.state) + ", version " +
         std::to_string(report.active_seq) + ", hash " + to_hex(report.state_hash) + ", offset " +
         std::to_string(report.offset) + ", " + std::to_string(node.age_ms / 1000) +
         " s ago; not compared";
}

// Of a node that reports: empty, if it holds what this controller holds, or nobody knows better.
std::string what_differs(const NodeStatus& node, const consumer::Feeder& feeder) {
  if (node.live) return prove(node.report, feeder).text;
  const bool reports = node.age_ms <= live_within.count();
  if (!reports || node.report.state != event::NodeState::Diverged) return {};
  return "is DIVERGED at version " + std::to_string(node.report.staged_seq) + ", offset " +
         std::to_string(node.report.offset) + ": it does not follow this log, and serves on";
}

}  // namespace

std::string shared_name_text(const NodeStatus& node) {
  if (!node.twin) return {};
  return "two edges report as " + node.report.node + " (admin " + node.report.admin_listen +
         " and " + node.twin->admin_listen +
         "): give each its own --node, and restart it; until then they count as one";
}

// One request for the differences of some nodes, node after node.
struct FleetProof::Descending {
  Descending(net::Respond answer) : respond(std::move(answer)) {}

  net::Respond respond;
  struct Node {
    event::NodeReport report;
    std::string text;  // what differs
  };
  std::deque<Node> waiting;
  json::array done;
  // Of the node at the front of `waiting`.
  std::optional<consumer::Descent> descent;
  std::optional<dataset::Dataset> ours;
  net::Ongoing asking;
};

FleetProof::FleetProof(ProofPorts ports) : ports_(ports) {}
FleetProof::~FleetProof() = default;

std::vector<std::string> FleetProof::step() {
  std::vector<std::string> remarks;
  const auto now = ports_.clock.steady();
  if (looked_ && now - *looked_ < look_period) return remarks;
  looked_ = now;
  if (!may_compare()) return remarks;  // nothing is known to have ended, either
  std::map<std::string, std::string> differing, sharing;
  for (const NodeStatus& node : ports_.fleet.nodes()) {
    const std::string& name = node.report.node;
    if (const std::string text = what_differs(node, ports_.feeder); !text.empty()) {
      differing[name] = text;
      if (!differing_.contains(name)) {
        remarks.push_back("edge " + name + " " + text +
                          ". It judges itself by the log; where: tidemark fleet diverged " + name);
      }
    }
    if (!node.live) continue;
    if (const std::string shared = shared_name_text(node); !shared.empty()) {
      sharing[name] = shared;
      if (!sharing_.contains(name)) remarks.push_back(shared);
    }
  }
  for (const auto& [name, text] : differing_) {
    if (!differing.contains(name)) remarks.push_back("edge " + name + " no longer differs");
  }
  differing_ = std::move(differing);
  sharing_ = std::move(sharing);
  return remarks;
}

std::string FleetProof::metrics() const {
  std::uint64_t rebuilds = 0;
  for (const NodeStatus& node : ports_.fleet.nodes()) rebuilds += node.report.rebuilds;
  return "# HELP tidemark_controller_nodes_differing Live edges whose state or history is not this "
         "controller's.\n# TYPE tidemark_controller_nodes_differing gauge\n"
         "tidemark_controller_nodes_differing " +
         std::to_string(differing_.size()) +
         "\n# HELP tidemark_controller_names_shared Names that two live edges report under.\n"
         "# TYPE tidemark_controller_names_shared gauge\n"
         "tidemark_controller_names_shared " +
         std::to_string(sharing_.size()) +
         "\n# HELP tidemark_controller_node_rebuilds States that edges rebuilt since their "
         "starts.\n"
         "# TYPE tidemark_controller_node_rebuilds gauge\n"
         "tidemark_controller_node_rebuilds " +
         std::to_string(rebuilds) + "\n";
}

std::optional<dataset::Dataset> FleetProof::version_at(std::uint64_t seq) const {
  const dataset::Dataset& newest = ports_.feeder.state().dataset;
  if (newest.version().seq.value() == seq) return newest;
  return ports_.feeder.version_at(dataset::Seq(seq));
}

// What the node serves, if it is held here; else the newest that both have folded.
std::optional<std::uint64_t> FleetProof::shared_seq(const event::NodeReport& report) const {
  const std::uint64_t newest = ports_.feeder.state().dataset.version().seq.value();
  for (const std::uint64_t seq : {report.active_seq, std::min(report.staged_seq, newest)}) {
    if (seq != 0 && version_at(seq)) return seq;
  }
  return std::nullopt;
}

net::HttpResponse FleetProof::hashes(const net::HttpRequest& request) const {
  const auto seq = consumer::find_seq(request);
  if (!seq) return to_response(bad_request(seq.error().trail));
  const std::uint64_t newest = ports_.feeder.state().dataset.version().seq.value();
  const std::uint64_t wanted = seq->value_or(newest);
  const auto dataset = version_at(wanted);
  if (dataset) return consumer::hash_page(*dataset, request);
  return to_response(not_found("version " + std::to_string(wanted) + " is not held here; version " +
                                   std::to_string(newest) + " is",
                               request.target));
}

void FleetProof::take(const net::HttpRequest& request, net::Respond respond) {
  if (request.path.size() == 2) return respond(hashes(request));
  diverged(request, std::move(respond));
}

void FleetProof::diverged(const net::HttpRequest& request, net::Respond respond) {
  for (const auto& [name, value] : request.query) {
    if (name == "node") continue;
    return respond(
        to_response(bad_request("unknown parameter " + name + ": this path knows node")));
  }
  if (under_way_.size() >= diverged_requests_max) {
    return respond(to_response(unavailable("others look for differences already")));
  }
  const auto wanted = request.parameter("node");
  auto at = std::make_shared<Descending>(std::move(respond));
  bool known = false;
  for (const NodeStatus& node : ports_.fleet.nodes()) {
    if (wanted && node.report.node != *wanted) continue;
    known = true;
    const std::string text =
        may_compare() ? what_differs(node, ports_.feeder) : what_it_reports(node);
    if (!text.empty() || wanted) at->waiting.push_back({node.report, text});
  }
  if (wanted && !known) {
    return at->respond(to_response(
        not_found("no edge of this name has reported", std::string(*wanted), "tidemark fleet")));
  }
  if (at->waiting.size() > descents_max) at->waiting.resize(descents_max);
  under_way_.push_back(at);
  begin_next(at);
}

bool FleetProof::may_compare() const { return follows_the_log(ports_.feeder.node_state()); }

void FleetProof::begin_next(const std::shared_ptr<Descending>& at) {
  if (at->waiting.empty()) return answer(at);
  if (!may_compare()) return end_one(at, {});
  const event::NodeReport& report = at->waiting.front().report;
  const auto seq = shared_seq(report);
  if (!seq) {
    return end_one(at, "no version is held both here and there: the edge serves version " +
                           std::to_string(report.active_seq));
  }
  at->ours = version_at(*seq);
  at->descent.emplace(*seq);
  identify(at);
}

void FleetProof::get(const std::shared_ptr<Descending>& at, const std::string& target,
                     Answered200 go_on) {
  auto url = net::parse_url("http://" + at->waiting.front().report.admin_listen + target);
  if (!url) return end_one(at, "its admin address is not known");
  net::HttpCall call;
  call.url = *std::move(url);
  call.response_octets_max = page_octets_max;
  at->asking =
      net::fetch(ports_.io, std::move(call), page_within,
                 [this, here = std::weak_ptr(at), go_on](base::Result<net::HttpResponse> response) {
                   const auto asked = here.lock();
                   if (!asked) return;
                   if (!response)
                     return end_one(asked, "it cannot be reached: " + response.error().trail);
                   if (response->status == 200) return go_on(asked, response->body);
                   end_one(asked, "its admin listener says " + std::to_string(response->status) +
                                      ": " + response->body.substr(0, 300));
                 });
}

// An address that is right on the edge's machine may be another edge's on this one.
void FleetProof::identify(const std::shared_ptr<Descending>& at) {
  const std::string& listens = at->waiting.front().report.admin_listen;
  const auto address = net::parse_address(listens);
  if (address && address->ip.octets == std::array<std::uint8_t, 16>{}) {
    return end_one(at, "its admin listener is on every address of its machine (" + listens +
                           "): which one is not known here");
  }
  get(at, "/version", [this](const std::shared_ptr<Descending>& asked, const std::string& body) {
    const auto said = net::parse_json(body);
    const auto* shown =
        said && said->is_object() ? said->get_object().if_contains("node") : nullptr;
    const event::NodeReport& report = asked->waiting.front().report;
    if (shown == nullptr || !shown->is_string() || shown->get_string() != report.node) {
      return end_one(asked, "another one answers at its admin address " + report.admin_listen +
                                " as it is seen from here");
    }
    ask(asked);
  });
}

void FleetProof::ask(const std::shared_ptr<Descending>& at) {
  const auto query = at->descent->next();
  if (!query) return end_one(at, {});
  const std::string target = "/v1/hashes?" + *query;
  get(at, target,
      [this, target](const std::shared_ptr<Descending>& asked, const std::string& theirs) {
        net::HttpRequest same;
        same.method = "GET";
        if (const auto parsed = net::parse_target(target)) same.query = parsed->query;
        const std::string ours = consumer::hash_page(*asked->ours, same).body;
        if (const auto given = asked->descent->give(ours, theirs); !given) {
          return end_one(asked, given.error().trail);
        }
        ask(asked);
      });
}

void FleetProof::end_one(const std::shared_ptr<Descending>& at, std::string trouble) {
  const event::NodeReport& report = at->waiting.front().report;
  const NodeProof proof = prove(report, ports_.feeder);
  json::object shown{{"node", report.node},
                     {"proof", to_text(proof.agreement)},
                     {"state", event::to_text(report.state)},
                     {"text", at->waiting.front().text},
                     {"admin_listen", report.admin_listen},
                     {"rebuilds", report.rebuilds}};
  if (report.rebuilds != 0) {
    shown["rebuilt"] = json::object{{"seq", report.rebuilt_seq},
                                    {"from_hash", to_hex(report.rebuilt_from_hash)},
                                    {"to_hash", to_hex(report.rebuilt_to_hash)}};
  }
  if (at->descent && !at->descent->left_hash().empty()) {
    json::array places;
    for (const dataset::Difference& one : at->descent->found()) places.push_back(place_json(one));
    shown["seq"] = at->ours->version().seq.value();
    shown["controller_hash"] = at->descent->left_hash();
    shown["node_hash"] = at->descent->right_hash();
    shown["places"] = std::move(places);
    shown["complete"] = at->descent->is_complete();
  }
  if (!trouble.empty()) {
    shown["trouble"] = std::move(trouble);
    shown["remedy"] = "from a machine that reaches both: tidemark fleet diverged " + report.node +
                      " --edge http://ADMIN-ADDRESS:PORT";
  }
  at->done.push_back(std::move(shown));
  at->descent.reset();
  at->ours.reset();
  at->waiting.pop_front();
  begin_next(at);
}

void FleetProof::answer(const std::shared_ptr<Descending>& at) {
  const consumer::FeederStatus status = ports_.feeder.status();
  net::HttpResponse response;
  response.body = json::serialize(json::object{
      {"version", {{"seq", status.version.seq.value()}}},
      {"controller", {{"state", event::to_text(status.state)}, {"detail", status.detail}}},
      {"nodes", std::move(at->done)}});
  at->respond(std::move(response));
  under_way_.remove(at);
}

}  // namespace tidemark::producer
