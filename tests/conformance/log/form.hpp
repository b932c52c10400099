// What the conformance suite needs of a form of the log beside the port: several connections to the
// same log, and the faults that a real operator or a broken disk would cause.
//
// A form that cannot cause a fault answers false, and the test skips with a line that says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

#include "core/base/bytes.hpp"
#include "core/log/log.hpp"

namespace tidemark::conformance {

class Form {
 public:
  virtual ~Form() = default;
  virtual std::unique_ptr<log::Log> connect() = 0;
  // A name that no other test of this form uses.
  virtual std::string fresh_topic() = 0;
  // Position 0.. are lost; the next append gets `next`. As after a disk restored from a backup.
  virtual bool truncate(const std::string& topic, std::int64_t next) = 0;
  virtual bool recreate(const std::string& topic) = 0;
  virtual bool retain_from(const std::string& topic, std::int64_t first) = 0;
  // Appends one record whose writer does not learn what became of it.
  virtual bool append_unknown(log::Log& writer, log::Sink& sink, const std::string& topic,
                              log::Draft draft) = 0;
  // For programs of other processes: "sqlite:PATH", "kafka:HOST:PORT"; empty if there can be none.
  virtual std::string url() const = 0;
  // append_batch is contiguous and all or nothing.
  virtual bool batches_are_atomic() const = 0;
};

constexpr std::chrono::seconds patience{60};

// Waits for the bell (a log without one is simply asked again) or a part of a second.
inline void wait_for(int bell) {
  pollfd waiting{bell, POLLIN, 0};
  ::poll(&waiting, bell < 0 ? 0 : 1, bell < 0 ? 0 : 100);
}

// What a Source handed out so far.
struct Seen {
  std::vector<log::Record> records;
  std::vector<log::Happening> happenings;
  std::string detail;

  bool has(log::Happening happening) const {
    for (const log::Happening each : happenings) {
      if (each == happening) return true;
    }
    return false;
  }
};

// Drains until `enough` or until patience ends.
inline Seen drain_until(log::Source& source, const std::function<bool(const Seen&)>& enough,
                        std::size_t records_max = 500) {
  Seen seen;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!enough(seen) && std::chrono::steady_clock::now() < deadline) {
    auto drained = source.drain(records_max);
    if (!drained) {
      seen.detail = drained.error().trail;
      return seen;
    }
    for (log::Record& record : drained->records) seen.records.push_back(std::move(record));
    for (const log::Happening each : drained->happenings) seen.happenings.push_back(each);
    if (!drained->detail.empty()) seen.detail = drained->detail;
    if (!drained->more && drained->records.empty()) wait_for(source.bell());
  }
  return seen;
}

inline Seen drain_records(log::Source& source, std::size_t count, std::size_t records_max = 500) {
  return drain_until(
      source,
      [count](const Seen& seen) {
        return seen.records.size() >= count || seen.has(log::Happening::Overlap) ||
               seen.has(log::Happening::OutOfRange);
      },
      records_max);
}

inline Seen drain_until_told(log::Source& source, log::Happening happening) {
  return drain_until(source, [happening](const Seen& seen) { return seen.has(happening); });
}

inline std::vector<log::Completion> complete(log::Sink& sink, std::size_t count) {
  std::vector<log::Completion> done;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (done.size() < count && std::chrono::steady_clock::now() < deadline) {
    auto some = sink.completions();
    if (some.empty()) wait_for(sink.bell());
    for (log::Completion& each : some) done.push_back(std::move(each));
  }
  return done;
}

inline base::Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }
inline std::string text(const log::Record& record) {
  return std::string(base::as_text(record.value));
}

}  // namespace tidemark::conformance
