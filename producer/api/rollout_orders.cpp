// What people see of the roll-out, and what they may order.
#include <algorithm>

#include <boost/json.hpp>

#include "core/base/time_text.hpp"
#include "core/base/u128.hpp"
#include "net/json.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/rollout.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

using event::Watermark;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds read_back_within = 2s;
constexpr std::size_t orders_max = 64;

json::object answers_json(const AnswerCounts& counts) {
  return {
      {"answers", counts.answers}, {"servfail", counts.servfail}, {"nxdomain", counts.nxdomain}};
}

json::object mark_json(const Watermark& mark) {
  json::object body{{"ring", mark.ring},         {"seq", mark.seq},       {"number", mark.number},
                    {"released", mark.released}, {"author", mark.author}, {"reason", mark.reason}};
  if (mark.stopped_change != base::U128{}) {
    body["stopped_change"] = base::to_hex(mark.stopped_change);
  }
  return body;
}

bool is_node_ring(const std::string& ring) { return ring.starts_with("node:"); }

net::HttpResponse respond_json(const json::object& body) {
  net::HttpResponse response;
  response.body = json::serialize(body);
  return response;
}

}  // namespace

net::HttpResponse Rollout::read() const {
  const consumer::ControlView& control = ports_.feeder.control();
  json::array rings;
  const auto now = ports_.clock.steady();
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const RingWatch& watch = watches_[i];
    const RingSettings& settings = settings_.rings[i];
    json::object ring{{"name", settings.name},
                      {"soak_seconds", settings.soak.count()},
                      {"late_seconds", settings.late.count()},
                      {"live", watch.live()},
                      {"lowest_active", watch.lowest_active()},
                      {"highest_active", watch.highest_active()},
                      {"answers",
                       {{"of_suspects", answers_json(watch.suspect_answers())},
                        {"before", answers_json(watch.answers_before())}}},
                      {"trouble", watch.trouble()},
                      {"waits_for", waits_[i].empty() ? watch.waits_for() : waits_[i]},
                      {"gated", false}};
    if (const auto soaked = watch.soaked(now)) ring["soaked"] = *soaked;
    if (const auto* placed = control.watermark_of(settings.name)) {
      ring["watermark"] = mark_json(placed->mark);
      ring["since"] = base::rfc3339_of(placed->appended_ms);
      ring["gated"] = !placed->mark.released;
    }
    rings.push_back(std::move(ring));
  }
  json::array others;  // of rings that this controller does not know
  for (const auto& [name, mark] : control.watermarks()) {
    const bool is_known =
        std::ranges::find(settings_.rings, name, &RingSettings::name) != settings_.rings.end();
    if (!is_known && !is_node_ring(name)) {
      others.push_back(mark_json(mark));
    }
  }
  json::object body{{"version", to_json(ports_.feeder.state().dataset.version())},
                    {"decides", may_decide()},
                    {"rings", std::move(rings)},
                    {"others", std::move(others)},
                    {"stop", nullptr}};
  if (const auto stop = newest_stop()) {
    json::object told{{"change_id", base::to_hex(stop->change)},
                      {"good_seq", stop->good},
                      {"reason", stop->reason},
                      {"undone", stop->undone}};
    if (revert_) {
      told["reverted"] = revert_->reverted();
      told["trouble"] = revert_->trouble();
      json::array skipped;
      for (const std::string& one : revert_->skipped()) skipped.emplace_back(one);
      told["skipped"] = std::move(skipped);
    }
    body["stop"] = std::move(told);
  }
  return respond_json(body);
}

// A watermark does not go back: whoever moves it next would give the ring what it had.
std::optional<ApiError> Rollout::check_forwards(const std::string& ring, std::uint64_t seq,
                                                std::uint64_t newest) const {
  const consumer::ControlView& control = ports_.feeder.control();
  const auto* placed = control.watermark_of(ring);
  const bool is_gated = placed != nullptr && !placed->mark.released;
  const std::uint64_t has = is_gated ? placed->mark.seq : newest;
  if (seq < has) {
    return invalid(
        "the ring may activate version " + std::to_string(has) +
            " already: a watermark does not go back",
        ring, "to serve an older one: tidemark pin " + std::to_string(seq) + " --ring " + ring);
  }
  const auto* first =
      settings_.rings.empty() ? nullptr : control.watermark_of(settings_.rings.front().name);
  if (first == nullptr || !first->mark.released || seq >= first->mark.seq || seq == has) {
    return std::nullopt;
  }
  return invalid("what version " + std::to_string(first->mark.seq) +
                     " took back lies behind version " + std::to_string(has),
                 ring,
                 "tidemark rollout promote " + ring + " --to " + std::to_string(first->mark.seq));
}

