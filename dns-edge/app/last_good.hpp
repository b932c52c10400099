// LastGood: which version of a node has proved good, and what it does when one makes it crash.
//
//   proven   was served for a crash window (60 s) by one process
//   good     its snapshot file was served, or a newer one, for the soak time (300 s) while the
//            node's questions to itself were answered; that file is never tidied away before
//            another one has soaked
//   crash    the process ended by a signal of its own making (crash_mark.hpp) within a crash window
//            of its start, or of a version that was not proven
//
// After two crashes in a row the node steps back: it holds before what was not proven, and if that
// crashes too, before what was not good, then by one snapshot file each. Files of held versions are
// set aside. It serves on, reports the hold and follows everything else: control, health. It never
// steps back to nothing.
//
// A hold ends when the log tells that a roll-out has reverted something at a version behind it: the
// node passes to that version without serving those between; if it crashes on the way, it goes on
// holding. When somebody releases the node (`tidemark fleet release`), or a newer build starts, it
// tries the held versions again.
//
// Threads   The feeder's; the book is written by a thread of its own.
// Requires  Disk, SnapshotStore, Clock outlive it.
#pragma once

#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "core/base/environment.hpp"
#include "dns-edge/app/crash_mark.hpp"
#include "dns-edge/app/trial_book.hpp"

namespace tidemark::edge {

constexpr unsigned crashes_max = 2;  // in a row

struct LastGoodSettings {
  std::chrono::seconds soak{300}, crash_window{60};
};

// What a crash changes in the book, given the files that are there (newest first). Says what it
// did. Pure.
std::string judge_crash(TrialBook& book, Crash crash, std::chrono::seconds window,
                        const std::vector<consumer::Generation>& files);

class LastGood {
 public:
  struct Ports {
    base::Clock& clock;
    base::Disk& disk;
    consumer::SnapshotStore& store;
  };
  LastGood(LastGoodSettings settings, Ports ports, std::string node, std::string build);

  using Remarks = std::vector<std::string>;
  // Before any snapshot file is read. `crash`: of the process before.
  Remarks begin(const std::optional<Crash>& crash);
  // What the Feeder must be told, after begin() and after each step().
  consumer::Hold hold() const noexcept { return {book_.held_before, book_.until}; }

  struct Sight {
    std::uint64_t active = 0;  // that all workers serve; 0: nothing
    std::string file{};        // the newest snapshot file that is durable, and its version
    std::uint64_t file_seq = 0;
    bool writes_files = false;                       // now: the store is in use
    const consumer::ControlView* control = nullptr;  // once it was read
  };
  Remarks step(const Sight& sight);
  // A question to itself was not answered as it must: the soak begins anew.
  void failed_question() { last_failure_ = ports_.clock.steady(); }
  // The process ends in order.
  void finish();

  std::uint64_t proven() const noexcept { return proven_; }  // in this life
  const TrialBook& book() const noexcept { return book_; }
  std::uint64_t soaking() const noexcept { return candidate_ ? candidate_->seq : 0; }
  // For people; empty: it holds before nothing.
  std::string trouble() const;

 private:
  void watch(std::uint64_t active);
  std::uint64_t served_for(std::chrono::nanoseconds time) const;
  void promote(const Sight& sight, Remarks& remarks);
  void protect();
  void look_for_release(const consumer::ControlView& control, Remarks& remarks);
  void lift();
  void write(Remarks& remarks);

  const LastGoodSettings settings_;
  const Ports ports_;
  const std::string node_, build_;
  const std::chrono::nanoseconds born_;
  TrialBook book_;
  struct Milestone {  // this version or a newer one is served since
    std::uint64_t seq;
    std::chrono::nanoseconds since;
  };
  std::deque<Milestone> milestones_;
  std::optional<consumer::Generation> candidate_;  // the file that soaks
  std::optional<std::chrono::nanoseconds> last_failure_;
  std::uint64_t proven_ = 0;
  bool unwritten_ = false;
  std::future<base::Result<void>> writing_;
};

}  // namespace tidemark::edge
