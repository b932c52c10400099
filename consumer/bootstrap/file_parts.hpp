// FileParts: a snapshot file that is not whole yet, kept on the disk part by part, so that a fetch
// goes on where it broke off, from the same source or another, also after a crash.
//
// A part is `fetch-<SHA-256 of the whole file>-<its first octet, 12 digits>.part`, durable and
// whole like every file of a base::Disk. Parts that leave a gap or overlap are dropped.
//
// Threads  One.
// Errors   The disk's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/environment.hpp"

namespace tidemark::consumer {

class FileParts {
 public:
  // What is there of this file. Parts of all others are removed: one file is fetched at a time.
  [[nodiscard]] static base::Result<FileParts> open(base::Disk& disk, std::string sha256);

  std::uint64_t octets() const noexcept { return octets_; }
  [[nodiscard]] base::Result<void> append(base::ByteView part);
  [[nodiscard]] base::Result<base::Bytes> whole() const;
  void drop();  // what cannot be removed now is removed by the next open()

  // Of which file there is a part; empty: of none.
  static std::string begun(base::Disk& disk);

 private:
  FileParts(base::Disk& disk, std::string sha256) : disk_(disk), sha256_(std::move(sha256)) {}

  base::Disk& disk_;
  std::string sha256_;
  std::vector<std::string> names_;
  std::uint64_t octets_ = 0;
};

}  // namespace tidemark::consumer
