// The doorbell of a SQLite log: a file beside it, `<db>-bell`.
//
// A writer touches one byte of it after each COMMIT, readers of all processes watch it with
// inotify. (The WAL file itself is no doorbell: it changes before the fsync, the commit becomes
// visible after it, and then nothing fires.) A slow timer covers a writer that died before it rang.
// Both are behind one descriptor.
//
// Threads  ring() of one object: one thread. A DoorbellWatch: one thread.
#pragma once

#include <string>

namespace tidemark::topics {

class Doorbell {
 public:
  explicit Doorbell(const std::string& database);
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;
  void ring() noexcept;

 private:
  int descriptor_;  // -1: may not be written; readers then find the record by their timer
};

class DoorbellWatch {
 public:
  explicit DoorbellWatch(const std::string& database);
  ~DoorbellWatch();
  DoorbellWatch(const DoorbellWatch&) = delete;
  DoorbellWatch& operator=(const DoorbellWatch&) = delete;

  int descriptor() const noexcept { return both_; }
  void hush() noexcept;      // not readable until the next ring or tick
  void ring_now() noexcept;  // readable at once: there is more to do

 private:
  void watch() noexcept;
  const std::string path_;
  int inotify_;
  int timer_;
  int both_;  // an epoll of the two
  int watched_ = -1;
};

}  // namespace tidemark::topics
