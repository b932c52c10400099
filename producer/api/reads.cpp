#include "producer/api/reads.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "core/base/hash.hpp"
#include "core/base/time_text.hpp"
#include "core/dns/master_file.hpp"
#include "core/health/verdict.hpp"
#include "producer/api/fleet_proof.hpp"
#include "producer/api/history_shapes.hpp"
#include "producer/api/shapes.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

net::HttpResponse respond(const json::object& body) {
  net::HttpResponse response;
  response.body = json::serialize(body);
  return response;
}

std::string etag(const dataset::Zone& zone) {
  return "\"" + std::to_string(zone.seq().value()) + "\"";
}

// Whether `type` is named in Accept before any JSON; an absent or general Accept wants JSON.
bool wants_text(const net::HttpRequest& request) {
  const std::string_view accept = request.headers.get("Accept").value_or("");
  const std::size_t text = std::min(accept.find("text/dns"), accept.find("text/plain"));
  return text != accept.npos && text < accept.find("application/json");
}

json::array texts(const auto& all) {
  json::array array;
  for (const auto& one : all) {
    if constexpr (requires { one.to_text(); }) {
      array.emplace_back(one.to_text());
    } else {
      array.emplace_back(one);
    }
  }
  return array;
}

json::object sightings_json(const health::Observations& observations, const event::Pool& pool,
                            const event::Endpoint& endpoint) {
  json::object seen;
  for (const health::Sighting& one : observations.sightings(pool.name, endpoint.id)) {
    const char* observed = one.observed == event::Observed::Up     ? "up"
                           : one.observed == event::Observed::Down ? "down"
                                                                   : "drain";
    seen[one.prober] = {{"observed", observed},
                        {"agent", one.agent},
                        {"age_ms", observations.log_ms() - one.seen_ms},
                        {"since_ms", one.since_ms},
                        {"cause", one.cause}};
  }
  return seen;
}

json::object pool_health(const dataset::Dataset& dataset, const dataset::PoolView& view,
                         const health::Observations& observations) {
  const event::Pool& pool = view.pool();
  const auto verdicts = health::judge(dataset, view, observations);
  json::array endpoints;
  std::size_t up = 0;
  for (std::size_t i = 0; i < pool.endpoints.size(); ++i) {
    const event::Endpoint& endpoint = pool.endpoints[i];
    const health::Verdict& verdict = verdicts[i];
    if (verdict.up && !verdict.drained) ++up;
    json::object one{
        {"id", endpoint.id},          {"address", to_text(endpoint.address)},
        {"weight", endpoint.weight},  {"up", verdict.up},
        {"drained", verdict.drained}, {"rule", health::to_text(verdict.rule)},
        {"cause", verdict.cause},     {"seen", sightings_json(observations, pool, endpoint)}};
    if (const auto value = dataset.find_override(pool.name, endpoint.id)) {
      one["override"] = to_json(*value);
    }
    endpoints.push_back(std::move(one));
  }
  return {{"name", pool.name},
          {"references", view.references()},
          {"up", up},
          {"endpoints", std::move(endpoints)}};
}

json::object node_json(const NodeStatus& node) {
  const event::NodeReport& report = node.report;
  json::array nacks;
  for (const event::Nack& nack : report.nacks) {
    nacks.push_back(json::object{{"offset", nack.offset},
                                 {"change_id", base::to_hex(nack.change_id)},
                                 {"reason", nack.reason}});
  }
  return {{"node", report.node},
          {"ring", report.ring},
          {"state", event::to_text(report.state)},
          {"live", node.live},
          {"age_ms", node.age_ms},
          {"lineage", base::to_hex(report.lineage)},
          {"staged_seq", report.staged_seq},
          {"active_seq", report.active_seq},
          {"state_hash", base::to_hex(report.state_hash)},
          {"offset", report.offset},
          {"chain", base::to_hex(report.chain)},
          {"health_offset", report.health_offset},
          {"accepted", report.accepted},
          {"rejected", report.rejected},
          {"undecodable", report.undecodable},
          {"started", base::rfc3339_of(static_cast<std::int64_t>(report.started_ms))},
          {"build", report.build},
          {"dns_listen", report.dns_listen},
          {"admin_listen", report.admin_listen},
          {"nacks", std::move(nacks)},
          {"pin_scope", report.pin_scope},
          {"pin_seq", report.pin_seq},
          {"pin_trouble", report.pin_trouble}};
}

