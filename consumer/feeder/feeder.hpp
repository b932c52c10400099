// Feeder: the one writer of a node. Reads `changes`, `health` and `control`, folds, offers
// Snapshots.
//
// It is stepped: its owner calls step() when a bell of its Sources rings, when StepReport says
// `more`, and at the latest after `call_again_in`. It never waits, has no thread, timer or logger,
// and reads time through the Clock port only to pace what it offers. After each step its owner
// takes the newest Snapshot, if there is one, and publishes it.
//
//   COLD         Nothing is served: neither restored nor once caught up. A replay from the log's
//                beginning stays COLD until it has caught up: half a history is not served.
//                -> LIVE [CaughtUp]  -> HALTED  -> DIVERGED
//   RESTORED     A verified state is served; the log has not yet confirmed its history.
//                -> CATCHING_UP [overlap record matches]  -> DIVERGED [it does not]
//   CATCHING_UP  Folding towards the end captured at the start of the tail, or (from LIVE) reading
//                the overlap record again.  -> LIVE  -> HALTED  -> DIVERGED
//   LIVE         Caught up once; follows.  -> CATCHING_UP [Overlap]  -> HALTED  -> DIVERGED
//   DIVERGED     The log is not the one that was folded (truncated, re-created, another cluster, a
//                hole). Nothing is applied any more; serving goes on.  -> bootstrap(), recheck()
//   HALTED       The next record needs a newer Tidemark. Serving goes on. For good: needs a
//   restart.
//
// Staged and active. What is folded is offered, but under a pin (control_view.hpp says which
// counts) the version that it names, frozen with the newest health. A version that is not folded
// yet or not held any more cannot be offered: the node stays with what it serves, and tells. When a
// pin ends the node goes forward as soon as it has caught up. Before the first look at `control` a
// restored node offers nothing newer than it restored, and a COLD one folds nothing (for
// control_grace): a fleet that was pinned meanwhile is not run ahead of.
//
// The Watermark of the node's ring holds it in the same way, if no pin does: it offers the version
// that the Watermark names, and goes from one such version to the next without those between. A
// node that serves nothing yet waits for one that it may serve; it offers no newer one.
//
// A Hold is the node's own: what comes from its version on made this node crash. Nothing of it is
// folded; pins and Watermarks of it count as if they named the version before. With `until` it
// folds on, but offers nothing between the two.
//
// When the position is no longer in the log the state stays and `needs_bootstrap` is set, as it is
// in DIVERGED: give bootstrap() a snapshot file's contents. Health goes on in every state, and
// heals by full frames: it skips to the first record that is there.
//
// What bootstrap() gives is rebuilt beside what is served: offered once it has caught up and is not
// older than what was folded before. Until then the node shows DIVERGED and `held_back`.
//
// No Snapshot of an empty state (seq 0) is ever offered, so a node that knows nothing never
// answers; LIVE with seq 0 is right for a controller on a fresh log.
//
// Invariants  Before the first record after a start is applied the last applied one was read again
//             and its hash matched. Offsets on `changes` are dense. Every record moves the chain.
//             The version of an offered Snapshot never falls, but by a pin.
// Threads     All calls by the one thread that owns it. Snapshots, status() and contents() are
//             values for others.
// Owns        The State (the one writable family of Datasets), the Observations.
// Requires    Both Sources outlive it and are used by nobody else.
// Errors      None returned: the environment's failures are in status() and StepReport::remarks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/control_view.hpp"
#include "consumer/snapshot/snapshot.hpp"
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/environment.hpp"
#include "core/base/result.hpp"
#include "core/dataset/version.hpp"
#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "core/event/node_report.hpp"
#include "core/fold/fold.hpp"
#include "core/fold/footprints.hpp"
#include "core/health/observations.hpp"
#include "core/log/log.hpp"

namespace tidemark::consumer {

struct FeederSettings {
  std::string dataset_name;  // fixes the lineage
  dataset::HashSeed seed;    // draw_hash_seed(random), once per process
  // A Snapshot is offered at most this often; at once if the last offer is longer ago.
  std::chrono::nanoseconds publish_interval = std::chrono::milliseconds(1);
  std::chrono::nanoseconds publish_interval_catching_up = std::chrono::milliseconds(100);
  // A log that caught up short of our last record was cut, or its new leader is for a moment
  // behind.
  std::chrono::nanoseconds overlap_grace = std::chrono::milliseconds(500);
  std::size_t records_per_step_max = 4096;  // of each topic
  std::size_t octets_per_step_max = 4 * 1024 * 1024;
  // Whose pins count. No name: none does, as for a controller.
  std::string node{}, ring{};
  // What bootstrap() gives, if it is older than what was folded: an edge serves on what it has; a
  // controller follows the log, and sends again what is gone from it.
  enum class WhenOlder : std::uint8_t { ServeOn, Follow } when_older = WhenOlder::ServeOn;
  // What is held for pins and rollback (retained_versions.hpp).
  std::size_t retain_versions = 1000;
  std::size_t retain_octets = std::size_t{256} * 1024 * 1024;
};

// What a node obeyed when it ended: obeyed until `control` was read.
struct RestoredPin {
  event::Pin pin;                           // seq 0: none, but the Watermark below
  std::optional<dataset::Dataset> dataset;  // its version, if its file was sound
  // Of the node's ring. Its version may then be an older one, which the ring had before.
  std::optional<event::Watermark> watermark{};
};

struct Hold {
  std::uint64_t before_seq = 0;  // 0: none
  std::uint64_t until_seq = 0;   // offered again from here on; 0: not known, nothing is folded
  friend bool operator==(const Hold&, const Hold&) = default;
};

// One decodable record of `changes`, folded. Valid during the call.
struct FoldedChange {
  log::Offset offset;
  log::AppendTime appended;
  const event::ChangeSet& change;
  const fold::Judgement& judgement;
  const fold::State& after;
  std::size_t octets = 0;  // of the record's value
};

struct FeederPorts {
  base::Clock& clock;
  log::Source& changes;
  log::Source* health = nullptr;
  log::Source* control = nullptr;
  // log::Log::identity of the log of `changes`; empty function or text: not known.
  std::function<std::string()> log_identity{};
  // For whoever waits for a verdict (controller) or keeps the audit. Called within step().
  std::function<void(const FoldedChange&)> folded{};
  // An undecodable record, skipped.
  std::function<void(const event::Nack&, log::AppendTime)> skipped{};
};

struct StepReport {
  std::size_t folded = 0;         // records of `changes`, whatever their fate
  std::size_t health_folded = 0;  // records of `health`
  bool more = false;              // call step() again, before waiting for a bell
  bool state_changed = false;     // status().state differs from before this step
  bool needs_bootstrap = false;   // as in status()
  bool pin_changed = false;       // status().pin or .watermark differs from before this step
  std::optional<std::chrono::nanoseconds> call_again_in;
  std::vector<std::string> remarks;  // for the owner's log, in order
};

struct FeederStatus {
  event::NodeState state = event::NodeState::Cold;
  std::string detail;  // why DIVERGED, HALTED, needs_bootstrap, or what is waited for
  bool needs_bootstrap = false;
  bool log_reachable = true;  // false from Unavailable or Denied until the next record or CaughtUp
  bool offered = false;       // a Snapshot was offered at least once: this node may serve

