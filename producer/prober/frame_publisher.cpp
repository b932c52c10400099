#include "producer/prober/frame_publisher.hpp"

#include <utility>

#include "schemas/codec.hpp"

namespace tidemark::producer {

base::Bytes encode_frame(const event::HealthFrame& frame) {
  base::Bytes encoded = schemas::encode(frame);
  if (encoded.size() <= event::health_frame_octets_max) return encoded;
  event::HealthFrame shorter = frame;
  for (event::Observation& observation : shorter.observations) observation.cause.clear();
  return schemas::encode(shorter);
}

bool FramePublisher::publish(const event::HealthFrame& frame) {
  if (unacknowledged_ == frames_unacknowledged_max) {
    complain("the log does not acknowledge; frames are dropped until it does");
  } else {
    log::Draft draft{.key = frame.prober, .value = encode_frame(frame)};
    const auto queued = sink_.append(log::Ticket(next_ticket_++), std::move(draft));
    if (queued) {
      ++unacknowledged_;
      return true;
    }
    complain(queued.error().trail);
  }
  ++dropped_;
  lost_ = true;
  return false;
}

// Only a frame that got through is a reason to send again at once: a log that refuses every frame
// as soon as it comes would be asked without end. Until then the frame of each period tries.
FramePublisher::News FramePublisher::poll() {
  bool got_through = false;
  for (const log::Completion& completion : sink_.completions()) {
    --unacknowledged_;
    if (completion.outcome != log::Completion::Outcome::Persisted) {
      lost_ = true;
      complain(completion.detail.empty() ? "a frame did not reach the log" : completion.detail);
      continue;
    }
    got_through = true;
    ++persisted_;
    if (!std::exchange(told_, {}).empty()) remarks_.push_back("frames reach the log again");
  }
  News news{.resend = got_through && lost_, .remarks = std::exchange(remarks_, {})};
  if (news.resend) lost_ = false;
  return news;
}

void FramePublisher::complain(std::string why) {
  if (told_.empty()) remarks_.push_back(why);
  told_ = std::move(why);
}

}  // namespace tidemark::producer
