// Cost of one reply by kind of question, without sockets: parse, locate, write. 100,000 names.
#include <benchmark/benchmark.h>

#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"

namespace tidemark::edge {
namespace {

constexpr std::size_t names = 100'000;

const support::DnsWorld& world() {
  static const support::DnsWorld made = [] {
    std::string zone =
        "$ORIGIN bench.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS ns.other.test.\n"
        "alias CNAME n1\n*.wild A 192.0.2.1\ncut NS ns.cut\nns.cut A 192.0.2.2\n";
    for (std::size_t i = 0; i < names; ++i) {
      zone += "n" + std::to_string(i) + " A 10.0.0." + std::to_string(i % 256) + "\n";
    }
    support::DnsWorld world;
    world.zone(zone);
    return world;
  }();
  return made;
}

void respond_to(benchmark::State& state, const std::function<std::string(std::size_t)>& name) {
  const consumer::Snapshot snapshot = world().snapshot();
  const AnswerSettings settings;
  std::vector<base::Bytes> queries;
  for (std::size_t i = 0; i < 4096; ++i) {
    queries.push_back(
        support::to_wire({.name = name(i * 7919 % names), .payload = dns::udp_payload_octets}));
  }
  base::Bytes room(dns::udp_payload_octets);
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(respond(queries[at], {}, {}, snapshot, settings, room));
    at = (at + 1) % queries.size();
  }
}

std::string numbered(std::size_t i) { return "n" + std::to_string(i) + ".bench.test."; }

BENCHMARK_CAPTURE(respond_to, address, numbered);
BENCHMARK_CAPTURE(respond_to, nxdomain, [](std::size_t i) { return "x" + numbered(i); });
BENCHMARK_CAPTURE(respond_to, nxdomain_deep, [](std::size_t i) { return "a.b.c.x" + numbered(i); });
BENCHMARK_CAPTURE(respond_to, cname, [](std::size_t) { return "alias.bench.test."; });
BENCHMARK_CAPTURE(respond_to, wildcard,
                  [](std::size_t i) { return std::to_string(i) + ".wild.bench.test."; });
BENCHMARK_CAPTURE(respond_to, referral,
                  [](std::size_t i) { return std::to_string(i) + ".cut.bench.test."; });
BENCHMARK_CAPTURE(respond_to, refused, [](std::size_t i) { return numbered(i) + "other."; });
BENCHMARK_CAPTURE(respond_to, labels_127, [](std::size_t) {
  std::string name;
  for (int i = 0; i < 115; ++i) name += "a.";
  return name + "bench.test.";
});

}  // namespace
}  // namespace tidemark::edge
