// The log port: three real forms (Kafka, SQLite, memory) pass one conformance suite.
//
// A Log is one cluster or file, seen through topics of one partition. A Source tails one topic for
// one reader; a Sink appends to one topic. There are no consumer groups and no committed offsets:
// positions live in snapshot files.
//
// Nothing here waits. drain(), append() and completions() do what can be done now; bell() is a file
// descriptor that becomes readable when there may be more to do (level or edge: read what the call
// gives until it gives nothing, then wait again). The memory log has no descriptor (-1): its owner
// steps it.
//
// Threads   A Source or Sink belongs to one thread. Different ones may live on different threads.
// Errors    Result errors are the environment's (Unavailable) or the caller's (TooLarge). What
//           happens to the log while tailing comes as Happening, in order with the records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/log/record.hpp"

namespace tidemark::log {

// What a Source noticed. Overlap: continuity is in doubt (connection lost, leader changed, topic
// re-created, file replaced): read the last applied record again and compare before going on. After
// Overlap and OutOfRange a Source hands out nothing until the next start(), so that no record of
// another history can slip in. While no record was handed out since start() there is nothing to
// compare, and a lost connection is only Unavailable.
enum class Happening : std::uint8_t {
  CaughtUp,     // everything that the log held at the start of the tail was handed out
  Overlap,      // start again at the last applied record, inclusive
  OutOfRange,   // the position asked for lies before the first or beyond the next record
  Unavailable,  // broker or file cannot be reached; the Source goes on trying
  Denied,       // not authorised; the Source goes on trying slowly
  Stalled,      // no progress for the progress deadline while more is known to exist
};

std::string to_text(Happening happening);

struct Drained {
  std::vector<Record> records;
  std::vector<Happening> happenings;  // they happened after `records`
  std::string detail;                 // for people, if happenings is not empty
  bool more = false;                  // call again before waiting for the bell
};

struct Bounds {
  Offset first;  // first record that is still there (next, if there is none)
  Offset next;   // offset of the next append
};

class Source {
 public:
  virtual ~Source() = default;
  // Starts (again) at `from`, inclusive; what an earlier run left over is discarded.
  virtual base::Result<void> start(Offset from) = 0;
  // At most records_max records, in order, dense on topics that are not compacted.
  virtual base::Result<Drained> drain(std::size_t records_max) = 0;
  // As last seen; nothing until the log was reached. Never asks the log: safe on the feeder.
  virtual std::optional<Bounds> bounds() const = 0;
  virtual int bell() const = 0;
};

using Ticket = base::Strong<struct TicketTag, std::uint64_t>;  // chosen by the caller

struct Completion {
  enum class Outcome : std::uint8_t {
    Persisted,     // in the log, at `offset`
    NotPersisted,  // certainly not in the log
    Unknown,  // may or may not be in the log: send the same bytes again, the fold removes twins
  } outcome;
  Ticket ticket;
  Offset offset{-1};
  AppendTime appended{-1};
  std::string detail{};
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Enqueues; order of calls is order in the log. Unavailable: the queue is full, try later.
  virtual base::Result<void> append(Ticket ticket, Draft draft) = 0;
  // All or nothing and contiguous where the form can (SQLite, memory); Kafka: in order.
  virtual base::Result<void> append_batch(Ticket first_ticket, std::vector<Draft> drafts) = 0;
  virtual std::vector<Completion> completions() = 0;
  virtual int bell() const = 0;
};

enum class Cleanup : std::uint8_t { Delete, Compact, CompactDelete };
std::string to_text(Cleanup cleanup);  // Kafka's words: "delete", "compact", "compact,delete"

struct TopicSettings {  // what `tidemark topics` creates and verifies
  std::string name;     // full: "<dataset>.changes"
  Cleanup cleanup = Cleanup::Delete;
  std::int64_t retention_ms = -1;  // -1: for ever
  std::int64_t segment_ms = 86'400'000;
  std::int32_t replication = 1;
  std::int32_t min_insync_replicas = 1;
  std::int32_t max_message_octets = 1'048'588;
};

struct Difference {  // between a topic as defined and as found
  std::string topic;
  std::string setting;  // "partitions", "cleanup.policy", "exists", ...
  std::string wanted;
  std::string found;
  bool fatal;  // serving from it would break a promise: refuse to start
};

class Log {
 public:
  virtual ~Log() = default;
  // Identity of the cluster or file, and of a topic's incarnation as far as the form knows it.
  // Empty until the log was reached once.
  virtual std::string identity() const = 0;
  virtual base::Result<std::unique_ptr<Source>> source(std::string_view topic) = 0;
  virtual base::Result<std::unique_ptr<Sink>> sink(std::string_view topic) = 0;

  // These may wait for the log; never call them from a feeder or a worker.
  virtual base::Result<std::vector<Difference>> check(const std::vector<TopicSettings>& wanted) = 0;
  // Creates what is missing. Never repairs what differs: that is reported by check().
  virtual base::Result<void> create(const std::vector<TopicSettings>& wanted) = 0;
};

}  // namespace tidemark::log
