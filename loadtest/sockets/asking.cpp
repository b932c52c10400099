// asking KIND PORT SECONDS NAMES [LAW] [RATE]: asks 127.0.0.1:PORT over UDP for that long, matches
// every reply to its query, checks it, and prints what it saw as one line of JSON.
//
//   KIND  exact, edns, nodata, nxdomain, wildcard, cname, referral, mix; echo: replies are the
//         queries themselves. The zone is that of zone.py with NAMES hosts.
//   LAW   uniform [the default] or zipf (s = 1): how names are drawn
//   RATE  0 [the default]: a closed window of 256 over 16 source ports. Else an open loop of so
//   many
//         queries a second; latency counts from when a query should have been sent.
//
// Queries are made ahead, so that asking costs little beside the answers. A reply counts as wrong
// if its question is another one, or its RCODE or number of answers is not what the kind must give.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::size_t ports = 16, window = 16;
constexpr std::size_t made_ahead = 1 << 18;
constexpr std::size_t room_octets = 1500;
constexpr int patience_ms = 200;  // then what has not come is lost
constexpr std::size_t header_octets = 12;

std::uint64_t random_number() {  // splitmix64
  static std::uint64_t state = 0x7469'6465'6d61'726b;
  std::uint64_t mixed = (state += 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

struct Query {
  std::array<unsigned char, 96> octets;
  std::uint8_t size;
  std::uint8_t question_end;
  std::uint8_t rcode;
  std::int8_t answers;  // -1: as many as it likes
};

class Draw {
 public:
  Draw(std::uint64_t names, bool zipf) : names_(names), zipf_(zipf) {}
  std::uint64_t operator()() const {
    if (!zipf_) return random_number() % names_;
    // s = 1 by inversion of the harmonic sum's integral; ranks are spread over all names.
    const double part = static_cast<double>(random_number() >> 11) * 0x1p-53;
    const auto rank = static_cast<std::uint64_t>(std::pow(static_cast<double>(names_), part)) - 1;
    return rank * 2'654'435'761u % names_;
  }

 private:
  std::uint64_t names_;
  bool zipf_;
};

std::string host(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "h" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits;
}

void put_name(Query& query, const std::string& labels) {
  for (std::size_t at = 0; at < labels.size();) {
    const std::size_t dot = std::min(labels.find('.', at), labels.size());
    query.octets[query.size++] = static_cast<unsigned char>(dot - at);
    std::memcpy(&query.octets[query.size], labels.data() + at, dot - at);
    query.size = static_cast<std::uint8_t>(query.size + dot - at);
    at = dot + 1;
  }
  query.octets[query.size++] = 0;
}

Query ask(const std::string& owner, std::uint8_t type, std::uint8_t rcode, std::int8_t answers,
          bool edns = false) {
  Query query{};
  query.octets[5] = 1;
  query.octets[11] = edns ? 1 : 0;
  query.size = header_octets;
  query.rcode = rcode;
  query.answers = answers;
  put_name(query, owner + ".bench.test");
  for (const std::uint8_t octet : std::array<std::uint8_t, 4>{0, type, 0, 1}) {
    query.octets[query.size++] = octet;
  }
  query.question_end = query.size;
  if (!edns) return query;
  for (const std::uint8_t octet : std::array<std::uint8_t, 11>{0, 0, 41, 4, 208}) {
    query.octets[query.size++] = octet;
  }
  return query;
}

Query make(std::string_view kind, const Draw& draw) {
  constexpr std::uint8_t a = 1, aaaa = 28, name_error = 3;
  const std::uint64_t number = draw();
  const std::string side = std::to_string(number % 1000);  // zone.py has so many of each
  if (kind == "mix") {
    constexpr std::array<std::string_view, 10> mix{"exact", "exact",    "exact",    "exact",
                                                   "edns",  "nxdomain", "nxdomain", "wildcard",
                                                   "cname", "referral"};
    return make(mix[random_number() % mix.size()], draw);
  }
  if (kind == "edns") return ask(host(number), a, 0, 1, true);
  if (kind == "nodata") return ask(host(number), aaaa, 0, 0);
  if (kind == "nxdomain") return ask("x" + std::to_string(random_number() >> 24), a, name_error, 0);
  if (kind == "wildcard") {
    return ask("x" + std::to_string(random_number() >> 40) + ".wild" + side, a, 0, 1);
  }
  if (kind == "cname") return ask("alias" + side, a, 0, 2);
  if (kind == "referral") return ask("www.cut" + side, a, 0, 0);
  return ask(host(number), a, 0, kind == "echo" ? -1 : 1);
}

struct Totals {
  std::uint64_t sent = 0, received = 0, lost = 0, wrong = 0, unasked = 0, octets_in = 0;
  std::vector<std::uint32_t> latency_ns, lateness_ns;
};

int open_socket(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, static_cast<sockaddr*>(static_cast<void*>(&server)), sizeof server) !=
      0) {
    std::perror("asking: connect");
    std::exit(1);
  }
  return descriptor;
}

