// What the fold costs: changes, replay, health flips, older versions, memory.
//
// usage: fold NAMES CHANGE_SETS
//
// One process, one thread, real parts, no broker: records are encoded ahead and kept in the memory
// log; what is timed is decode, judge, edit, freeze and publish. CPU time of the thread. Prints one
// JSON object:
//   build            a zone of NAMES addresses through a construction, in parts of 4,000 records
//   replay           CHANGE_SETS ChangeSets of one record each, read by a Feeder
//   batches          100 changes a ChangeSet at random names, folded and published
//   flips            one endpoint of a pool goes down or up: HealthFrame to published Snapshot
//   versions         one of the last 1,000 small versions served again
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <time.h>

#include "consumer/feeder/feeder.hpp"
#include "consumer/feeder/retained_versions.hpp"
#include "consumer/snapshot/published.hpp"
#include "core/base/check.hpp"
#include "core/dns/rdata.hpp"
#include "core/health/running_view.hpp"
#include "core/log/memory_log.hpp"
#include "schemas/codec.hpp"

namespace tidemark::loadtest {

namespace {

constexpr std::uint64_t part_records = 4'000;
constexpr const char* topic = "bench.changes";
const dns::Name apex = *dns::Name::parse("bench.test.");

double cpu_seconds() {
  timespec spent;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

class SystemClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
  std::chrono::milliseconds wall() override { return std::chrono::milliseconds(0); }
};

std::uint64_t status_octets(std::string_view line_of) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(line_of)) return std::stoull(line.substr(line_of.size())) * 1024;
  }
  return 0;
}

dns::Rrset address(std::uint64_t name, std::uint64_t value) {
  std::string digits = std::to_string(name);
  const std::string owner = "h" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0');
  const auto octet = [&](int shift) { return static_cast<std::uint8_t>(value >> shift); };
  return {*apex.child(owner + digits),
          dns::RrType::A,
          dns::Ttl(300),
          {{10, octet(16), octet(8), octet(0)}}};
}

event::ChangeSet change_of(std::uint64_t number, bool construction,
                           std::vector<event::ZoneEdit> edits) {
  event::ChangeSet change{.change_id = event::ChangeId({1, number}),
                          .author = "bench",
                          .author_epoch = event::AuthorEpoch(0)};
  change.zones.push_back({apex, event::ExpectAny{}, construction, std::nullopt, std::move(edits)});
  return change;
}

class Writer {
 public:
  Writer() {
    log::TopicSettings settings;
    settings.name = topic;
    TIDEMARK_CHECK(log_.create({settings}).has_value(), "the topic is created");
    sink_ = *log_.sink(topic);
  }
  void append(bool construction, std::vector<event::ZoneEdit> edits) {
    const auto octets = schemas::encode(change_of(++number_, construction, std::move(edits)));
    const auto taken = sink_->append(log::Ticket(number_), {"bench.test.", octets, false, {}});
    TIDEMARK_CHECK(taken.has_value(), "the log takes a record");
    if (number_ % 1024 == 0) sink_->completions();
  }
  std::int64_t end() const { return static_cast<std::int64_t>(number_); }
  log::MemoryLog& log() { return log_; }

 private:
  log::MemoryLog log_;
  std::unique_ptr<log::Sink> sink_;
  std::uint64_t number_ = 0;
};

void write_zone(Writer& writer, std::uint64_t names) {
  writer.append(true, {event::BeginConstruction{}});
  std::vector<event::ZoneEdit> edits;
  const auto soa = dns::rdata_from_text(dns::RrType::Soa,
                                        "ns.else. admin.bench.test. 1 7200 900 1209600 300", apex);
  const auto ns = dns::rdata_from_text(dns::RrType::Ns, "ns.else.", apex);
  edits.push_back(event::PutRrset{{apex, dns::RrType::Soa, dns::Ttl(300), {*soa}}});
  edits.push_back(event::PutRrset{{apex, dns::RrType::Ns, dns::Ttl(300), {*ns}}});
  for (std::uint64_t i = 0; i < names; ++i) {
    edits.push_back(event::PutRrset{address(i, i)});
    if (edits.size() == part_records) writer.append(true, std::exchange(edits, {}));
  }
  if (!edits.empty()) writer.append(true, std::move(edits));
  writer.append(true, {event::CommitConstruction{names + 2}});
}

