// SnapshotSaver: writes snapshot files on a thread of its own, one at a time.
//
// Threads   All calls by one thread; the file is written by another.
// Owns      Its thread.
// Requires  The SnapshotStore outlives it and is used by nobody else meanwhile.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "consumer/snapshot_file/snapshot_store.hpp"

namespace tidemark::edge {

class SnapshotSaver {
 public:
  struct Done {
    std::uint64_t seq;
    std::chrono::milliseconds took;
    base::Result<consumer::SavedFile> saved;
  };

  explicit SnapshotSaver(consumer::SnapshotStore& store);
  ~SnapshotSaver();  // waits for the file that is being written
  SnapshotSaver(const SnapshotSaver&) = delete;
  SnapshotSaver& operator=(const SnapshotSaver&) = delete;

  bool is_busy() const;
  // Require !is_busy().
  void save(consumer::SnapshotContents contents);
  void keep(base::Bytes file, std::uint64_t seq);  // that parse() took
  std::optional<Done> take_done();                 // what ended since the last call
  void finish();                                   // waits until nothing is being written

 private:
  void work();

  consumer::SnapshotStore& store_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  struct Waiting {
    std::uint64_t seq;
    std::optional<consumer::SnapshotContents> contents;
    base::Bytes file;  // without contents
  };
  void begin(Waiting waiting);

  std::optional<Waiting> waiting_;
  std::optional<Done> done_;
  bool busy_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tidemark::edge
