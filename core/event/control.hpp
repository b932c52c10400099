// Records of the compacted `control` topic: what controllers tell nodes beside the data.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/u128.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::event {

struct Pin {          // stay on this version on purpose
  std::string scope;  // "fleet", "ring:NAME", "node:NAME"
  std::uint64_t seq;
  std::string author;
  std::string reason;
  friend bool operator==(const Pin&, const Pin&) = default;
};
struct Watermark {  // the newest version that a ring may activate
  std::string ring;
  std::uint64_t seq;
  std::string reason;
  std::string author{};         // a controller, or who released it by hand
  std::uint64_t number = 0;     // of the decision, rising; of two the higher counts
  base::U128 stopped_change{};  // that the roll-out stopped at; zero: none
  bool released = false;        // the ring is not gated at all: `seq` counts for nothing
  friend bool operator==(const Watermark&, const Watermark&) = default;
};
struct SnapshotAnnounce {
  std::string sha256;  // file name, hexadecimal
  std::uint64_t octets;
  std::uint64_t seq;
  std::int64_t offset;
  std::vector<std::string> urls;
  base::U128 state_hash{};
  std::string controller{};
  friend bool operator==(const SnapshotAnnounce&, const SnapshotAnnounce&) = default;
};
struct Heartbeat {  // tells "no changes" from "no control plane"
  std::string controller;
  std::uint64_t number;
  // What this controller folded last, so that every node can compare; offset -1: not told.
  std::uint64_t seq = 0;
  base::U128 state_hash{};
  std::int64_t offset = -1;
  std::array<std::uint8_t, 32> chain{};
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};
struct LineageSeal {  // the log's history ends here; it goes on under another lineage
  base::U128 lineage;
  base::U128 successor;
  std::uint64_t seq;
  friend bool operator==(const LineageSeal&, const LineageSeal&) = default;
};
enum class ProposalState : std::uint8_t { Open = 0, Approved = 1, Rejected = 2 };
// A change that was held instead of published: by a guard, or because its author asked for it.
struct Proposal {
  base::U128 id;  // also the change_id of what is published when it is approved
  std::string author;
  std::string reason;
  std::uint64_t created_ms = 0;    // wall clock of the controller, for people
  std::string refusal;             // what the guard said; empty: held on wish
  std::vector<std::string> zones;  // at most proposal_zones_max
  std::uint64_t decided_at_seq = 0;
  base::Bytes change;  // an encoded ChangeSet
  ProposalState state = ProposalState::Open;
  std::string closed_by{};
  std::string closed_reason{};
  std::uint64_t closed_ms = 0;
  friend bool operator==(const Proposal&, const Proposal&) = default;
};
constexpr std::size_t proposal_zones_max = 64;
using ControlRecord =
    std::variant<Pin, Watermark, SnapshotAnnounce, Heartbeat, LineageSeal, Proposal>;

}  // namespace tidemark::event
