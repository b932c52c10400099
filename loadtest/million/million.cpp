// A million names through the log, then single changes: what a change costs when the zone is large.
//
// usage: million NAMES CHANGES [FOLDER]
//
// One process, one thread, all real parts: decide -> encode -> SQLite log in FOLDER (a fresh folder
// under TMPDIR without it) -> Feeder -> Published, then snapshot file write and restore. A single
// change is timed twice: the Feeder's step with the read from the log in it, and fold + publish
// alone (fold::step and a publication). Prints one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot/published.hpp"
#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "core/base/check.hpp"
#include "core/dns/rdata.hpp"
#include "producer/decide/decide.hpp"
#include "schemas/codec.hpp"
#include "topics/log_url.hpp"

namespace tidemark::loadtest {

namespace {

using std::chrono::steady_clock;

constexpr dataset::HashSeed hash_seed{0x5eed};
constexpr const char* dataset_name = "million";
const std::string topic = "million.changes";

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}
double micros_since(steady_clock::time_point begin) { return seconds_since(begin) * 1e6; }

class SystemClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override { return steady_clock::now().time_since_epoch(); }
  std::chrono::milliseconds wall() override { return std::chrono::milliseconds(0); }
};

// Resident octets that belong to this process alone, file mappings aside.
std::uint64_t resident_octets() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  }
  return 0;
}

dns::Name name_of(const std::string& text) { return *dns::Name::parse(text); }

dns::Rrset record(const std::string& owner, dns::RrType type, const std::string& text) {
  return {
      name_of(owner), type, dns::Ttl(300), {*dns::rdata_from_text(type, text, dns::Name::root())}};
}

std::string address_of(std::uint64_t number) {
  return "10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) +
         "." + std::to_string(number & 255);
}

std::string owner_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "h" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits +
         ".bench.test.";
}

std::vector<dns::Rrset> zone_of(std::uint64_t names) {
  std::vector<dns::Rrset> rrsets;
  rrsets.reserve(names + 2);
  rrsets.push_back(record("bench.test.", dns::RrType::Soa,
                          "ns.bench.test. admin.bench.test. 1 7200 900 1209600 300"));
  rrsets.push_back(record("bench.test.", dns::RrType::Ns, "ns.elsewhere."));
  for (std::uint64_t i = 0; i < names; ++i) {
    rrsets.push_back(record(owner_of(i), dns::RrType::A, address_of(i)));
  }
  return rrsets;
}

class Bench {
 public:
  explicit Bench(const std::string& folder)
      : log_(*topics::open_log(*topics::parse_log_url("sqlite:" + folder + "/log.tmlog"))) {
    log::TopicSettings settings;
    settings.name = topic;
    TIDEMARK_CHECK(log_->create({settings}).has_value(), "the topic is created");
    source_ = *log_->source(topic);
    sink_ = *log_->sink(topic);
    consumer::FeederSettings feeding{.dataset_name = dataset_name, .seed = hash_seed};
    feeding.publish_interval = feeding.publish_interval_catching_up = std::chrono::nanoseconds(0);
    feeder_.emplace(feeding, consumer::FeederPorts{.clock = clock_, .changes = *source_},
                    std::nullopt);
  }

