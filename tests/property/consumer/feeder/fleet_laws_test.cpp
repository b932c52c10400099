// Several nodes with disks of their own on one log, and everything that goes wrong, from one seed.
// Afterwards all heal unaided and agree with a fold that saw none of it.
#include <memory>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "consumer/snapshot_file/snapshot_store.hpp"
#include "tests/support/feeder_rig.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;
using event::NodeState;

int roll(int sides) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, sides)); }

// What an edge does with Feeder and SnapshotStore, in few lines.
class Node {
 public:
  Node(std::shared_ptr<log::MemoryStore> log, std::uint64_t seed)
      : log_(std::move(log)), seed_(seed) {
    start();
  }

  void crash() {
    rig_.reset();
    served_seq_ = 0;  // its newest file may be older
    start();
  }
  void save() {
    if (rig_->state() == NodeState::Live) (void)store_.save(rig_->feeder.contents());
  }
  void damage_newest() {
    const auto files = *store_.files();
    if (!files.empty()) disk_.files().at(files.front()).at(30) ^= 4;
  }
  void look() {
    rig_->run();
    const Snapshot* served = rig_->take();
    if (served == nullptr) return;
    RC_ASSERT(served->dataset.version().state_hash == served->dataset.recompute_state_hash());
    RC_ASSERT(served->dataset.version().seq.value() >= served_seq_);
    served_seq_ = served->dataset.version().seq.value();
  }
  // I9: from any mix of files and histories, unaided.
  void heal() {
    std::string tried;
    rig_->settle();
    for (int i = 0; i < 8 && rig_->feeder.status().needs_bootstrap; ++i) {
      RestoreReport report = store_.restore_before(tried, dataset::HashSeed(seed_));
      tried = report.contents ? report.file : "snapshot-";
      rig_->feeder.bootstrap(std::move(report.contents));
      rig_->settle();
    }
  }
  FeederRig& rig() { return *rig_; }

 private:
  void start() {
    rig_ = std::make_unique<FeederRig>(log_, store_.restore(dataset::HashSeed(seed_)).contents,
                                       seed_, 3);
  }

  std::shared_ptr<log::MemoryStore> log_;
  const std::uint64_t seed_;
  std::uint64_t served_seq_ = 0;
  MemoryDisk disk_;
  SnapshotStore store_{disk_, lineage_of("tests")};
  std::unique_ptr<FeederRig> rig_;
};

class Fleet {
 public:
  // A record of its own each: two equal ones in one place of two histories cannot be told apart.
  void append_some() {
    std::vector<log::Draft> drafts = *life(1, 8);
    for (log::Draft& draft : drafts) draft.key += "#" + std::to_string(++records_);
    log::MemoryLog log(store_);
    append(log, changes_topic, drafts);
  }
  void cut() {
    const std::int64_t next = store_->bounds(changes_topic)->next.value();
    store_->truncate(changes_topic, log::Offset(std::max<std::int64_t>(0, next - 1 - roll(6))));
  }
  void befall(Node& node, int what) {
    switch (what) {
      case 0:  node.crash(); break;
      case 1:  node.save(); break;
      case 2:  node.damage_newest(); break;
      case 3:  node.rig().log.lose_connection(); break;
      case 4:  node.rig().log.go_offline(); break;
      case 5:  node.rig().log.go_online(); break;
      default: node.look(); break;
    }
  }
  void live(int events, bool with_cuts) {
    for (int i = 0; i < events; ++i) {
      const int event = roll(12);
      if (event == 0 && with_cuts) {
        cut();
      } else if (event == 1 && store_->bounds(changes_topic)->next.value() > 0) {
        store_->duplicate_last(changes_topic);
      } else if (event < 4) {
        append_some();
      } else {
        befall(*nodes_[static_cast<std::size_t>(roll(3))], roll(9));
      }
    }
  }
  void expect_agreement() {
    // A log that lost its end is followed once it has gone past what was served.
    std::uint64_t newest = 0;
    for (const auto& node : nodes_) newest = std::max(newest, node->rig().version().seq.value());
    FeederRig clean(store_);
    append_some();
    clean.settle();
    while (clean.version().seq.value() < newest) {
      const std::uint64_t number = 1'000'000 + ++records_;
      const dns::Name zone = name("z" + std::to_string(number) + ".test.");
      log::MemoryLog log(store_);
      append(log, changes_topic, {draft(create_zone(number, zone))});
      clean.settle();
    }
    for (const auto& node : nodes_) {
      node->rig().log.go_online();
      node->heal();
      RC_ASSERT(node->rig().state() == NodeState::Live);
      RC_ASSERT(node->rig().version() == clean.version());
      RC_ASSERT(node->rig().feeder.state().chain == clean.feeder.state().chain);
      node->rig().settle();
      if (clean.version().seq.value() == 0) continue;
      RC_ASSERT(node->rig().take() != nullptr);
      RC_ASSERT(node->rig().served->dataset.version() == clean.version());
      node->look();
    }
  }
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

 private:
  static std::vector<std::unique_ptr<Node>> make_nodes(
      const std::shared_ptr<log::MemoryStore>& store) {
    std::vector<std::unique_ptr<Node>> nodes;
    for (std::uint64_t i = 0; i < 3; ++i) nodes.push_back(std::make_unique<Node>(store, 10 + i));
    return nodes;
  }

  std::shared_ptr<log::MemoryStore> store_ = make_store();
  std::uint64_t records_ = 0;
  std::vector<std::unique_ptr<Node>> nodes_ = make_nodes(store_);
};

RC_GTEST_PROP(FleetLaws, AgreesAfterCrashesLostConnectionsAndDamagedFiles, ()) {
  Fleet fleet;
  fleet.live(*rc::gen::inRange(1, 60), false);
  fleet.expect_agreement();
  for (const auto& node : fleet.nodes()) {
    RC_ASSERT(node->rig().feeder.status().divergences == 0u);
  }
}

RC_GTEST_PROP(FleetLaws, AgreesAfterTheLogWasCutToo, ()) {
  Fleet fleet;
  fleet.live(*rc::gen::inRange(1, 60), true);
  fleet.expect_agreement();
}

}  // namespace
}  // namespace tidemark::consumer
