#include "producer/app/snapshot_files.hpp"

#include <utility>

#include "net/octet_source.hpp"

namespace tidemark::producer {

base::Result<std::unique_ptr<SnapshotFiles>> SnapshotFiles::make(
    SnapshotDeskSettings settings, const std::string& folder, dataset::Lineage lineage,
    base::Clock& clock, base::Random& random, const consumer::Feeder& feeder,
    ControlWriter& control, std::function<void()> worked) {
  TIDEMARK_TRY(auto disk, consumer::PosixDisk::open(folder));
  std::unique_ptr<SnapshotFiles> files(new SnapshotFiles(std::move(disk), std::move(worked)));
  files->shelf_ = std::make_unique<SnapshotShelf>(
      *files->disk_,
      [folder](const std::string& name) { return net::open_octets(folder + "/" + name); }, lineage);
  files->desk_ = std::make_unique<SnapshotDesk>(
      std::move(settings),
      SnapshotDeskPorts{.clock = clock,
                        .random = random,
                        .feeder = feeder,
                        .shelf = *files->shelf_,
                        .control = &control,
                        .in_background = [of = files.get()](std::function<void()> work) {
                          of->run(std::move(work));
                        }});
  return files;
}

SnapshotFiles::~SnapshotFiles() { wait(); }

void SnapshotFiles::run(std::function<void()> work) {
  wait();  // the desk has one work under way; only the last one, of close(), waits for another
  background_ = std::thread([this, work = std::move(work)] {
    work();
    worked_();
  });
}

void SnapshotFiles::wait() {
  if (background_.joinable()) background_.join();
}

void SnapshotFiles::end() {
  desk_->close();
  wait();
}

}  // namespace tidemark::producer
