// Probe: the node's own question to itself, over a socket like anybody else's.
//
// Once a second, while something is bound, it asks one of the listening addresses over UDP; any
// reply to its question is good, REFUSED too. A new port each time reaches every worker in turn.
//
// Threads   The one that runs the io_context.
// Requires  The io_context outlives it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/address.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::edge {

class Probe {
 public:
  // `addresses`: what is bound now.
  Probe(boost::asio::io_context& io, std::function<std::vector<net::SocketAddress>()> addresses);
  ~Probe();

  void start();
  void stop();
  bool answered() const noexcept;  // within the last three periods

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

}  // namespace tidemark::edge
