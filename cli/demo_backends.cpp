#include "cli/demo_backends.hpp"

#include <array>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "net/http_server.hpp"

namespace tidemark::cli {

namespace {

net::SocketAddress loopback(std::uint8_t last, std::uint16_t port) {
  net::SocketAddress address;
  address.ip.octets = {127, 0, 0, last};
  address.port = port;
  return address;
}

net::HttpResponse plain_response(unsigned status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

}  // namespace

struct DemoBackends::Inner {
  explicit Inner(std::uint16_t backend_port) : port(backend_port) {}

  base::Result<void> start_one(std::size_t index) {
    if (servers[index]) return {};
    const std::string name = "b" + std::to_string(index + 1);
    TIDEMARK_TRY(
        servers[index],
        net::HttpServer::listen(io, loopback(static_cast<std::uint8_t>(index + 1), port), {},
                                [name](const net::HttpRequest&, net::Respond respond) {
                                  respond(plain_response(200, "hello from backend " + name + "\n"));
                                }));
    return {};
  }

  // POST /b1/stop; GET anything tells how they are.
  net::HttpResponse control(const net::HttpRequest& request) {
    if (request.method == "POST" && request.path.size() == 2) {
      const bool first = request.path[0] == "b1";
      if ((first || request.path[0] == "b2") && request.path[1] == "stop") {
        servers[first ? 0 : 1].reset();
      } else if ((first || request.path[0] == "b2") && request.path[1] == "start") {
        if (auto started = start_one(first ? 0 : 1); !started) {
          return plain_response(500, started.error().trail + "\n");
        }
      } else {
        return plain_response(404, "POST /b1/stop, /b1/start, /b2/stop or /b2/start\n");
      }
    }
    return plain_response(200, std::string("b1 127.0.0.1 ") + (servers[0] ? "runs" : "is stopped") +
                                   "\nb2 127.0.0.2 " + (servers[1] ? "runs" : "is stopped") + "\n");
  }

  const std::uint16_t port;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> running{
      io.get_executor()};
  std::array<std::unique_ptr<net::HttpServer>, 2> servers;
  std::unique_ptr<net::HttpServer> door;
  std::thread thread;
};

DemoBackends::DemoBackends(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}

Expected<std::unique_ptr<DemoBackends>> DemoBackends::start(std::uint16_t port,
                                                            std::uint16_t control_port) {
  auto inner = std::make_unique<Inner>(port);
  TIDEMARK_TRY_VOID(inner->start_one(0));
  TIDEMARK_TRY_VOID(inner->start_one(1));
  TIDEMARK_TRY(inner->door,
               net::HttpServer::listen(
                   inner->io, loopback(1, control_port), {},
                   [all = inner.get()](const net::HttpRequest& request, net::Respond respond) {
                     respond(all->control(request));
                   }));
  inner->thread = std::thread([all = inner.get()] { all->io.run(); });
  return std::unique_ptr<DemoBackends>(new DemoBackends(std::move(inner)));
}

DemoBackends::~DemoBackends() {
  inner_->io.stop();
  inner_->thread.join();
}

}  // namespace tidemark::cli
