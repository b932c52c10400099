// NetChecker: checks over TCP, HTTP and HTTPS. Good is: TCP, the connection was accepted; HTTP, the
// status lies within the expected range. A redirection is a status like any other. HTTPS with
// verify_tls also wants a certificate for check.host (or the address) by a trusted authority;
// without verify_tls any certificate will do.
//
// Threads   The io_context's one thread.
// Requires  The io_context outlives it and its Attempts.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "producer/prober/checker.hpp"

namespace boost::asio {
class io_context;
}

namespace tidemark::producer {

constexpr std::size_t check_response_octets_max = 1024 * 1024;

class NetChecker final : public Checker {
 public:
  // ca_file: PEM, whom verify_tls trusts; read at each check, so that a new one needs no restart.
  // Empty: the system's authorities.
  explicit NetChecker(boost::asio::io_context& io, std::string ca_file = {})
      : io_(io), ca_file_(std::move(ca_file)) {}
  std::unique_ptr<Attempt> start(const Target& target, OnResult on_result) override;

 private:
  boost::asio::io_context& io_;
  const std::string ca_file_;
};

}  // namespace tidemark::producer
