#include "producer/api/history_keeper.hpp"

#include <algorithm>
#include <filesystem>

#include "producer/api/history_builder.hpp"
#include "producer/decide/diff.hpp"

namespace tidemark::producer {
namespace {

constexpr std::size_t edit_lines_max = 200;  // of one change
constexpr std::chrono::nanoseconds pause_min = std::chrono::seconds(2);
constexpr std::chrono::nanoseconds pause_max = std::chrono::minutes(10);

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
  writer_ = *std::move(writer);
  show(nullptr);
}

// Built anew at the next turn, or after a while if that was tried just now.
void HistoryKeeper::lose(const std::string& why) {
  remarks_.push_back("history index: " + why + "; it is built anew from the log");
  writer_.reset();
  show(std::make_shared<BuildProgress>());
}

void HistoryKeeper::show(std::shared_ptr<BuildProgress> progress) {
  const std::lock_guard hold(lock_);
  progress_ = std::move(progress);
}

void HistoryKeeper::note(base::Result<void> done) {
  if (!done) lose(done.error().trail);
}

void HistoryKeeper::folded(const consumer::FoldedChange& folded) {
  if (!writer_) return;
  const std::int64_t offset = folded.offset.value();
  if (offset > writer_->position().offset + 1) {
    lose("records before offset " + std::to_string(offset) + " are missing in it");
    return;
  }
  note(writer_->add({offset, folded.appended.value(), folded.change, folded.judgement,
                     to_lines(folded.change, edit_lines_max)}));
}

void HistoryKeeper::skipped(std::int64_t offset) {
  if (writer_) note(writer_->skip(offset));
}

void HistoryKeeper::turn(const consumer::Feeder& feeder) {
  if (writer_) note(writer_->commit());
  if (doubted_.exchange(false) && writer_) lose("it is damaged");
  const bool live = feeder.node_state() == event::NodeState::Live;
  if (writer_ && live && writer_->position().offset > feeder.state().offset) {
    lose("it goes further than the log: it is of another history");
  }
  if (builder_) {
    look_after_builder(feeder);
  } else if (!writer_ && live && ports_.clock.steady() >= due_) {
    build(feeder);
  }
}

void HistoryKeeper::build(const consumer::Feeder& feeder) {
  due_ = ports_.clock.steady() + pause_;
  auto source = ports_.source();
  if (!source) return;
  const auto progress = std::make_shared<BuildProgress>();
  show(progress);
  const std::int64_t appended_ms = feeder.status().appended_ms;  // -1: nothing since the restore
  const std::int64_t now_ms = ports_.clock.wall().count();
  builder_ = std::make_unique<HistoryBuilder>(path_ + ".new", dataset_, *std::move(source),
                                              feeder.contents(),
                                              appended_ms >= 0 ? appended_ms : now_ms, progress);
}

void HistoryKeeper::look_after_builder(const consumer::Feeder& feeder) {
  const auto progress = progress_;  // only this thread replaces it
  const std::int64_t offset = feeder.state().offset;
  if (!progress->failed && progress->offset < offset) return;
  const auto finished = builder_->finish();
  builder_.reset();
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
  open(offset);
  if (writer_) remarks_.push_back("history index: built, up to offset " + std::to_string(offset));
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
