// Heartbeat: a record on `control` every 5 s, so that "no changes" differs from "no control plane".
//
// While the log is away none pile up: the next one goes out when it is back.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::producer {

constexpr std::chrono::seconds heartbeat_period{5};

class Heartbeat {
 public:
  Heartbeat(std::string controller, base::Clock& clock, log::Sink& control);
  std::vector<std::string> step();  // remarks for the owner's log

 private:
  const std::string controller_;
  base::Clock& clock_;
  log::Sink& control_;
  std::uint64_t number_ = 0;
  bool under_way_ = false;
  std::chrono::nanoseconds sent_{0}, due_{0};
};

}  // namespace tidemark::producer