  void append(const event::ChangeSet& change) {
    const log::Draft draft{"bench.test.", schemas::encode(change), false, {}};
    ++ticket_;
    while (true) {
      const auto taken = sink_->append(log::Ticket(ticket_), draft);
      if (taken) break;
      // A slow disk fills the Sink's queue: wait until it has written something.
      TIDEMARK_CHECK(taken.error().code == base::Errc::Unavailable, "the log takes a record");
      await_completions();
    }
    ++appended_;
  }
  // Until everything that was appended is in the log.
  void flush() {
    while (confirmed_ < appended_) await_completions();
  }
  // Steps until every appended record is folded; publishes what the Feeder offers.
  void follow() {
    while (feeder_->state().offset + 1 < static_cast<std::int64_t>(appended_)) step();
  }
  void step() {
    feeder_->step();
    auto snapshot = feeder_->take_snapshot();
    if (snapshot == nullptr) return;
    if (published_ == nullptr) {
      published_ =
          std::make_unique<consumer::Published<consumer::Snapshot>>(std::move(snapshot), 1);
    } else {
      published_->publish(std::move(snapshot));
    }
  }
  std::vector<event::ChangeSet> decide(const producer::Wish& wish, std::uint64_t id) {
    producer::Signature signature{.change_id = event::ChangeId({1, id}), .author = "bench"};
    auto plan = producer::decide({feeder_->state().dataset}, wish, signature);
    TIDEMARK_CHECK(plan.has_value(), "the wish can be granted");
    return std::move(plan->change_sets);
  }
  // What others appended before counts as our own from now on.
  void adopt() { appended_ = confirmed_ = static_cast<std::uint64_t>(feeder_->state().offset) + 1; }
  const consumer::Feeder& feeder() const { return *feeder_; }

 private:
  void await_completions() {
    pollfd one{sink_->bell(), POLLIN, 0};
    ::poll(&one, 1, 100);
    confirmed_ += sink_->completions().size();
  }

  SystemClock clock_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<log::Source> source_;
  std::unique_ptr<log::Sink> sink_;
  std::unique_ptr<consumer::Published<consumer::Snapshot>> published_;
  std::optional<consumer::Feeder> feeder_;
  std::uint64_t ticket_ = 0, appended_ = 0, confirmed_ = 0;
};

void print_micros(const char* what, std::vector<double> all) {
  std::sort(all.begin(), all.end());
  const auto at = [&](std::size_t permille) { return all[(all.size() - 1) * permille / 1000]; };
  std::printf("\"%s\": {\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}, ", what, at(500), at(990),
              all.back());
}

producer::EditZone change_of(std::uint64_t number, std::uint64_t names) {
  // A fixed walk that meets names all over the zone, so that no chunk is warm by luck.
  const std::uint64_t victim = number * 2'654'435'761u % names;
  return {name_of("bench.test."),
          {event::PutRrset{record(owner_of(victim), dns::RrType::A, address_of(~number))}}};
}

// The writing side of the import, in a process of its own: an edge never holds what a controller
// needs to decide.
void import_elsewhere(const std::string& folder, std::uint64_t names) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  TIDEMARK_CHECK(child >= 0, "a process can be made");
  if (child == 0) {
    const auto begin = steady_clock::now();
    Bench writer(folder);
    const auto changes =
        writer.decide(producer::ReplaceZone{name_of("bench.test."), zone_of(names)}, 1);
    std::printf("\"decide_s\": %.2f, ", seconds_since(begin));
    for (const event::ChangeSet& change : changes) writer.append(change);
    writer.flush();
    std::printf("\"change_sets\": %zu, \"appended_s\": %.2f, ", changes.size(),
                seconds_since(begin));
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  TIDEMARK_CHECK(status == 0, "the import ends well");
}

void import(Bench& bench, std::uint64_t names) {
  const std::uint64_t before = resident_octets();
  const auto folding = steady_clock::now();
  while (bench.feeder().state().dataset.rrset_count() != names + 2) bench.step();
  bench.adopt();
  std::printf("\"fold_s\": %.2f, ", seconds_since(folding));
  const auto& state = bench.feeder().state();
  const auto& store = state.dataset.store();
  std::printf("\"rrsets\": %llu, \"store_octets_per_record\": %.1f, ",
              static_cast<unsigned long long>(state.dataset.rrset_count()),
              static_cast<double>(store.octets_in_use()) / static_cast<double>(names));
  std::printf("\"resident_octets_per_record\": %.1f, ",
              static_cast<double>(resident_octets() - before) / static_cast<double>(names));
}

