#include "producer/api/revert.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "consumer/history/history.hpp"
#include "core/base/hash.hpp"
#include "core/base/u128.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

using dataset::Dataset;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds again_after = 1s;

std::string pool_object(const std::string& pool) { return "pool/" + pool; }

// Zones that the range (good, bad] touched.
std::set<dns::Name> zones_touched(const RollbackPorts& ports, const Dataset& now,
                                  std::uint64_t good, std::uint64_t bad) {
  std::set<dns::Name> touched;
  const auto held = ports.feeder.version_at(dataset::Seq(bad));
  const Dataset& then = held ? *held : now;
  for (const dataset::Zone& zone : then.zones()) {
    if (zone.seq().value() > good) touched.insert(dns::Name(zone.name()));
  }
  if (const auto before = ports.feeder.version_at(dataset::Seq(good))) {
    for (const dataset::Zone& zone : before->zones()) {
      if (!then.find_zone(zone.name())) touched.insert(dns::Name(zone.name()));
    }
  } else if (auto history = ports.history.reader()) {
    if (const auto zones = history->zones_at(good)) {
      for (const dns::Name& name : *zones) {
        if (!then.find_zone(name)) touched.insert(name);
      }
    }
  }
  return touched;
}

bool is_as_then(const dataset::Zone& zone, const std::optional<std::vector<dns::Rrset>>& then) {
  if (!then) return false;
  const auto now = zone.rrsets();
  return std::ranges::equal(now, *then, [](const dns::Rrset& a, const dns::Rrset& b) {
    if (a.owner != b.owner || a.type != b.type) return false;
    return a.type == dns::RrType::Soa ? same_but_for_serial(a, b) : a == b;
  });
}

}  // namespace

Revert::Revert(base::U128 change, std::uint64_t good, std::uint64_t bad)
    : change_(change), good_(good), bad_(bad) {}

void Revert::begin(const RollbackPorts& ports) {
  begun_ = true;
  const Dataset& now = ports.feeder.state().dataset;
  const auto before = ports.feeder.version_at(dataset::Seq(good_));
  const auto then = ports.feeder.version_at(dataset::Seq(bad_));
  if (before && then) {
    for (const dataset::PoolView& view : before->pools()) {
      const event::Pool& pool = view.pool();
      const auto suspect = then->find_pool(pool.name), at = now.find_pool(pool.name);
      if (suspect && suspect->pool() == pool) continue;  // not touched
      if (at && suspect && !(at->pool() == suspect->pool())) {
        if (!(at->pool() == pool)) skipped_.push_back(pool_object(pool.name));
        continue;
      }
      open_.push_back({pool_object(pool.name), std::nullopt});
    }
  }
  for (const dns::Name& zone : zones_touched(ports, now, good_, bad_)) {
    open_.push_back({zone.to_text(), zone});
  }
  if (open_.size() <= revert_objects_max) return;
  trouble_ = std::to_string(open_.size()) + " zones and pools would have to be reverted";
}

void Revert::step(const RollbackPorts& ports, const Take& take, std::chrono::nanoseconds now) {
  if (!begun_) begin(ports);
  if (open_.size() > revert_objects_max) return;
  for (auto at = open_.begin(); at != open_.end();) {
    if (at->asked) {
      at = hear(*at, now) ? open_.erase(at) : std::next(at);
      continue;
    }
    const bool done = now >= at->not_before && !ask(*at, ports, take);
    at = done ? open_.erase(at) : std::next(at);
  }
}

// False: nothing is left to do.
bool Revert::ask(Object& object, const RollbackPorts& ports, const Take& take) {
  const Dataset& now = ports.feeder.state().dataset;
  std::uint64_t decided_on = 0;
  ReadWish wish;
  Terms terms;
  wish.object = object.name;
  if (object.zone) {
    auto then = zone_then(ports, *object.zone, good_);
    if (!then) {
      trouble_ = then.error().message;
      object.not_before += again_after;
      return true;
    }
    const auto zone = now.find_zone(*object.zone);
    decided_on = zone ? zone->seq().value() : 0;
    if (zone && decided_on > bad_) {  // reverted by another controller, or changed by somebody
      if (is_as_then(*zone, *then)) {
        ++reverted_;
      } else {
        skipped_.push_back(object.name);
      }
      return false;
    }
    if (!zone && !*then) return false;
    terms.expect = zone ? event::Expect(event::ExpectExactly{event::ZoneSeq(decided_on)})
                        : event::Expect(event::ExpectAbsent{});
    wish.make = [name = *object.zone,
                 then = *std::move(then)](const Base& base) -> std::expected<Wish, ApiError> {
      if (then) return ReplaceZone{name, *then};
      if (ZoneView(base, name).exists()) return RemoveZone{name};
      return std::unexpected(not_found("there is no such zone, and there was none", name.to_text(),
                                       "tidemark zone list"));
    };
  } else {
    const auto before = ports.feeder.version_at(dataset::Seq(good_));
    const auto pool =
        before ? before->find_pool(object.name.substr(pool_object("").size())) : std::nullopt;
    if (!pool) {
      trouble_ = "version " + std::to_string(good_) + " is not held any more";
      return true;
    }
    decided_on = now.version().seq.value();
    wish.make = [value = pool->pool()](const Base&) -> std::expected<Wish, ApiError> {
      return event::PutPool{value};
    };
    wish.allows_conditions = false;
  }
  terms.author = "rollout";
  terms.reason = "reverts what the roll-out stopped at: change " + base::to_hex(change_) +
                 "; back to version " + std::to_string(good_);
  terms.acknowledged_removals = object.acknowledged;
  terms.key = terms.author + "\nrevert " + base::to_hex(change_) + " " + object.name + " " +
              std::to_string(decided_on) + (object.acknowledged ? " whole" : "");
  base::Sha256Stream hash;
  hash.update(base::as_bytes(terms.key));
  terms.request = hash.finish();
  ++object.tries;
  object.asked = std::make_shared<Answer>();
  take(std::move(wish), std::move(terms),
       net::Respond([answer = object.asked](net::HttpResponse response) {
         answer->response = std::move(response);
       }));
  return true;
}

bool Revert::hear(Object& object, std::chrono::nanoseconds now) {
  if (!object.asked->response) return false;
  const net::HttpResponse response = *std::move(object.asked->response);
  object.asked.reset();
  if (response.status == 200 || response.status == 404) {
    ++reverted_;
    trouble_.clear();
    return true;
  }
  object.not_before = now + again_after;
  if (response.status == 202) return false;  // under way: asked again by the same key
  boost::system::error_code broken;
  const json::value body = json::parse(response.body, broken);
  if (!broken && body.is_object()) {
    if (const auto* error = body.get_object().if_contains("error"); error && error->is_object()) {
      const json::object& told = error->get_object();
      if (const auto* count = told.if_contains("acknowledge_removals");
          count != nullptr && count->is_number()) {
        object.acknowledged = count->to_number<std::uint64_t>();
        object.not_before = now;
        return false;
      }
      if (const auto* message = told.if_contains("message"); message && message->is_string()) {
        trouble_ = object.name + ": " + std::string(message->as_string());
      }
    }
  }
  object.acknowledged.reset();
  return false;
}

}  // namespace tidemark::producer
