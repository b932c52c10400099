#include "consumer/proof/rebuild.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <poll.h>

#include "core/base/check.hpp"

namespace tidemark::consumer {

using base::Result;
using log::Happening;

namespace {

constexpr std::size_t records_per_drain = 1024;
constexpr std::chrono::milliseconds look_again{20};
constexpr std::chrono::seconds silence_max{60};

}  // namespace

std::optional<SnapshotContents> own_file(base::Disk& disk, const std::string& dataset,
                                         dataset::HashSeed seed, std::size_t attempt) {
  const auto names = disk.list();
  if (!names) return std::nullopt;
  for (const std::string& name : *names) {
    const bool is_generation = name.starts_with("snapshot-") && name.ends_with(".tmsnap");
    if (!is_generation || attempt-- != 0) continue;
    const auto octets = disk.read(name);
    if (!octets) return std::nullopt;
    auto contents = parse(*octets, lineage_of(dataset), seed);
    if (!contents) return std::nullopt;
    return *std::move(contents);
  }
  return std::nullopt;
}

Rebuild::Rebuild(RebuildPlan plan, std::unique_ptr<log::Source> changes)
    : plan_(std::move(plan)),
      changes_(std::move(changes)),
      made_{fold::State::empty(lineage_of(plan_.dataset), plan_.seed),
            fold::Footprints(),
            true,
            {},
            {},
            {},
            {}},
      thread_([this] {
        outcome_ = work();
        changes_.reset();
        done_ = true;
      }) {}

Rebuild::~Rebuild() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

Result<Rebuilt> Rebuild::take() {
  TIDEMARK_CHECK(done_, "only what is done is taken");
  thread_.join();
  if (!outcome_) return std::unexpected(std::move(outcome_).error());
  return std::move(made_);
}

Result<void> Rebuild::work() {
  TIDEMARK_TRY_VOID(begin_at(made_.state));
  auto heard = std::chrono::steady_clock::now();
  while (!stop_) {
    TIDEMARK_TRY(const log::Drained drained, changes_->drain(records_per_drain));
    const auto now = std::chrono::steady_clock::now();
    if (!drained.records.empty()) heard = now;
    for (const log::Record& record : drained.records) {
      TIDEMARK_TRY(const bool overlaps, is_overlap(record));
      if (!overlaps) TIDEMARK_TRY_VOID(fold(record));
      if (restarted_) break;
    }
    if (std::exchange(restarted_, false)) continue;
    for (const Happening happening : drained.happenings) {
      if (happening == Happening::CaughtUp && overlap_due_) {
        TIDEMARK_TRY_VOID(begin_at_next_start());
        break;
      }
      if (happening == Happening::CaughtUp) {
        made_.state = replay_->state();
        return {};
      }
      if (happening == Happening::Overlap) {
        return base::fail(base::Errc::Unavailable, "the log changed while it was read");
      }
      if (happening == Happening::OutOfRange) TIDEMARK_TRY_VOID(begin_at_next_start());
    }
    if (drained.more) continue;
    if (now - heard > silence_max) {
      return base::fail(base::Errc::Unavailable, "the log does not answer: " + drained.detail);
    }
    pollfd bell{.fd = changes_->bell(), .events = POLLIN, .revents = 0};
    (void)poll(&bell, bell.fd < 0 ? 0 : 1, static_cast<int>(look_again.count()));
  }
  return base::fail(base::Errc::Unavailable, "given up");
}

Result<void> Rebuild::begin_at(fold::State state) {
  const auto bounds = changes_->bounds();
  overlap_due_ = state.offset >= 0 && !(bounds && bounds->first.value() == state.offset + 1);
  const log::Offset from(state.offset + (overlap_due_ ? 0 : 1));
  made_.footprints.clear();
  made_.footprints.note(state);
  made_.at_compare.reset();
  made_.differences.clear();
  made_.origins = {};
  replay_.emplace(std::move(state));
  return changes_->start(from);
}

// True: it is the last record of the start, not to be folded once more.
Result<bool> Rebuild::is_overlap(const log::Record& record) {
  if (!std::exchange(overlap_due_, false)) return false;
  const fold::State& state = replay_->state();
  if (record.offset.value() == state.offset && log::record_hash(record) == state.last_record) {
    return true;
  }
  TIDEMARK_TRY_VOID(begin_at_next_start());
  restarted_ = true;
  return true;
}

Result<void> Rebuild::begin_at_next_start() {
  made_.from_beginning = false;
  while (plan_.next_start && !stop_) {
    auto start = plan_.next_start(attempt_++);
    if (!start) break;
    const auto bounds = changes_->bounds();
    const std::int64_t next = start->state.offset + 1;
    // What lies behind the place of the comparison proves nothing.
    if (start->state.offset > plan_.compare_offset) continue;
    if (bounds && (next < bounds->first.value() || next > bounds->next.value())) continue;
    return begin_at(std::move(start->state));
  }
  return base::fail(base::Errc::OutOfRange,
                    "the log's beginning is gone, and no file here is old enough and continued by "
                    "what is left of it");
}

Result<void> Rebuild::fold(const log::Record& record) {
  TIDEMARK_TRY_VOID(replay_->take(
      record, [this](const log::Record&, const event::ChangeSet& change, const auto& judgement) {
        made_.origins.note(change, judgement);
        return base::Result<void>{};
      }));
  const fold::State& state = replay_->state();
  made_.footprints.note(state);
  if (plan_.pin_seq == state.dataset.version().seq.value()) made_.pinned = state.dataset;
  if (state.offset == plan_.compare_offset) {
    made_.at_compare = fold::footprint_of(state);
    if (plan_.suspect) {
      made_.differences =
          dataset::find_differences(*plan_.suspect, state.dataset, rebuild_differences_max);
    }
  }
  offset_ = state.offset;
  return {};
}

}  // namespace tidemark::consumer
