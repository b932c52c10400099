// HistoryFile: the SQLite file of the history index: every change of a dataset, by zone, name, time
// and author, and every value that an RRset or pool ever had.
//
// It is derived from the log and nothing else: deleted, it is built anew (replay.hpp). It holds one
// history, named by its lineage, from the log's beginning or, where the log's beginning is gone,
// from a baseline: a whole Dataset that counts as one change by nobody.
//
//   changes   one row a judged ChangeSet, accepted or rejected; twins are left out
//             told_ms: when it was made elsewhere, if it was imported, else when it was appended
//   touches   which zones a change names, and when it was made; of accepted ones the serial, and
//             whether the zone is there afterwards
//   keys      (zone, owner, type) that ever was, and whether it is there now
//   versions  (key, seq) -> TTL and records from that seq on; no records: gone
//   entries   (name, seq) -> pool/NAME, override/POOL/ENDPOINT, settings/ZONE as the ChangeSet of
//             that one edit; null: gone
//
// Invariants  Rows of one change are there whole or not at all; position() tells the last one.
//             A value at seq S is the row with the highest seq <= S.
// Threads     A connection belongs to one thread; several may read while one writes (WAL).
// Errors      Unavailable, Invalid: the file's, naming it. Unsupported: of a newer format.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/dataset/version.hpp"
#include "topics/sqlite_file.hpp"

namespace tidemark::consumer {

constexpr std::int64_t history_format_version = 4;

// Up to where the log is in the index.
struct HistoryPosition {
  std::int64_t offset = -1;     // of the last record that was looked at
  std::uint64_t seq = 0;        // of the last accepted change
  std::uint64_t first_seq = 0;  // the past before it is not known (baseline); 0: all of it is
  friend bool operator==(const HistoryPosition&, const HistoryPosition&) = default;
};

// Opens the index of `lineage`, makes it if it is missing.
// Errors  also Conflict: the file is the index of another lineage.
[[nodiscard]] base::Result<topics::SqliteFile> open_history(const std::string& path,
                                                            dataset::Lineage lineage);
// The same, but a missing file is NotFound and any lineage is right.
[[nodiscard]] base::Result<topics::SqliteFile> open_history(const std::string& path);

[[nodiscard]] base::Result<HistoryPosition> position_of(topics::SqliteFile& file);

}  // namespace tidemark::consumer
