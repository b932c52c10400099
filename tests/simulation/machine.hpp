// Machine: what of a node outlives its process: its clock, its disk, its line to the log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "core/base/environment.hpp"
#include "core/log/memory_log.hpp"
#include "tests/simulation/history.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::simulation {

// Two clocks by hand; the wall clock can be set to anything.
class SimulatedClock final : public base::Clock {
 public:
  std::chrono::nanoseconds steady() override { return steady_; }
  std::chrono::milliseconds wall() override { return wall_; }
  void advance(std::chrono::milliseconds by) {
    steady_ += by;
    wall_ += by;
  }
  void step_wall(std::chrono::milliseconds by) { wall_ += by; }

 private:
  std::chrono::nanoseconds steady_{std::chrono::hours(1)};
  std::chrono::milliseconds wall_{1'700'000'000'000};
};

// What the nodes share.
struct World {
  const Plan& plan;
  Dice& dice;
  std::shared_ptr<log::MemoryStore> store;
  History& history;
  std::function<void(const std::string&)> tell;  // a line of the trace
  std::function<void(std::string)> violate;
  std::function<base::Result<std::string>(const std::string& host, const std::string& page,
                                          const std::string& range)>
      fetch;                 // a page of another node
  std::uint64_t astray = 0;  // how often a node went astray
};

// The log as a node reads it: past History::as_read, and with Guard::OverlapRead off past the
// overlap read: it shows the record that this node read last, whatever stands there by now.
class SeamedSource final : public log::Source {
 public:
  // `seen`: what this machine read, by offset.
  SeamedSource(std::unique_ptr<log::Source> inner, const World& world,
               std::map<std::int64_t, log::Record>& seen, bool tears)
      : inner_(std::move(inner)), world_(world), seen_(seen), tears_(tears) {}

  base::Result<void> start(log::Offset from) override;
  base::Result<log::Drained> drain(std::size_t records_max) override;
  std::optional<log::Bounds> bounds() const override { return inner_->bounds(); }
  int bell() const override { return -1; }

 private:
  bool hides() const { return world_.plan.off == Guard::OverlapRead; }
  log::Record torn(log::Record record) const;

  std::unique_ptr<log::Source> inner_;
  const World& world_;
  std::map<std::int64_t, log::Record>& seen_;
  const bool tears_;
  std::optional<log::Record> shown_;
  std::int64_t next_ = 0;
};

// The line of a node, with that in it.
class SeamedLog final : public log::Log {
 public:
  SeamedLog(log::MemoryLog& inner, const World& world, bool tears)
      : inner_(inner), world_(world), tears_(tears) {}
  std::string identity() const override { return inner_.identity(); }
  base::Result<std::unique_ptr<log::Source>> source(std::string_view topic) override;
  base::Result<std::unique_ptr<log::Sink>> sink(std::string_view topic) override {
    return inner_.sink(topic);
  }
  base::Result<std::vector<log::Difference>> check(
      const std::vector<log::TopicSettings>& wanted) override {
    return inner_.check(wanted);
  }
  base::Result<void> create(const std::vector<log::TopicSettings>& wanted) override {
    return inner_.create(wanted);
  }
  void forget() { seen_.clear(); }

 private:
  log::MemoryLog& inner_;
  const World& world_;
  const bool tears_;
  std::map<std::int64_t, log::Record> seen_;
};

// Whether a node follows a history that is not the log's, and could not know it: the log lost its
// end and was written on, and by chance the same octets came to stand where the node had read last.
// The overlap read sees no difference; controllers' Heartbeats tell it
// (dns-edge/app/self_repair.hpp, whose part the simulator plays), or nobody does.
class Astray {
 public:
  Astray(World& world, const std::string& who) : world_(world), who_(who) {}
  void take(const Astray& other) {
    offset_ = other.offset_;
    last_record_ = other.last_record_;
    astray_ = other.astray_;
  }

  // Before each step of the feeder.
  void note(const fold::State& state) {
    offset_ = state.offset;
    last_record_ = state.last_record;
  }
  void folded(const consumer::FoldedChange& folded);
  void skipped(std::int64_t offset);
  void restored(const consumer::SnapshotContents& contents);
  explicit operator bool() const noexcept { return astray_; }
  // After each step. True: somebody told the node by now.
  bool is_told(const consumer::Feeder& feeder, std::chrono::nanoseconds now);

 private:
  World& world_;
  const std::string& who_;
  std::int64_t offset_ = -1;
  base::Sha256 last_record_{};
  bool astray_ = false;
  std::optional<std::chrono::nanoseconds> due_{};
};

struct Machine {
  Machine(World& of, std::string named)
      : world(of),
        name(std::move(named)),
        line(of.store),
        log(line, of, of.plan.off == Guard::Whole && name == "e1"),
        store(disk, lineage()) {}
  static dataset::Lineage lineage() { return consumer::lineage_of(dataset_name); }

  // The version that a restart must find at least: what was promised to be durable.
  void note_saved(const consumer::SavedFile& file, std::uint64_t seq);
  // A crash: what was written without a sync is half there. (Only with the guard off.)
  void lose_unsynced();
  // Somebody's fault, not ours: a file is flipped, or cut.
  void damage_a_file();
  void mend_disk();

  World& world;
  const std::string name;
  SimulatedClock clock;
  log::MemoryLog line;
  SeamedLog log;
  support::MemoryDisk disk;
  consumer::SnapshotStore store;
  bool online = true;
  std::uint64_t durable_seq = 0;
  std::size_t fails_at = 0;  // which call of the disk

 private:
  std::string unsynced_;
};

}  // namespace tidemark::simulation
