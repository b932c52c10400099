// ZoneLag: which zones are served older than they are folded, and since when: under a watermark, a
// pin or a hold. Beside it every zone is as old as the last news of the control plane (Staleness).
//
// Ages are by the clock of the log: from the append of the first change of the zone that is not
// served to the newest record or heartbeat of anybody.
//
// Threads  The feeder's.
// Limits   It knows the newest changes_max zones of changes of this process: what was folded before
//          it started, or longer ago, is not counted.
// Cost     look(): O(log n) while nothing is behind, else O(changes that are not served).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/event/change_set.hpp"

namespace tidemark::edge {

constexpr std::size_t zone_changes_max = 16'384;
constexpr std::size_t late_zones_shown = 10;

class ZoneLag {
 public:
  // Seqs rise; a lower one begins anew.
  void folded(const event::ChangeSet& change, std::uint64_t seq, std::int64_t appended_ms);

  struct Late {
    std::string zone;
    std::uint64_t seconds;
  };
  struct Sight {
    std::size_t zones = 0;       // that are behind
    std::vector<Late> latest{};  // late_zones_shown of them, the latest first
  };
  Sight look(std::uint64_t active_seq, std::int64_t log_now_ms) const;

 private:
  struct Touch {
    std::uint64_t seq;
    std::int64_t appended_ms;
    dns::Name zone;
  };
  std::deque<Touch> touches_;
};

}  // namespace tidemark::edge