  // Folded ("staged").
  dataset::Version version{dataset::Lineage({}), dataset::Seq(0), dataset::StateHash({})};
  std::int64_t offset = -1;  // last folded record of `changes`
  base::Sha256 chain{};
  std::optional<std::int64_t> log_next;     // next offset of `changes` as last seen: tells the lag
  std::optional<std::int64_t> log_first{};  // the oldest record of `changes` that is still there
  bool held_back = false;         // a rebuilt state is folded, and older than what is served
  std::int64_t appended_ms = -1;  // append time of the last folded record of `changes`
  std::int64_t health_offset = -1;
  std::int64_t health_ms = -1;  // log time of `health`
  std::string log_identity;

  std::optional<event::Pin> pin{};  // that this node obeys
  bool pin_held = false;            // and its version is what is offered
  std::string pin_trouble;          // why it cannot be, for people; empty: it is, or will be
  std::optional<event::Watermark> watermark{};  // of the node's ring; none: not gated
  bool watermark_held = false;                  // and no pin counts, and its version is offered
  std::string watermark_trouble{};
  Hold hold{};
  std::int64_t control_offset = -1;
  std::int64_t heartbeat_ms = -1;  // log time of the newest heartbeat of any controller
  std::uint64_t control_skipped = 0;
  std::size_t retained_versions = 0;
  std::size_t retained_octets = 0;  // needed by older versions only

  std::uint64_t accepted = 0, rejected = 0, undecodable = 0, twins = 0;  // of the whole history
  std::uint64_t health_undecodable = 0, overlaps = 0, holes = 0, divergences = 0, stalls = 0;
  std::vector<event::Nack> nacks;  // newest event::nacks_max: rejected and undecodable ones
};

class Feeder {
 public:
  // Requires restored->state to be of this dataset's lineage (SnapshotStore sees to it).
  Feeder(FeederSettings settings, FeederPorts ports, std::optional<SnapshotContents> restored,
         std::optional<RestoredPin> pinned = std::nullopt);
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  StepReport step();

  // The newest Snapshot that was not taken yet; null if there is none. A restored one is there
  // before the first step.
  std::unique_ptr<const Snapshot> take_snapshot();

  // After needs_bootstrap: go on from these contents, or from the log's beginning. What was
  // offered before stays the newest Snapshot until the new state has caught up, and with it.
  void bootstrap(std::optional<SnapshotContents> contents);
  // A COLD node may let its replay wait while a file is fetched that saves most of it.
  enum class Replay : std::uint8_t { Runs, Waits };
  void set_replay(Replay replay);
  // After DIVERGED or needs_bootstrap: is the log perhaps the right one again? Reads the overlap
  // record once more.
  void recheck();
  // What is folded is proved not to be the log's history, although the overlap record matches:
  // DIVERGED, as if the overlap read had found it. Nothing if it is DIVERGED or HALTED already.
  void distrust(std::string why);

  // In place of the one before. Requires, while nothing was offered yet, that what was restored is
  // older than hold.before_seq.
  void hold(Hold hold);

  // The version that the pin or watermark in force names, from a file. Ignored if another one is
  // wanted by now.
  void provide(const dataset::Dataset& dataset);

  event::NodeState node_state() const noexcept;
  FeederStatus status() const;
  const fold::State& state() const noexcept;
  const health::Observations& observations() const noexcept;
  const ControlView& control() const noexcept;
  bool has_read_control() const noexcept;  // control() is that of the whole topic
  // A version that is held: the newest ones, and the one of the pin.
  std::optional<dataset::Dataset> version_at(dataset::Seq seq) const;
  // Where the fold stood after each of the newest records.
  const fold::Footprints& footprints() const noexcept;
  // For SnapshotStore::save(), on another thread. Its Dataset is of this Feeder's family: another
  // Feeder starts from what parse() made of it.
  SnapshotContents contents() const;

  void check_state() const;  // the facts of the state as TIDEMARK_CHECKs; step() calls it

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

dataset::HashSeed draw_hash_seed(base::Random& random);

}  // namespace tidemark::consumer
