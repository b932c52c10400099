#include "consumer/bootstrap/chain_check.hpp"

#include <utility>

namespace tidemark::consumer {

ChainCheck::ChainCheck(log::Log& log, std::string topic, std::int64_t offset,
                       base::Sha256 last_record, std::string identity)
    : log_(log),
      topic_(std::move(topic)),
      offset_(offset),
      last_record_(last_record),
      identity_(std::move(identity)) {}

ChainCheck::Verdict ChainCheck::other(std::string why) {
  why_ = std::move(why);
  source_.reset();
  return verdict_ = Verdict::Other;
}

ChainCheck::Verdict ChainCheck::step() {
  if (verdict_ != Verdict::Unknown) return verdict_;
  if (!source_) {
    auto opened = log_.source(topic_);
    if (opened) {
      const auto started = (*opened)->start(log::Offset(offset_));
      if (!started) opened = std::unexpected(started.error());
    }
    if (!opened) {
      why_ = opened.error().trail;
      return verdict_;
    }
    source_ = *std::move(opened);
  }
  const auto drained = source_->drain(1);
  if (!drained) {
    why_ = drained.error().trail;
    source_.reset();
    return verdict_;
  }
  if (!drained->records.empty()) return judge(drained->records.front());
  for (const log::Happening happening : drained->happenings) {
    if (happening == log::Happening::OutOfRange && begins_behind()) {
      source_.reset();
      return verdict_ = Verdict::Same;
    }
    if (happening == log::Happening::OutOfRange || happening == log::Happening::CaughtUp) {
      return other("the log does not hold offset " + std::to_string(offset_));
    }
    why_ = drained->detail;
    if (happening == log::Happening::Overlap) source_.reset();
  }
  return verdict_;
}

// That very record was the last one to go: the log goes on where the file ends, as nobody can read
// again any more.
bool ChainCheck::begins_behind() const {
  const auto bounds = source_->bounds();
  const std::string found = log_.identity();
  return bounds && bounds->first.value() == offset_ + 1 && !found.empty() && found == identity_;
}

ChainCheck::Verdict ChainCheck::judge(const log::Record& record) {
  const std::string place = "offset " + std::to_string(offset_);
  if (const std::string found = log_.identity();
      !found.empty() && !identity_.empty() && found != identity_) {
    return other("it was folded from " + identity_ + ", the log is " + found);
  }
  if (record.offset.value() != offset_ || log::record_hash(record) != last_record_) {
    return other("another record stands at " + place + " of the log");
  }
  source_.reset();
  return verdict_ = Verdict::Same;
}

}  // namespace tidemark::consumer
