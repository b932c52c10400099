// PeerWatch: the newest NodeReport of each other edge, as far as the fleet topic can be read.
//
// Freshness is judged by the clock of the log, and the log by ours: when nothing at all has come
// for peer_fresh_within, no peer is fresh any more, whatever it said last.
//
// Threads   The feeder's.
// Requires  Source and Clock outlive it.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/base/environment.hpp"
#include "core/event/node_report.hpp"
#include "core/log/log.hpp"

namespace tidemark::edge {

constexpr std::chrono::seconds peer_fresh_within{10};
constexpr std::chrono::minutes peer_known_for{10};  // by the clock of the log
constexpr std::size_t peers_max = 10'000;

class PeerWatch {
 public:
  PeerWatch(log::Source& source, base::Clock& clock, std::string own_node, std::string own_ring)
      : source_(source), clock_(clock), node_(std::move(own_node)), ring_(std::move(own_ring)) {}

  void step();

  struct Count {  // of the edges of this node's ring, without this one
    std::size_t known = 0;
    std::size_t fresh = 0;        // follow the log, and do not want to be withdrawn
    std::size_t fresh_ahead = 0;  // and serve a newer version than `seq`
  };
  Count count(const base::U128& lineage, std::uint64_t seq) const;

 private:
  void take(const log::Record& record);

  log::Source& source_;
  base::Clock& clock_;
  const std::string node_, ring_;
  struct Peer {
    event::NodeReport report;
    std::int64_t appended_ms;
  };
  std::map<std::string, Peer, std::less<>> peers_;
  std::int64_t newest_ms_ = -1;
  std::chrono::nanoseconds newest_read_{0};
  bool started_ = false, caught_up_ = false;
};

}  // namespace tidemark::edge
