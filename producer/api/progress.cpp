#include "producer/api/progress.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "consumer/history/history.hpp"
#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"
#include "producer/api/known_rings.hpp"
#include "producer/api/request_body.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

// What became of a change: the fold's own word, or that it still waits.
struct Fate {
  std::string state;  // "pending", "accepted", "rejected"; "unknown" while nobody here can say
  std::uint64_t seq = 0;
  std::int64_t offset = -1;
  std::string rule{};
};

// What is remembered may be what the log has lost, or is not confirmed by it yet.
bool follows_the_log(event::NodeState state) {
  return state == event::NodeState::Live || state == event::NodeState::CatchingUp;
}

std::expected<Fate, ApiError> fate_of(const ProgressPorts& ports, event::ChangeId id,
                                      std::string_view text) {
  const event::NodeState state = ports.feeder.node_state();
  if (!follows_the_log(state)) return Fate{"unknown"};
  if (const auto known = ports.feeder.state().ledger.find(id)) {
    if (!known->reason) return Fate{"accepted", known->seq, known->offset};
    return Fate{"rejected", 0, known->offset, std::string(fold::to_text(*known->reason))};
  }
  if (ports.outbox.contains(id)) return Fate{"pending"};
  if (auto history = ports.history.reader()) {
    if (const auto past = history->find(id); past && *past) {
      if (const auto seq = (*past)->seq) return Fate{"accepted", *seq, (*past)->offset};
      return Fate{"rejected", 0, (*past)->offset, (*past)->rule};
    }
  }
  if (state != event::NodeState::Live) return Fate{"unknown"};  // it may come yet
  return refuse(not_found("there is no such change here", std::string(text), "tidemark changes"));
}

json::value time_json(const std::optional<std::int64_t>& ms) {
  return ms ? json::value(*ms) : json::value(nullptr);
}

json::object times_json(const Travel& travel, std::size_t edges) {
  json::object times{{"first", nullptr}};
  if (!travel.arrivals_ms.empty()) {
    times["first"] = travel.arrivals_ms.front() - travel.appended_ms;
  }
  times["half"] = time_json(time_to(travel, edges, 50));
  times["p99"] = time_json(time_to(travel, edges, 99));
  times["all"] = time_json(time_to(travel, edges, 100));
  return times;
}

// Why a live edge does not serve a version, as far as it says.
std::string why_not(const event::NodeReport& report, const consumer::ControlView& control,
                    std::uint64_t seq) {
  if (report.pin_seq != 0) {
    return "pinned to version " + std::to_string(report.pin_seq) + " by " + report.pin_scope;
  }
  const auto* gate = control.watermark_of(report.ring);
  if (gate != nullptr && !gate->mark.released && gate->mark.seq < seq) {
    return "ring " + report.ring + " may activate up to version " + std::to_string(gate->mark.seq) +
           (gate->mark.reason.empty() ? "" : ": " + gate->mark.reason);
  }
  if (report.staged_seq < seq) return "has not folded it yet";
  return report.trouble.empty() ? "has not activated it yet" : report.trouble;
}

struct Standing {
  json::array stragglers, silent, nacks;
  json::object rings;
};

void add_node(Standing& standing, const NodeStatus& node, const ProgressPorts& ports,
              const Fate& fate, const base::U128& change_id) {
  const event::NodeReport& report = node.report;
  for (const event::Nack& nack : report.nacks) {
    if (nack.change_id != change_id && (fate.offset < 0 || nack.offset != fate.offset)) continue;
    standing.nacks.push_back(
        json::object{{"node", report.node}, {"offset", nack.offset}, {"reason", nack.reason}});
  }
  if (fate.seq == 0) return;
  if (!node.live) {
    standing.silent.emplace_back(report.node);
    return;
  }
  const std::string differs = ports.fleet.differs ? ports.fleet.differs(report) : std::string();
  const bool serves = report.lineage == ports.feeder.state().dataset.version().lineage.value() &&
                      report.active_seq >= fate.seq && differs.empty();
  json::value& ring = standing.rings[report.ring];
  if (!ring.is_object()) ring = json::object{{"live", 0}, {"serving", 0}};
  json::object& counts = ring.get_object();
  counts["live"] = counts["live"].as_int64() + 1;
  if (serves) {
    counts["serving"] = counts["serving"].as_int64() + 1;
    return;
  }
  standing.stragglers.push_back(json::object{
      {"node", report.node},
      {"ring", report.ring},
      {"state", event::to_text(report.state)},
      {"active_seq", report.active_seq},
      {"staged_seq", report.staged_seq},
      {"pin_scope", report.pin_scope},
      {"pin_seq", report.pin_seq},
      {"why", differs.empty() ? why_not(report, ports.feeder.control(), fate.seq) : differs}});
}

