// CrashMark: what a process that crashes leaves behind: that it crashed, and which versions it had
// its hands on.
//
// A signal that ends the process because of what it did itself (abort, a failed check, a bad
// address, an illegal instruction) writes one entry of fixed size into a file that is open
// already: the kernel keeps it although the process dies. Who is killed from outside (SIGKILL: an
// operator, the memory limit) or loses power leaves nothing, and no change is blamed for it.
//
// Threads   note() by the feeder's thread; the handler by whichever thread crashes.
// Invariant The handler calls only what signal-safety(7) permits.
// Limits    One mark a process is armed, the newest. A stack overflow of a thread that is not the
//           one that armed it leaves nothing.
// Errors    open(): Unavailable, naming the file.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace tidemark::edge {

// In place of a version: that of the newest snapshot file, which is being read.
constexpr std::uint64_t newest_file = UINT64_MAX;

struct Crash {
  int signal = 0;
  std::chrono::milliseconds life{0};  // of the process
  std::uint64_t proven = 0;           // a version that it had served for long enough; 0: none
  std::uint64_t tried = 0;            // the newest that it touched; 0: none; or newest_file
  friend bool operator==(const Crash&, const Crash&) = default;
};

class CrashMark {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<CrashMark>> open(const std::string& folder);
  ~CrashMark();
  CrashMark(const CrashMark&) = delete;
  CrashMark& operator=(const CrashMark&) = delete;

  // What the process before left; nothing: it did not crash.
  std::optional<Crash> found() const;
  // It takes the place that an entry needs, so that a disk that is full later has it.
  base::Result<void> clear();

  // From now on a crash of this process is written here.
  void arm();
  void note(std::uint64_t proven, std::uint64_t tried) noexcept {
    proven_.store(proven, std::memory_order_relaxed);
    tried_.store(tried, std::memory_order_relaxed);
  }
  // What the handler does.
  void write(int signal) const noexcept;

 private:
  explicit CrashMark(int descriptor, std::string path);
  const int descriptor_;
  const std::string path_;
  const std::chrono::nanoseconds born_;
  std::atomic<std::uint64_t> proven_{0}, tried_{0};
};

}  // namespace tidemark::edge
