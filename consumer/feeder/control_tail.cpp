#include "consumer/feeder/control_tail.hpp"

#include "consumer/feeder/changes_tail.hpp"

namespace tidemark::consumer {

using log::Happening;

void ControlTail::step(StepReport& report) {
  if (source_ == nullptr) return;
  if (!started_ && !start(report)) return;
  for (std::size_t records = 0; records < control_records_per_step_max;) {
    auto drained = source_->drain(drain_records_max);
    if (!drained) return call_again_in(report, start_retry);
    for (const log::Record& record : drained->records) {
      told_.clear();
      if (!(reading_ ? *reading_ : view_).apply(record)) {
        report.remarks.push_back("control: offset " + std::to_string(record.offset.value()) +
                                 " skipped, not a record that is known");
      }
      news_ = news_ || !reading_;
    }
    records += drained->records.size();
    for (const Happening happening : drained->happenings) {
      if (started_) on(happening, drained->detail, report);
    }
    if (!started_) break;
    if (!drained->more) return;
  }
  report.more = true;
}

bool ControlTail::start(StepReport& report) {
  log::Offset from(0);
  if (from_first_there_) {
    const auto bounds = source_->bounds();
    if (!bounds) {  // the form has not seen them yet
      call_again_in(report, start_retry);
      return false;
    }
    from = bounds->first;
  }
  if (!source_->start(from)) {
    call_again_in(report, start_retry);
    return false;
  }
  from_first_there_ = false;
  reading_.emplace();
  started_ = true;
  return true;
}

void ControlTail::on(Happening happening, const std::string& detail, StepReport& report) {
  switch (happening) {
    case Happening::CaughtUp:
      if (!reading_) return;
      view_ = *std::exchange(reading_, std::nullopt);
      caught_up_ = news_ = true;
      return;
    case Happening::OutOfRange: from_first_there_ = true; [[fallthrough]];
    case Happening::Overlap:    started_ = false; return;
    case Happening::Unavailable:
    case Happening::Denied:
    case Happening::Stalled:
      if (told_ == detail) return;
      told_ = detail;
      report.remarks.push_back("control: " + log::to_text(happening) +
                               ", pins stay as they are: " + detail);
      return;
  }
}

void ControlTail::tell(FeederStatus& status) const {
  status.control_offset = view_.offset();
  status.control_skipped = view_.skipped();
  status.heartbeat_ms = view_.heartbeat_ms();
}

}  // namespace tidemark::consumer
