// SuccessionWatch: takes a node over to a log that was made anew and filled again with what its
// fleet held (docs/adr, 17).
//
// While the node is DIVERGED and a controller says that it folded a newer version than is held
// here, the log is folded beside the node. If it goes on from a place of the node's own history
// (consumer/proof/succession.hpp) the folded state is given to the feeder, which offers it once it
// has caught up and is not older than what is served. Else it is looked at again, each time later.
//
// Threads   The feeder's; the log is folded by a thread of its own.
// Requires  What Ports refers to outlives it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/proof/rebuild.hpp"
#include "core/base/environment.hpp"
#include "core/log/log.hpp"

namespace tidemark::edge {

class SuccessionWatch {
 public:
  struct Ports {
    base::Clock& clock;
    base::Random& random;
    log::Log& log;
    std::string dataset;
    dataset::HashSeed seed;
  };
  explicit SuccessionWatch(Ports ports) : ports_(std::move(ports)) {}

  // After each step of the feeder. For the log.
  std::vector<std::string> step(consumer::Feeder& feeder);
  bool is_busy() const noexcept { return rebuild_ != nullptr; }
  void stop() { rebuild_.reset(); }

 private:
  bool may_go_on(const consumer::Feeder& feeder) const;
  void begin(const consumer::Feeder& feeder);
  std::vector<std::string> judge(consumer::Feeder& feeder);

  const Ports ports_;
  std::unique_ptr<consumer::Rebuild> rebuild_;
  std::optional<std::chrono::nanoseconds> due_;
  std::chrono::nanoseconds pause_{0};
};

}  // namespace tidemark::edge
