// Records of the compacted `control` topic: what controllers tell nodes beside the data.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

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
  friend bool operator==(const Watermark&, const Watermark&) = default;
};
struct SnapshotAnnounce {
  std::string sha256;  // file name, hexadecimal
  std::uint64_t octets;
  std::uint64_t seq;
  std::int64_t offset;
  std::vector<std::string> urls;
  friend bool operator==(const SnapshotAnnounce&, const SnapshotAnnounce&) = default;
};
struct Heartbeat {  // tells "no changes" from "no control plane"
  std::string controller;
  std::uint64_t number;
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};
struct LineageSeal {  // the log's history ends here; it goes on under another lineage
  base::U128 lineage;
  base::U128 successor;
  std::uint64_t seq;
  friend bool operator==(const LineageSeal&, const LineageSeal&) = default;
};
using ControlRecord = std::variant<Pin, Watermark, SnapshotAnnounce, Heartbeat, LineageSeal>;

}  // namespace tidemark::event