std::expected<WaitTarget, ApiError> target_of(const net::HttpRequest& request) {
  const auto on = request.parameter("on");
  if (!on) return WaitTarget{};
  auto target = parse_wait_target(*on);
  if (!target) {
    return refuse(bad_request("on: " + std::string(*on) + ": not a target of waiting",
                              std::string(wait_target_words)));
  }
  return *std::move(target);
}

}  // namespace

std::optional<std::int64_t> time_to(const Travel& travel, std::size_t edges, unsigned percent) {
  const std::size_t needed = std::max<std::size_t>((edges * percent + 99) / 100, 1);
  if (edges == 0 || travel.arrivals_ms.size() < needed) return std::nullopt;
  return travel.arrivals_ms[needed - 1] - travel.appended_ms;
}

void ProgressBoard::folded(const consumer::FoldedChange& folded) {
  const auto* accepted = std::get_if<fold::Accepted>(&folded.judgement);
  if (accepted == nullptr) return;
  const std::uint64_t seq = accepted->version.seq.value();
  // Another history: what was seen before says nothing of it.
  if (!travels_.empty() && travels_.back().seq + 1 != seq) travels_.clear();
  travels_.push_back({seq, folded.change.change_id, folded.offset.value(), folded.appended.value(),
                      folded.change.rollout, folded.change.author});
  while (travels_.size() > travels_max || (arrivals_ > arrivals_max && travels_.size() > 1)) {
    arrivals_ -= travels_.front().arrivals_ms.size();
    travels_.pop_front();
  }
  if (seq > ahead_) return;
  for (auto& [node, edge] : heard_) arrive(edge);  // they were quicker than this fold
}

void ProgressBoard::heard(const event::NodeReport& report, std::int64_t appended_ms) {
  if (heard_.size() >= nodes_max && !heard_.contains(report.node)) heard_.clear();
  Heard& edge = heard_[report.node];
  if (report.active_seq <= edge.active) return;
  edge.active = report.active_seq;
  edge.since_ms = appended_ms;
  ahead_ = std::max(ahead_, edge.active);
  arrive(edge);
}

void ProgressBoard::arrive(Heard& edge) {
  if (travels_.empty()) return;
  const std::uint64_t oldest = travels_.front().seq;
  const std::uint64_t to = std::min(edge.active, travels_.back().seq);
  for (std::uint64_t seq = std::max(edge.counted + 1, oldest); seq <= to; ++seq) {
    auto& arrivals = travels_[seq - oldest].arrivals_ms;
    arrivals.insert(std::ranges::upper_bound(arrivals, edge.since_ms), edge.since_ms);
    ++arrivals_;
  }
  edge.counted = std::max(edge.counted, to);
}

const Travel* ProgressBoard::find(std::uint64_t seq) const {
  if (travels_.empty() || seq < travels_.front().seq || seq > travels_.back().seq) return nullptr;
  return &travels_[seq - travels_.front().seq];
}

