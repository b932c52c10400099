#include "producer/api/history_builder.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include <poll.h>

#include "core/log/record.hpp"
#include "producer/api/history_scribe.hpp"

namespace tidemark::producer {
namespace {

using base::Result;

constexpr std::size_t records_per_drain = 1024;
constexpr std::chrono::milliseconds look_again{20};
constexpr dataset::HashSeed seed{0x7469646d61726b};  // places entries in our own tables only

}  // namespace

void remove_index(const std::string& path) {
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
  }
}

HistoryBuilder::HistoryBuilder(std::string path, std::string dataset,
                               std::unique_ptr<log::Source> source,
                               consumer::SnapshotContents state, std::int64_t state_ms,
                               std::shared_ptr<BuildProgress> progress)
    : path_(std::move(path)),
      dataset_(std::move(dataset)),
      source_(std::move(source)),
      given_(std::move(state)),
      given_ms_(state_ms),
      progress_(std::move(progress)),
      thread_([this] {
        outcome_ = work();
        writer_.reset();  // closes the file
        if (!outcome_) progress_->failed = true;
        done_ = true;
      }) {}

HistoryBuilder::~HistoryBuilder() { (void)finish(); }

Result<void> HistoryBuilder::finish() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return outcome_;
}

Result<void> HistoryBuilder::work() {
  remove_index(path_);
  const auto lineage = consumer::lineage_of(dataset_);
  TIDEMARK_TRY(writer_, consumer::HistoryWriter::open(path_, lineage));
  replay_.emplace(fold::State::empty(lineage, seed));
  TIDEMARK_TRY_VOID(source_->start(log::Offset(0)));
  while (!stop_) {
    TIDEMARK_TRY(const log::Drained drained, source_->drain(records_per_drain));
    TIDEMARK_TRY_VOID(take(drained));
    if (const auto bounds = source_->bounds()) progress_->next = bounds->next.value();
    for (const log::Happening happening : drained.happenings) {
      TIDEMARK_TRY_VOID(react(happening));
    }
    if (drained.more) continue;
    pollfd bell{.fd = source_->bell(), .events = POLLIN, .revents = 0};
    (void)poll(&bell, bell.fd < 0 ? 0 : 1, static_cast<int>(look_again.count()));
  }
  return {};
}

Result<void> HistoryBuilder::take(const log::Drained& drained) {
  for (const log::Record& record : drained.records) {
    const std::int64_t offset = record.offset.value();
    const fold::State& state = replay_->state();
    if (offset == state.offset && log::record_hash(record) != state.last_record) {
      return base::fail(base::Errc::Diverged, "the log changed while it was read");
    }
    if (offset <= state.offset) continue;
    TIDEMARK_TRY_VOID(
        replay_->take(record, [this](const log::Record& one, const event::ChangeSet& change,
                                     const fold::Judgement& judgement) {
          return writer_->add(
              {one.offset.value(), one.appended.value(), change, judgement, history_lines(change)});
        }));
    TIDEMARK_TRY_VOID(writer_->skip(offset));  // if it was undecodable
  }
  if (drained.records.empty()) return {};
  TIDEMARK_TRY_VOID(writer_->commit());
  progress_->offset = replay_->state().offset;
  return {};
}

Result<void> HistoryBuilder::react(log::Happening happening) {
  if (happening == log::Happening::Overlap) {
    return source_->start(log::Offset(std::max<std::int64_t>(replay_->state().offset, 0)));
  }
  if (happening != log::Happening::OutOfRange) return {};
  if (given_) return begin_from_state();
  return base::fail(base::Errc::OutOfRange, "records are missing in the log");
}

// Parsed anew: the Dataset of another family is only read here.
Result<void> HistoryBuilder::begin_from_state() {
  const base::Bytes octets = consumer::serialize(*given_);
  given_.reset();
  TIDEMARK_TRY(auto contents, consumer::parse(octets, consumer::lineage_of(dataset_), seed));
  const fold::State& state = contents.state;
  const auto bounds = source_->bounds();
  if (state.offset < 0 || (bounds && state.offset + 1 < bounds->first.value())) {
    return base::fail(base::Errc::OutOfRange, "the log's beginning is gone");
  }
  TIDEMARK_TRY_VOID(writer_->add_baseline(state.dataset, state.offset, given_ms_));
  TIDEMARK_TRY_VOID(writer_->commit());
  progress_->offset = state.offset;
  replay_.emplace(std::move(contents.state));
  return source_->start(log::Offset(replay_->state().offset + 1));
}

}  // namespace tidemark::producer
