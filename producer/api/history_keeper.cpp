#include "producer/api/history_keeper.hpp"

#include <algorithm>
#include <filesystem>

#include "producer/api/history_builder.hpp"

namespace tidemark::producer {
namespace {

constexpr std::chrono::nanoseconds pause_min = std::chrono::seconds(2);
constexpr std::chrono::nanoseconds pause_max = std::chrono::minutes(10);
constexpr std::size_t held_records_max = 10'000;  // while a builder ends: it takes milliseconds

}  // namespace

HistoryKeeper::HistoryKeeper(std::string path, std::string dataset, HistoryPorts ports,
                             const fold::State& restored)
    : path_(std::move(path)),
      dataset_(std::move(dataset)),
      ports_(std::move(ports)),
      pause_(pause_min),
      progress_(std::make_shared<BuildProgress>()) {
  open(restored.offset);
}

HistoryKeeper::~HistoryKeeper() = default;

void HistoryKeeper::open(std::int64_t state_offset) {
  auto writer = consumer::HistoryWriter::open(path_, consumer::lineage_of(dataset_));
  if (!writer) {
    lose(writer.error().trail);
    return;
  }
  const std::int64_t offset = writer->position().offset;
  if (offset < state_offset) {
    lose("it ends at offset " + std::to_string(offset) + ", the state at " +
         std::to_string(state_offset));
    return;
  }
  show(std::make_shared<HistoryScribe>(*std::move(writer)), nullptr);
}

// Built anew at the next turn, or after a while if that was tried just now.
void HistoryKeeper::lose(const std::string& why) {
  remarks_.push_back("history index: " + why + "; it is built anew from the log");
  if (scribe_) scribe_->abandon();
  show(nullptr, std::make_shared<BuildProgress>());
}

void HistoryKeeper::show(std::shared_ptr<HistoryScribe> scribe,
                         std::shared_ptr<BuildProgress> progress) {
  const std::lock_guard hold(lock_);
  std::swap(scribe_, scribe);  // the old one ends after the lock
  progress_ = std::move(progress);
}

void HistoryKeeper::give(WaitingRecord record) {
  if (taking_over_) {
    held_.push_back(std::move(record));
    return;
  }
  if (record.offset > scribe_->taken() + 1) {
    lose("records before offset " + std::to_string(record.offset) + " are missing in it");
    return;
  }
  scribe_->add(std::move(record));
}

void HistoryKeeper::folded(const consumer::FoldedChange& folded) {
  if (scribe_ || taking_over_) give(to_waiting(folded));
}

void HistoryKeeper::skipped(std::int64_t offset) {
  if (scribe_ || taking_over_) give({.offset = offset});
}

bool HistoryKeeper::is_full() const {
  return scribe_ ? scribe_->is_full() : held_.size() > held_records_max;
}

void HistoryKeeper::turn(const consumer::Feeder& feeder) {
  if (scribe_) {
    if (const auto failure = scribe_->failure()) lose(*failure);
  }
  if (doubted_.exchange(false) && scribe_) lose("it is damaged");
  const bool live = feeder.node_state() == event::NodeState::Live;
  if (scribe_ && live && scribe_->taken() > feeder.state().offset) {
    lose("it goes further than the log: it is of another history");
  }
  if (builder_) {
    look_after_builder(feeder);
  } else if (!scribe_ && live && ports_.clock.steady() >= due_) {
    build(feeder);
  }
}

void HistoryKeeper::build(const consumer::Feeder& feeder) {
  due_ = ports_.clock.steady() + pause_;
  auto source = ports_.source();
  if (!source) return;
  const auto progress = std::make_shared<BuildProgress>();
  show(nullptr, progress);
  const std::int64_t appended_ms = feeder.status().appended_ms;  // -1: nothing since the restore
  const std::int64_t now_ms = ports_.clock.wall().count();
  builder_ = std::make_unique<HistoryBuilder>(path_ + ".new", dataset_, *std::move(source),
                                              feeder.contents(),
                                              appended_ms >= 0 ? appended_ms : now_ms, progress);
}

void HistoryKeeper::look_after_builder(const consumer::Feeder& feeder) {
  const auto progress = progress_;  // only this thread replaces it
  const std::int64_t offset = feeder.state().offset;
  if (!taking_over_) {
    if (!progress->failed && progress->offset < offset) return;
    taking_over_ = true;
    builder_->ask_to_finish();
  }
  if (builder_->is_done()) take_over(offset);
}

void HistoryKeeper::take_over(std::int64_t offset) {
  const auto finished = builder_->finish();
  builder_.reset();
  taking_over_ = false;
  std::vector<WaitingRecord> held = std::exchange(held_, {});
  if (!finished) {
    pause_ = std::min(pause_ * 2, pause_max);
    due_ = ports_.clock.steady() + pause_;
    lose(finished.error().trail);
    return;
  }
  pause_ = pause_min;
  remove_index(path_);
  std::error_code error;
  std::filesystem::rename(path_ + ".new", path_, error);
  if (error) {
    lose(path_ + ": " + error.message());
    return;
  }
  open(held.empty() ? offset : held.front().offset - 1);
  for (WaitingRecord& record : held) {
    if (scribe_) give(std::move(record));
  }
  if (scribe_) remarks_.push_back("history index: built, up to offset " + std::to_string(offset));
}

bool HistoryKeeper::settle(std::chrono::nanoseconds within) const {
  std::shared_ptr<HistoryScribe> scribe;
  {
    const std::lock_guard hold(lock_);
    scribe = scribe_;
  }
  return !scribe || scribe->settle(within);
}

std::expected<consumer::History, ApiError> HistoryKeeper::reader() const {
  std::shared_ptr<BuildProgress> progress;
  {
    const std::lock_guard hold(lock_);
    progress = progress_;
  }
  if (progress) {
    return std::unexpected(
        ApiError{503, "unavailable",
                 "the history index is being built: " + std::to_string(progress->offset + 1) +
                     " of " + std::to_string(progress->next) + " records",
                 "history", "ask again a little later"});
  }
  auto history = consumer::History::open(path_);
  if (history) return *std::move(history);
  return std::unexpected(ApiError{503, "unavailable", history.error().trail, "history",
                                  "ask again a little later; the index heals by itself"});
}

}  // namespace tidemark::producer
