// A world with faults, preloaded into a real program: slow or failing writes, a wrong clock.
//
// TIDEMARK_FAULTS names a file of 24 octets that this library maps once: three 64-bit numbers,
// which the test rewrites while the program runs.
//   0  what happens to write, pwrite, fsync, fdatasync of files: 0 nothing, 1 they take longer,
//      2 they fail with EIO, 3 with ENOSPC
//   1  how much longer, in milliseconds
//   2  seconds that CLOCK_REALTIME is ahead
// Sockets, pipes and standard output are left alone. Other than the product, this is C in style:
// it stands between a program and its C library.
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace {

using Number = std::atomic<std::int64_t>;
Number* faults = nullptr;

__attribute__((constructor)) void map_faults() {
  const char* path = std::getenv("TIDEMARK_FAULTS");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = mmap(nullptr, 3 * sizeof(Number), PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) faults = static_cast<Number*>(mapped);
  close(file);
}

bool is_file(int descriptor) {
  struct stat what{};
  return descriptor > STDERR_FILENO && fstat(descriptor, &what) == 0 && S_ISREG(what.st_mode);
}

// 0: go on; else the call fails with it.
int fault_of(int descriptor) {
  if (faults == nullptr) return 0;
  const std::int64_t kind = faults[0].load();
  if (kind == 0 || !is_file(descriptor)) return 0;
  if (kind == 1) {
    const std::int64_t ms = faults[1].load();
    const timespec pause{ms / 1000, (ms % 1000) * 1'000'000};
    nanosleep(&pause, nullptr);
    return 0;
  }
  return kind == 2 ? EIO : ENOSPC;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* octets, size_t count) {
  static auto* real = next<ssize_t(int, const void*, size_t)>("write");
  if (const int error = fault_of(descriptor); error != 0) return errno = error, -1;
  return real(descriptor, octets, count);
}

ssize_t pwrite(int descriptor, const void* octets, size_t count, off_t at) {
  static auto* real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  if (const int error = fault_of(descriptor); error != 0) return errno = error, -1;
  return real(descriptor, octets, count, at);
}

int fsync(int descriptor) {
  static auto* real = next<int(int)>("fsync");
  if (const int error = fault_of(descriptor); error != 0) return errno = error, -1;
  return real(descriptor);
}

int fdatasync(int descriptor) {
  static auto* real = next<int(int)>("fdatasync");
  if (const int error = fault_of(descriptor); error != 0) return errno = error, -1;
  return real(descriptor);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static auto* real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int code = real(clock, now);
  if (faults != nullptr && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += faults[2].load();
  }
  return code;
}

time_t time(time_t* where) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (where != nullptr) *where = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
