// echo KIND: sends every datagram back with QR set, from one thread: what UDP itself costs.
//
//   bare  epoll, then recvmmsg and sendmmsg of up to 64 until the socket is empty
//   asio  the same under boost::asio's async_wait, as an edge's worker hosts it
//
// Prints "port N" and serves 127.0.0.1 until it is ended.
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t batch = 64, room_octets = 2048;
constexpr int drain_rounds = 8;
constexpr int receive_buffer_octets = 4 << 20;

class Batch {
 public:
  Batch() {
    for (std::size_t i = 0; i < batch; ++i) {
      parts_[i] = {rooms_[i].data(), room_octets};
      in_[i].msg_hdr.msg_name = &peers_[i];
      in_[i].msg_hdr.msg_namelen = sizeof peers_[i];
      in_[i].msg_hdr.msg_iov = &parts_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  // False if the socket had no more than this.
  bool echo(int socket) {
    const int count = recvmmsg(socket, in_.data(), batch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return false;
    const auto received = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < received; ++i) {
      rooms_[i][2] = static_cast<unsigned char>(rooms_[i][2] | 0x80);
      parts_[i].iov_len = in_[i].msg_len;
    }
    for (std::size_t at = 0; at < received;) {
      const int sent = sendmmsg(socket, &in_[at], static_cast<unsigned>(received - at), 0);
      at += sent > 0 ? static_cast<std::size_t>(sent) : 1;
    }
    for (std::size_t i = 0; i < received; ++i) {
      parts_[i].iov_len = room_octets;
      in_[i].msg_hdr.msg_namelen = sizeof peers_[i];
    }
    return received == batch;
  }

 private:
  std::array<mmsghdr, batch> in_{};
  std::array<iovec, batch> parts_{};
  std::array<sockaddr_storage, batch> peers_{};
  std::array<std::array<unsigned char, room_octets>, batch> rooms_{};
};

Batch slots;

int open_socket() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = static_cast<sockaddr*>(static_cast<void*>(&address));
  setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer_octets, sizeof receive_buffer_octets);
  socklen_t octets = sizeof address;
  if (bind(socket, any, octets) != 0 || getsockname(socket, any, &octets) != 0) return -1;
  std::printf("port %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return socket;
}

void drain(int socket) {
  for (int round = 0; round < drain_rounds && slots.echo(socket); ++round) {
  }
}

void serve_bare(int socket) {
  const int epoll = epoll_create1(0);
  epoll_event wanted{EPOLLIN, {}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &wanted);
  while (true) {
    epoll_event event;
    if (epoll_wait(epoll, &event, 1, -1) > 0) drain(socket);
  }
}

void wait(boost::asio::ip::udp::socket& socket) {
  socket.async_wait(boost::asio::ip::udp::socket::wait_read,
                    [&socket](boost::system::error_code error) {
                      if (error) return;
                      drain(socket.native_handle());
                      wait(socket);
                    });
}

void serve_under_asio(int descriptor) {
  boost::asio::io_context io(1);
  boost::asio::ip::udp::socket socket(io, boost::asio::ip::udp::v4(), descriptor);
  wait(socket);
  io.run();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view kind = count == 2 ? arguments[1] : "";
  if (kind != "bare" && kind != "asio") {
    std::fputs("usage: echo bare|asio\n", stderr);
    return 2;
  }
  const int socket = open_socket();
  if (socket < 0) {
    std::perror("echo: bind");
    return 1;
  }
  kind == "bare" ? serve_bare(socket) : serve_under_asio(socket);
  return 0;
}
