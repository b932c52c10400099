#include "net/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/http_session.hpp"

namespace tidemark::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

class Connecting final : public Ongoing::Operation,
                         public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(boost::asio::io_context& io, const SocketAddress& address, OnConnected on_connected)
      : address_(address), on_connected_(std::move(on_connected)), socket_(io), timer_(io) {}

  void start(std::chrono::milliseconds deadline) {
    timer_.expires_after(deadline);
    timer_.async_wait([self = shared_from_this()](const error_code& ended) {
      if (!ended) self->finish("timed out");
    });
    socket_.async_connect(to_endpoint(address_),
                          [self = shared_from_this()](const error_code& error) {
                            self->finish(error ? error.message() : std::string());
                          });
  }

  void cancel() noexcept override {
    on_connected_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

 private:
  void finish(const std::string& failure) {
    auto on_connected = std::exchange(on_connected_, nullptr);
    cancel();
    if (!on_connected) return;
    if (failure.empty()) return on_connected({});
    on_connected(
        base::fail(base::Errc::Unavailable, "connect to " + to_text(address_) + ": " + failure));
  }

  SocketAddress address_;
  OnConnected on_connected_;
  tcp::socket socket_;
  boost::asio::steady_timer timer_;
};

}  // namespace

Ongoing& Ongoing::operator=(Ongoing&& other) noexcept {
  if (this != &other) {
    cancel();
    operation_ = std::move(other.operation_);
  }
  return *this;
}

void Ongoing::cancel() noexcept {
  if (auto operation = std::exchange(operation_, nullptr)) operation->cancel();
}

Ongoing tcp_connect(boost::asio::io_context& io, const SocketAddress& address,
                    std::chrono::milliseconds deadline, OnConnected on_connected) {
  auto connecting = std::make_shared<Connecting>(io, address, std::move(on_connected));
  connecting->start(deadline);
  return Ongoing(std::move(connecting));
}

base::Result<HttpResponse> fetch(HttpCall call, std::chrono::milliseconds deadline) {
  boost::asio::io_context io(1);
  base::Result<HttpResponse> response =
      base::fail(base::Errc::Unavailable, "the exchange ended without an outcome");
  const Ongoing exchange =
      fetch(io, std::move(call), deadline,
            [&response](base::Result<HttpResponse> outcome) { response = std::move(outcome); });
  io.run();
  return response;
}

}  // namespace tidemark::net
