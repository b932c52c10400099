// BellWatch: calls back whenever the bell of a log's Source or Sink rings.
//
// Threads   The io_context's one thread. follow() may be called from within its own call.
// Requires  The io_context outlives it. Whoever is called drains the Source or Sink, which hushes
//           its bell.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tidemark::net {

class BellWatch {
 public:
  BellWatch(boost::asio::io_context& io, std::function<void()> on_ring);
  ~BellWatch();
  BellWatch(const BellWatch&) = delete;
  BellWatch& operator=(const BellWatch&) = delete;

  // Watches this descriptor from now on, if it does not already; -1: none. True: it is a new one.
  bool follow(int bell);

 private:
  struct Watch;
  boost::asio::io_context& io_;
  const std::function<void()> on_ring_;
  int bell_ = -1;
  std::shared_ptr<Watch> watch_;  // shared with the wait that is under way
};

}  // namespace tidemark::net
