#include "consumer/snapshot_file/folder_lock.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace tidemark::consumer {

base::Result<FolderLock> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/.lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EROFS) return FolderLock(-1);  // nobody writes there
  if (descriptor < 0) {
    return base::fail(base::Errc::Unavailable, path + ": " + std::strerror(errno));
  }
  FolderLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return base::fail(base::Errc::Conflict,
                      folder +
                          ": another process uses this folder: give each node and each "
                          "controller a --state-dir of its own");
  }
  return lock;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tidemark::consumer
