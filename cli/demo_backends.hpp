// DemoBackends: two small HTTP servers for the demo's pool, on 127.0.0.1 and 127.0.0.2, and a third
// listener through which they are stopped and started:
//
//   curl -X POST http://CONTROL/b1/stop      curl -X POST http://CONTROL/b1/start
//
// Threads  One of its own.
#pragma once

#include <cstdint>
#include <memory>

#include "cli/outcome.hpp"

namespace tidemark::cli {

class DemoBackends {
 public:
  static Expected<std::unique_ptr<DemoBackends>> start(std::uint16_t port,
                                                       std::uint16_t control_port);
  ~DemoBackends();
  DemoBackends(const DemoBackends&) = delete;
  DemoBackends& operator=(const DemoBackends&) = delete;

 private:
  struct Inner;
  explicit DemoBackends(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::cli
