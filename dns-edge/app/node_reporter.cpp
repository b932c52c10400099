#include "dns-edge/app/node_reporter.hpp"

#include <thread>

#include "schemas/codec.hpp"

namespace tidemark::edge {

NodeReporter::NodeReporter(log::Log& log, std::string topic, base::Clock& clock)
    : log_(log), topic_(std::move(topic)), clock_(clock) {}

// What a controller waits for, or an operator should see at once. The health position moves with
// every frame: it comes with the second.
bool NodeReporter::is_news(const event::NodeReport& report) const {
  return !last_ || last_->state != report.state || last_->active_seq != report.active_seq ||
         last_->staged_seq != report.staged_seq || last_->offset != report.offset ||
         last_->state_hash != report.state_hash || last_->nacks != report.nacks ||
         last_->dns_listen != report.dns_listen || last_->pin_scope != report.pin_scope ||
         last_->pin_seq != report.pin_seq || last_->pin_trouble != report.pin_trouble ||
         last_->rebuilds != report.rebuilds || last_->trouble != report.trouble ||
         last_->held_before_seq != report.held_before_seq ||
         last_->wants_withdrawal != report.wants_withdrawal;
}

std::optional<std::chrono::nanoseconds> NodeReporter::offer(const event::NodeReport& report) {
  if (sink_) hear();
  const auto now = clock_.steady();
  const bool due = !sent_ || now - *sent_ >= report_period;
  if (!due && !is_news(report)) return std::nullopt;
  if (!due && !sink_) return std::nullopt;  // opening is tried once a period
  if (!due && now - *sent_ < report_gap) return report_gap - (now - *sent_);
  sent_ = now;
  send(report);
  return std::nullopt;
}

void NodeReporter::send(const event::NodeReport& report) {
  if (!sink_) {
    auto opened = log_.sink(topic_);
    if (!opened) {
      ++failures_;
      return;
    }
    sink_ = *std::move(opened);
  }
  log::Draft draft{.key = report.node, .value = schemas::encode(report)};
  if (sink_->append(log::Ticket(++tickets_), std::move(draft))) {
    last_ = report;
  } else {
    ++failures_;
  }
}

void NodeReporter::leave(event::NodeReport report) {
  if (!sink_) return;
  report.state = event::NodeState::Cold;
  send(report);
  const auto until = std::chrono::steady_clock::now() + leave_within;
  while (std::chrono::steady_clock::now() < until) {
    for (const log::Completion& completion : sink_->completions()) {
      if (completion.ticket.value() == tickets_) return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void NodeReporter::hear() {
  for (const log::Completion& completion : sink_->completions()) {
    if (completion.outcome != log::Completion::Outcome::Persisted) ++failures_;
  }
}

}  // namespace tidemark::edge
