// Heartbeat: a record on `control` every 5 s, so that "no changes" differs from "no control plane".
//
// It tells what the controller folded, so that every node can compare
// (dns-edge/app/self_repair.hpp). While the log is away none pile up: the next one goes out when it
// is back.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::producer {

constexpr std::chrono::seconds heartbeat_period{5};

// What a feeder vouches for: nothing unless it is LIVE.
event::Heartbeat heartbeat_of(const consumer::Feeder& feeder);

class Heartbeat {
 public:
  Heartbeat(std::string controller, base::Clock& clock, log::Sink& control);
  // `folded`: what this controller folded last (heartbeat_of); its name and number are put here.
  // Remarks for the owner's log.
  std::vector<std::string> step(event::Heartbeat folded = {});

 private:
  const std::string controller_;
  base::Clock& clock_;
  log::Sink& control_;
  std::uint64_t number_ = 0;
  bool under_way_ = false;
  std::chrono::nanoseconds sent_{0}, due_{0};
};

}  // namespace tidemark::producer
