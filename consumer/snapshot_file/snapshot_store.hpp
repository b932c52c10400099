// SnapshotStore: the generations of snapshot files in one folder (a base::Disk).
//
// Names: `snapshot-<generation, 10 digits>-<SHA-256 of the file, 64 digits>.tmsnap`. A generation
// is one higher than the highest that is there, so the highest is the newest. save() never touches
// an older file before the new one is durable; then it removes what is older than the newest
// `generations`. A file that does not verify is renamed to `<name>.bad`, kept for people (the
// newest three), and never read again. One of a version that crashed this node is renamed to
// `<name>.held` in the same way.
//
// Invariants  A file is used only if its name's SHA-256, its checksums and its state hash agree.
//             save() of what the newest file already holds writes nothing.
// Threads     One at a time: restore() before the feeder runs, then save() on one I/O thread.
// Errors      save(): the disk's (Unavailable); the older generations are intact. restore() has no
//             error: it tells what it found, nothing included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/environment.hpp"

namespace tidemark::consumer {

constexpr std::size_t generations_min = 3;
constexpr std::size_t bad_files_max = 3;

struct SavedFile {
  std::string name;
  base::Sha256 sha256;
  std::uint64_t octets;
  bool written;                      // false: the newest file held the same contents
  std::vector<std::string> remarks;  // what could not be tidied up; the file itself is durable
};

struct Generation {
  std::string name;
  std::uint64_t seq;  // as the file says of itself, unverified
};

struct RestoreReport {
  std::optional<SnapshotContents> contents;
  std::string file;                  // that it came from
  std::vector<std::string> remarks;  // a line for each file that was set aside or passed over
  std::size_t set_aside = 0;
};

// The SHA-256 in the name of a snapshot file, 64 digits; empty: no name of ours.
std::string sha256_of_file_name(std::string_view name);

class SnapshotStore {
 public:
  // `generations`: at least generations_min.
  SnapshotStore(base::Disk& disk, dataset::Lineage lineage,
                std::size_t generations = generations_min);

  [[nodiscard]] base::Result<SavedFile> save(const SnapshotContents& contents);
  // A file from elsewhere as the newest generation. Requires that parse() took it.
  [[nodiscard]] base::Result<SavedFile> keep(base::ByteView file);

  // The newest file that verifies.
  RestoreReport restore(dataset::HashSeed seed);
  // The newest one that verifies and is older than `file`: for the next try after a divergence.
  RestoreReport restore_before(std::string_view file, dataset::HashSeed seed);
  // Names of what is there, newest first; unverified.
  [[nodiscard]] base::Result<std::vector<std::string>> files();
  // Newest first; those whose beginning cannot be read are left out.
  std::vector<Generation> generations();
  // Files of this version and newer ones will not be read any more. What it did, for people.
  std::vector<std::string> set_aside_from(std::uint64_t seq);
  // These stay beside the newest ones, in place of what was named before. Not while one is written.
  void protect(std::vector<std::string> names) { protected_ = std::move(names); }

 private:
  RestoreReport restore_from(const std::vector<std::string>& newest_first, dataset::HashSeed seed);
  void tidy_up(std::vector<std::string>& remarks);

  base::Disk& disk_;
  const dataset::Lineage lineage_;
  const std::size_t generations_;
  std::vector<std::string> protected_;
};

}  // namespace tidemark::consumer