void change(Bench& bench, std::uint64_t names, std::uint64_t changes) {
  std::vector<double> steps;
  for (std::uint64_t i = 0; i < changes; ++i) {
    for (const auto& one : bench.decide(change_of(i, names), 1000 + i)) bench.append(one);
    bench.flush();
    const auto begin = steady_clock::now();
    bench.follow();
    steps.push_back(micros_since(begin));
  }
  print_micros("feeder_step_us", steps);
}

// The same without the log: fold::step, freeze, publish.
void fold_alone(const consumer::SnapshotContents& contents, std::uint64_t names,
                std::uint64_t changes) {
  fold::State state = contents.state;
  auto freeze = [&] {
    return std::make_unique<const consumer::Snapshot>(consumer::Snapshot{
        state.dataset, health::HealthView::freeze(state.dataset, contents.observations, -1)});
  };
  consumer::Published<consumer::Snapshot> published(freeze(), 1);
  std::vector<double> folds;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const auto one = producer::decide({state.dataset}, change_of(changes + i, names),
                                      {.change_id = event::ChangeId({2, i}), .author = "bench"});
    const auto octets = schemas::encode(one->change_sets.front());
    const auto begin = steady_clock::now();
    const auto decoded = schemas::decode_change_set(octets);
    const auto judged = fold::step(state, *decoded, state.offset + 1);
    published.publish(freeze());
    folds.push_back(micros_since(begin));
    TIDEMARK_CHECK(std::holds_alternative<fold::Accepted>(judged), "the change is accepted");
  }
  print_micros("fold_and_publish_us", folds);
}

void files(const consumer::SnapshotContents& contents, const std::string& folder,
           std::uint64_t names, std::uint64_t changes) {
  auto disk = consumer::PosixDisk::open(folder + "/files");
  TIDEMARK_CHECK(disk.has_value(), "the folder can be made");
  consumer::SnapshotStore store(**disk, consumer::lineage_of(dataset_name));
  auto begin = steady_clock::now();
  const auto saved = store.save(contents);
  TIDEMARK_CHECK(saved.has_value(), "the file is written");
  std::printf("\"file_octets\": %llu, \"file_write_s\": %.2f, ",
              static_cast<unsigned long long>(saved->octets), seconds_since(begin));
  begin = steady_clock::now();
  const auto restored = store.restore(hash_seed);
  TIDEMARK_CHECK(restored.contents.has_value(), "the file verifies");
  std::printf("\"file_restore_s\": %.2f, ", seconds_since(begin));
  TIDEMARK_CHECK(restored.contents->state.dataset.version() == contents.state.dataset.version(),
                 "what was restored is what was written");
  fold_alone(*restored.contents, names, changes);
}

int run(std::uint64_t names, std::uint64_t changes, const std::string& folder) {
  std::printf("{\"names\": %llu, \"changes\": %llu, ", static_cast<unsigned long long>(names),
              static_cast<unsigned long long>(changes));
  import_elsewhere(folder, names);
  Bench bench(folder);
  import(bench, names);
  change(bench, names, changes);
  files(bench.feeder().contents(), folder, names, changes);
  std::printf("\"resident_mib_at_end\": %.0f}\n",
              static_cast<double>(resident_octets()) / 1048576.0);
  return 0;
}

}  // namespace

}  // namespace tidemark::loadtest

int main(int count, char** argument) {
  if (count < 3 || count > 4) {
    std::fprintf(stderr, "usage: million NAMES CHANGES [FOLDER]\n");
    return 2;
  }
  std::string folder = "/tmp/tidemark-million-XXXXXX";
  if (const char* root = std::getenv("TMPDIR")) {
    folder = std::string(root) + "/tidemark-million-XXXXXX";
  }
  if (count == 4) {
    folder = argument[3];
  } else if (::mkdtemp(folder.data()) == nullptr) {
    std::perror("million: mkdtemp");
    return 1;
  }
  const auto number = [&](int at) { return std::strtoull(argument[at], nullptr, 10); };
  const int status = tidemark::loadtest::run(number(1), number(2), folder);
  if (count == 3) std::fprintf(stderr, "million: files are left in %s\n", folder.c_str());
  return status;
}
