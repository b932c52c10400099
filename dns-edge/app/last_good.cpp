#include "dns-edge/app/last_good.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::edge {

using consumer::Generation;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

namespace {

// Versions come faster than that; each second's last one is enough.
constexpr nanoseconds milestone_pause = 1s;
// What is decided about one node stands beside the rings, under such a name.
const std::string ring_of_node = "node:";

std::string versions_text(std::uint64_t from, std::uint64_t to) {
  return from >= to ? "version " + std::to_string(from)
                    : "versions " + std::to_string(from) + " to " + std::to_string(to);
}

std::string crash_text(const Crash& crash) {
  return "signal " + std::to_string(crash.signal) + " after " +
         std::to_string(crash.life.count() / 1000) + " s";
}

// The version to go back to, below `bound`; 0: there is none.
std::uint64_t step_back(const TrialBook& book, std::uint64_t bound,
                        const std::vector<Generation>& files) {
  const auto there = [&](std::uint64_t seq) {  // a file from which it can be folded
    return seq != 0 && seq < bound &&
           std::ranges::any_of(files, [&](const Generation& one) { return one.seq <= seq; });
  };
  if (there(book.proven)) return book.proven;
  if (there(book.good)) return book.good;
  for (const Generation& one : files) {
    if (there(one.seq)) return one.seq;
  }
  return 0;
}

}  // namespace

std::string judge_crash(TrialBook& book, Crash crash, std::chrono::seconds window,
                        const std::vector<Generation>& files) {
  if (crash.tried == newest_file) crash.tried = files.empty() ? 0 : files.front().seq;
  book.proven = std::max(book.proven, crash.proven);
  const bool soon = crash.life < window || crash.tried > crash.proven;
  const std::string told = "the process before crashed: " + crash_text(crash);
  if (!soon) {
    book.crashes = 0;
    return told + "; no version is blamed for it";
  }
  book.tried = book.crashes == 0 ? crash.tried : std::max(book.tried, crash.tried);
  if (++book.crashes < crashes_max) {
    return told + ", with version " + std::to_string(book.tried) +
           "; should it crash again soon, it steps back";
  }
  book.crashes = 0;
  if (std::exchange(book.until, 0) != 0) {
    return told + ", on its way past what it held before: it goes on holding before version " +
           std::to_string(book.held_before);
  }
  const std::uint64_t bound =
      book.held_before == 0 ? book.tried : std::min(book.tried, book.held_before - 1);
  const std::uint64_t target = step_back(book, bound, files);
  if (target == 0) return told + "; there is no older version here to step back to";
  book.proven = std::min(book.proven, target);
  book.held_before = target + 1;
  book.reason = "crashed " + std::to_string(crashes_max) + " times (" + crash_text(crash) +
                ") with " + versions_text(target + 1, book.tried);
  return told + ": it steps back to version " + std::to_string(target) +
         " and holds there, until a roll-out reverts what it crashed with, a newer build starts, "
         "or "
         "tidemark fleet release";
}

LastGood::LastGood(LastGoodSettings settings, Ports ports, std::string node, std::string build)
    : settings_(settings),
      ports_(ports),
      node_(std::move(node)),
      build_(std::move(build)),
      born_(ports_.clock.steady()) {}

LastGood::Remarks LastGood::begin(const std::optional<Crash>& crash) {
  Remarks remarks;
  auto book = read_trial_book(ports_.disk);
  if (!book) remarks.push_back(book.error().trail);
  if (book) book_ = *std::move(book);
  const TrialBook before = book_;
  if (crash) {
    remarks.push_back(
        judge_crash(book_, *crash, settings_.crash_window, ports_.store.generations()));
  }
  if (book_.held_before != 0 && !book_.build.empty() && book_.build != build_) {
    remarks.push_back("build " + book_.build + " " + book_.reason + "; this is build " + build_ +
                      ": it tries them again");
    lift();
  }
  book_.build = build_;
  if (!(book_ == before)) {
    if (const auto written = write_trial_book(ports_.disk, book_); !written) {
      remarks.push_back("crashes are not counted: " + written.error().trail);
    }
  }
  protect();
  if (book_.held_before != 0 && book_.until == 0) {
    for (std::string& one : ports_.store.set_aside_from(book_.held_before)) {
      remarks.push_back(std::move(one));
    }
  }
  return remarks;
}