void add_proof(const NodeStatus& node, const consumer::Feeder& feeder, json::object& shown) {
  const event::NodeReport& report = node.report;
  const NodeProof proof = prove(report, feeder);
  shown["proof"] = to_text(proof.agreement);
  if (!proof.text.empty()) shown["proof_text"] = proof.text;
  shown["instance"] = base::to_hex(report.instance);
  if (const std::string shared = shared_name_text(node); !shared.empty()) {
    shown["shared_name"] = shared;
  }
  shown["trouble"] = report.trouble;
  if (report.held_before_seq != 0) shown["held_before_seq"] = report.held_before_seq;
  if (report.wants_withdrawal) shown["wants_withdrawal"] = true;
  shown["rebuilds"] = report.rebuilds;
  if (report.rebuilds == 0) return;
  shown["rebuilt_seq"] = report.rebuilt_seq;
  shown["rebuilt_from_hash"] = base::to_hex(report.rebuilt_from_hash);
  shown["rebuilt_to_hash"] = base::to_hex(report.rebuilt_to_hash);
}

}  // namespace

std::expected<dns::Name, ApiError> zone_name_from(std::string_view text) {
  if (text.empty()) return std::unexpected(bad_request("the zone's name is empty"));
  auto name = dns::Name::parse(text);
  if (!name) return std::unexpected(bad_request("zone: " + name.error().trail));
  if (name->view().is_wildcard() || text == "*") {
    return std::unexpected(bad_request("zone: a name is needed, not a pattern"));
  }
  return *std::move(name);
}

net::HttpResponse read_status(const ControllerStatus& controller,
                              const consumer::FeederStatus& feeder,
                              const consumer::ControlView& control, const Outbox& outbox) {
  // log_next is known once the log has answered at all.
  const bool reachable =
      feeder.log_reachable && feeder.log_next && !controller.publishing_in_trouble;
  json::object body{{"name", controller.name},
                    {"dataset", controller.dataset},
                    {"author_epoch", controller.author_epoch},
                    {"state", event::to_text(feeder.state)},
                    {"detail", feeder.detail},
                    {"version", to_json(feeder.version)},
                    {"offset", feeder.offset},
                    {"chain", base::to_hex(feeder.chain)},
                    {"health_offset", feeder.health_offset},
                    {"log", {{"identity", feeder.log_identity}, {"reachable", reachable}}},
                    {"outbox", {{"changes", outbox.entries().size()}}},
                    {"accepted", feeder.accepted},
                    {"rejected", feeder.rejected},
                    {"undecodable", feeder.undecodable},
                    {"twins", feeder.twins}};
  if (feeder.log_next) body["log"].as_object()["next"] = *feeder.log_next;
  json::array pins;
  for (const auto& [scope, placed] : control.pins()) {
    pins.push_back(json::object{{"scope", scope},
                                {"seq", placed.pin.seq},
                                {"author", placed.pin.author},
                                {"reason", placed.pin.reason}});
  }
  body["pins"] = std::move(pins);
  return respond(body);
}

net::HttpResponse read_zones(const dataset::Dataset& dataset) {
  json::array zones;
  for (const dataset::Zone& zone : dataset.zones()) zones.push_back(summary_json(zone));
  return respond({{"version", to_json(dataset.version())}, {"zones", std::move(zones)}});
}

Answered read_zone(const dataset::Dataset& dataset, std::string_view zone,
                   const net::HttpRequest& request) {
  auto name = zone_name_from(zone);
  if (!name) return std::unexpected(std::move(name).error());
  const auto found = dataset.find_zone(*name);
  if (!found)
    return std::unexpected(
        not_found("there is no such zone", name->to_text(), "tidemark zone list"));
  net::HttpResponse response;
  if (wants_text(request)) {
    response.content_type = "text/dns";
    response.body = dns::write_master_file(*name, found->rrsets());
  } else {
    json::object body = summary_json(*found);
    json::array rrsets;
    for (const dns::Rrset& rrset : found->rrsets()) rrsets.push_back(to_json(rrset));
    body["version"] = to_json(dataset.version());
    body["rrsets"] = std::move(rrsets);
    response = respond(body);
  }
  response.headers.add("ETag", etag(*found));
  return response;
}

