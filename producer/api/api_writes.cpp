// The routes that change something.
#include <boost/json.hpp>

#include "net/json.hpp"
#include "producer/api/api_routes.hpp"
#include "producer/api/known_rings.hpp"
#include "producer/api/request_body.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

// The version in which the zone came to be as it is; of a zone that is gone the newest one.
std::uint64_t made_by(const std::string& body) {
  const json::value parsed = json::parse(body);
  for (const auto& [name, zone] : parsed.at("zones").as_object()) {
    if (const auto* seq = zone.as_object().if_contains("seq"))
      return seq->to_number<std::uint64_t>();
  }
  return parsed.at("version").at("seq").to_number<std::uint64_t>();
}

}  // namespace

void Api::write(const Match& match, const net::HttpRequest& request,
                const std::optional<std::string>& author, net::Respond respond) {
  auto terms = read_terms(request, author);
  if (!terms) {
    respond(to_response(terms.error()));
    return;
  }
  if (!terms->wait_on.ring.empty()) {
    const DeskPorts& ports = ports_.desk;
    const std::string& ring = terms->wait_on.ring;
    if (auto unknown = check_ring(request, ports.fleet, ports.feeder.control(), ring)) {
      return respond(to_response(*unknown));
    }
  }
  if (match.action == Action::OrderRollout) {
    return board_.rollout().order(request, match.parameters[0], match.parameters[1],
                                  *std::move(terms), std::move(respond));
  }
  if (match.action == Action::PutPin) {
    return pin_desk_.put(request, match.parameters[0], *std::move(terms), std::move(respond));
  }
  if (match.action == Action::DeletePin) {
    return pin_desk_.remove(request, match.parameters[0], *std::move(terms), std::move(respond));
  }
  if (match.action == Action::ApproveHeld || match.action == Action::RejectHeld) {
    return decide_held(match, request, *std::move(terms), std::move(respond));
  }
  auto read_wish = wish(match, request, *terms);
  if (!read_wish) {
    respond(to_response(read_wish.error()));
    return;
  }
  if (terms->hold) {
    return held_desk_.propose(*std::move(read_wish), *std::move(terms), std::move(respond));
  }
  if (!terms->key.empty() && !terms->dry_run) {
    if (const auto held = held_desk_.held_instead(*terms)) return respond(to_response(*held));
  }
  if (match.action == Action::RollbackZone && !request.parameter("rollout") && !terms->dry_run) {
    respond = past_the_span(*terms, std::move(respond));
  }
  desk_.take(*std::move(read_wish), *std::move(terms), std::move(respond));
}

// Once a rollback is made, no ring that a pin holds back shall serve what it took back.
net::Respond Api::past_the_span(const Terms& terms, net::Respond respond) {
  auto inner = std::make_shared<net::Respond>(std::move(respond));
  return net::Respond([this, terms, inner](net::HttpResponse response) {
    if (const std::uint64_t past = response.status == 200 ? made_by(response.body) : 0; past != 0) {
      board_.rollout().rolled_back(past, terms);
    }
    (*inner)(std::move(response));
  });
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

WishResult Api::rollback(const net::HttpRequest& request, const std::string& zone,
                         Terms& terms) const {
  auto read = rollback_zone(request, zone, past(), terms);
  const consumer::ControlView& control = ports_.desk.feeder.control();
  for (const auto& [ring, mark] : control.watermarks()) {
    if (!read || mark.released || control.pin_for({}, ring) != nullptr) continue;
    read->warnings.push_back("ring " + ring + " serves versions up to " + std::to_string(mark.seq) +
                             " until this one has soaked; at once: tidemark rollout promote " +
                             ring);
  }
  return read;
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
    case Action::RollbackZone:   return rollback(request, parameters[0], terms);
    case Action::DeleteOverride: return delete_override(parameters[0], parameters[1]);
    default:                     break;
  }
  return std::unexpected(not_found("there is no such route", request.target));
}

}  // namespace tidemark::producer