Answered read_progress(const ProgressPorts& ports, std::string_view id,
                       const net::HttpRequest& request) {
  const auto parsed = base::u128_from_hex(id);
  if (!parsed)
    return refuse(bad_request("a change_id is 32 hexadecimal digits", "tidemark changes"));
  const auto target = target_of(request);
  if (!target) return refuse(target.error());
  const std::string& ring = target->ring;
  if (!ring.empty()) {
    if (auto unknown = check_ring(request, ports.fleet, ports.feeder.control(), ring)) {
      return refuse(*std::move(unknown));
    }
  }
  const auto fate = fate_of(ports, event::ChangeId(*parsed), id);
  if (!fate) return refuse(fate.error());
  Standing standing;
  std::size_t live = 0;
  for (const NodeStatus& node : ports.fleet.nodes()) {
    if (!ring.empty() && node.report.ring != ring) continue;
    if (node.live) ++live;
    add_node(standing, node, ports, *fate, *parsed);
  }
  const consumer::FeederStatus status = ports.feeder.status();
  json::object body{
      {"change_id", id},
      {"state", fate->state},
      {"on", to_text(*target)},
      {"controller", {{"state", event::to_text(status.state)}, {"detail", status.detail}}}};
  bool reached = false;
  if (fate->seq != 0) {
    const auto heard = ports.fleet.acknowledgement(ports.feeder.state().dataset.version().lineage,
                                                   dataset::Seq(fate->seq), *target);
    reached = status.state == event::NodeState::Live && ports.fleet.is_caught_up() && heard.reached;
    body["seq"] = fate->seq;
    body["live"] = live;
    body["serving"] = live - standing.stragglers.size();
    body["times_ms"] = nullptr;
    // Times are those of the fleet: of a ring it is not known who was first.
    if (const Travel* travel = ports.board.find(fate->seq)) {
      body["time"] = base::rfc3339_of(travel->appended_ms);
      if (ring.empty()) body["times_ms"] = times_json(*travel, live);
    }
    body["rings"] = std::move(standing.rings);
    body["stragglers"] = std::move(standing.stragglers);
    body["silent"] = std::move(standing.silent);
  }
  if (fate->offset >= 0) body["offset"] = fate->offset;
  if (!fate->rule.empty()) body["rule"] = fate->rule;
  body["reached"] = reached;
  body["nacks"] = std::move(standing.nacks);
  net::HttpResponse response;
  response.body = json::serialize(body);
  return response;
}

// Of the newest change that every live edge serves: the latest whole journey.
std::string progress_metrics(const ProgressPorts& ports) {
  std::size_t live = 0;
  std::map<std::string, std::size_t> states;
  for (const NodeStatus& node : ports.fleet.nodes()) {
    if (node.live) ++live;
    ++states[event::to_text(node.report.state)];
  }
  std::string out =
      "# HELP tidemark_fleet_nodes Edges by the state of their newest report.\n"
      "# TYPE tidemark_fleet_nodes gauge\n";
  for (const auto& [state, count] : states) {
    out += "tidemark_fleet_nodes{state=\"" + state + "\"} " + std::to_string(count) + "\n";
  }
  out +=
      "# HELP tidemark_fleet_live_nodes Edges that follow the log.\n"
      "# TYPE tidemark_fleet_live_nodes gauge\ntidemark_fleet_live_nodes " +
      std::to_string(live) +
      "\n# HELP tidemark_controller_seq Newest version that this controller folded.\n"
      "# TYPE tidemark_controller_seq gauge\ntidemark_controller_seq " +
      std::to_string(ports.feeder.state().dataset.version().seq.value()) + "\n";
  const auto& travels = ports.board.travels();
  for (auto at = travels.rbegin(); at != travels.rend(); ++at) {
    if (!time_to(*at, live, 100)) continue;
    out +=
        "# HELP tidemark_change_seconds Time after which edges served the newest change that "
        "all serve.\n# TYPE tidemark_change_seconds gauge\n";
    const auto line = [&out](const char* share, std::int64_t ms) {
      out += std::string("tidemark_change_seconds{edges=\"") + share + "\"} " +
             std::to_string(static_cast<double>(ms) / 1000.0) + "\n";
    };
    line("first", at->arrivals_ms.front() - at->appended_ms);
    line("half", *time_to(*at, live, 50));
    line("p99", *time_to(*at, live, 99));
    line("all", *time_to(*at, live, 100));
    break;
  }
  return out;
}

}  // namespace tidemark::producer
