// ControlWriter: what a controller says on `control`: pins, watermarks, held changes,
// announcements, heartbeats. The one Sink of that topic.
//
//   Sending    to be handed over, or again, as far as its Zeal goes
//   UnderWay   handed over; what became of it is not known yet
//   InLog      the log says where it is
//   ReadBack   the own ControlView has come by: whoever reads the log knows it, or what was said
//              behind it under the same key
//   Failed     not said, and not tried again
//
// A log may lose its end. What was read back here, is gone from the view, and was the newest of its
// key until then, is said again (kept_for long): a pin that was accepted does not end because a
// broker lost it. What somebody else has said since of the same key stands.
//
// Whoever drops a Said before it is in the log gives it up: it is not sent again.
//
// Threads   One; that of the feeder.
// Requires  Clock and Sink outlive it; nobody else uses the Sink.
// Cost      Each step looks at each record that is kept: at most kept_max.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/control_view.hpp"
#include "core/base/environment.hpp"
#include "core/event/control.hpp"
#include "core/log/log.hpp"

namespace tidemark::producer {

constexpr std::chrono::hours control_kept_for{1};
constexpr std::size_t control_kept_max = 512;
constexpr std::size_t control_kept_octets_max = std::size_t{32} * 1024 * 1024;

enum class Zeal : std::uint8_t {
  Once,   // handed over once: the next one says it better
  Kept,   // handed over once; again if the log loses it
  Again,  // until the log has it; again if the log loses it
};

struct Saying {
  enum class Stage : std::uint8_t { Sending, UnderWay, InLog, ReadBack, Failed };
  std::string key;
  Stage stage = Stage::Sending;
  std::int64_t offset = -1;
};
// Shared by the writer and whoever waits for the end of it.
using Said = std::shared_ptr<const Saying>;

class ControlWriter {
 public:
  ControlWriter(base::Clock& clock, log::Sink& control) : clock_(clock), control_(control) {}

  // Hands it over at once, if the log takes it; no record: a tombstone. What was said before under
  // this key is not said again from now on.
  Said say(std::string key, const std::optional<event::ControlRecord>& record, Zeal zeal);

  // `view`: the own one, of the whole topic; null: it was not read yet. For the owner's log.
  std::vector<std::string> step(const consumer::ControlView* view);

 private:
  struct Entry {
    std::shared_ptr<Saying> saying;
    base::Bytes value;
    bool tombstone;
    Zeal zeal;
    std::uint64_t ticket = 0;
    std::chrono::nanoseconds since{0};  // of its stage; of Sending: not before
    bool was_read_back = false;
  };
  void send(Entry& entry, std::chrono::nanoseconds now);
  void fail(Entry& entry, std::chrono::nanoseconds now);
  void hear(std::vector<std::string>& remarks, std::chrono::nanoseconds now);
  void look(Entry& entry, const consumer::ControlView& view, std::vector<std::string>& remarks,
            std::chrono::nanoseconds now);
  bool is_over(const Entry& entry, std::chrono::nanoseconds now) const;
  void forget_what_is_too_much();

  base::Clock& clock_;
  log::Sink& control_;
  std::list<Entry> entries_;  // oldest first
  std::uint64_t tickets_ = 0;
};

}  // namespace tidemark::producer
