// TcpService: the TCP side of one worker: listening sockets, connections, their limits.
//
// When all places of the node are taken the connection of this worker gives way that has not sent a
// whole message for longest (an octet now and then keeps no place); when each of them is being
// answered the new one is refused. When the process has no descriptors to spare the
// same holds and accepting pauses; UDP goes on.
//
// Threads   The one worker. The TcpCensus is the node's.
// Requires  The io_context, the Replier and the census outlive it.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "dns-edge/serve/replier.hpp"
#include "dns-edge/serve/settings.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "dns-edge/serve/tcp_census.hpp"
#include "dns-edge/serve/tcp_session.hpp"

namespace tidemark::edge {

class TcpService {
 public:
  TcpService(boost::asio::io_context& io, Replier& replier, WorkerCounters& counters,
             const TcpLimits& limits, TcpCensus& census);

  void accept_on(Socket listening, const net::SocketAddress& address);
  // Accepts who has connected already, then nobody; whatever was received is still answered.
  void stop();

  // For its sessions.

  // Charges what the worker spends while it lives to a client.
  class ServiceTime {
   public:
    ServiceTime(TcpService& service, const Client& client);
    ~ServiceTime();
    ServiceTime(const ServiceTime&) = delete;
    ServiceTime& operator=(const ServiceTime&) = delete;

   private:
    TcpService& service_;
    const Client& client_;
    const std::chrono::nanoseconds begin_;
  };
  bool begin_batch(const Client& client) noexcept;  // false: the client had its service time
  // Valid until the next reply.
  base::ByteView reply(base::ByteView message, const Client& client) noexcept;
  void forget(const TcpSession& session);

 private:
  struct Door {
    Door(boost::asio::io_context& io, const boost::asio::ip::tcp& protocol, int descriptor)
        : acceptor(io, protocol, descriptor), pause(io) {}
    boost::asio::ip::tcp::acceptor acceptor;
    boost::asio::steady_timer pause;
  };
  void accept(Door& door);
  void accept_later(Door& door);
  void accept_waiting(Door& door);
  void admit(TcpSession::Socket socket);
  bool enter(const net::IpAddress& source);
  bool is_reserved(int descriptor) const noexcept;
  bool displace();  // false: nobody just waits
  std::chrono::milliseconds idle_limit() const noexcept;
  void watch_deadlines();
  void close_overdue();

  boost::asio::io_context& io_;
  Replier& replier_;
  WorkerCounters& counters_;
  const TcpLimits& limits_;
  TcpCensus& census_;
  const int descriptors_max_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::shared_ptr<TcpSession>> sessions_;
  std::vector<std::uint8_t> reply_room_;
  boost::asio::steady_timer deadlines_;  // runs while there are sessions
  bool watching_ = false;
  bool stopping_ = false;
};

}  // namespace tidemark::edge