class Follower {
 public:
  explicit Follower(Writer& writer) : source_(*writer.log().source(topic)) {
    consumer::FeederSettings settings{.dataset_name = "bench", .seed = dataset::HashSeed(0x5eed)};
    settings.records_per_step_max = 16;  // the memory log copies what it hands out
    feeder_.emplace(settings, consumer::FeederPorts{.clock = clock_, .changes = *source_},
                    std::nullopt);
  }
  // Until all that is in the log is folded. CPU seconds.
  double follow(std::int64_t end) {
    const double begin = cpu_seconds();
    while (feeder_->state().offset + 1 < end) {
      feeder_->step();
      if (auto snapshot = feeder_->take_snapshot()) publish(std::move(snapshot));
    }
    return cpu_seconds() - begin;
  }
  void publish(std::unique_ptr<const consumer::Snapshot> snapshot) {
    if (published_ == nullptr) {
      published_ =
          std::make_unique<consumer::Published<consumer::Snapshot>>(std::move(snapshot), 1);
    } else {
      published_->publish(std::move(snapshot));
    }
  }
  const consumer::Feeder& feeder() const { return *feeder_; }

 private:
  SystemClock clock_;
  std::unique_ptr<log::Source> source_;
  std::unique_ptr<consumer::Published<consumer::Snapshot>> published_;
  std::optional<consumer::Feeder> feeder_;
};

std::uint64_t walk(std::uint64_t step, std::uint64_t names) {
  return step * 2'654'435'761u % names;  // all over the zone: no chunk is warm by luck
}

void build(Writer& writer, Follower& follower, std::uint64_t names) {
  write_zone(writer, names);
  const std::uint64_t before = status_octets("RssAnon:");
  const double seconds = follower.follow(writer.end());
  const auto& dataset = follower.feeder().state().dataset;
  TIDEMARK_CHECK(dataset.rrset_count() == names + 2, "the zone is there");
  const auto a_record = [&](std::uint64_t octets) {
    return static_cast<double>(octets) / static_cast<double>(names);
  };
  const auto& store = dataset.store();
  std::printf(
      "\"build\": {\"cpu_s\": %.3f, \"records_per_s\": %.0f, \"store_octets\": %.1f, "
      "\"superseded_octets\": %.1f, \"resident_octets\": %.1f, "
      "\"peak_octets\": %.1f}, ",
      seconds, static_cast<double>(names) / seconds, a_record(store.octets_in_use()),
      a_record(store.octets_superseded()), a_record(status_octets("RssAnon:") - before),
      a_record(status_octets("VmHWM:") - std::min(status_octets("VmHWM:"), before)));
}

void replay(Writer& writer, Follower& follower, std::uint64_t names, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    writer.append(false, {event::PutRrset{address(walk(i, names), ~i)}});
  }
  const double seconds = follower.follow(writer.end());
  std::printf("\"replay\": {\"change_sets\": %llu, \"cpu_s\": %.3f, \"per_s\": %.0f}, ",
              static_cast<unsigned long long>(count), seconds,
              static_cast<double>(count) / seconds);
}

std::unique_ptr<const consumer::Snapshot> frozen(const fold::State& state,
                                                 const health::Observations& seen) {
  return std::make_unique<const consumer::Snapshot>(
      consumer::Snapshot{state.dataset, health::HealthView::freeze(state.dataset, seen, 0)});
}

// Without a log: the octets of a record in, a published Snapshot out.
void batches(fold::State& state, std::uint64_t names) {
  constexpr std::uint64_t rounds = 500, edits_each = 100;
  const health::Observations nothing;
  consumer::Published<consumer::Snapshot> published(frozen(state, nothing), 1);
  std::vector<base::Bytes> records;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    std::vector<event::ZoneEdit> edits;
    for (std::uint64_t e = 0; e < edits_each; ++e) {
      edits.push_back(event::PutRrset{address(walk(i * edits_each + e + 77, names), i)});
    }
    records.push_back(schemas::encode(change_of((std::uint64_t{1} << 40) + i, false, edits)));
  }
  const double begin = cpu_seconds();
  for (const base::Bytes& record : records) {
    const auto change = schemas::decode_change_set(record);
    const auto judged = fold::step(state, *change, state.offset + 1);
    TIDEMARK_CHECK(std::holds_alternative<fold::Accepted>(judged), "the change is accepted");
    published.publish(frozen(state, nothing));
  }
  const double seconds = cpu_seconds() - begin;
  std::printf("\"batches\": {\"changes\": %llu, \"cpu_s\": %.4f, \"per_s\": %.0f}, ",
              static_cast<unsigned long long>(rounds * edits_each), seconds,
              static_cast<double>(rounds * edits_each) / seconds);
}

