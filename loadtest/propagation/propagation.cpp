// From an API call to the changed answer on every worker of every edge, beside the bare log.
//
// usage: propagation API_PORT ZONE LOG_URL EDGE_PORT[,EDGE_PORT...] CHANGES PERIOD_MS
//
// Each change puts one A RRset through the controller while every edge is asked on several source
// ports until all of them answer it. Between two changes one record of about the same size goes
// through the same log by itself (append, see): the echo. Prints one JSON object.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/base/bytes.hpp"
#include "loadtest/propagation/measure.hpp"
#include "topics/log_url.hpp"

namespace tidemark::loadtest {

namespace {

constexpr std::size_t sockets_per_edge = 6;  // all on one of two workers: 1 in 32, see the report
constexpr std::size_t names = 100;
constexpr std::size_t echo_octets = 300;  // about one encoded ChangeSet of one RRset
constexpr int warm_up = 20;

struct Samples {
  std::vector<Micros> everywhere, judged, echo;
  int lost = 0;
};

std::string address_text(std::uint32_t address) {
  return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
         std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
}

void change_once(Api& api, Edges& edges, const std::string& zone, std::uint32_t number,
                 bool counted, Samples& samples) {
  const std::string owner = "c" + std::to_string(number % names);
  const std::uint32_t address = (10u << 24) + number + 1;
  const auto name = dns::Name::parse(owner + "." + zone + ".");
  const auto begin = Clock::now();
  Micros judged = -1;
  int status = 0;
  std::jthread put([&] {
    status = api.put_a(zone, owner, address_text(address));
    judged = micros_since(begin);
  });
  const Micros everywhere = edges.wait_for(*name, address, begin);
  put.join();
  if (everywhere < 0 || status != 200) {
    ++samples.lost;
    std::fprintf(stderr, "propagation: change %u: HTTP %d, seen after %lld us\n", number, status,
                 static_cast<long long>(everywhere));
    return;
  }
  if (!counted) return;
  samples.everywhere.push_back(everywhere);
  samples.judged.push_back(judged);
}

void print(const char* name, const std::vector<Micros>& all, const char* end) {
  const Percentiles p = percentiles(all);
  std::printf("\"%s\": {\"p50_us\": %lld, \"p99_us\": %lld, \"max_us\": %lld}%s", name,
              static_cast<long long>(p.p50), static_cast<long long>(p.p99),
              static_cast<long long>(p.max), end);
}

std::vector<std::uint16_t> ports_of(const std::string& list) {
  std::vector<std::uint16_t> ports;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    ports.push_back(static_cast<std::uint16_t>(std::stoi(list.substr(at, comma - at))));
    at = comma + 1;
  }
  return ports;
}

int run(char** argument) {
  Api api(static_cast<std::uint16_t>(std::atoi(argument[1])));
  const std::string zone = argument[2];
  const auto settings = topics::parse_log_url(argument[3]);
  if (!settings) return std::fprintf(stderr, "%s\n", settings.error().trail.c_str()), 1;
  auto log = topics::open_log(*settings);
  if (!log) return std::fprintf(stderr, "%s\n", log.error().trail.c_str()), 1;
  auto echo = Echo::open(**log, "echo.changes");
  if (!echo) return std::fprintf(stderr, "%s\n", echo.error().trail.c_str()), 1;
  Edges edges(ports_of(argument[4]), sockets_per_edge);
  const int changes = std::atoi(argument[5]);
  const auto period = std::chrono::milliseconds(std::atoi(argument[6]));

  Samples samples;
  auto due = Clock::now();
  for (int i = -warm_up; i < changes; ++i) {
    std::this_thread::sleep_until(due += period);
    change_once(api, edges, zone, static_cast<std::uint32_t>(i + warm_up), i >= 0, samples);
    std::this_thread::sleep_until(due += period);
    const auto took = echo->once(echo_octets);
    if (!took) return std::fprintf(stderr, "%s\n", took.error().trail.c_str()), 1;
    if (i >= 0) samples.echo.push_back(*took);
  }
  std::printf("{\"changes\": %zu, \"lost\": %d, \"queries\": %llu, ", samples.everywhere.size(),
              samples.lost, static_cast<unsigned long long>(edges.queries()));
  print("everywhere", samples.everywhere, ", ");
  print("judged", samples.judged, ", ");
  print("echo", samples.echo, "}\n");
  return samples.lost == 0 ? 0 : 1;
}

}  // namespace

}  // namespace tidemark::loadtest

int main(int count, char** argument) {
  if (count != 7) {
    std::fprintf(stderr,
                 "usage: propagation API_PORT ZONE LOG_URL EDGE_PORT,... CHANGES PERIOD_MS\n");
    return 2;
  }
  return tidemark::loadtest::run(argument);
}
