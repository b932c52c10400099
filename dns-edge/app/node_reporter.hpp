// NodeReporter: puts NodeReports on the fleet topic: at once when something changed that others
// wait for, else every second.
//
// It never waits. A report that the log does not take is counted and forgotten: the next one says
// everything again.
//
// Threads   All calls by one thread.
// Requires  The Log and the Clock outlive it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/base/environment.hpp"
#include "core/event/node_report.hpp"
#include "core/log/log.hpp"

namespace tidemark::edge {

constexpr std::chrono::seconds report_period{1};
constexpr std::chrono::milliseconds leave_within{300};
constexpr std::chrono::milliseconds report_gap{5};  // at least, while news comes in a stream

class NodeReporter {
 public:
  NodeReporter(log::Log& log, std::string topic, base::Clock& clock);

  // How long until it wants to be offered again, if news had to wait.
  std::optional<std::chrono::nanoseconds> offer(const event::NodeReport& report);
  // The last one: a node that ends in order says COLD, so that nobody takes it for a crash. Waits a
  // moment for the log; nothing if no report was sent before.
  void leave(event::NodeReport report);
  std::uint64_t failures() const noexcept { return failures_; }

 private:
  bool is_news(const event::NodeReport& report) const;
  void send(const event::NodeReport& report);
  void hear();  // what became of the reports before

  log::Log& log_;
  const std::string topic_;
  base::Clock& clock_;
  std::unique_ptr<log::Sink> sink_;
  std::optional<event::NodeReport> last_;
  std::optional<std::chrono::nanoseconds> sent_;
  std::uint64_t tickets_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace tidemark::edge
