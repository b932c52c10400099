#include "dns-edge/app/late_source.hpp"

namespace tidemark::edge {

using base::Result;

LateSource::LateSource(log::Log& log, std::string topic, base::Clock& clock)
    : log_(log), topic_(std::move(topic)), clock_(clock) {}

Result<void> LateSource::start(log::Offset from) {
  from_ = from;
  return source_ ? source_->start(from) : Result<void>();
}

Result<void> LateSource::open() {
  TIDEMARK_TRY(auto source, log_.source(topic_));
  if (from_) TIDEMARK_TRY_VOID(source->start(*from_));
  source_ = std::move(source);
  return {};
}

Result<log::Drained> LateSource::drain(std::size_t records_max) {
  if (source_) return source_->drain(records_max);
  const auto now = clock_.steady();
  if (tried_ && now - *tried_ < open_retry) return log::Drained{};
  tried_ = now;
  const Result<void> opened = open();
  if (opened) return source_->drain(records_max);
  log::Drained drained;
  if (opened.error().trail != told_) {  // once for each reason
    told_ = opened.error().trail;
    drained.happenings = {log::Happening::Unavailable};
    drained.detail = told_;
  }
  return drained;
}

std::optional<log::Bounds> LateSource::bounds() const {
  return source_ ? source_->bounds() : std::nullopt;
}

int LateSource::bell() const { return source_ ? source_->bell() : -1; }

}  // namespace tidemark::edge
