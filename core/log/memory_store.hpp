// The memory form of the log: topics in this process, and every fault by name.
//
// A MemoryStore is the cluster; MemoryLog (memory_log.hpp) is one client's connection to it, so
// that a simulator can cut one node off and leave the others. Everything is deterministic: the
// append time comes from the caller's function, and nothing happens but in a call.
//
// Retention and compaction follow the topic's settings at append, by the log's own time, as the
// other forms do; the newest record always stays.
//
// Invariants  Offsets rise by one per append, also after retention. Append times never decrease.
//             visible <= next; they differ only under stall().
// Threads     All calls from any thread: a short lock without a wait for anything else.
// Owns        The records.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/bell.hpp"
#include "core/log/log.hpp"

namespace tidemark::log {

struct MemoryStoreSettings {
  std::string identity = "memory";
  std::function<AppendTime()> now{};                   // empty: every record has append time 0
  std::function<std::unique_ptr<Bell>()> make_bell{};  // empty: bell() is -1
};

enum class AppendFault : std::uint8_t {
  NotPersisted,       // told so, and true
  UnknownWritten,     // the record is in the log, its writer does not learn it
  UnknownNotWritten,  // it is not, and its writer does not learn that either
};

class MemoryStore {
 public:
  explicit MemoryStore(MemoryStoreSettings settings = {});
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  base::Result<void> create(const std::vector<TopicSettings>& wanted);
  base::Result<Bounds> bounds(std::string_view topic) const;
  const std::string& identity() const noexcept { return settings_.identity; }

  // Faults. Each names a topic that exists.
  void truncate(std::string_view topic, Offset next);  // records from `next` on are lost
  void duplicate_last(std::string_view topic);         // the same bytes once more, as a retry does
  void recreate(std::string_view topic);               // deleted and created: empty, offsets from 0
  void retain_from(std::string_view topic,
                   Offset first);      // retention overtakes: older ones are gone
  void stall(std::string_view topic);  // quorum lost: appends are kept, not seen, not acknowledged
  void unstall(std::string_view topic);
  void fail_next_append(std::string_view topic, AppendFault fault);  // faults queue up
  void compact(
      std::string_view topic);  // keeps the newest record of each key, and the newest of all

 private:
  friend class MemoryLog;
  friend class MemorySource;
  friend class MemorySink;

  struct Cut {  // a truncation or re-creation
    std::uint64_t epoch;
    std::int64_t from;
  };
  struct Topic {
    TopicSettings settings;
    std::deque<Record> records;
    std::int64_t first = 0;
    std::int64_t next = 0;
    std::int64_t visible = 0;  // the high watermark
    std::int64_t appended = 0;
    std::size_t compact_at = 1024;
    bool stalled = false;
    std::uint64_t epoch = 0;
    std::vector<Cut> cuts;
    std::deque<AppendFault> faults;
  };
  struct Listener {
    std::string topic;
    Bell* bell;
  };
  // A lock of core's own: <mutex> would let threads into core/.
  class Held {
   public:
    explicit Held(std::atomic_flag& flag) noexcept;
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    std::atomic_flag& flag_;
  };

  // The rest REQUIRES the lock.
  Topic* find(std::string_view topic) const;
  Topic& named(std::string_view topic) const;
  std::int64_t append(Topic& topic, Draft draft);  // returns the offset
  void trim(Topic& topic);
  static void compact_records(Topic& topic);
  void ring(std::string_view topic) const;

  const MemoryStoreSettings settings_;
  mutable std::atomic_flag busy_;
  mutable std::map<std::string, Topic, std::less<>> topics_;
  std::vector<Listener> listeners_;
};

}  // namespace tidemark::log
