#include "cli/topic_reading.hpp"

#include <algorithm>
#include <string>

#include <poll.h>

namespace tidemark::cli {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t records_per_drain = 1024;
// A bell may be missing (memory log) or late: look again after so long.
constexpr std::chrono::milliseconds look_again{200};

void wait_for(const log::Source& source) {
  pollfd bell{.fd = source.bell(), .events = POLLIN, .revents = 0};
  (void)poll(&bell, bell.fd < 0 ? 0 : 1, static_cast<int>(look_again.count()));
}

class TopicReader {
 public:
  TopicReader(log::Source& source, const ReadPlan& plan,
              const std::function<void(const log::Record&)>& on_record,
              const std::function<void(const std::string&)>& on_remark)
      : source_(source), plan_(plan), on_record_(on_record), on_remark_(on_remark) {}

  Outcome run() {
    TIDEMARK_TRY(const log::Bounds bounds, find_bounds());
    end_ = bounds.next.value();
    next_ = std::max(bounds.first.value(), std::int64_t{0});
    if (plan_.from) next_ = static_cast<std::int64_t>(*plan_.from);
    if (plan_.last) {
      next_ = std::max(next_, end_ - static_cast<std::int64_t>(std::min<std::uint64_t>(
                                         *plan_.last, static_cast<std::uint64_t>(end_))));
    }
    if (next_ < bounds.first.value() || next_ > end_) return outside(bounds);
    if (next_ == end_ && !plan_.follow) return {};
    TIDEMARK_TRY_VOID(source_.start(log::Offset(next_)));
    return read();
  }

 private:
  Outcome outside(const log::Bounds& bounds) const {
    const std::string first = std::to_string(bounds.first.value());
    return fail(Exit::Error,
                "offset " + std::to_string(next_) + " is not in the log: it holds " + first +
                    " to " + std::to_string(end_ - 1),
                "--from " + first);
  }

  Expected<log::Bounds> find_bounds() {
    TIDEMARK_TRY_VOID(source_.start(log::Offset(0)));
    const auto deadline = Steady::now() + plan_.patience;
    std::string detail;
    while (true) {
      TIDEMARK_TRY(const log::Drained drained, source_.drain(1));
      if (!drained.detail.empty()) detail = drained.detail;
      if (const auto bounds = source_.bounds()) return *bounds;
      if (Steady::now() > deadline) {
        return fail(Exit::TimeOut,
                    "the log does not answer" + (detail.empty() ? "" : ": " + detail));
      }
      if (!drained.more) wait_for(source_);
    }
  }

  Outcome read() {
    auto heard = Steady::now();
    std::string detail;
    while (true) {
      TIDEMARK_TRY(const log::Drained drained, source_.drain(records_per_drain));
      for (const log::Record& record : drained.records) {
        if (is_done()) return {};
        on_record_(record);
        ++shown_;
        next_ = record.offset.value() + 1;
        heard = Steady::now();
      }
      if (!drained.detail.empty()) detail = drained.detail;
      bool caught_up = false;
      for (const log::Happening happening : drained.happenings) {
        if (happening == log::Happening::CaughtUp) caught_up = true;
        TIDEMARK_TRY_VOID(react(happening, drained.detail));
      }
      if (is_done() || (!plan_.follow && caught_up)) return {};
      if (drained.more) continue;
      if (!plan_.follow && Steady::now() > heard + plan_.patience) {
        return fail(Exit::TimeOut, "the log does not go on at offset " + std::to_string(next_) +
                                       (detail.empty() ? "" : ": " + detail));
      }
      wait_for(source_);
    }
  }

  bool is_done() const {
    return (plan_.limit && shown_ >= *plan_.limit) || (!plan_.follow && next_ >= end_);
  }

  // A reader that folds would compare the last record again; this one only says what happened.
  Outcome react(log::Happening happening, const std::string& detail) {
    if (happening == log::Happening::CaughtUp) return {};
    on_remark_(log::to_text(happening) + (detail.empty() ? "" : ": " + detail));
    if (happening == log::Happening::Overlap) {
      TIDEMARK_TRY_VOID(source_.start(log::Offset(next_)));
    }
    if (happening == log::Happening::OutOfRange) {
      return fail(Exit::Error, "offset " + std::to_string(next_) + " is no longer in the log");
    }
    return {};
  }

  log::Source& source_;
  const ReadPlan& plan_;
  const std::function<void(const log::Record&)>& on_record_;
  const std::function<void(const std::string&)>& on_remark_;
  std::int64_t next_ = 0;
  std::int64_t end_ = 0;
  std::uint64_t shown_ = 0;
};

}  // namespace

Outcome read_topic(log::Source& source, const ReadPlan& plan,
                   const std::function<void(const log::Record&)>& on_record,
                   const std::function<void(const std::string&)>& on_remark) {
  return TopicReader(source, plan, on_record, on_remark).run();
}

}  // namespace tidemark::cli
