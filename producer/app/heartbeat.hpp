// Heartbeat: a record on `control` every 5 s, so that "no changes" differs from "no control plane".
//
// It tells what the controller folded, so that every node can compare
// (dns-edge/app/self_repair.hpp). While the log is away none pile up: the next one goes out when it
// is back.
#pragma once

#include <chrono>
#include <string>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "producer/api/control_writer.hpp"

namespace tidemark::producer {

constexpr std::chrono::seconds heartbeat_period{5};

// What a feeder vouches for: nothing unless it is LIVE.
event::Heartbeat heartbeat_of(const consumer::Feeder& feeder);

class Heartbeat {
 public:
  Heartbeat(std::string controller, base::Clock& clock, ControlWriter& control);
  // `folded`: what this controller folded last (heartbeat_of); its name and number are put here.
  void step(event::Heartbeat folded = {});

 private:
  const std::string controller_;
  base::Clock& clock_;
  ControlWriter& control_;
  std::uint64_t number_ = 0;
  Said said_;
  std::chrono::nanoseconds due_{0};
};

}  // namespace tidemark::producer
