#include "consumer/feeder/late_log.hpp"

namespace tidemark::consumer {
namespace {

base::Result<void> not_yet() {
  return base::fail(base::Errc::Unavailable, "the log was not reached yet");
}

}  // namespace

base::Result<void> LateSource::open_now() {
  TIDEMARK_TRY(auto source, open_());
  if (from_) TIDEMARK_TRY_VOID(source->start(*from_));
  source_ = std::move(source);
  return {};
}

// No word at all between two tries: what is wrong was told at the first of them.
base::Result<void> LateSource::try_open() {
  if (source_) return {};
  if (!allowed_) return not_yet();
  if (clock_.steady() < next_try_) return base::fail(base::Errc::Unavailable, told_);
  next_try_ = clock_.steady() + reopen_pause;
  return open_now();
}

base::Result<void> LateSource::start(log::Offset from) {
  from_ = from;
  told_.clear();
  if (source_) return source_->start(from);
  return {};
}

base::Result<log::Drained> LateSource::drain(std::size_t records_max) {
  const auto opened = try_open();
  if (opened) return source_->drain(records_max);
  log::Drained nothing;
  const std::string& trail = opened.error().trail;
  if (clock_.steady() - made_ < quiet_for_ || trail == told_) return nothing;
  told_ = trail;
  nothing.happenings.push_back(log::Happening::Unavailable);
  nothing.detail = trail;
  return nothing;
}

std::optional<log::Bounds> LateSource::bounds() const {
  return source_ ? source_->bounds() : std::nullopt;
}

base::Result<void> LateSink::try_open() {
  if (sink_) return {};
  if (!allowed_ || clock_.steady() < next_try_) return not_yet();
  next_try_ = clock_.steady() + reopen_pause;
  TIDEMARK_TRY(sink_, open_());
  return {};
}

base::Result<void> LateSink::append(log::Ticket ticket, log::Draft draft) {
  TIDEMARK_TRY_VOID(try_open());
  return sink_->append(ticket, std::move(draft));
}

base::Result<void> LateSink::append_batch(log::Ticket first_ticket,
                                          std::vector<log::Draft> drafts) {
  TIDEMARK_TRY_VOID(try_open());
  return sink_->append_batch(first_ticket, std::move(drafts));
}

std::vector<log::Completion> LateSink::completions() {
  if (!sink_) return {};
  return sink_->completions();
}

}  // namespace tidemark::consumer
