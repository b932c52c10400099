// FolderLock: one process per state folder. Two controllers that shared an outbox would send each
// other's changes and forget each other's answers; two edges would tidy up each other's files.
//
// Held until it is destroyed or the process ends, however it ends. On a read-only file system there
// is nothing to guard, and no lock.
#pragma once

#include <string>
#include <utility>

#include "core/base/result.hpp"

namespace tidemark::consumer {

class FolderLock {
 public:
  // Conflict: another process holds it.
  [[nodiscard]] static base::Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tidemark::consumer
