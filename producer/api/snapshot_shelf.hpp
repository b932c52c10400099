// SnapshotShelf: the snapshot files that a controller makes for the fleet, in a folder of their
// own.
//
//   fleet-SSSSSSSSSSSSSSSS-HHHH...HH.tmsnap  seq (16 digits) and SHA-256 of the file
//   fleet-SSSSSSSSSSSSSSSS-HHHH...HH.keep    it is kept on purpose; holds the reason
//
// They are snapshot files without health (docs/formats/snapshot-file.md): whoever stands at the
// same position of the log makes the same octets. A file that does not verify is renamed to
// `<name>.bad` and never looked at again (the newest three stay, for people).
//
// Threads  put(), verify() and take_stock() on one background thread, the rest on the loop; never
// on one file
//          at once.
// Errors   The disk's (Unavailable). A file that is there is whole: write_durably sees to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "consumer/snapshot_share/snapshot_share.hpp"
#include "core/base/environment.hpp"
#include "core/base/result.hpp"

namespace tidemark::producer {

struct ShelvedFile {
  std::string name;  // without its suffix
  consumer::SharedFile file;
};

// Which ones are needed: the newest `generations`, those that are kept, and for each version that
// somebody wants to serve (a pin) the newest one that is not newer. Of files newest first; true:
// it stays.
std::vector<bool> needed_files(const std::vector<ShelvedFile>& newest_first,
                               const std::vector<std::uint64_t>& wanted_seqs,
                               std::size_t generations);

class SnapshotShelf {
 public:
  using Open =
      std::function<base::Result<std::shared_ptr<const net::OctetSource>>(const std::string&)>;
  // `open`: a file of the disk, for reading in parts.
  SnapshotShelf(base::Disk& disk, Open open, dataset::Lineage lineage)
      : disk_(disk), open_(std::move(open)), lineage_(lineage) {}

  struct Stock {
    std::vector<ShelvedFile> files;  // newest first
    std::vector<std::string> remarks;
  };
  // Reads every file whole: takes a second for a few GB.
  Stock take_stock();
  // Writes `contents` without health, unless that file is there.
  [[nodiscard]] base::Result<ShelvedFile> put(consumer::SnapshotContents contents);

  // The file as it is now, read whole. Errors: it is gone (NotFound), or not what it was (Invalid;
  // then it is set aside).
  [[nodiscard]] base::Result<void> verify(const std::string& name);
  bool is_there(const std::string& name);  // false only if the disk says so

  [[nodiscard]] base::Result<void> keep(const ShelvedFile& file, const std::string& reason);
  [[nodiscard]] base::Result<void> no_longer_keep(const ShelvedFile& file);
  [[nodiscard]] base::Result<void> remove(const ShelvedFile& file);

 private:
  base::Result<ShelvedFile> look_at(const std::string& file_name);
  void set_aside(const std::string& file_name, std::vector<std::string>& remarks);

  base::Disk& disk_;
  const Open open_;
  const dataset::Lineage lineage_;
};

}  // namespace tidemark::producer
