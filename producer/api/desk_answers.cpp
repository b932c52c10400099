#include "producer/api/desk_answers.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "core/base/hash.hpp"
#include "producer/api/shapes.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

constexpr std::size_t dry_run_lines_max = 10'000;

net::HttpResponse json_response(unsigned status, const json::object& body) {
  net::HttpResponse response;
  response.status = status;
  response.body = json::serialize(body);
  return response;
}

json::array texts(const std::vector<std::string>& all) {
  json::array array;
  for (const std::string& one : all) array.emplace_back(one);
  return array;
}

json::object success_body(const Success& success) {
  json::object body{{"changed", success.change_id.has_value()},
                    {"version", to_json(success.version)},
                    {"zones", to_json(success.zones)},
                    {"warnings", texts(success.warnings)}};
  if (success.change_id) {
    body["change_id"] = base::to_hex(success.change_id->value());
    body["offset"] = success.offset;
  }
  if (!success.diff.empty()) body["diff"] = json::parse(success.diff);
  return body;
}

}  // namespace

net::HttpResponse success_response(const Success& success) {
  return json_response(200, success_body(success));
}

net::HttpResponse acked_response(const Success& success, Acked acked,
                                 const Acknowledgement& heard) {
  json::object body = success_body(success);
  body["acked"] = acked == Acked::Yes;
  body["edges"] = texts(heard.edges);
  if (acked == Acked::No) body["stragglers"] = texts(heard.stragglers);
  return json_response(200, body);
}

event::ChangeId change_id_of(const base::Sha256& request, const std::string& key) {
  base::Sha256Stream hash;
  hash.update(request);
  hash.update(base::as_bytes(key));
  const base::Sha256 drawn = hash.finish();
  return event::ChangeId({base::load_u64(drawn.data()), base::load_u64(drawn.data() + 8)});
}

ApiError other_request(const Terms& terms, const base::Sha256& first) {
  std::string message = "this Idempotency-Key was used for another request";
  if (first == terms.but_for_hold) {
    message = terms.hold ? "this Idempotency-Key was used for the same change without hold=1"
                         : "this Idempotency-Key was used for the same change with hold=1: it is "
                           "held, and somebody else approves it";
  }
  return invalid(std::move(message), {}, "use a new key for a new request");
}

ApiError not_durable(event::ChangeId id, const base::Error& error) {
  const std::string hex = base::to_hex(id.value());
  return {503, "unavailable", "not known whether change " + hex + " happens: " + error.trail,
          "change " + hex,
          "mend the controller's disk; ask /v1/changes/" + hex + " before you send it again"};
}

net::HttpResponse pending_response(event::ChangeId id, unsigned status) {
  const std::string hex = base::to_hex(id.value());
  const std::string url = "/v1/changes/" + hex;
  net::HttpResponse response =
      json_response(status, {{"change_id", hex}, {"state", "pending"}, {"changes_url", url}});
  response.headers.add("Location", url);
  return response;
}

net::HttpResponse dry_run_response(const Plan& plan, const dataset::Version& version,
                                   const std::vector<std::string>& warnings) {
  return json_response(200, {{"dry_run", true},
                             {"changed", !plan.change_sets.empty()},
                             {"change_sets", plan.change_sets.size()},
                             {"version", to_json(version)},
                             {"warnings", texts(warnings)},
                             {"diff", to_json(plan.diff, dry_run_lines_max)}});
}

std::set<std::string> objects_of(const event::ChangeSet& change) {
  std::set<std::string> objects;
  for (const event::ZoneEdits& zone : change.zones) objects.insert(zone.zone.to_text());
  for (const event::PoolEdit& edit : change.pools) {
    const std::string* pool = nullptr;
    if (const auto* put = std::get_if<event::PutPool>(&edit)) pool = &put->pool.name;
    if (const auto* gone = std::get_if<event::DeletePool>(&edit)) pool = &gone->pool;
    if (const auto* set = std::get_if<event::PutOverride>(&edit)) pool = &set->override_.pool;
    if (const auto* cleared = std::get_if<event::DeleteOverride>(&edit)) pool = &cleared->pool;
    objects.insert("pool/" + *pool);
  }
  if (change.cookie_salts) objects.insert("cookies");
  return objects;
}

void add_skipped(const Wish& wish, const Diff& diff, std::vector<std::string>& warnings) {
  const auto* edits = std::get_if<EditZone>(&wish);
  if (edits == nullptr) return;
  std::set<std::pair<dns::Name, dns::RrType>> removed;
  for (const auto& one : diff.rrsets) {
    if (!one.after) removed.emplace(one.before->owner, one.before->type);
  }
  for (const EditZone::Edit& edit : edits->edits) {
    const auto* gone = std::get_if<event::DeleteRrset>(&edit);
    if (gone == nullptr || removed.contains({gone->owner, gone->type})) continue;
    warnings.push_back(gone->owner.to_text() + " " + dns::to_text(gone->type) +
                       ": there is nothing to delete");
  }
}

std::vector<fold::ZoneOutcome> outcome_of(const dataset::Dataset& dataset, const Wish& wish) {
  const dns::Name* name = zone_of(wish);
  const auto zone = name != nullptr ? dataset.find_zone(*name) : std::nullopt;
  if (!zone) return {};
  return {{*name, false, zone->serial(), zone->seq(), zone->hash()}};
}

}  // namespace tidemark::producer
