// TcpSession: one TCP connection: messages in, replies out in the same order, as many as arrive.
//
// While replies wait to be taken nothing more is read, so unread output never exceeds
// tcp_output_octets_max and replies to be taken never tcp_in_flight_max. Limits of time are the
// TcpService's, which closes a session whose overdue() says so: a client that never reads, or that
// sends a message octet by octet, has the time of one message and no segment resets it.
//
// A client that has closed its sending half gets the replies it is owed, then the connection ends.
// So does one whose server ends: what the system has received by then is read and answered.
//
// Threads  The one worker.
// RFC      7766 (pipelining, idle), 9210
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "dns-edge/serve/replier.hpp"
#include "dns-edge/serve/settings.hpp"

namespace tidemark::edge {

class TcpService;

class TcpSession : public std::enable_shared_from_this<TcpSession> {
 public:
  using Clock = std::chrono::steady_clock;
  using Socket = boost::asio::ip::tcp::socket;

  // `source` is what `client` counts as in limits: perhaps the network that it is in.
  TcpSession(TcpService& service, Socket socket, net::IpAddress source, const Client& client);

  void start();
  void close();   // at once; the service forgets it
  void finish();  // after the replies to all that was received until now

  const net::IpAddress& source() const noexcept { return source_; }
  // No whole message is there, and no reply waits to be taken.
  bool is_waiting() const noexcept { return phase_ == Phase::Idle || phase_ == Phase::Message; }
  // Its last whole message, or its begin.
  Clock::time_point quiet_since() const noexcept { return quiet_since_; }
  bool overdue(Clock::time_point now, const TcpLimits& limits, bool full) const noexcept;

 private:
  enum class Phase : std::uint8_t {
    Idle,     // waits for the first octet of a message
    Message,  // part of a message is there
    Writing,
    Closed,
  };
  void enter(Phase phase, Clock::time_point since);
  void read();
  void read_last();
  void received(std::size_t octets);
  void take_messages();
  bool take_message();  // false: there is no whole one
  void compact();
  void write();
  void written();

  TcpService& service_;
  Socket socket_;
  net::IpAddress source_;
  const Client client_;
  Phase phase_ = Phase::Idle;
  Clock::time_point since_;  // the begin of its phase
  Clock::time_point quiet_since_;
  bool closing_ = false;          // after what is to be written
  bool finishing_ = false;        // after that and what left_ is
  std::size_t left_ = 0;          // octets to be read yet while finishing_
  std::vector<std::uint8_t> in_;  // in_[0, filled_) was received
  std::size_t filled_ = 0;
  std::size_t taken_ = 0;              // of filled_: answered already
  Clock::time_point message_since_{};  // first octet of the message at taken_
  std::vector<std::uint8_t> out_;
  std::size_t in_flight_ = 0;  // messages whose replies are in out_
};

}  // namespace tidemark::edge
