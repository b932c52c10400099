// ControlView: what controllers say beside the data: the newest record of each key of `control`.
//
// Pure: records go in, in log order; what it says depends on nothing else. The topic is compacted,
// so offsets may jump and older records of a key may be gone: that changes nothing here. A
// tombstone takes its key away.
//
//   key              record
//   pin/SCOPE        Pin; SCOPE is fleet, ring:NAME or node:NAME
//   watermark/RING   Watermark
//   heartbeat/NAME   Heartbeat of the controller NAME
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
struct HeardController {
  std::uint64_t number;
  std::int64_t appended_ms;  // by the log's clock
  event::Heartbeat said{};
  friend bool operator==(const HeardController&, const HeardController&) = default;
};

constexpr std::string_view fleet_scope = "fleet";
// "fleet", "ring:NAME" or "node:NAME" with a name in it.
bool is_scope(std::string_view text);
bool scope_holds(std::string_view scope, std::string_view node, std::string_view ring);
std::string pin_key(std::string_view scope);
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
  const std::map<std::string, event::Watermark, std::less<>>& watermarks() const noexcept {
    return watermarks_;
  }
  const std::map<std::string, HeardController, std::less<>>& controllers() const noexcept {
    return controllers_;
  }
  // Append time of the newest Heartbeat of anybody; -1: none.
  std::int64_t heartbeat_ms() const noexcept { return heartbeat_ms_; }
  std::int64_t offset() const noexcept { return offset_; }  // of the last record; -1: none
  std::uint64_t skipped() const noexcept { return skipped_; }

  friend bool operator==(const ControlView&, const ControlView&) = default;

 private:
  bool take(const log::Record& record);
  void forget(std::string_view key);

  std::map<std::string, PlacedPin, std::less<>> pins_;  // by scope
  std::map<std::string, event::Watermark, std::less<>> watermarks_;
  std::map<std::string, HeardController, std::less<>> controllers_;
  std::int64_t heartbeat_ms_ = -1;
  std::int64_t offset_ = -1;
  std::uint64_t skipped_ = 0;
};

}  // namespace tidemark::consumer
