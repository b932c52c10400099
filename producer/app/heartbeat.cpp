#include "producer/app/heartbeat.hpp"

#include "schemas/codec.hpp"

namespace tidemark::producer {
namespace {
constexpr std::chrono::seconds given_up_after{60};
}

Heartbeat::Heartbeat(std::string controller, base::Clock& clock, log::Sink& control)
    : controller_(std::move(controller)), clock_(clock), control_(control) {}

event::Heartbeat heartbeat_of(const consumer::Feeder& feeder) {
  event::Heartbeat beat{.controller = {}, .number = 0};
  if (feeder.node_state() != event::NodeState::Live) return beat;
  const fold::Footprint at = fold::footprint_of(feeder.state());
  if (at.offset < 0) return beat;
  beat.seq = at.seq;
  beat.state_hash = at.state_hash;
  beat.offset = at.offset;
  beat.chain = at.chain;
  return beat;
}

std::vector<std::string> Heartbeat::step(event::Heartbeat folded) {
  std::vector<std::string> remarks;
  const auto now = clock_.steady();
  for (const log::Completion& completion : control_.completions()) {
    if (completion.ticket.value() != number_) continue;
    under_way_ = false;
    if (completion.outcome != log::Completion::Outcome::Persisted) {
      remarks.push_back("a heartbeat was not persisted: " + completion.detail);
    }
  }
  if (under_way_ && now - sent_ < given_up_after) return remarks;
  if (now < due_) return remarks;
  ++number_;
  folded.controller = controller_;
  folded.number = number_;
  log::Draft draft;
  draft.key = "heartbeat/" + controller_;
  draft.value = schemas::encode(event::ControlRecord(std::move(folded)));
  if (!control_.append(log::Ticket(number_), std::move(draft))) return remarks;
  under_way_ = true;
  sent_ = now;
  due_ = now + heartbeat_period;
  return remarks;
}

}  // namespace tidemark::producer
