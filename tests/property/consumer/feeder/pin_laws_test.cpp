// Law 13. Under any pins, unpins, stops and losses a node serves what the rule says, and its
// version falls only when a pin says so.
#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/pinned_rig.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const std::vector<std::string> scopes{"fleet", "ring:eu", "ring:us", "node:n1", "node:n2"};

struct Fleet {  // what the rule says, from what was written
  std::map<std::string, std::uint64_t> pins;
  std::optional<std::uint64_t> of_n1() const {
    for (const char* scope : {"node:n1", "ring:eu", "fleet"}) {
      if (const auto at = pins.find(scope); at != pins.end()) return at->second;
    }
    return std::nullopt;
  }
};

RC_GTEST_PROP(PinLaws, TheOfferedDatasetIsThatOfTheRule, ()) {
  auto store = make_store();
  PinnedRig rig(store);
  log::MemoryLog log(store);
  const auto drafts = *life(10, 60);
  Fleet fleet;
  std::size_t written = 0;
  for (int turn = *rc::gen::inRange(5, 40); turn > 0; --turn) {
    const std::uint64_t before = rig.take();
    const auto pin_before = fleet.of_n1();
    switch (*rc::gen::inRange(0, 6)) {
      case 0: {
        const std::string scope = *rc::gen::elementOf(scopes);
        fleet.pins[scope] = *rc::gen::inRange<std::uint64_t>(1, rig.folded() + 3);
        append(log, control_topic, {pin_draft(scope, fleet.pins[scope])});
        break;
      }
      case 1: {
        const std::string scope = *rc::gen::elementOf(scopes);
        fleet.pins.erase(scope);
        append(log, control_topic, {unpin_draft(scope)});
        break;
      }
      case 2:  rig.log.lose_connection(); break;
      case 3:  store->compact(control_topic); break;
      default: {
        const auto count = std::min(*rc::gen::inRange<std::size_t>(1, 8), drafts.size() - written);
        const auto from = drafts.begin() + static_cast<std::ptrdiff_t>(written);
        append(log, changes_topic, {from, from + static_cast<std::ptrdiff_t>(count)});
        written += count;
      }
    }
    rig.settle();
    const auto pin = fleet.of_n1();
    const std::uint64_t serves = rig.take(), folded = rig.folded();
    if (!pin) {
      RC_ASSERT(serves == folded);
    } else if (*pin <= folded) {
      RC_ASSERT(serves == *pin);
    } else {
      RC_ASSERT(serves == (before == 0 ? folded : before));
    }
    if (serves != 0) RC_ASSERT(rig.served->dataset.version().state_hash == rig.hashes.at(serves));
    if (pin == pin_before) RC_ASSERT(serves >= before);
    RC_ASSERT(serves <= folded);
  }
}

}  // namespace
}  // namespace tidemark::consumer
