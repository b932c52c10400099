// D20: other systems changed lists while they were read, and shared records on lookup.
// D30: another system answered from its cache what a change had replaced.
//
// One Feeder folds a change and publishes about a thousand times a second; workers answer at full
// load. Everything in one version is derived from one number, so a reply that mixes two versions
// cannot add up; ThreadSanitizer sees the rest. There is no memo of answers between the Snapshot
// and the wire: the version of a reply is that of the Snapshot that its batch took. These tests
// hold for a memo too, once there is one.
#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "consumer/snapshot/published.hpp"
#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"
#include "tests/support/feeder_rig.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using consumer::Published;
using consumer::Snapshot;
using dns::RrType;
using namespace std::chrono_literals;

constexpr std::uint64_t publications = 1'200;
constexpr std::size_t workers = 2;
constexpr int batch_queries = 8;

// `numbered.`: SOA serial, TXT of two names and of a wildcard, all from one number; and a pool.
class Writer {
 public:
  Writer() : store_(support::make_store()), rig_(store_), log_(store_) {}

  std::unique_ptr<const Snapshot> first() {
    event::ChangeSet change = support::create_zone(next(), zone_);
    event::Pool web{.name = "web", .endpoints = {}, .check = {}};
    web.endpoints = {support::endpoint_v4("a", {10, 0, 0, 1}),
                     support::endpoint_v4("b", {10, 0, 0, 2})};
    change.pools.push_back(event::PutPool{web});
    change.zones[0].edits.push_back(
        event::PutRrset{{*zone_.child("web"), RrType::Pool, dns::Ttl(30), {{'w', 'e', 'b'}}}});
    put_texts(change);
    support::append(log_, support::changes_topic, {support::draft(change)});
    return folded();
  }

  std::unique_ptr<const Snapshot> next_version() {
    event::ChangeSet change = support::change_numbered(next());
    change.zones.push_back({zone_, event::ExpectAny{}, false, std::nullopt, {}});
    put_texts(change);
    support::append(log_, support::changes_topic, {support::draft(change)});
    if (number_ % 3 == 0) flip_health();
    return folded();
  }

 private:
  std::uint64_t next() { return ++number_; }

  void put_texts(event::ChangeSet& change) {
    std::string text = std::to_string(number_);
    text.insert(text.begin(), static_cast<char>(text.size()));
    for (const char* owner : {"one", "two", "*"}) {
      change.zones[0].edits.push_back(event::PutRrset{
          {*zone_.child(owner), RrType::Txt, dns::Ttl(60), {Bytes(text.begin(), text.end())}}});
    }
  }

  void flip_health() {
    event::HealthFrame frame;
    frame.prober = "vantage";
    frame.number = number_;
    const auto observed = number_ % 2 == 0 ? event::Observed::Down : event::Observed::Up;
    frame.observations.push_back({"web", "a", observed, "test"});
    support::append(log_, support::health_topic, {support::draft(frame)});
  }

  std::unique_ptr<const Snapshot> folded() {
    rig_.clock.advance(1ms);
    rig_.settle();
    return rig_.feeder.take_snapshot();
  }

  const dns::Name zone_ = support::name("numbered.");
  std::uint64_t number_ = 0;
  std::shared_ptr<log::MemoryStore> store_;
  support::FeederRig rig_;
  log::MemoryLog log_;
};

// What one reply says of the version that it came from.
struct Said {
  std::uint64_t seq = 0;
  std::string text;           // of a TXT answer
  std::size_t addresses = 0;  // of an A answer
};

std::optional<Said> ask(const Snapshot& snapshot, const Bytes& query, Bytes& room) {
  const Reply reply = respond(query, {}, {}, snapshot, {}, room);
  const auto message = dns::read_message(base::ByteView(room).first(reply.octets));
  if (!message || message->answer.empty()) return std::nullopt;
  const auto version = support::option_of(*message, 65001);
  if (!version || version->size() < 8) return std::nullopt;
  Said said{.seq = base::load_u64(version->data()), .text = {}, .addresses = 0};
  const auto& first = message->answer[0];
  if (first.type == RrType::Txt) said.text = base::as_text(base::ByteView(first.rdata).subspan(1));
  if (first.type == RrType::A) said.addresses = message->answer.size();
  return said;
}

