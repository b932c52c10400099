// Snapshot file: everything that a node needs to go on without the log's past, as octets.
//
// serialize() and parse() are the format of docs/formats/snapshot-file.md: sections with length and
// XXH3-128 each; equal contents give equal octets (no clock, no table order, no HashSeed in them).
// The file's name holds the SHA-256 of its octets (snapshot_store.hpp).
//
// parse() meets strangers: every length and limit is judged before it is believed, every RRset is
// checked as the fold checks it, and the state hash is computed anew by an Editor and compared with
// the header. What parse() returns is therefore a verified state.
//
// Threads  serialize(): any thread; the contents are values (a Dataset is read from any thread).
//          parse() makes a family of Datasets of its own: its caller becomes their one writer.
// Errors   Invalid: not such a file, damaged, or content that breaks a rule; the trail names the
//          section and the octet. Unsupported: a newer format. Conflict: of another lineage.
// Cost     Linear: about 1 us a record each way, octets about 40 a record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/dataset/version.hpp"
#include "core/fold/fold.hpp"
#include "core/health/observations.hpp"

namespace tidemark::consumer {

// The newest one. A file is of version 1 if that holds all: who reads only that goes on reading.
constexpr std::uint32_t snapshot_format_version = 2;
constexpr std::size_t log_identity_octets_max = 1024;

// A copy is cheap but for the ledger (2 MiB) and the observations: take one on the feeder's thread
// (Feeder::contents), serialize it on another.
struct SnapshotContents {
  fold::State state;         // Dataset, ledger, position, chain, counters
  std::string log_identity;  // log::Log::identity() of the log that `state` was folded from
  health::Observations observations;
  std::int64_t health_offset = -1;  // of the last folded health record, -1: none
  base::Sha256 health_last_record{};
};

base::Bytes serialize(const SnapshotContents& contents);
[[nodiscard]] base::Result<SnapshotContents> parse(base::ByteView file, dataset::Lineage lineage,
                                                   dataset::HashSeed seed);

// What a file says of itself, from its first `summary_octets_max` octets: unverified but for the
// checksum of its first section. For lists of files; who uses one verifies the whole of it.
struct SnapshotSummary {
  dataset::Version version;
  std::int64_t offset;
  base::Sha256 chain;
  std::int64_t health_offset;  // -1: without health, as files for the fleet are
  std::string log_identity;
};
constexpr std::size_t summary_octets_max = 4096;
[[nodiscard]] base::Result<SnapshotSummary> read_summary(base::ByteView opening);

// As the fleet shares them: without what the health topic said last, so that two nodes at one
// position of `changes` make the same file. Who starts from it reads health from the log.
SnapshotContents without_health(SnapshotContents contents);

// Names the one history of a dataset's topics for ever: the first 16 octets of
// SHA-256("tidemark:" and the dataset's name). That it is the same history is proved by the chain.
dataset::Lineage lineage_of(std::string_view dataset_name);

}  // namespace tidemark::consumer
