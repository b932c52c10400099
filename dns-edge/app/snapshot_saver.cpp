#include "dns-edge/app/snapshot_saver.hpp"

#include "core/base/check.hpp"

namespace tidemark::edge {

SnapshotSaver::SnapshotSaver(consumer::SnapshotStore& store)
    : store_(store), thread_([this] { work(); }) {}

SnapshotSaver::~SnapshotSaver() {
  {
    const std::lock_guard held(lock_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool SnapshotSaver::is_busy() const {
  const std::lock_guard held(lock_);
  return busy_;
}

void SnapshotSaver::save(consumer::SnapshotContents contents) {
  const std::uint64_t seq = contents.state.dataset.version().seq.value();
  begin({seq, std::move(contents), {}});
}

void SnapshotSaver::keep(base::Bytes file, std::uint64_t seq) {
  begin({seq, std::nullopt, std::move(file)});
}

void SnapshotSaver::begin(Waiting waiting) {
  {
    const std::lock_guard held(lock_);
    TIDEMARK_CHECK(!busy_, "one snapshot file is written at a time");
    busy_ = true;
    waiting_ = std::move(waiting);
  }
  changed_.notify_all();
}

std::optional<SnapshotSaver::Done> SnapshotSaver::take_done() {
  const std::lock_guard held(lock_);
  return std::exchange(done_, std::nullopt);
}

void SnapshotSaver::finish() {
  std::unique_lock held(lock_);
  changed_.wait(held, [this] { return !busy_; });
}

void SnapshotSaver::work() {
  std::unique_lock held(lock_);
  for (;;) {
    changed_.wait(held, [this] { return waiting_.has_value() || ending_; });
    if (!waiting_) return;
    std::optional<Waiting> job = std::exchange(waiting_, std::nullopt);
    held.unlock();
    const auto begun = std::chrono::steady_clock::now();
    const std::uint64_t seq = job->seq;
    auto saved = job->contents ? store_.save(*job->contents) : store_.keep(job->file);
    job.reset();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    held.lock();
    done_.emplace(Done{seq, took, std::move(saved)});
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace tidemark::edge