LastGood::Remarks LastGood::step(const Sight& sight) {
  Remarks remarks;
  watch(sight.active);
  proven_ = std::max(proven_, served_for(settings_.crash_window));
  if (book_.crashes != 0 && ports_.clock.steady() - born_ >= settings_.crash_window) {
    book_.crashes = 0;
    unwritten_ = true;
  }
  promote(sight, remarks);
  if (book_.held_before != 0) {
    if (sight.control != nullptr) look_for_release(*sight.control, remarks);
    if (book_.until != 0 && sight.active >= book_.until) {
      remarks.push_back("version " + std::to_string(sight.active) +
                        " is served: it holds no longer before version " +
                        std::to_string(book_.held_before));
      lift();
    }
  }
  write(remarks);
  return remarks;
}

void LastGood::watch(std::uint64_t active) {
  const auto now = ports_.clock.steady();
  while (!milestones_.empty() && milestones_.back().seq > active) milestones_.pop_back();
  const bool news =
      active != 0 && (milestones_.empty() || (milestones_.back().seq < active &&
                                              now - milestones_.back().since >= milestone_pause));
  if (news) milestones_.push_back({active, now});
  // One that is old enough for everything is enough.
  while (milestones_.size() > 1 && now - milestones_[1].since >= settings_.soak &&
         now - milestones_[1].since >= settings_.crash_window) {
    milestones_.pop_front();
  }
}

std::uint64_t LastGood::served_for(nanoseconds time) const {
  const auto now = ports_.clock.steady();
  std::uint64_t seq = 0;
  for (const Milestone& one : milestones_) {
    if (now - one.since >= time) seq = one.seq;
  }
  return seq;
}

void LastGood::promote(const Sight& sight, Remarks& remarks) {
  if (sight.writes_files || (book_.held_before != 0 && book_.until != 0)) return;
  const auto now = ports_.clock.steady();
  if (!candidate_ && sight.file_seq > book_.good && !sight.file.empty()) {
    candidate_ = Generation{sight.file, sight.file_seq};
    protect();
  }
  if (!candidate_ || (last_failure_ && now - *last_failure_ < settings_.soak)) return;
  if (served_for(settings_.soak) < candidate_->seq) return;
  book_.good = candidate_->seq;
  book_.good_file = std::exchange(candidate_, std::nullopt)->name;
  book_.proven = std::max(book_.proven, proven_);
  unwritten_ = true;
  protect();
  remarks.push_back("version " + std::to_string(book_.good) +
                    " proved good: " + std::to_string(settings_.soak.count()) + " s of service");
}

void LastGood::protect() {
  std::vector<std::string> names;
  if (!book_.good_file.empty()) names.push_back(book_.good_file);
  if (candidate_) names.push_back(candidate_->name);
  ports_.store.protect(std::move(names));
}

// Decisions are numbered (docs/adr, 13): one that was obeyed is not obeyed again when the node came
// to hold once more.
void LastGood::look_for_release(const consumer::ControlView& control, Remarks& remarks) {
  const auto counts = [&](const event::Watermark& mark) {
    return mark.released && mark.number > book_.obeyed && mark.seq >= book_.held_before;
  };
  for (const auto& [ring, mark] : control.watermarks()) {
    if (!counts(mark)) continue;
    if (ring == ring_of_node + node_) {
      remarks.push_back("released by " + mark.author + ": " + mark.reason);
      book_.obeyed = mark.number;
      return lift();
    }
    if (mark.stopped_change == base::U128{}) continue;
    remarks.push_back("version " + std::to_string(mark.seq) +
                      " holds a revert: it passes to that one without those between");
    book_.obeyed = mark.number;
    book_.until = mark.seq;
    unwritten_ = true;
    return;
  }
}

void LastGood::lift() {
  book_.held_before = book_.until = 0;
  book_.crashes = 0;
  book_.reason.clear();
  unwritten_ = true;
}

void LastGood::write(Remarks& remarks) {
  if (writing_.valid()) {
    if (writing_.wait_for(0s) != std::future_status::ready) return;
    if (const auto written = writing_.get(); !written) {
      remarks.push_back("what proved good is not kept for a restart: " + written.error().trail);
    }
  }
  if (!std::exchange(unwritten_, false)) return;
  writing_ = std::async(std::launch::async, [&disk = ports_.disk, book = book_] {
    return write_trial_book(disk, book);
  });
}

void LastGood::finish() {
  if (writing_.valid()) writing_.wait();
  const bool news = proven_ > book_.proven || book_.crashes != 0 || unwritten_;
  if (!news) return;
  book_.proven = std::max(book_.proven, proven_);
  book_.crashes = 0;
  (void)write_trial_book(ports_.disk, book_);
}

std::string LastGood::trouble() const {
  if (book_.held_before == 0) return {};
  return "holds before version " + std::to_string(book_.held_before) + ": " + book_.reason;
}

}  // namespace tidemark::edge
