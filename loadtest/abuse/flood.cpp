// flood KIND PORT QUERIES [SOURCE]: sends queries of one kind to 127.0.0.1:PORT over UDP with a
// closed window, reads the replies, and prints what went out and came in as one line of JSON.
//
//   exact      names that exist: h0 .. h99999 under example.org
//   nxdomain   random first labels under example.org
//   labels     random names of 127 labels (255 octets) under t
//   wildcard   random labels under wild.example.org
//   refused    random names of no zone
//   response   messages with QR=1: the server owes nothing
//
// SOURCE: an address of 127.0.0.0/8 to send from [127.0.0.1]. Random numbers come from a fixed
// seed.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t sockets = 16, window = 16;  // source ports; queries under way on each
constexpr std::size_t room_octets = 1500;
constexpr std::size_t names = 100'000;
constexpr int patience_ms = 200;  // then what has not come is lost

struct Totals {
  std::uint64_t sent = 0, received = 0, lost = 0, octets_out = 0, octets_in = 0, truncated = 0;
  std::uint64_t largest_in = 0;
  std::array<std::uint64_t, 16> rcodes{};
};

std::uint64_t state = 0x7469'6465'6d61'726b;
std::uint64_t random_number() {  // splitmix64
  std::uint64_t mixed = (state += 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

class Query {
 public:
  Query() {
    const std::uint64_t id = random_number();
    put({static_cast<char>(id), static_cast<char>(id >> 8), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  }
  void label(std::string_view text) {
    octets_[size_++] = static_cast<char>(text.size());
    put(text);
  }
  void random_label(std::size_t octets) {
    octets_[size_++] = static_cast<char>(octets);
    const std::uint64_t number = random_number();
    for (std::size_t i = 0; i < octets; ++i) {
      octets_[size_++] = static_cast<char>('a' + ((number >> (4 * i)) & 15));
    }
  }
  void end() { put({0, 0, 1, 0, 1}); }  // the root, A, IN
  void as_response() { octets_[2] = static_cast<char>(0x80); }
  const char* begin() const { return octets_.data(); }
  std::size_t size() const { return size_; }

 private:
  void put(std::string_view text) {
    std::memcpy(octets_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void put(std::initializer_list<char> octets) { put({octets.begin(), octets.size()}); }
  std::array<char, 512> octets_;
  std::size_t size_ = 0;
};

Query make(std::string_view kind) {
  Query query;
  if (kind == "exact" || kind == "response") {
    query.label("h" + std::to_string(random_number() % names));
  } else if (kind == "labels") {
    for (int i = 0; i < 126; ++i) query.random_label(1);
    query.label("t");
    query.end();
    return query;
  } else {
    query.random_label(12);
  }
  if (kind == "wildcard") query.label("wild");
  query.label("example");
  query.label(kind == "refused" ? "test" : "org");
  query.end();
  if (kind == "response") query.as_response();
  return query;
}

int open_socket(const char* source, std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, source, &address.sin_addr);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
  if (bind(descriptor, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) != 0 ||
      connect(descriptor, static_cast<sockaddr*>(static_cast<void*>(&server)), sizeof server) !=
          0) {
    std::perror("flood: bind, connect");
    std::exit(1);
  }
  return descriptor;
}

struct Batch {
  std::array<mmsghdr, window> headers{};
  std::array<iovec, window> parts{};
};

void send_window(int descriptor, std::string_view kind, std::size_t count, Totals& totals) {
  std::array<Query, window> queries;
  Batch batch;
  for (std::size_t i = 0; i < count; ++i) {
    queries[i] = make(kind);
    batch.parts[i] = {const_cast<char*>(queries[i].begin()), queries[i].size()};
    batch.headers[i].msg_hdr.msg_iov = &batch.parts[i];
    batch.headers[i].msg_hdr.msg_iovlen = 1;
    totals.octets_out += queries[i].size();
  }
  for (std::size_t at = 0; at < count;) {
    const int sent = sendmmsg(descriptor, &batch.headers[at], static_cast<unsigned>(count - at), 0);
    if (sent > 0)
      at += static_cast<std::size_t>(sent);
    else if (errno != EINTR && errno != ECONNREFUSED && errno != ENOBUFS)
      std::exit(1);
  }
  totals.sent += count;
}

std::size_t receive(int descriptor, Totals& totals) {
  static std::array<std::array<unsigned char, room_octets>, window> rooms;
  Batch batch;
  for (std::size_t i = 0; i < window; ++i) {
    batch.parts[i] = {rooms[i].data(), room_octets};
    batch.headers[i].msg_hdr.msg_iov = &batch.parts[i];
    batch.headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int count = recvmmsg(descriptor, batch.headers.data(), window, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    totals.octets_in += batch.headers[at].msg_len;
    totals.largest_in = std::max<std::uint64_t>(totals.largest_in, batch.headers[at].msg_len);
    totals.truncated += rooms[at][2] >> 1 & 1;
    ++totals.rcodes[rooms[at][3] & 15];
  }
  const std::size_t received = count > 0 ? static_cast<std::size_t>(count) : 0;
  totals.received += received;
  return received;
}

// All of a window must have come or be lost before the socket sends again.
Totals flood(std::string_view kind, std::uint16_t port, std::uint64_t queries, const char* source) {
  Totals totals;
  std::array<pollfd, sockets> watched;
  std::array<std::size_t, sockets> under_way{};
  for (pollfd& one : watched) one = {open_socket(source, port), POLLIN, 0};
  const bool answered = kind != "response";
  while (totals.sent < queries) {
    for (std::size_t i = 0; i < sockets && totals.sent < queries; ++i) {
      if (under_way[i] != 0) continue;
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(window, queries - totals.sent));
      send_window(watched[i].fd, kind, count, totals);
      under_way[i] = answered ? count : 0;
    }
    if (!answered) continue;
    if (poll(watched.data(), sockets, patience_ms) == 0) {
      for (std::size_t& one : under_way) totals.lost += std::exchange(one, 0);
      continue;
    }
    for (std::size_t i = 0; i < sockets; ++i) {
      if ((watched[i].revents & (POLLIN | POLLERR)) == 0) continue;
      under_way[i] -= std::min(under_way[i], receive(watched[i].fd, totals));
    }
  }
  // The rest of what is under way, or what should never have been sent.
  while (poll(watched.data(), sockets, patience_ms) > 0) {
    std::size_t more = 0;
    for (const pollfd& one : watched) more += receive(one.fd, totals);
    if (more == 0) break;
  }
  for (const pollfd& one : watched) close(one.fd);
  return totals;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs(
        "usage: flood exact|nxdomain|labels|wildcard|refused|response PORT QUERIES [SOURCE]\n",
        stderr);
    return 2;
  }
  const Totals totals =
      flood(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])),
            std::strtoull(argv[3], nullptr, 10), argc > 4 ? argv[4] : "127.0.0.1");
  std::printf(
      "{\"sent\": %llu, \"received\": %llu, \"lost\": %llu, \"octets_out\": %llu, "
      "\"octets_in\": %llu, \"largest_in\": %llu, \"truncated\": %llu, \"rcodes\": [",
      static_cast<unsigned long long>(totals.sent),
      static_cast<unsigned long long>(totals.received),
      static_cast<unsigned long long>(totals.lost),
      static_cast<unsigned long long>(totals.octets_out),
      static_cast<unsigned long long>(totals.octets_in),
      static_cast<unsigned long long>(totals.largest_in),
      static_cast<unsigned long long>(totals.truncated));
  for (std::size_t i = 0; i < totals.rcodes.size(); ++i) {
    std::printf("%s%llu", i == 0 ? "" : ", ", static_cast<unsigned long long>(totals.rcodes[i]));
  }
  std::puts("]}");
  return 0;
}
