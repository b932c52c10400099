// PosixDisk: base::Disk in a real folder.
//
// write_durably: `.<name>.tmp` is written and fsynced, renamed over `name`, and the folder is
// fsynced. After a failed write or fsync the temporary file is given up, never synced again.
// Names that begin with a dot are not listed; left-over temporary files are removed by open().
//
// Threads  Any, one at a time for one name.
// Errors   NotFound: no such file. Unavailable: everything else the system says; the trail names
//          the call, the path and the reason. Invalid: a name with a slash, or empty.
#pragma once

#include <memory>
#include <string>

#include "core/base/environment.hpp"

namespace tidemark::consumer {

class PosixDisk final : public base::Disk {
 public:
  // Makes the folder (and those above it) with mode 0700 if it is not there.
  [[nodiscard]] static base::Result<std::unique_ptr<PosixDisk>> open(std::string folder);
  ~PosixDisk() override;
  PosixDisk(const PosixDisk&) = delete;
  PosixDisk& operator=(const PosixDisk&) = delete;

  base::Result<base::Bytes> read(std::string_view name) override;
  base::Result<void> write_durably(std::string_view name, base::ByteView bytes) override;
  base::Result<void> rename(std::string_view from, std::string_view to) override;
  base::Result<void> remove(std::string_view name) override;
  base::Result<std::vector<std::string>> list() override;

  const std::string& folder() const noexcept { return folder_; }

 private:
  PosixDisk(std::string folder, int descriptor);
  base::Error failed(std::string_view call, std::string_view name) const;
  base::Result<void> sync_folder();

  const std::string folder_;
  const int descriptor_;  // of the folder: all names are relative to it
};

}  // namespace tidemark::consumer
