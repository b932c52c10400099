// NetChecker: checks over TCP, HTTP and HTTPS. Good is: TCP, the connection was accepted; HTTP, the
// status lies within the expected range. A redirection is a status like any other.
//
// Threads   The io_context's one thread.
// Requires  The io_context outlives it and its Attempts.
#pragma once

#include <memory>

#include "producer/prober/checker.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::producer {

constexpr std::size_t check_response_octets_max = 1024 * 1024;

class NetChecker final : public Checker {
 public:
  explicit NetChecker(boost::asio::io_context& io) : io_(io) {}
  std::unique_ptr<Attempt> start(const Target& target, OnResult on_result) override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace tidemark::producer
