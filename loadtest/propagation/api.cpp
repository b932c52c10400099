#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/check.hpp"
#include "loadtest/propagation/measure.hpp"

namespace tidemark::loadtest {

Api::Api(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  TIDEMARK_CHECK(
      ::connect(socket_, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0,
      "the controller's API is there");
}

Api::~Api() { ::close(socket_); }

int Api::put_a(const std::string& zone, const std::string& owner, const std::string& address) {
  const std::string body = R"({"ttl":1,"rdata":[")" + address + R"("]})";
  const std::string request = "PUT /v1/zones/" + zone + "/rrsets/" + owner +
                              "/A HTTP/1.1\r\nHost: localhost\r\n"
                              "Content-Type: application/json\r\nTidemark-Reason: propagation\r\n"
                              "Content-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  TIDEMARK_CHECK(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) ==
                     static_cast<ssize_t>(request.size()),
                 "a request is sent whole");
  std::string reply;
  std::size_t wanted = std::string::npos;
  while (reply.size() < wanted) {
    char part[4096];
    const ssize_t got = ::recv(socket_, part, sizeof part, 0);
    TIDEMARK_CHECK(got > 0, "the controller answers on the open connection");
    reply.append(part, static_cast<std::size_t>(got));
    const std::size_t end = reply.find("\r\n\r\n");
    if (wanted == std::string::npos && end != std::string::npos) {
      const std::size_t length = reply.find("Content-Length: ");
      TIDEMARK_CHECK(length != std::string::npos && length < end, "replies tell their length");
      wanted = end + 4 + std::stoul(reply.substr(length + 16));
    }
  }
  return std::stoi(reply.substr(9, 3));
}

}  // namespace tidemark::loadtest
