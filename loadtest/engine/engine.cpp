// What one answer costs, in process: wire to wire, by kind of question and number of names.
//
// usage: engine [--names=N] [--benchmark_...]   (google-benchmark's options; JSON by
//        --benchmark_format=json --benchmark_repetitions=5
//        --benchmark_enable_random_interleaving=true)
//
// `batched` goes through respond() in groups as a worker does, `alone` one message at a time.
// `floor` is what the memory alone costs: per query two independent prefetched loads at random
// places in a table and a heap of the same sizes. Names are drawn uniformly: the worst case for
// caches. Thread CPU time; `allocations` counts malloc and its kin in the measured loop: with any
// it ends with 1.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>

#include <benchmark/benchmark.h>

#include "core/base/check.hpp"
#include "core/base/pages.hpp"
#include "core/dataset/editor.hpp"
#include "core/dns/rdata.hpp"
#include "dns-edge/answer/respond.hpp"
#include "loadtest/engine/malloc_count.hpp"

namespace tidemark::loadtest {

namespace {

using base::Bytes;
using dns::RrType;

constexpr std::size_t group = 16;         // reply_group_datagrams of dns-edge/serve
constexpr std::size_t queries = 1 << 16;  // of one kind, made ahead
constexpr std::size_t slot_octets = 96;   // a query in memory, as in a receive buffer
constexpr std::size_t pools = 1000;

std::uint64_t names = 1'000'000;

std::uint64_t random_number() {  // splitmix64
  static std::uint64_t state = 0x7469'6465'6d61'726b;
  std::uint64_t mixed = (state += 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

dns::Name name_of(const std::string& text) { return *dns::Name::parse(text); }

std::string host(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "h" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits;
}

dns::Rrset record(const std::string& owner, RrType type, const std::string& text) {
  return {name_of(owner + ".bench.test."),
          type,
          dns::Ttl(300),
          {*dns::rdata_from_text(type, text, name_of("bench.test."))}};
}

Bytes octets_of(std::string_view text) {
  const auto octets = base::as_bytes(text);
  return {octets.begin(), octets.end()};
}

// Beside `names` addresses: one of each ten as an alias of an alias of a host, a delegation with
// glue, a wildcard, a name in front of a pool.
class World {
 public:
  World() {
    dataset::Editor editor(
        dataset::Dataset::empty(dataset::Lineage(base::U128{1, 2}), dataset::HashSeed(0x5eed)));
    const dns::Name apex = name_of("bench.test.");
    editor.create_zone(apex);
    const auto put = [&](const dns::Rrset& rrset) { editor.put_rrset(apex, rrset); };
    put({apex,
         RrType::Soa,
         dns::Ttl(300),
         {*dns::rdata_from_text(RrType::Soa, "ns.bench.test. admin.bench.test. 1 2 3 4 300",
                                apex)}});
    put({apex, RrType::Ns, dns::Ttl(300), {*dns::rdata_from_text(RrType::Ns, "ns.else.", apex)}});
    for (std::uint64_t i = 0; i < names; ++i) {
      put(record(host(i), RrType::A,
                 "10." + std::to_string(i >> 16 & 255) + "." + std::to_string(i >> 8 & 255) + "." +
                     std::to_string(i & 255)));
    }
    for (std::size_t i = 0; i < pools; ++i) {
      event::Pool pool;
      pool.name = "pool-" + std::to_string(i);
      for (std::uint8_t e = 0; e < 4; ++e) {
        event::Endpoint endpoint;
        endpoint.id = "endpoint-" + std::to_string(e);
        endpoint.address.octets = {192, 0, 2, e};
        pool.endpoints.push_back(endpoint);
      }
      editor.put_pool(pool);
    }
    for (std::uint64_t i = 0; i < side(); ++i) {
      const std::string number = std::to_string(i);
      put(record("alias-" + number, RrType::Cname, "to-" + number));
      put(record("to-" + number, RrType::Cname, host(i * 7 % names)));
      put(record("cut-" + number, RrType::Ns, "ns.cut-" + number));
      put(record("ns.cut-" + number, RrType::A, "192.0.2.53"));
      put(record("*.wild-" + number, RrType::A, "192.0.2.7"));
      dns::Rrset steered = record("pool-" + number, RrType::A, "192.0.2.1");
      steered.type = RrType::Pool;
      steered.rdata = {octets_of("pool-" + std::to_string(i % pools))};
      put(steered);
    }
    auto dataset = std::move(editor).finish();
    auto health = health::HealthView::freeze(dataset, health::Observations(), -1);
    snapshot_.emplace(consumer::Snapshot{std::move(dataset), std::move(health)});
    snapshot_->cookie_secrets.count = 1;
  }
  static std::uint64_t side() { return std::max<std::uint64_t>(names / 10, 10); }
  const consumer::Snapshot& snapshot() const { return *snapshot_; }

 private:
  std::optional<consumer::Snapshot> snapshot_;
};

const World& world() {
  static const World made;
  return made;
}

// A question: a random number to its name, its type, whether it has an OPT with a cookie.
struct Kind {
  const char* name;
  std::string (*owner)(std::uint64_t random);
  RrType type = RrType::A;
  bool edns = false;
};

std::string numbered(const char* before, std::uint64_t random) {
  return before + std::to_string(random % World::side());
}

constexpr Kind kinds[] = {
    {"exact", [](std::uint64_t random) { return host(random % names); }},
    {"edns_cookie", [](std::uint64_t random) { return host(random % names); }, RrType::A, true},
    {"nodata", [](std::uint64_t random) { return host(random % names); }, RrType::Aaaa},
    {"nxdomain", [](std::uint64_t random) { return "x" + std::to_string(random); }},
    {"wildcard",
     [](std::uint64_t random) {
       return "x" + std::to_string(random >> 40) + "." + numbered("wild-", random);
     }},
    {"cname_chain", [](std::uint64_t random) { return numbered("alias-", random); }},
    {"referral", [](std::uint64_t random) { return "www." + numbered("cut-", random); }},
    {"pool", [](std::uint64_t random) { return numbered("pool-", random); }},
};

Bytes question(const Kind& kind) {
  const std::uint64_t number = random_number();
  const dns::Name name = name_of(kind.owner(number) + ".bench.test.");
  Bytes query = dns::make_query(static_cast<std::uint16_t>(number >> 48), name, kind.type,
                                kind.edns ? 1232 : 0);
  if (!kind.edns) return query;
  query.back() = 12;  // RDLENGTH: one COOKIE option with a client's part
  for (const int octet : {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}) {
    query.push_back(static_cast<std::uint8_t>(octet));
  }
  return query;
}

// Messages one behind the other, as the system leaves them in receive buffers.
class Messages {
 public:
  explicit Messages(const Kind& kind) : octets_(queries * slot_octets), sizes_(queries) {
    for (std::size_t i = 0; i < queries; ++i) {
      const Bytes query = question(kind);
      TIDEMARK_CHECK(query.size() <= slot_octets, "a query fits its slot");
      sizes_[i] = static_cast<std::uint8_t>(query.size());
      std::memcpy(&octets_[i * slot_octets], query.data(), query.size());
    }
  }
  base::ByteView operator[](std::size_t i) const {
    return base::ByteView(octets_).subspan(i * slot_octets, sizes_[i]);
  }

 private:
  Bytes octets_;
  std::vector<std::uint8_t> sizes_;
};

edge::Client client() {
  return {.transport = edge::Transport::Udp, .address = {127, 0, 0, 1}, .address_octets = 4};
}

class Rooms {
 public:
  std::span<std::uint8_t> operator[](std::size_t i) {
    return std::span(octets_).subspan(i * 2048, 2048);
  }

 private:
  Bytes octets_ = Bytes(group * 2048);
};

bool allocated = false;

void report(benchmark::State& state, std::uint64_t allocations, std::size_t octets) {
  if (allocations != 0) allocated = true;
  state.counters["allocations"] = static_cast<double>(allocations);
  state.counters["reply_octets"] = static_cast<double>(octets);
}

void batched(benchmark::State& state, const Kind& kind) {
  const consumer::Snapshot& snapshot = world().snapshot();
  const Messages messages(kind);
  const edge::AnswerSettings settings;
  const edge::Moment now{.unix_seconds = 1'700'000'000};
  std::array<edge::Arrival, group> arrivals;
  std::array<edge::Client, group> clients;
  clients.fill(client());
  Rooms rooms;
  std::size_t at = 0, octets = 0;
  const std::uint64_t before = allocations_made();
  while (state.KeepRunningBatch(group)) {
    for (std::size_t i = 0; i < group; ++i) arrivals[i].begin(messages[at + i], snapshot);
    for (edge::Arrival& one : arrivals) one.probe();
    for (const edge::Arrival& one : arrivals) one.prefetch();
    for (edge::Arrival& one : arrivals) one.settle(snapshot);
    for (const edge::Arrival& one : arrivals) one.prefetch_next();
    for (std::size_t i = 0; i < group; ++i) {
      octets = edge::respond(arrivals[i], clients[i], now, snapshot, settings, rooms[i]).octets;
    }
    benchmark::DoNotOptimize(rooms[0].data());
    benchmark::ClobberMemory();
    at = (at + group) % queries;
  }
  report(state, allocations_made() - before, octets);
}

void alone(benchmark::State& state, const Kind& kind) {
  const consumer::Snapshot& snapshot = world().snapshot();
  const Messages messages(kind);
  const edge::AnswerSettings settings;
  const edge::Moment now{.unix_seconds = 1'700'000'000};
  Rooms rooms;
  std::size_t at = 0, octets = 0;
  const std::uint64_t before = allocations_made();
  for (auto _ : state) {
    octets = edge::respond(messages[at], client(), now, snapshot, settings, rooms[0]).octets;
    benchmark::DoNotOptimize(octets);
    at = (at + 1) % queries;
  }
  report(state, allocations_made() - before, octets);
}

// Two random lines a query, all asked for before the first is wanted.
void memory_floor(benchmark::State& state) {
  const base::Pages slots((names * 16 / base::huge_page_octets + 1) * base::huge_page_octets);
  const base::Pages nodes((names * 64 / base::huge_page_octets + 1) * base::huge_page_octets);
  std::memset(slots.begin(), 1, slots.octets());
  std::memset(nodes.begin(), 1, nodes.octets());
  std::array<std::uint64_t, group> places;
  std::uint64_t place = 1, sum = 0;
  while (state.KeepRunningBatch(group)) {
    for (std::uint64_t& one : places) {
      one = place = place * 6364136223846793005u + 1442695040888963407u;
      __builtin_prefetch(slots.begin() + (one >> 20) % slots.octets());
      __builtin_prefetch(nodes.begin() + (one >> 16) % nodes.octets());
    }
    for (const std::uint64_t one : places) {
      sum += std::to_integer<std::uint64_t>(slots.begin()[(one >> 20) % slots.octets()]) +
             std::to_integer<std::uint64_t>(nodes.begin()[(one >> 16) % nodes.octets()]);
    }
  }
  benchmark::DoNotOptimize(sum);
}

}  // namespace

void declare() {
  benchmark::RegisterBenchmark("floor", memory_floor);
  for (const Kind& kind : kinds) {
    benchmark::RegisterBenchmark((std::string("batched/") + kind.name).c_str(), batched, kind);
  }
  for (const Kind& kind : kinds) {
    benchmark::RegisterBenchmark((std::string("alone/") + kind.name).c_str(), alone, kind);
  }
}

bool has_allocated() { return allocated; }

bool take_names(int& count, char** arguments) {
  constexpr std::string_view option = "--names=";
  if (count < 2 || !std::string_view(arguments[1]).starts_with(option)) return true;
  names = std::strtoull(arguments[1] + option.size(), nullptr, 10);
  for (int i = 1; i + 1 < count; ++i) arguments[i] = arguments[i + 1];
  --count;
  return names >= 100 && names <= 10'000'000;
}

}  // namespace tidemark::loadtest

int main(int count, char** arguments) {
  if (!tidemark::loadtest::take_names(count, arguments)) {
    std::fputs("engine: --names= takes 100 to 10000000\n", stderr);
    return 2;
  }
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  tidemark::loadtest::declare();
  benchmark::RunSpecifiedBenchmarks();
  if (!tidemark::loadtest::has_allocated()) return 0;
  std::fputs("engine: an answer allocated memory\n", stderr);
  return 1;
}
