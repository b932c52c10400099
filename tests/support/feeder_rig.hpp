// FeederRig: one node's Feeder on a connection of its own to a MemoryStore, with a clock by hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/base/check.hpp"
#include "core/log/memory_log.hpp"
#include "tests/support/life.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::support {

inline const std::string changes_topic = "tests.changes";
inline const std::string health_topic = "tests.health";
inline const std::string control_topic = "tests.control";

inline std::shared_ptr<log::MemoryStore> make_store(std::string identity = "memory") {
  std::int64_t now = 1000;
  auto store = std::make_shared<log::MemoryStore>(log::MemoryStoreSettings{
      .identity = std::move(identity), .now = [now]() mutable { return log::AppendTime(++now); }});
  log::TopicSettings changes, health, control;
  changes.name = changes_topic;
  health.name = health_topic;
  control.name = control_topic;
  control.cleanup = log::Cleanup::Compact;
  (void)store->create({changes, health, control});
  return store;
}

// As a node finds it on its disk: a family of Datasets of its own.
inline consumer::SnapshotContents from_disk(const consumer::SnapshotContents& contents,
                                            std::uint64_t seed = 2) {
  auto parsed = consumer::parse(consumer::serialize(contents), consumer::lineage_of("tests"),
                                dataset::HashSeed(seed));
  TIDEMARK_CHECK(parsed.has_value(), "what was serialized parses");
  return *std::move(parsed);
}

struct FeederRig {
  explicit FeederRig(std::shared_ptr<log::MemoryStore> store,
                     std::optional<consumer::SnapshotContents> restored = std::nullopt,
                     std::uint64_t seed = 1, std::size_t records_per_step = 4096)
      : log(std::move(store)),
        changes(*log.source(changes_topic)),
        health(*log.source(health_topic)),
        feeder({.dataset_name = "tests",
                .seed = dataset::HashSeed(seed),
                .records_per_step_max = records_per_step},
               {.clock = clock,
                .changes = *changes,
                .health = health.get(),
                .log_identity = [this] { return log.identity(); },
                .folded =
                    [this](const consumer::FoldedChange& folded) {
                      judgements.emplace_back(folded.offset.value(), folded.judgement);
                    }},
               std::move(restored)) {}

  // Steps until the Feeder wants nothing more at this time.
  consumer::StepReport run() {
    consumer::StepReport all;
    do {
      consumer::StepReport report = feeder.step();
      all.folded += report.folded;
      all.health_folded += report.health_folded;
      all.more = report.more;
      all.needs_bootstrap = report.needs_bootstrap;
      all.call_again_in = report.call_again_in;
      for (std::string& remark : report.remarks) all.remarks.push_back(std::move(remark));
    } while (all.more);
    return all;
  }
  // And lets what is waited for come: held back Snapshots, the overlap's grace.
  consumer::StepReport settle() {
    consumer::StepReport report = run();
    for (int i = 0; i < 10 && report.call_again_in; ++i) {
      clock.advance(*report.call_again_in);
      report = run();
    }
    return report;
  }
  // Takes the newest Snapshot into `served`.
  const consumer::Snapshot* take() {
    if (auto next = feeder.take_snapshot()) served = std::move(next);
    return served.get();
  }
  event::NodeState state() const { return feeder.node_state(); }
  dataset::Version version() const { return feeder.state().dataset.version(); }

  ManualClock clock;
  log::MemoryLog log;
  std::unique_ptr<log::Source> changes, health;
  std::vector<std::pair<std::int64_t, fold::Judgement>> judgements;
  consumer::Feeder feeder;
  std::unique_ptr<const consumer::Snapshot> served;
};

}  // namespace tidemark::support