void Rollout::order(const net::HttpRequest& request, const std::string& ring,
                    const std::string& verb, Terms terms, net::Respond respond) {
  const auto refused = [&](const ApiError& error) { respond(to_response(error)); };
  const auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refused(value.error());
  const auto& object = value->get_object();
  if (const auto known = net::check_keys(object, {"seq", "reason"}); !known) {
    return refused(bad_request(known.error().trail));
  }
  const auto wanted = net::optional_number_field(object, "seq", 1, 9'007'199'254'740'991);
  if (!wanted) return refused(bad_request(wanted.error().trail));
  const std::uint64_t newest = ports_.feeder.state().dataset.version().seq.value();
  const event::NodeState state = ports_.feeder.node_state();
  if (ports_.control == nullptr || !ports_.feeder.has_read_control() || newest == 0 ||
      state == event::NodeState::Cold || state == event::NodeState::Diverged ||
      orders_.size() >= orders_max) {
    return refused(unavailable("this controller cannot decide now: state " + event::to_text(state) +
                               "; nothing was ordered"));
  }
  const bool is_first = !settings_.rings.empty() && settings_.rings.front().name == ring;
  const auto* placed = ports_.feeder.control().watermark_of(ring);
  const bool known =
      placed != nullptr ||
      std::ranges::find(settings_.rings, ring, &RingSettings::name) != settings_.rings.end();
  // What is decided about one node stands beside the rings (dns-edge/app/last_good.hpp).
  const bool is_node = is_node_ring(ring);
  if (is_node ? verb != "release" : !known) {
    return refused(
        not_found("there is no such ring in the roll-out", ring, "tidemark rollout status"));
  }
  Watermark mark{.ring = ring,
                 .seq = wanted->value_or(newest),
                 .reason = terms.reason,
                 .author = terms.author};
  const auto stop = newest_stop();
  if (verb == "release") {
    mark.seq = newest;
    mark.released = true;
  } else if (verb == "promote" || verb == "resume") {
    if (is_first) {
      return refused(invalid("the first ring is not gated", ring, "name another ring"));
    }
    if (const auto backwards = check_forwards(ring, mark.seq, newest)) return refused(*backwards);
    if (mark.seq > newest) {
      return refused(invalid("version " + std::to_string(mark.seq) +
                                 " does not exist yet: the newest is " + std::to_string(newest),
                             ring, "name an older one"));
    }
    if (stop && !stop->undone) {
      return refused({409, "conflict", "the roll-out is stopped: " + stop->reason, ring,
                      "wait for its revert, or let the ring go: tidemark rollout release"});
    }
  } else {
    return refused(not_found("there is no such order", verb));
  }
  if (terms.dry_run) {
    return respond(respond_json({{"dry_run", true}, {"watermark", mark_json(mark)}}));
  }
  mark.number = next_number();
  const Said said = put(mark);
  if (said->stage == Saying::Stage::Failed) {
    return refused(unavailable("the log takes nothing now; nothing was ordered"));
  }
  orders_.push_back(
      {std::move(mark), std::move(respond), ports_.clock.steady() + read_back_within, said});
}

void Rollout::answer_orders(std::chrono::nanoseconds now) {
  std::erase_if(orders_, [&](Order& order) {
    if (order.said->stage == Saying::Stage::ReadBack) {
      const auto* placed = ports_.feeder.control().watermark_of(order.mark.ring);
      if (placed != nullptr && placed->offset == order.said->offset) {
        order.respond(respond_json({{"watermark", mark_json(placed->mark)}}));
      } else {
        order.respond(to_response({409, "conflict", "another decision came first", order.mark.ring,
                                   "look at it: tidemark rollout status"}));
      }
      return true;
    }
    if (now < order.deadline) return false;
    order.respond(to_response(
        unavailable("the log has not taken it in time; it may still come: GET /v1/rollout tells")));
    return true;
  });
}

std::string Rollout::metrics() const {
  const auto label = [](const std::string& ring) {
    std::string quoted;
    for (const char c : ring) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c == '\n' ? ' ' : c;
    }
    return "{ring=\"" + quoted + "\"} ";
  };
  std::string out =
      "# HELP tidemark_rollout_watermark_seq Newest version that the ring may activate; 0: not "
      "gated.\n# TYPE tidemark_rollout_watermark_seq gauge\n";
  for (const auto& [ring, mark] : ports_.feeder.control().watermarks()) {
    if (is_node_ring(ring)) continue;
    out += "tidemark_rollout_watermark_seq" + label(ring) +
           std::to_string(mark.released ? 0 : mark.seq) + "\n";
  }
  const auto stop = newest_stop();
  return out +
         "# HELP tidemark_rollout_stopped A stop is in force.\n"
         "# TYPE tidemark_rollout_stopped gauge\ntidemark_rollout_stopped " +
         (stop && !stop->undone ? "1" : "0") + "\n";
}

}  // namespace tidemark::producer
