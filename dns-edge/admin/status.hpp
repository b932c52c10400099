// EdgeStatus: what a node says of itself, as plain values, for whoever shows it.
//
// Whoever runs the feeder writes it after each step; the admin listener only reads. So no object of
// the feeder is ever touched by another thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/address.hpp"

namespace tidemark::edge {

struct EdgeStatus {
  std::string node{}, ring{}, dataset{}, build{};
  std::string state = "COLD";
  std::string detail{};  // for people: why not live

  std::string lineage{}, state_hash{}, chain{};  // hexadecimal; hash of the active, chain at offset
  std::uint64_t active_seq = 0;                  // of the newest published Snapshot
  std::uint64_t staged_seq = 0;
  std::int64_t offset = -1;
  std::int64_t health_position = -1;  // of the newest published Snapshot
  std::optional<std::int64_t> log_next{};
  bool log_reachable = false;
  std::int64_t appended_ms =
      -1;  // append time of the last folded change, of the last health record
  std::int64_t health_ms = -1;
  std::uint64_t accepted = 0, rejected = 0, undecodable = 0, twins = 0, health_undecodable = 0,
                overlaps = 0, divergences = 0;

  struct Pinned {
    std::string scope, author, reason;
    std::string trouble;  // why its version is not served; empty: it is, or will be
    std::uint64_t seq;
  };
  std::optional<Pinned> pin{};
  std::uint64_t retained_versions = 0, retained_octets = 0;
  std::int64_t heartbeat_ms = -1;   // log time of the newest heartbeat of a controller
  std::uint32_t stale_seconds = 0;  // since the control plane was heard
  std::uint64_t control_skipped = 0;

  struct Rebuilt {  // the last time that what was folded here did not agree with the fleet
    std::uint64_t seq;
    std::string from_hash, to_hash;
    std::string controller;  // who said so
    std::vector<std::string> differences;
  };
  std::optional<Rebuilt> rebuilt{};
  std::uint64_t rebuilds = 0;
  bool disagrees = false;  // with a controller; it is judged, or cannot be
  std::string trouble{};   // for people, in one sentence

  // What has proved good here, and before what it holds since it crashed (dns-edge/app/last_good).
  std::uint64_t good_seq = 0, soaking_seq = 0, crashes_in_a_row = 0;
  std::uint64_t held_before_seq = 0, held_until_seq = 0;
  std::string held_reason{};
  std::uint64_t self_questions = 0, self_failures = 0;
  std::string anycast{};  // "announce", "withdraw"; empty: nobody is told
  // Zones of which a change is folded and not served, and for how long by the clock of the log.
  struct LateZone {
    std::string zone;
    std::uint64_t seconds;
  };
  std::vector<LateZone> late_zones{};  // the latest few
  std::uint64_t zones_behind = 0;

  std::uint64_t zones = 0, rrsets = 0, pools = 0, dataset_octets = 0;
  std::uint64_t publications = 0, retired_snapshots = 0;
  bool snapshot_held = false;                // a verified one: this node may serve
  std::vector<net::SocketAddress> listen{};  // as bound; empty: not bound yet

  // What is fetched or replayed before it can follow.
  struct Bootstrap {
    std::string phase = "idle", source{};
    std::uint64_t octets = 0, octets_total = 0;  // of the file that is fetched
    // Since the start.
    std::uint64_t received = 0, busy = 0, failures = 0, bad_files = 0, refused = 0, adopted = 0;
    double records_per_second = 0;
    std::int64_t records_left = 0;
    std::optional<std::int64_t> seconds_left{};
  };
  Bootstrap bootstrap{};
  std::string snapshot_url{};  // where peers fetch; empty: nowhere
  std::uint64_t share_downloads = 0, share_octets = 0, share_refused = 0;
  std::string snapshot_file{};  // newest that is durable
  std::uint64_t snapshot_file_seq = 0, snapshot_file_failures = 0, report_failures = 0;
};

}  // namespace tidemark::edge
