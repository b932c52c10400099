// NodeReport: what an edge says of itself on the `fleet` topic, on change and every second.
//
// It is the acknowledgement (active version) and the complaint (nacks) at once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/u128.hpp"

namespace tidemark::event {

constexpr std::size_t nacks_max = 16;  // newest; counters tell of the rest

enum class NodeState : std::uint8_t {
  Cold = 0,
  Restored = 1,
  CatchingUp = 2,
  Live = 3,
  Diverged = 4,
  Halted = 5,
};
std::string to_text(NodeState state);

struct Nack {
  std::int64_t offset;
  base::U128 change_id;  // zero if the record could not be decoded
  std::string reason;
  friend bool operator==(const Nack&, const Nack&) = default;
};

struct NodeReport {
  std::string node;
  std::string ring;
  NodeState state = NodeState::Cold;
  base::U128 lineage;
  std::uint64_t staged_seq = 0;
  std::uint64_t active_seq = 0;  // of the snapshot that every worker has passed to
  base::U128 state_hash;         // of the active version
  std::int64_t offset = -1;      // last folded record of `changes`
  std::array<std::uint8_t, 32> chain{};
  std::int64_t health_offset = -1;
  std::uint64_t accepted = 0, rejected = 0, undecodable = 0;
  std::uint64_t started_ms = 0;  // wall clock of the node, for people
  std::string build;
  std::string dns_listen, admin_listen;
  std::vector<Nack> nacks;
  // The pin that it obeys; empty, 0: none. The trouble says why its version is not served.
  std::string pin_scope{};
  std::uint64_t pin_seq = 0;
  std::string pin_trouble{};
  base::U128 instance{};          // drawn at each start: tells two nodes of one name apart
  std::int64_t appended_ms = -1;  // log time of the last folded record of `changes`
  // Its newest snapshot file, and where others get it; empty: not served.
  std::uint64_t durable_seq = 0;
  std::string durable_sha256{};
  std::string snapshot_url{};
  // A state that did not agree with the fleet's was set aside and rebuilt: how often, and the last.
  std::uint64_t rebuilds = 0;
  std::uint64_t rebuilt_seq = 0;
  base::U128 rebuilt_from_hash{};
  base::U128 rebuilt_to_hash{};
  std::string trouble{};  // what people should look at, in one sentence
  // Answers since the start, of all workers.
  std::uint64_t answers = 0, servfail = 0, nxdomain = 0;
  std::uint64_t held_before_seq = 0;  // a crash loop: this version is not activated; 0: none
  bool wants_withdrawal = false;      // from anycast: it lags, its peers do not
  friend bool operator==(const NodeReport&, const NodeReport&) = default;
};

}  // namespace tidemark::event