// One source port. The ID of a query tells its place in the window.
class Port {
 public:
  Port(std::uint16_t server, std::vector<Query>& queries, Totals& totals)
      : descriptor_(open_socket(server)), queries_(queries), totals_(totals) {}

  int descriptor() const { return descriptor_; }
  std::size_t under_way() const { return under_way_; }

  // `due`: when they should have been sent.
  void send(std::size_t count, std::size_t& next, steady_clock::time_point due) {
    std::array<mmsghdr, window> headers{};
    std::array<iovec, window> parts;
    std::size_t made = 0;
    for (std::size_t place = 0; place < window && made < count; ++place) {
      if (asked_[place] != nullptr) continue;
      Query& query = queries_[next++ % made_ahead];
      const std::uint16_t id = static_cast<std::uint16_t>(generation_[place]++ * window + place);
      ids_[place] = id;
      query.octets[0] = static_cast<unsigned char>(id >> 8);
      query.octets[1] = static_cast<unsigned char>(id);
      asked_[place] = &query;
      due_[place] = due;
      parts[made] = {query.octets.data(), query.size};
      headers[made].msg_hdr.msg_iov = &parts[made];
      headers[made].msg_hdr.msg_iovlen = 1;
      ++made;
    }
    for (std::size_t at = 0; at < made;) {
      const int sent = sendmmsg(descriptor_, &headers[at], static_cast<unsigned>(made - at), 0);
      if (sent > 0)
        at += static_cast<std::size_t>(sent);
      else if (errno != EINTR && errno != ECONNREFUSED && errno != ENOBUFS)
        std::exit(1);
    }
    under_way_ += made;
    totals_.sent += made;
  }

  void receive() {
    static std::array<std::array<unsigned char, room_octets>, window> rooms;
    std::array<mmsghdr, window> headers{};
    std::array<iovec, window> parts;
    for (std::size_t i = 0; i < window; ++i) {
      parts[i] = {rooms[i].data(), room_octets};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(descriptor_, headers.data(), window, MSG_DONTWAIT, nullptr);
    const auto now = steady_clock::now();
    for (int i = 0; i < count; ++i) {
      take(rooms[static_cast<std::size_t>(i)].data(), headers[static_cast<std::size_t>(i)].msg_len,
           now);
    }
  }

  void give_up() {
    totals_.lost += under_way_;
    under_way_ = 0;
    asked_.fill(nullptr);
  }

 private:
  void take(const unsigned char* reply, std::size_t octets, steady_clock::time_point now) {
    const std::size_t place = reply[1] % window;
    const unsigned id = static_cast<unsigned>(reply[0]) << 8 | reply[1];
    const Query* query = asked_[place];
    if (octets < header_octets || query == nullptr || ids_[place] != id) {
      ++totals_.unasked;
      return;
    }
    asked_[place] = nullptr;
    --under_way_;
    ++totals_.received;
    totals_.octets_in += octets;
    const auto taken = std::chrono::duration_cast<nanoseconds>(now - due_[place]).count();
    totals_.latency_ns.push_back(static_cast<std::uint32_t>(
        std::min<std::int64_t>(taken, std::numeric_limits<std::uint32_t>::max())));
    if (!is_right(*query, reply, octets)) ++totals_.wrong;
  }
  static bool is_right(const Query& query, const unsigned char* reply, std::size_t octets) {
    if (octets < query.question_end || (reply[2] & 0x80) == 0) return false;
    const std::size_t question = query.question_end - header_octets;
    if (std::memcmp(reply + header_octets, &query.octets[header_octets], question) != 0) {
      return false;
    }
    if (query.answers < 0) return true;
    return (reply[3] & 15) == query.rcode && reply[6] == 0 && reply[7] == query.answers;
  }

  int descriptor_;
  std::vector<Query>& queries_;
  Totals& totals_;
  std::size_t under_way_ = 0;
  std::array<const Query*, window> asked_{};
  std::array<std::uint16_t, window> ids_{}, generation_{};
  std::array<steady_clock::time_point, window> due_;
};

using Ports = std::vector<Port>;

void receive_all(Ports& all, std::vector<pollfd>& watched) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if ((watched[i].revents & (POLLIN | POLLERR)) != 0) all[i].receive();
  }
}

