// BellWatch: calls back whenever the bell of a log's Source or Sink rings.
//
// Threads   The io_context's one thread; never from inside a call of this class.
// Requires  The io_context outlives it. Whoever is called drains the Source or Sink, which hushes
//           its bell.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tidemark::producer {

class BellWatch {
 public:
  // A negative descriptor is no bell: nothing is watched.
  BellWatch(boost::asio::io_context& io, int bell, std::function<void()> on_ring);
  ~BellWatch();
  BellWatch(const BellWatch&) = delete;
  BellWatch& operator=(const BellWatch&) = delete;

 private:
  struct Watch;
  std::shared_ptr<Watch> watch_;  // shared with the wait that is under way
};

}  // namespace tidemark::producer
