// The routes that only look.
#include "core/base/u128.hpp"
#include "producer/api/api_routes.hpp"

namespace tidemark::producer {

bool Api::answer_board(const Match& match, const net::HttpRequest& request, net::Respond& respond) {
  const auto give = [&respond](Answered answered) {
    respond(answered ? *std::move(answered) : to_response(answered.error()));
    return true;
  };
  switch (match.action) {
    case Action::GetProgress: return give(board_.progress(match.parameters[0], request));
    case Action::GetEvents:   return give(board_.events(request));
    case Action::GetRollout:  return give(board_.rollout().read());
    default:                  return false;
  }
}

Answered Api::read(const Match& match, const net::HttpRequest& request) const {
  const DeskPorts& ports = ports_.desk;
  const fold::State& state = ports.feeder.state();
  const dataset::Dataset& dataset = state.dataset;
  const auto& names = match.parameters;
  switch (match.action) {
    case Action::GetStatus: {
      ControllerStatus controller = controller_;
      controller.publishing_in_trouble = ports.publisher.trouble();
      return read_status(controller, ports.feeder.status(), ports.feeder.control(), ports.outbox);
    }
    case Action::GetZones: return read_zones(dataset);
    case Action::GetZone:  return read_zone(dataset, names[0], request);
    case Action::GetRrset: return read_rrset(dataset, names[0], names[1], names[2]);
    case Action::GetChange:
      // What it remembers of this change may be what the log has lost; what waits in the outbox
      // will be sent.
      if (ports.feeder.node_state() == event::NodeState::Diverged) {
        const auto id = base::u128_from_hex(names[0]);
        if (id && ports.outbox.contains(event::ChangeId(*id))) {
          return pending_response(event::ChangeId(*id), 200);
        }
        return std::unexpected(unavailable("this controller does not follow the log: DIVERGED: " +
                                           ports.feeder.status().detail));
      }
      return read_change(ports_.history, ports.outbox, state.ledger, names[0]);
    case Action::GetPools:   return read_pools(dataset);
    case Action::GetPool:    return read_pool(dataset, names[0]);
    case Action::GetCookies: return read_cookies(dataset);
    case Action::GetHealth:
      return read_health(dataset, ports.feeder.observations(), ports.feeder.status().health_offset);
    case Action::GetFleet:    return read_fleet(ports.fleet, ports.feeder);
    case Action::GetPins:     return read_pins(ports.feeder, ports.fleet);
    case Action::GetRollback: return read_rollback(past(), request);
    case Action::GetHeld:     return read_held(past());
    case Action::GetOneHeld:  return read_one_held(past(), names[0]);
    default:                  break;
  }
  return std::unexpected(not_found("there is no such route", request.target));
}

}  // namespace tidemark::producer
