#include "producer/app/heartbeat.hpp"

namespace tidemark::producer {
Heartbeat::Heartbeat(std::string controller, base::Clock& clock, ControlWriter& control)
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

void Heartbeat::step(event::Heartbeat folded) {
  const auto now = clock_.steady();
  if (now < due_ || (said_ && said_->stage == Saying::Stage::UnderWay)) return;
  folded.controller = controller_;
  folded.number = ++number_;
  said_ = control_.say("heartbeat/" + controller_, std::move(folded), Zeal::Once);
  if (said_->stage == Saying::Stage::UnderWay) due_ = now + heartbeat_period;
}

}  // namespace tidemark::producer
