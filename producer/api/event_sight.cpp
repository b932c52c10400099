// What changes from step to step becomes events.
#include <algorithm>

#include <boost/json.hpp>

#include "core/base/hash.hpp"
#include "core/base/u128.hpp"
#include "core/health/verdict.hpp"
#include "producer/api/events.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

constexpr std::size_t zones_shown_max = 16;
constexpr std::uint64_t health_endpoints_max =
    4096;  // of all pools; more are not watched for flips

json::object mark_json(const event::Watermark& mark) {
  json::object body{{"ring", mark.ring},     {"seq", mark.seq},       {"released", mark.released},
                    {"author", mark.author}, {"reason", mark.reason}, {"number", mark.number}};
  if (mark.stopped_change != base::U128{}) {
    body["stopped_change"] = base::to_hex(mark.stopped_change);
  }
  return body;
}

std::string verdict_word(const health::Verdict& verdict) {
  return verdict.drained ? "drained" : verdict.up ? "up" : "down";
}

}  // namespace

void EventSight::folded(const consumer::FoldedChange& folded) {
  json::object what{{"change_id", base::to_hex(folded.change.change_id.value())},
                    {"offset", folded.offset.value()},
                    {"author", folded.change.author},
                    {"reason", folded.change.reason}};
  if (const auto* accepted = std::get_if<fold::Accepted>(&folded.judgement)) {
    what["state"] = "accepted";
    what["seq"] = accepted->version.seq.value();
  } else if (const auto* rejected = std::get_if<fold::Rejected>(&folded.judgement)) {
    what["state"] = "rejected";
    what["rule"] = fold::to_text(rejected->reason);
  } else {
    return;  // a twin: told at the first one
  }
  json::array zones;
  for (const event::ZoneEdits& zone : folded.change.zones) {
    if (zones.size() < zones_shown_max) zones.emplace_back(zone.zone.to_text());
  }
  what["zones"] = std::move(zones);
  events_.add("change", what);
}

void EventSight::skipped(const event::Nack& nack) {
  events_.add("change",
              {{"state", "undecodable"}, {"offset", nack.offset}, {"reason", nack.reason}});
}

void EventSight::step() {
  if (fleet_.is_caught_up()) look_at_nodes();
  if (feeder_.node_state() == event::NodeState::Live) look_at_health();
  if (feeder_.has_read_control()) look_at_holds();
}

// The first look only learns what there is: a controller that starts is no event of the fleet.
void EventSight::look_at_nodes() {
  const bool first = !std::exchange(nodes_known_, true);
  for (const NodeStatus& node : fleet_.nodes()) {
    const event::NodeReport& report = node.report;
    SeenNode now{report.state,    node.live,
                 report.instance, static_cast<std::size_t>(report.rejected + report.undecodable),
                 report.trouble,  node.twin.has_value()};
    const auto [at, appeared] = nodes_.try_emplace(report.node, now);
    if (first) continue;
    const SeenNode before = std::exchange(at->second, now);
    std::string what;
    if (appeared) {
      what = "appeared";
    } else if (before.shared != now.shared) {
      what = now.shared ? "name shared" : "name no longer shared";
    } else if (now.shared) {  // each report may be the other's
      continue;
    } else if (before.instance != now.instance) {
      what = "started";
    } else if (before.state != now.state) {
      what = "state";
    } else if (before.live != now.live) {
      what = now.live ? "back" : "silent";
    } else if (before.nacks < now.nacks) {
      what = "nack";
    } else if (before.trouble != now.trouble) {
      what = now.trouble.empty() ? "recovered" : "trouble";
    } else {
      continue;
    }
    json::object told{{"node", report.node}, {"ring", report.ring},
                      {"what", what},        {"state", event::to_text(report.state)},
                      {"live", node.live},   {"active_seq", report.active_seq}};
    if (!report.trouble.empty()) told["trouble"] = report.trouble;
    if (what == "nack" && !report.nacks.empty()) {
      told["change_id"] = base::to_hex(report.nacks.back().change_id);
      told["reason"] = report.nacks.back().reason;
    }
    events_.add("node", told);
  }
  if (nodes_.size() > nodes_max) nodes_.clear();
}

void EventSight::look_at_health() {
  const dataset::Dataset& dataset = feeder_.state().dataset;
  const std::uint64_t seq = dataset.version().seq.value();
  const std::int64_t offset = feeder_.status().health_offset;
  if (offset == health_offset_ && seq == health_seq_) return;
  health_offset_ = offset;
  health_seq_ = seq;
  if (dataset.pool_slots() == 0) return;
  const bool first = !std::exchange(health_known_, true);
  std::map<std::pair<std::string, std::string>, std::string> now;
  for (const dataset::PoolView& view : dataset.pools()) {
    const auto verdicts = health::judge(dataset, view, feeder_.observations());
    for (std::size_t i = 0; i < verdicts.size() && now.size() < health_endpoints_max; ++i) {
      const auto& endpoint = view.pool().endpoints[i];
      const std::string word = verdict_word(verdicts[i]);
      const auto key = std::pair(view.pool().name, endpoint.id);
      now.emplace(key, word);
      const auto before = verdicts_.find(key);
      if (first || before == verdicts_.end() || before->second == word) continue;
      events_.add("health", {{"pool", key.first},
                             {"endpoint", key.second},
                             {"verdict", word},
                             {"before", before->second},
                             {"rule", health::to_text(verdicts[i].rule)},
                             {"cause", verdicts[i].cause}});
    }
  }
  verdicts_ = std::move(now);
}

void EventSight::look_at_holds() {
  const consumer::ControlView& control = feeder_.control();
  if (control.offset() == control_offset_) return;
  control_offset_ = control.offset();
  const bool first = !std::exchange(holds_known_, true);
  for (const auto& [scope, placed] : control.pins()) {
    const auto before = pins_.find(scope);
    if (first || (before != pins_.end() && before->second == placed)) continue;
    events_.add("hold", {{"what", "pinned"},
                         {"scope", scope},
                         {"seq", placed.pin.seq},
                         {"author", placed.pin.author},
                         {"reason", placed.pin.reason}});
  }
  for (const auto& [scope, placed] : pins_) {
    if (control.pin_of(scope) == nullptr) {
      events_.add("hold", {{"what", "unpinned"}, {"scope", scope}, {"seq", placed.pin.seq}});
    }
  }
  for (const auto& [ring, mark] : control.watermarks()) {
    const auto before = marks_.find(ring);
    if (first || (before != marks_.end() && before->second == mark)) continue;
    json::object told = mark_json(mark);
    told["what"] = mark.released ? "released" : consumer::is_stop(mark) ? "stopped" : "watermark";
    events_.add("hold", told);
  }
  pins_ = control.pins();
  marks_ = control.watermarks();
}

}  // namespace tidemark::producer