void run_closed(Ports& all, std::vector<pollfd>& watched, steady_clock::time_point end) {
  std::size_t next = 0;
  for (auto now = steady_clock::now(); now < end; now = steady_clock::now()) {
    for (Port& one : all) {
      if (one.under_way() == 0) one.send(window, next, now);
    }
    if (poll(watched.data(), watched.size(), patience_ms) == 0) {
      for (Port& one : all) one.give_up();
      continue;
    }
    receive_all(all, watched);
  }
}

// Sends what is due, then looks for replies; sleeps only if nothing is due for a while.
void run_open(Ports& all, std::vector<pollfd>& watched, steady_clock::time_point end, double rate,
              Totals& totals) {
  const auto begin = steady_clock::now();
  const double apart_ns = 1e9 / rate;
  std::size_t next = 0, number = 0;
  while (true) {
    const auto now = steady_clock::now();
    if (now >= end) return;
    const auto due =
        begin + nanoseconds(static_cast<std::int64_t>(apart_ns * static_cast<double>(number)));
    if (due <= now) {
      Port& one = all[number++ % all.size()];
      if (one.under_way() == window) one.give_up();  // it waited for a whole window: lost
      totals.lateness_ns.push_back(static_cast<std::uint32_t>(
          std::min<std::int64_t>((now - due).count(), std::numeric_limits<std::uint32_t>::max())));
      one.send(1, next, due);
      continue;
    }
    if (poll(watched.data(), watched.size(), 0) > 0) receive_all(all, watched);
  }
}

std::uint32_t at_permille(std::vector<std::uint32_t>& all, std::size_t permille) {
  if (all.empty()) return 0;
  const auto at = all.begin() + static_cast<std::ptrdiff_t>((all.size() - 1) * permille / 1000);
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

double cpu_seconds() {
  timespec spent;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

void print(Totals& totals, double seconds, double cpu) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("{\"sent\": %llu, \"received\": %llu, \"lost\": %llu, \"wrong\": %llu, ",
              number(totals.sent), number(totals.received), number(totals.lost),
              number(totals.wrong));
  std::printf("\"unasked\": %llu, \"octets_in\": %llu, \"seconds\": %.3f, \"asking_cpu_s\": %.3f, ",
              number(totals.unasked), number(totals.octets_in), seconds, cpu);
  std::printf("\"latency_us\": {");
  for (const std::size_t permille : {500, 900, 990, 999}) {
    std::printf("\"%zu\": %.1f, ", permille, at_permille(totals.latency_ns, permille) / 1000.0);
  }
  std::printf("\"max\": %.1f}, \"lateness_us\": {\"500\": %.1f, \"990\": %.1f}}\n",
              at_permille(totals.latency_ns, 1000) / 1000.0,
              at_permille(totals.lateness_ns, 500) / 1000.0,
              at_permille(totals.lateness_ns, 990) / 1000.0);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5 || count > 7) {
    std::fputs("usage: asking KIND PORT SECONDS NAMES [uniform|zipf] [RATE]\n", stderr);
    return 2;
  }
  const std::string_view kind = arguments[1];
  const auto port = static_cast<std::uint16_t>(std::atoi(arguments[2]));
  const double seconds = std::atof(arguments[3]);
  const Draw draw(std::strtoull(arguments[4], nullptr, 10),
                  count > 5 && std::string_view(arguments[5]) == "zipf");
  const double rate = count > 6 ? std::atof(arguments[6]) : 0;
  std::vector<Query> queries(made_ahead);
  for (Query& query : queries) query = make(kind, draw);
  Totals totals;
  totals.latency_ns.reserve(1 << 22);
  totals.lateness_ns.reserve(1 << 20);
  Ports all;
  std::vector<pollfd> watched;
  for (std::size_t i = 0; i < ports; ++i) {
    all.emplace_back(port, queries, totals);
    watched.push_back({all.back().descriptor(), POLLIN, 0});
  }
  const double cpu_before = cpu_seconds();
  const auto begin = steady_clock::now();
  const auto end = begin + nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  rate == 0 ? run_closed(all, watched, end) : run_open(all, watched, end, rate, totals);
  const double taken = std::chrono::duration<double>(steady_clock::now() - begin).count();
  const double cpu = cpu_seconds() - cpu_before;
  while (poll(watched.data(), watched.size(), patience_ms) > 0) {
    const std::uint64_t before = totals.received + totals.unasked;
    receive_all(all, watched);
    if (totals.received + totals.unasked == before) break;
  }
  for (Port& one : all) {
    one.give_up();
    close(one.descriptor());
  }
  print(totals, taken, cpu);
  return 0;
}