void flips(fold::State& state, std::uint64_t pools) {
  constexpr int count = 2000;
  event::ChangeSet change = change_of(std::uint64_t{1} << 41, false, {});
  change.zones.clear();
  for (std::uint64_t i = 0; i < pools; ++i) {
    event::Pool pool;
    pool.name = "pool-" + std::to_string(i);
    for (std::uint8_t e = 0; e < 4; ++e) {
      event::Endpoint endpoint;
      endpoint.id = "endpoint-" + std::to_string(e);
      endpoint.address.octets = {192, 0, 2, e};
      pool.endpoints.push_back(endpoint);
    }
    change.pools.push_back(event::PutPool{pool});
  }
  fold::step(state, change, state.offset + 1);
  health::Observations seen;
  consumer::Published<consumer::Snapshot> published(frozen(state, seen), 1);
  health::RunningView running;
  running.begin(state.dataset, seen, 0);
  const double begin = cpu_seconds();
  for (int i = 0; i < count; ++i) {
    event::HealthFrame frame;
    frame.prober = "prober";
    frame.number = static_cast<std::uint64_t>(i) + 1;
    frame.observations.push_back({"pool-" + std::to_string(i % static_cast<int>(pools)),
                                  "endpoint-1",
                                  i % 2 == 0 ? event::Observed::Down : event::Observed::Up, ""});
    seen.apply(frame, 1000 + i);
    published.publish(std::make_unique<const consumer::Snapshot>(
        consumer::Snapshot{state.dataset, running.refresh(state.dataset, seen, i)}));
  }
  std::printf("\"flips\": {\"pools\": %llu, \"each_us\": %.2f}, ",
              static_cast<unsigned long long>(pools), (cpu_seconds() - begin) * 1e6 / count);
}

void versions(fold::State& state, std::uint64_t names) {
  constexpr std::uint64_t count = 1000;
  const health::Observations nothing;
  consumer::RetainedVersions retained(count, std::size_t{256} << 20);
  const std::size_t before = state.dataset.store().octets_superseded();
  for (std::uint64_t i = 0; i < count; ++i) {
    fold::step(state,
               change_of((std::uint64_t{1} << 42) + i, false,
                         {event::PutRrset{address(walk(i + 13, names), i)}}),
               state.offset + 1);
    retained.add(state.dataset);
  }
  consumer::Published<consumer::Snapshot> published(frozen(state, nothing), 1);
  consumer::Published<consumer::Snapshot>::Reader reader(published, 0);
  std::vector<double> micros;
  const std::uint64_t newest = state.dataset.version().seq.value();
  for (std::uint64_t back = 1; back < retained.size(); ++back) {
    const double begin = cpu_seconds();
    const auto version = retained.find(newest - back);
    TIDEMARK_CHECK(version.has_value(), "the version is held");
    published.publish(std::make_unique<const consumer::Snapshot>(
        consumer::Snapshot{*version, health::HealthView::freeze(*version, nothing, 0)}));
    TIDEMARK_CHECK(reader.current().dataset.version().seq.value() == newest - back, "it is served");
    micros.push_back((cpu_seconds() - begin) * 1e6);
  }
  std::ranges::sort(micros);
  std::printf(
      "\"versions\": {\"held\": %zu, \"octets_each\": %.0f, \"p50_us\": %.1f, "
      "\"max_us\": %.1f}}\n",
      retained.size(),
      static_cast<double>(state.dataset.store().octets_superseded() - before) /
          static_cast<double>(retained.size()),
      micros[micros.size() / 2], micros.back());
}

int run(std::uint64_t names, std::uint64_t change_sets) {
  std::printf("{\"names\": %llu, ", static_cast<unsigned long long>(names));
  Writer writer;
  Follower follower(writer);
  build(writer, follower, names);
  replay(writer, follower, names, change_sets);
  fold::State state = follower.feeder().state();
  batches(state, names);
  flips(state, 1000);
  versions(state, names);
  return 0;
}

}  // namespace

}  // namespace tidemark::loadtest

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: fold NAMES CHANGE_SETS\n", stderr);
    return 2;
  }
  return tidemark::loadtest::run(std::strtoull(arguments[1], nullptr, 10),
                                 std::strtoull(arguments[2], nullptr, 10));
}
