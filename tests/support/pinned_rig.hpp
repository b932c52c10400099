// PinnedRig: one node's Feeder that follows `control` too, under a name and a ring of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "schemas/codec.hpp"
#include "tests/support/feeder_rig.hpp"

namespace tidemark::support {

inline log::Draft pin_draft(const std::string& scope, std::uint64_t seq,
                            const std::string& author = "alice",
                            const std::string& reason = "look first") {
  log::Draft draft;
  draft.key = "pin/" + scope;
  draft.value = schemas::encode(event::ControlRecord(event::Pin{scope, seq, author, reason}));
  return draft;
}
inline log::Draft unpin_draft(const std::string& scope) {
  log::Draft draft;
  draft.key = "pin/" + scope;
  draft.tombstone = true;
  return draft;
}

struct PinnedRig {
  explicit PinnedRig(std::shared_ptr<log::MemoryStore> store,
                     std::optional<consumer::SnapshotContents> restored = std::nullopt,
                     std::optional<consumer::RestoredPin> pinned = std::nullopt,
                     std::size_t retain = 1000)
      : log(std::move(store)),
        changes(*log.source(changes_topic)),
        health(*log.source(health_topic)),
        control(*log.source(control_topic)),
        feeder({.dataset_name = "tests",
                .seed = dataset::HashSeed(1),
                .node = "n1",
                .ring = "eu",
                .retain_versions = retain},
               {.clock = clock,
                .changes = *changes,
                .health = health.get(),
                .control = control.get(),
                .log_identity = [this] { return log.identity(); },
                .folded = [this](const consumer::FoldedChange& folded) { note(folded.after); }},
               std::move(restored), std::move(pinned)) {}

  // Steps until the Feeder wants nothing more; time passes while it waits.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      consumer::StepReport report;
      do {
        report = feeder.step();
        take();
      } while (report.more);
      if (!report.call_again_in) return;
      clock.advance(*report.call_again_in);
    }
  }
  // The seq of what is served; 0: nothing.
  std::uint64_t take() {
    if (auto next = feeder.take_snapshot()) served = std::move(next);
    return served ? served->dataset.version().seq.value() : 0;
  }
  std::uint64_t folded() const { return feeder.state().dataset.version().seq.value(); }
  void note(const fold::State& after) {
    hashes.insert_or_assign(after.dataset.version().seq.value(),
                            after.dataset.version().state_hash);
  }

  ManualClock clock;
  log::MemoryLog log;
  std::unique_ptr<log::Source> changes, health, control;
  std::map<std::uint64_t, dataset::StateHash> hashes;  // of every version that was folded
  consumer::Feeder feeder;
  std::unique_ptr<const consumer::Snapshot> served;
};

}  // namespace tidemark::support
