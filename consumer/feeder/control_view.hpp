// ControlView: what controllers say beside the data: the newest record of each key of `control`.
//
// Pure: records go in, in log order; what it says depends on nothing else. The topic is compacted,
// so offsets may jump and older records of a key may be gone: that changes nothing here. A
// tombstone takes its key away.
//
//   key              record
//   pin/SCOPE        Pin; SCOPE is fleet, ring:NAME or node:NAME
//   watermark/RING/CONTROLLER
//                    Watermark: what this controller decided last for RING (docs/adr/0013)
//   heartbeat/NAME   Heartbeat of the controller NAME
//   snapshot/NAME    SnapshotAnnounce of the controller NAME
//   held/ID          Proposal; ID is that of the Proposal, 32 hexadecimal digits
//
// Of the Watermarks of a ring the one of the highest number counts; of two with one number that
// which stops, then the first in the log. So it depends on the newest record of each key alone, and
// a compacted topic says the same as a whole one.
//
// Records of other kinds are for others. A record that cannot be decoded, a pin or watermark under
// another key than its own, and a pin to version 0 are skipped, alike by everybody, and counted.
//
// Cost  O(log n) a record; pins are few.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/event/control.hpp"
#include "core/log/record.hpp"

namespace tidemark::consumer {

struct PlacedPin {
  event::Pin pin;
  std::int64_t offset;
  std::int64_t appended_ms;
  friend bool operator==(const PlacedPin&, const PlacedPin&) = default;
};
struct PlacedWatermark {
  event::Watermark mark;
  std::int64_t offset;
  std::int64_t appended_ms;
  friend bool operator==(const PlacedWatermark&, const PlacedWatermark&) = default;
};
struct HeardController {
  std::uint64_t number;
  std::int64_t appended_ms;  // by the log's clock
  event::Heartbeat said{};
  friend bool operator==(const HeardController&, const HeardController&) = default;
};

// Of a Proposal that is closed the first decision stands: a later one for the same ID is passed
// over, but that an approved one is opened again (its change was rejected by the fold).
struct PlacedProposal {
  event::Proposal proposal;
  std::int64_t offset;
  std::int64_t appended_ms;
  friend bool operator==(const PlacedProposal&, const PlacedProposal&) = default;
};

constexpr std::string_view fleet_scope = "fleet";
// "fleet", "ring:NAME" or "node:NAME" with a name in it.
bool is_scope(std::string_view text);
bool scope_holds(std::string_view scope, std::string_view node, std::string_view ring);
std::string pin_key(std::string_view scope);
std::string watermark_key(std::string_view ring, std::string_view controller);
// A roll-out was stopped by it.
bool is_stop(const event::Watermark& mark);
std::string held_key(const base::U128& id);
// "fleet at version 42".
std::string to_text(const event::Pin& pin);

class ControlView {
 public:
  // False: skipped.
  bool apply(const log::Record& record);

  // The pin that a node obeys: its own, else that of its ring, else that of the fleet.
  const PlacedPin* pin_for(std::string_view node, std::string_view ring) const;
  const PlacedPin* pin_of(std::string_view scope) const;
  const std::map<std::string, PlacedPin, std::less<>>& pins() const noexcept { return pins_; }
  // The one that counts, by ring.
  const std::map<std::string, event::Watermark, std::less<>>& watermarks() const noexcept {
    return watermarks_;
  }
  const PlacedWatermark* watermark_of(std::string_view ring) const;
  const std::map<std::string, HeardController, std::less<>>& controllers() const noexcept {
    return controllers_;
  }
  const std::map<base::U128, PlacedProposal>& proposals() const noexcept { return proposals_; }
  const PlacedProposal* proposal_of(const base::U128& id) const;
  // Append time of the newest record: the log's clock; -1: none.
  std::int64_t newest_ms() const noexcept { return newest_ms_; }
  // By controller.
  const std::map<std::string, event::SnapshotAnnounce, std::less<>>& announcements()
      const noexcept {
    return announcements_;
  }
  // Append time of the newest Heartbeat of anybody; -1: none.
  std::int64_t heartbeat_ms() const noexcept { return heartbeat_ms_; }
  std::int64_t offset() const noexcept { return offset_; }  // of the last record; -1: none
  // Offset of the newest record of a key, be it a tombstone; -1: none is known.
  std::int64_t newest_of(std::string_view key) const;
  std::uint64_t skipped() const noexcept { return skipped_; }

  friend bool operator==(const ControlView&, const ControlView&) = default;

 private:
  bool take(const log::Record& record);
  bool take(event::Proposal proposal, const log::Record& record);
  void forget(std::string_view key);
  void choose_watermark(const std::string& ring);

  std::map<std::string, PlacedPin, std::less<>> pins_;             // by scope
  std::map<std::string, PlacedWatermark, std::less<>> decisions_;  // by key
  std::map<std::string, std::string, std::less<>> chosen_;         // key, by ring
  std::map<std::string, event::Watermark, std::less<>> watermarks_;
  std::map<std::string, HeardController, std::less<>> controllers_;
  std::map<std::string, event::SnapshotAnnounce, std::less<>> announcements_;
  std::map<base::U128, PlacedProposal> proposals_;
  std::map<std::string, std::int64_t, std::less<>> newest_;  // offset, by key
  std::int64_t newest_ms_ = -1;
  std::int64_t heartbeat_ms_ = -1;
  std::int64_t offset_ = -1;
  std::uint64_t skipped_ = 0;
};

}  // namespace tidemark::consumer