struct Seen {
  std::uint64_t batches = 0, distinct = 0;
  // Each of these is a defect.
  std::uint64_t backwards = 0, mixed = 0, late = 0, unanswered = 0, empty_pools = 0;
};

Bytes query_for(const char* name, RrType type) {
  return support::to_wire(
      {.name = name, .type = type, .payload = std::uint16_t{1232}, .options = {{65001, {}}}});
}

// `newest`: the seq that was published last, stored after publish() returned.
Seen work(Published<Snapshot>& published, std::size_t index,
          const std::atomic<std::uint64_t>& newest, const std::atomic<bool>& done) {
  const Bytes queries[] = {
      query_for("one.numbered.", RrType::Txt), query_for("two.numbered.", RrType::Txt),
      query_for("x.y.numbered.", RrType::Txt), query_for("web.numbered.", RrType::A)};
  Published<Snapshot>::Reader reader(published, index);
  Bytes room(dns::udp_payload_octets);
  Seen seen;
  std::uint64_t last = 0;
  while (!done.load()) {
    const std::uint64_t floor = newest.load();
    const Snapshot& now = reader.current();
    std::string text;
    std::size_t addresses = 0;
    std::uint64_t seq = 0;
    for (int i = 0; i < batch_queries; ++i) {
      const auto said = ask(now, queries[i % 4], room);
      if (!said) {
        ++seen.unanswered;
        continue;
      }
      if (i >= 4) {  // every question was asked once: the second time it must say the same
        seen.mixed += said->seq != seq ? 1 : 0;
        seen.mixed += !said->text.empty() && said->text != text ? 1 : 0;
        seen.mixed += said->text.empty() && said->addresses != addresses ? 1 : 0;
      } else if (i == 0) {
        text = said->text;
        seq = said->seq;
      } else {
        seen.mixed += said->seq != seq || (i < 3 && said->text != text) ? 1 : 0;
        if (i == 3) addresses = said->addresses;
      }
    }
    seen.empty_pools += addresses == 0 ? 1 : 0;
    seen.backwards += seq < last ? 1 : 0;
    seen.late += seq < floor ? 1 : 0;
    seen.distinct += seq != last ? 1 : 0;
    last = seq;
    if (++seen.batches % 64 == 0) reader.go_offline();  // sleeps between two batches
  }
  reader.go_offline();
  return seen;
}

class FeederStress : public ::testing::Test {
 protected:
  // All of them publish at the pace of the load and end after so many publications.
  void run() {
    Writer writer;
    auto first = writer.first();
    ASSERT_TRUE(first);
    std::atomic<std::uint64_t> newest{first->dataset.version().seq.value()};
    std::atomic<bool> done{false};
    Published<Snapshot> published(std::move(first), workers);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers; ++i) {
      threads.emplace_back([&, i] { seen[i] = work(published, i, newest, done); });
    }
    auto next_at = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < publications; ++i) {
      auto next = writer.next_version();
      if (!next) continue;
      const std::uint64_t seq = next->dataset.version().seq.value();
      published.publish(std::move(next));
      newest.store(seq);
      ++published_versions;
      retired = std::max(retired, published.reclaim());
      std::this_thread::sleep_until(next_at += 1ms);  // the pace of the load, nothing waits for it
    }
    done = true;
    for (std::thread& thread : threads) thread.join();
    left = published.reclaim();
  }

  std::array<Seen, workers> seen;
  std::uint64_t published_versions = 0;
  std::size_t retired = 0, left = 0;
};

TEST_F(FeederStress, d20_d30_PublishingUnderFullLoadNeitherTearsNorDelaysAnAnswer) {
  run();
  EXPECT_GE(published_versions, publications * 9 / 10);
  for (const Seen& each : seen) {
    EXPECT_EQ(each.mixed, 0u) << "d20: one batch, one version";
    EXPECT_EQ(each.empty_pools, 0u) << "d20: a list is never seen half changed";
    EXPECT_EQ(each.unanswered, 0u);
    EXPECT_EQ(each.backwards, 0u) << "d30: no worker goes back";
    EXPECT_EQ(each.late, 0u) << "d30: an old version was answered past its batch";
    EXPECT_GT(each.distinct, 1u);
  }
  EXPECT_EQ(left, 0u);
  RecordProperty("retired_max", static_cast<int>(retired));
}

}  // namespace
}  // namespace tidemark::edge
