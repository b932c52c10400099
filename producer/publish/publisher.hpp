// Publisher: sends the Outbox to the log, in order, again and again until the own fold has judged
// each entry.
//
// It is stepped: its owner calls step() when the Sink's bell rings, after Outbox::add(), and at the
// latest after `call_again_in`. One batch is under way at a time: what a failed batch holds goes
// out again before anything newer, with the same bytes. Whether a record is in the log is told by
// the own fold alone (folded()): a completion that says Persisted only stops the sending for a
// while, for the log may yet lose it.
//
// Threads   One.
// Requires  Outbox and Sink outlive it. Nobody else uses the Sink.
// Errors    None returned: the environment's are in PublishReport::remarks; it goes on trying.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/log/log.hpp"
#include "producer/publish/outbox.hpp"

namespace tidemark::producer {

struct PublisherSettings {
  std::string source;  // of the CloudEvents: "/tidemark/<dataset>/<controller>"
  std::size_t batch_records_max = 256;
  std::size_t batch_octets_max = 4 * 1024 * 1024;
  std::chrono::nanoseconds retry_first = std::chrono::milliseconds(50);
  std::chrono::nanoseconds retry_last = std::chrono::seconds(2);
  // No completion for so long: taken as Unknown. Above the time-outs of every log form.
  std::chrono::nanoseconds completion_within = std::chrono::seconds(60);
  // Persisted, yet the own fold has not come by: send it again.
  std::chrono::nanoseconds judged_within = std::chrono::seconds(30);
};

struct PublishReport {
  std::size_t sent = 0;       // handed to the Sink in this step
  std::size_t persisted = 0;  // reported by the Sink in this step
  std::optional<std::chrono::nanoseconds> call_again_in{};
  std::vector<std::string> remarks{};  // for the owner's log
};

class Publisher {
 public:
  Publisher(PublisherSettings settings, base::Clock& clock, Outbox& outbox, log::Sink& sink);

  PublishReport step();
  // The own fold has judged this change: it leaves the outbox.
  void folded(event::ChangeId change_id);
  // The own fold has passed this offset: what was reported to be there, and was not, goes again.
  void passed(log::Offset offset);

  std::size_t waiting() const noexcept { return outbox_.entries().size(); }
  bool trouble() const noexcept { return failures_ > 0; }  // the last try to send failed
  int bell() const { return sink_.bell(); }

 private:
  struct Sent {
    std::uint64_t number;
    std::optional<log::Offset> offset;  // Persisted there
    std::chrono::nanoseconds since;
  };
  void take_completions(PublishReport& report, std::chrono::nanoseconds now);
  void give_up_waiting(std::chrono::nanoseconds now);
  void send(PublishReport& report, std::chrono::nanoseconds now);
  bool is_sent(std::uint64_t number) const;
  void fail(PublishReport& report, std::chrono::nanoseconds now, std::string remark);

  const PublisherSettings settings_;
  base::Clock& clock_;
  Outbox& outbox_;
  log::Sink& sink_;
  std::map<std::uint64_t, Sent> sent_;              // by entry number
  std::map<std::uint64_t, std::uint64_t> tickets_;  // under way: ticket to entry number
  std::uint64_t next_ticket_ = 1;
  std::size_t failures_ = 0;  // in a row
  std::chrono::nanoseconds not_before_{0};
};

}  // namespace tidemark::producer
