// SnapshotFiles: SnapshotDesk with what it needs of a process: its folder, its thread.
//
// Threads   All calls: the io_context's. Files are written and verified on a thread of its own.
// Requires  What is given to make() outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "consumer/snapshot_file/posix_disk.hpp"
#include "core/base/environment.hpp"
#include "core/base/result.hpp"
#include "producer/api/snapshot_desk.hpp"

namespace tidemark::producer {

class SnapshotFiles {
 public:
  // `worked`: called on the other thread after each piece of work: step the desk then.
  [[nodiscard]] static base::Result<std::unique_ptr<SnapshotFiles>> make(
      SnapshotDeskSettings settings, const std::string& folder, dataset::Lineage lineage,
      base::Clock& clock, base::Random& random, const consumer::Feeder& feeder,
      ControlWriter& control, std::function<void()> worked);
  ~SnapshotFiles();

  SnapshotDesk& desk() noexcept { return *desk_; }
  // A last file, durable when this returns.
  void end();

 private:
  SnapshotFiles(std::unique_ptr<consumer::PosixDisk> disk, std::function<void()> worked)
      : disk_(std::move(disk)), worked_(std::move(worked)) {}
  void run(std::function<void()> work);
  void wait();

  std::unique_ptr<consumer::PosixDisk> disk_;
  std::unique_ptr<SnapshotShelf> shelf_;
  std::unique_ptr<SnapshotDesk> desk_;
  const std::function<void()> worked_;
  std::thread background_;
};

}  // namespace tidemark::producer
