#include "producer/api/history_scribe.hpp"

#include <algorithm>
#include <utility>

#include "producer/decide/diff.hpp"

namespace tidemark::producer {
namespace {

using base::Result;

std::size_t edits_of(const WaitingRecord& record) {
  std::size_t edits = 1;
  if (!record.change) return edits;
  for (const event::ZoneEdits& zone : record.change->zones) edits += zone.edits.size();
  return edits + record.change->pools.size();
}

constexpr std::string_view manual_line = "roll-out class: manual",
                           expedite_line = "roll-out class: expedite";

}  // namespace

WaitingRecord to_waiting(const consumer::FoldedChange& folded) {
  return {folded.offset.value(), folded.appended.value(), folded.change, folded.judgement};
}

HistoryScribe::HistoryScribe(consumer::HistoryWriter writer)
    : writer_(std::move(writer)),
      taken_(writer_.position().offset),
      committed_(writer_.position().offset),
      thread_([this] { work(); }) {}

HistoryScribe::~HistoryScribe() {
  {
    const std::lock_guard hold(lock_);
    stop_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void HistoryScribe::add(WaitingRecord record) {
  taken_ = std::max(taken_.load(), record.offset);
  {
    const std::lock_guard hold(lock_);
    if (failure_) return;
    waiting_edits_ += edits_of(record);
    waiting_.push_back(std::move(record));
  }
  arrived_.notify_one();
}

bool HistoryScribe::is_full() const {
  const std::lock_guard hold(lock_);
  return waiting_edits_ >= waiting_edits_max;
}

bool HistoryScribe::settle(std::chrono::nanoseconds within) {
  const std::int64_t wanted = taken_;
  std::unique_lock hold(lock_);
  written_.wait_for(hold, within, [&] { return committed_ >= wanted || failure_; });
  return committed_ >= wanted;
}

std::optional<std::string> HistoryScribe::failure() const {
  const std::lock_guard hold(lock_);
  return failure_;
}

void HistoryScribe::abandon() {
  const std::lock_guard hold(lock_);
  waiting_.clear();
  waiting_edits_ = 0;
  if (!failure_) failure_ = "given up";
}

std::vector<WaitingRecord> HistoryScribe::next_group() {
  std::unique_lock hold(lock_);
  arrived_.wait(hold, [this] { return stop_ || !waiting_.empty(); });
  std::vector<WaitingRecord> group;
  std::size_t edits = 0;
  while (!waiting_.empty() && edits < transaction_edits_max) {
    edits += edits_of(waiting_.front());
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_edits_ -= edits;
  return group;
}

void HistoryScribe::work() {
  for (;;) {
    const std::vector<WaitingRecord> group = next_group();
    if (group.empty()) return;  // told to stop, and nothing waits
    auto written = write(group);
    {
      const std::lock_guard hold(lock_);
      if (written) {
        committed_ = writer_.position().offset;
      } else {
        failure_ = std::move(written).error().trail;
        waiting_.clear();
        waiting_edits_ = 0;
      }
    }
    written_.notify_all();
    if (failure()) return;
  }
}

Result<void> HistoryScribe::write(const std::vector<WaitingRecord>& records) {
  for (const WaitingRecord& one : records) {
    if (!one.change) {
      TIDEMARK_TRY_VOID(writer_.skip(one.offset));
      continue;
    }
    TIDEMARK_TRY_VOID(writer_.add(
        {one.offset, one.appended_ms, *one.change, *one.judgement, history_lines(*one.change)}));
  }
  return writer_.commit();
}

std::vector<std::string> history_lines(const event::ChangeSet& change) {
  std::vector<std::string> lines = to_lines(change, edit_lines_max);
  if (change.rollout == event::RolloutClass::Standard) return lines;
  const bool is_manual = change.rollout == event::RolloutClass::Manual;
  lines.insert(lines.begin(), std::string(is_manual ? manual_line : expedite_line));
  return lines;
}

event::RolloutClass rollout_class_of(const std::vector<std::string>& lines) {
  if (lines.empty()) return event::RolloutClass::Standard;
  if (lines.front() == manual_line) return event::RolloutClass::Manual;
  return lines.front() == expedite_line ? event::RolloutClass::Expedite
                                        : event::RolloutClass::Standard;
}

}  // namespace tidemark::producer
