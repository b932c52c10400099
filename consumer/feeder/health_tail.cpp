#include "consumer/feeder/health_tail.hpp"

#include <algorithm>

#include "consumer/feeder/changes_tail.hpp"
#include "schemas/codec.hpp"

namespace tidemark::consumer {

using log::Happening;

HealthTail::HealthTail(const FeederSettings& settings, log::Source* source,
                       health::Observations observations, std::int64_t offset,
                       base::Sha256 last_record)
    : settings_(settings),
      source_(source),
      observations_(std::move(observations)),
      offset_(offset),
      last_record_(last_record) {}

void HealthTail::step(StepReport& report) {
  if (source_ == nullptr) return;
  if (!started_ && !start(report)) return;
  for (std::size_t records = 0; started_;) {
    auto drained = source_->drain(drain_records_max);
    if (!drained) return call_again_in(report, start_retry);
    for (const log::Record& record : drained->records) {
      if (started_) take(record, report);
    }
    records += drained->records.size();
    for (const Happening happening : drained->happenings) {
      if (started_) on(happening, drained->detail, report);
    }
    if (!started_) break;
    if (!drained->more) return;
    if (records >= settings_.records_per_step_max) break;
  }
  report.more = true;
}

bool HealthTail::start(StepReport& report) {
  std::int64_t from = std::max<std::int64_t>(offset_, 0);
  verified_ = offset_ < 0;
  if (skipping_) {
    const auto bounds = source_->bounds();
    if (!bounds) {  // the form has not seen them yet
      call_again_in(report, start_retry);
      return false;
    }
    from = bounds->first.value();
    verified_ = true;
  }
  if (!source_->start(log::Offset(from))) {
    call_again_in(report, start_retry);
    return false;
  }
  if (skipping_) offset_ = from - 1;
  skipping_ = false;
  started_ = true;
  return true;
}

void HealthTail::take(const log::Record& record, StepReport& report) {
  told_.clear();
  if (verified_) return fold(record, report);
  if (record.offset.value() != offset_ || log::record_hash(record) != last_record_) {
    return skip_to_first(report, "another record stands at offset " + std::to_string(offset_));
  }
  verified_ = true;
}

void HealthTail::fold(const log::Record& record, StepReport& report) {
  if (record.offset.value() <= offset_) return;
  const auto frame = schemas::decode_health_frame(record.value);
  if (frame) {
    observations_.apply(*frame, record.appended.value());
  } else {
    ++undecodable_;
    observations_.note_undecodable(record.appended.value());
    report.remarks.push_back("health: offset " + std::to_string(record.offset.value()) +
                             " skipped, undecodable: " + frame.error().trail);
  }
  offset_ = record.offset.value();
  last_record_ = log::record_hash(record);
  news_ = true;
  ++report.health_folded;
}

void HealthTail::on(Happening happening, const std::string& detail, StepReport& report) {
  switch (happening) {
    case Happening::CaughtUp:   caught_up_ = true; return;
    case Happening::Overlap:    started_ = false; return;
    case Happening::OutOfRange: return skip_to_first(report, detail);
    case Happening::Unavailable:
    case Happening::Denied:
    case Happening::Stalled:
      if (told_ == detail) return;
      told_ = detail;
      report.remarks.push_back("health: " + log::to_text(happening) + ", verdicts stay: " + detail);
      return;
  }
}

void HealthTail::skip_to_first(StepReport& report, const std::string& why) {
  started_ = false;
  skipping_ = true;
  report.remarks.push_back("health: going on with the first record that is there: " + why);
}

void HealthTail::adopt(health::Observations observations, std::int64_t offset,
                       base::Sha256 last_record) {
  observations_ = std::move(observations);
  offset_ = offset;
  last_record_ = last_record;
  started_ = skipping_ = false;
  news_ = true;
}

void HealthTail::tell(FeederStatus& status) const {
  status.health_offset = offset_;
  status.health_ms = observations_.log_ms();
  status.health_undecodable = undecodable_;
}

}  // namespace tidemark::consumer
