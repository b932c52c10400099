// FramePublisher: brings a Prober's frames into the `<dataset>.health` topic, and only the newest
// state: while the log is away nothing piles up, and when it is back one full frame tells all.
//
// Invariants  At most frames_unacknowledged_max frames wait in the Sink.
// Threads     That of the Sink.
// Errors      None returned: what went wrong comes as a remark, once, until it goes well again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/event/health_frame.hpp"
#include "core/log/log.hpp"

namespace tidemark::producer {

// What an outage may leave behind in a Sink: these are stale when they reach the log at last, and a
// full frame follows them at once. Enough for deltas not to wait for acknowledgements.
constexpr std::size_t frames_unacknowledged_max = 4;

// The record's value. A frame that would be too large goes without its causes.
base::Bytes encode_frame(const event::HealthFrame& frame);

class FramePublisher {
 public:
  explicit FramePublisher(log::Sink& sink) : sink_(sink) {}

  // False: there was no room; the frame is dropped.
  bool publish(const event::HealthFrame& frame);

  struct News {
    bool resend = false;  // frames were lost and now one got through: Prober::resend()
    std::vector<std::string> remarks;
  };
  // To be called when the Sink's bell rings, and now and then.
  News poll();

  std::uint64_t persisted() const noexcept { return persisted_; }
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  void complain(std::string why);

  log::Sink& sink_;
  std::uint64_t next_ticket_ = 1;
  std::size_t unacknowledged_ = 0;
  bool lost_ = false;
  std::string told_;
  std::vector<std::string> remarks_;
  std::uint64_t persisted_ = 0, dropped_ = 0;
};

}  // namespace tidemark::producer
