// TcpService: the TCP side of one worker: listening sockets, connections, their limits.
//
// When all places are taken the connection that is idle longest gives way; when none is idle the
// new one is refused. When the process has no descriptors left, accepting pauses; UDP goes on.
//
// Threads   The one worker.
// Requires  The io_context and the Replier outlive it.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "dns-edge/serve/replier.hpp"
#include "dns-edge/serve/settings.hpp"
#include "dns-edge/serve/sockets.hpp"
#include "dns-edge/serve/tcp_session.hpp"

namespace tidemark::edge {

class TcpService {
 public:
  TcpService(boost::asio::io_context& io, Replier& replier, WorkerCounters& counters,
             const TcpLimits& limits, std::size_t places);

  void accept_on(Socket listening, const net::SocketAddress& address);
  void stop();  // accepts nobody any more; replies under way are still sent

  // For its sessions.
  Replier& replier() noexcept { return replier_; }
  // Valid until the next reply.
  base::ByteView reply(base::ByteView message, const Client& client) noexcept;
  void forget(const TcpSession& session);

 private:
  using Acceptor = boost::asio::ip::tcp::acceptor;
  void accept(Acceptor& acceptor);
  void admit(TcpSession::Socket socket);
  bool make_place();
  bool has_too_many(const net::IpAddress& source) const;
  void pause_accepting(Acceptor& acceptor);
  void watch_deadlines();
  void close_overdue();

  boost::asio::io_context& io_;
  Replier& replier_;
  WorkerCounters& counters_;
  const TcpLimits& limits_;
  const std::size_t places_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::shared_ptr<TcpSession>> sessions_;
  std::vector<std::uint8_t> reply_room_;
  boost::asio::steady_timer deadlines_;  // runs while there are sessions
  boost::asio::steady_timer pause_;
  bool watching_ = false;
  bool stopping_ = false;
};

}  // namespace tidemark::edge
