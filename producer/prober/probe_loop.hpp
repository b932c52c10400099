// ProbeLoop: a Prober at work on an io_context: real checks, frames into a Sink.
//
// Nothing is checked or published before the first set_targets(): a prober that does not know its
// targets must not say that there are none.
//
// Threads   The io_context's one thread; `remark` is called there too.
// Requires  io_context, Clock, Random and Sink outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/log/log.hpp"
#include "producer/prober/prober.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::producer {

class ProbeLoop {
 public:
  // ca_file: as NetChecker's.
  ProbeLoop(boost::asio::io_context& io, ProberSettings settings, base::Clock& clock,
            base::Random& random, log::Sink& sink, std::function<void(std::string)> remark,
            std::string ca_file = {});
  ~ProbeLoop();  // ends every check
  ProbeLoop(const ProbeLoop&) = delete;
  ProbeLoop& operator=(const ProbeLoop&) = delete;

  void set_targets(const std::vector<Target>& targets);
  Prober::Standing standing() const;
  std::uint64_t frames_persisted() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace tidemark::producer