Answered read_rrset(const dataset::Dataset& dataset, std::string_view zone, std::string_view owner,
                    std::string_view type) {
  auto name = zone_name_from(zone);
  if (!name) return std::unexpected(std::move(name).error());
  auto at = owner_from_text(owner, *name);
  if (!at) return std::unexpected(bad_request(std::move(at).error().trail));
  auto rr_type = type_from_text(type);
  if (!rr_type) return std::unexpected(bad_request(std::move(rr_type).error().trail));
  const auto found = dataset.find_zone(*name);
  if (!found)
    return std::unexpected(
        not_found("there is no such zone", name->to_text(), "tidemark zone list"));
  const auto node = found->find(*at);
  const auto rrset = node ? node->find(*rr_type) : std::nullopt;
  if (!rrset) {
    return std::unexpected(not_found("there is no such RRset",
                                     at->to_text() + " " + dns::to_text(*rr_type),
                                     "tidemark zone export " + name->to_text()));
  }
  net::HttpResponse response = respond(to_json(rrset->to_rrset(*at)));
  response.headers.add("ETag", etag(*found));
  return response;
}

net::HttpResponse read_pools(const dataset::Dataset& dataset) {
  json::array pools;
  for (const dataset::PoolView& pool : dataset.pools()) pools.push_back(to_json(pool.pool()));
  return respond({{"version", to_json(dataset.version())}, {"pools", std::move(pools)}});
}

Answered read_pool(const dataset::Dataset& dataset, std::string_view pool) {
  const auto found = dataset.find_pool(pool);
  if (!found)
    return std::unexpected(
        not_found("there is no such pool", std::string(pool), "tidemark pool list"));
  json::object body = to_json(found->pool());
  body["references"] = found->references();
  return respond(body);
}

net::HttpResponse read_cookies(const dataset::Dataset& dataset) {
  json::array salts;
  for (const event::CookieSalt& salt : dataset.cookie_salts()) {
    salts.emplace_back(base::to_hex(salt));
  }
  return respond({{"version", to_json(dataset.version())}, {"salts", std::move(salts)}});
}

net::HttpResponse read_health(const dataset::Dataset& dataset,
                              const health::Observations& observations,
                              std::int64_t health_offset) {
  json::array pools, probers;
  for (const dataset::PoolView& pool : dataset.pools()) {
    pools.push_back(pool_health(dataset, pool, observations));
  }
  for (const std::string& prober : observations.probers()) {
    probers.push_back(json::object{
        {"name", prober}, {"age_ms", observations.log_ms() - observations.prober_seen_ms(prober)}});
  }
  json::array overrides;
  for (const event::Override& value : dataset.overrides()) overrides.push_back(to_json(value));
  return respond({{"seq", dataset.version().seq.value()},
                  {"health_offset", health_offset},
                  {"log_ms", observations.log_ms()},
                  {"pools", std::move(pools)},
                  {"overrides", std::move(overrides)},
                  {"probers", std::move(probers)}});
}

net::HttpResponse read_fleet(const FleetView& fleet, const consumer::Feeder& feeder) {
  json::array nodes;
  for (const NodeStatus& node : fleet.nodes()) {
    json::object shown = node_json(node);
    add_proof(node, feeder, shown);
    nodes.push_back(std::move(shown));
  }
  const consumer::FeederStatus status = feeder.status();
  return respond({{"version", to_json(status.version)},
                  {"state", event::to_text(status.state)},
                  {"detail", status.detail},
                  {"nodes", std::move(nodes)}});
}

Answered read_change(const HistoryKeeper& history, const Outbox& outbox, const fold::Ledger& ledger,
                     std::string_view id) {
  const auto parsed = base::u128_from_hex(id);
  if (!parsed)
    return std::unexpected(bad_request("a change_id is 32 hexadecimal digits", "tidemark changes"));
  const event::ChangeId change_id(*parsed);
  (void)history.settle(std::chrono::milliseconds(2));  // this is the loop
  if (auto known = history.reader()) {
    // An index that cannot say leaves it to the ledger.
    if (const auto change = known->find(change_id); change && *change) {
      return respond(to_json(**change));
    }
  }
  for (const OutboxEntry& entry : outbox.entries()) {
    if (entry.change_id != change_id) continue;
    return respond({{"change_id", id},
                    {"state", "pending"},
                    {"author", entry.outline.author},
                    {"reason", entry.outline.reason}});
  }
  if (const auto remembered = ledger.find(change_id)) {
    json::object body{{"change_id", id},
                      {"state", remembered->reason ? "rejected" : "accepted"},
                      {"offset", remembered->offset}};
    if (remembered->reason) {
      body["rule"] = fold::to_text(*remembered->reason);
    } else {
      body["seq"] = remembered->seq;
    }
    return respond(body);
  }
  return std::unexpected(
      not_found("there is no such change here", std::string(id), "tidemark changes"));
}

}  // namespace tidemark::producer
