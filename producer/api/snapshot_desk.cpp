#include "producer/api/snapshot_desk.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace tidemark::producer {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds announce_retry = 5s;
constexpr std::chrono::nanoseconds look_period = 1s;  // at pins and at what is old
constexpr std::chrono::nanoseconds verify_period = 1h, verify_asked_pause = 60s;
constexpr int share_of_time = 20;  // making files takes 1/20 of the time at most

}  // namespace

// Written by the background, read by the desk once it is done.
struct SnapshotDesk::Job {
  std::atomic<bool> done = false;
  std::optional<SnapshotShelf::Stock> stock{};
  std::optional<base::Result<ShelvedFile>> made{};
  std::string verified{};  // name of the file that was looked at
  base::Result<void> found{};
};

SnapshotDesk::SnapshotDesk(SnapshotDeskSettings settings, SnapshotDeskPorts ports)
    : settings_(std::move(settings)),
      ports_(std::move(ports)),
      share_(settings_.share, ports_.random),
      rule_(settings_.rule),
      folded_last_(ports_.clock.steady()) {
  job_ = std::make_shared<Job>();
  ports_.in_background([job = job_, &shelf = ports_.shelf] {
    job->stock = shelf.take_stock();
    job->done.store(true, std::memory_order_release);
  });
}
SnapshotDesk::~SnapshotDesk() = default;

bool SnapshotDesk::may_make() const {
  return stock_taken_ && ports_.feeder.node_state() == event::NodeState::Live &&
         ports_.feeder.state().dataset.version().seq.value() > 0;
}

bool SnapshotDesk::has_file_of_now() const {
  const std::int64_t offset = ports_.feeder.state().offset;
  return std::ranges::any_of(
      held_, [offset](const Held& one) { return one.shelved.file.offset == offset; });
}

void SnapshotDesk::folded(const consumer::FoldedChange& folded) {
  const auto now = ports_.clock.steady();
  folded_last_ = now;
  if (!rule_.is_point(folded) || closed_ || job_ || point_ || now < make_again_ || !may_make()) {
    return;
  }
  point_ = ports_.feeder.contents();
}

void SnapshotDesk::make_if_due(std::chrono::nanoseconds now) {
  if (job_ || closed_ || !may_make()) return;
  if (point_) return begin(*std::exchange(point_, std::nullopt), now);
  if (has_file_of_now() || ports_.feeder.state().offset == made_offset_) {
    was_live_ = true;
    return;
  }
  const bool is_first = !std::exchange(was_live_, true);
  const bool is_quiet = settings_.quiet > 0ns && now - folded_last_ >= settings_.quiet;
  if (is_first || is_quiet || !waiting_.empty()) begin(ports_.feeder.contents(), now);
}

void SnapshotDesk::begin(consumer::SnapshotContents contents, std::chrono::nanoseconds now) {
  made_offset_ = contents.state.offset;
  job_begun_ = now;
  job_ = std::make_shared<Job>();
  ports_.in_background(
      [job = job_, &shelf = ports_.shelf,
       state = std::make_shared<consumer::SnapshotContents>(std::move(contents))]() mutable {
        job->made = shelf.put(std::move(*state));
        state.reset();  // the Dataset's memory goes here, not on the loop
        job->done.store(true, std::memory_order_release);
      });
}

void SnapshotDesk::hear_job(std::vector<std::string>& remarks, std::chrono::nanoseconds now) {
  if (!job_ || !job_->done.load(std::memory_order_acquire)) return;
  const std::shared_ptr<Job> job = std::exchange(job_, nullptr);
  if (job->stock) {
    stock_taken_ = true;
    remarks = std::move(job->stock->remarks);
    for (ShelvedFile& one : job->stock->files) take_in(std::move(one));
    return;
  }
  if (!job->verified.empty()) {
    const auto at =
        std::ranges::find(held_, job->verified, [](const Held& one) { return one.shelved.name; });
    if (at == held_.end()) return;
    at->verified_at = now;
    at->is_asked = false;
    // A disk that fails to read today may read tomorrow.
    if (!job->found && job->found.error().code != base::Errc::Unavailable) {
      drop_bad(job->verified, job->found.error().trail, remarks);
    }
    return;
  }
  if (settings_.pause_min > 0ns) {
    make_again_ = now + std::max(settings_.pause_min, (now - job_begun_) * share_of_time);
  }
  if (!*job->made) {
    remarks.push_back(job->made->error().trail);
    return answer_waiting(job->made->error().trail);
  }
  take_in(**std::move(job->made));
  answer_waiting({});
}

void SnapshotDesk::take_in(ShelvedFile shelved) {
  std::erase_if(held_, [&](const Held& one) { return one.shelved.name == shelved.name; });
  const auto place = std::ranges::find_if(held_, [&](const Held& one) {
    return std::pair(one.shelved.file.seq, one.shelved.file.offset) <=
           std::pair(shelved.file.seq, shelved.file.offset);
  });
  share_.offer(shelved.file);
  look_again_ = {};
  held_.insert(place, Held{.shelved = std::move(shelved), .verified_at = ports_.clock.steady()});
}

void SnapshotDesk::answer_waiting(const std::string& trouble) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto made = std::ranges::find_if(
        held_, [&](const Held& one) { return one.shelved.file.offset >= at->offset; });
    if (trouble.empty() && made == held_.end()) {
      ++at;
      continue;
    }
    at->respond(trouble.empty() ? told(made->shelved) : to_response(unavailable(trouble)));
    at = waiting_.erase(at);
  }
}

std::vector<std::string> SnapshotDesk::step() {
  std::vector<std::string> remarks;
  const auto now = ports_.clock.steady();
  hear_job(remarks, now);
  for (const std::string& name : std::exchange(gone_, {})) drop_bad(name, "it is gone", remarks);
  make_if_due(now);
  verify_if_due(now);
  if (!may_make()) answer_waiting("this controller does not follow the log any more");
  if (stock_taken_ && now >= look_again_) {
    look_again_ = now + look_period;
    list_what_is_needed(now);
    collect(remarks, now);
  }
  hear_announced(now);
  announce(now);
  return remarks;
}

// Somebody wants to read it: what is gone is not promised, what is there is verified soon.
void SnapshotDesk::look_at(const std::string& sha256) {
  for (Held& one : held_) {
    if (base::to_hex(one.shelved.file.sha256) != sha256) continue;
    one.is_asked = true;
    if (ports_.shelf.is_there(one.shelved.name)) continue;
    share_.withdraw(one.shelved.file.sha256);
    gone_.push_back(one.shelved.name);
  }
}

void SnapshotDesk::verify_if_due(std::chrono::nanoseconds now) {
  if (job_ || closed_ || !stock_taken_) return;
  const auto due = std::ranges::find_if(held_, [now](const Held& one) {
    return now - one.verified_at >= (one.is_asked ? verify_asked_pause : verify_period);
  });
  if (due == held_.end()) return;
  job_ = std::make_shared<Job>();
  job_->verified = due->shelved.name;
  ports_.in_background([job = job_, &shelf = ports_.shelf] {
    job->found = shelf.verify(job->verified);
    job->done.store(true, std::memory_order_release);
  });
}

void SnapshotDesk::drop_bad(const std::string& name, const std::string& why,
                            std::vector<std::string>& remarks) {
  const auto at = std::ranges::find(held_, name, [](const Held& one) { return one.shelved.name; });
  if (at == held_.end()) return;
  remarks.push_back("snapshot file " + name + " is not served any more: " + why);
  const std::string sha256 = base::to_hex(at->shelved.file.sha256);
  share_.withdraw(at->shelved.file.sha256);
  held_.erase(at);
  ++dropped_;
  made_offset_ = -1;
  was_live_ = false;  // make_if_due makes one of now, if there is none
  look_again_ = {};
  if (sha256 == announced_) announced_.clear();
  announce_not_before_ = {};
}

// Files of another history than the one that is followed may lie here: the log was cut.
bool SnapshotDesk::is_trusted(const ShelvedFile& shelved) const {
  return ports_.feeder.node_state() != event::NodeState::Diverged &&
         (ports_.feeder.node_state() != event::NodeState::Live ||
          shelved.file.offset <= ports_.feeder.state().offset);
}

void SnapshotDesk::list_what_is_needed(std::chrono::nanoseconds now) {
  std::vector<ShelvedFile> files;
  for (const Held& one : held_) files.push_back(one.shelved);
  std::vector<std::uint64_t> wanted;
  const consumer::ControlView& control = ports_.feeder.control();
  for (const auto& [scope, placed] : control.pins()) wanted.push_back(placed.pin.seq);
  for (const auto& [ring, mark] : control.watermarks()) {
    if (!mark.released) wanted.push_back(mark.seq);
  }
  const std::vector<bool> needed = needed_files(files, wanted, settings_.generations);
  for (std::size_t i = 0; i < held_.size(); ++i) {
    Held& one = held_[i];
    const bool listed = needed[i] && is_trusted(one.shelved);
    if (listed == one.listed) continue;
    one.listed = listed;
    one.unlisted_at = now;
    listed ? share_.offer(one.shelved.file) : share_.unlist(one.shelved.file.sha256);
  }
}

// Nothing goes before it is known that `control` names another file, nor before pins were read.
void SnapshotDesk::collect(std::vector<std::string>& remarks, std::chrono::nanoseconds now) {
  const bool announces = ports_.control != nullptr && !settings_.base_url.empty();
  if (job_ || !ports_.feeder.has_read_control() || (announces && !announced_since_start_)) return;
  std::erase_if(held_, [&](Held& one) {
    const consumer::SharedFile& file = one.shelved.file;
    if (one.listed || !file.kept.empty() || now - one.unlisted_at < settings_.grace) return false;
    if (base::to_hex(file.sha256) == announced_ || share_.is_read(file.sha256)) return false;
    share_.withdraw(file.sha256);
    if (auto removed = ports_.shelf.remove(one.shelved); !removed) {
      remarks.push_back(removed.error().trail);  // it is found again at the next start
    }
    return true;
  });
}

void SnapshotDesk::hear_announced(std::chrono::nanoseconds now) {
  if (!said_) return;
  if (said_->stage == Saying::Stage::Failed) {
    announce_again_ = announce_not_before_ = now + announce_retry;
  } else if (said_->offset >= 0) {
    announced_ = announcing_;
    announced_since_start_ = true;
    announce_again_ = now + settings_.announce_period;
  } else {
    return;
  }
  announcing_.clear();
  said_.reset();
}

void SnapshotDesk::announce(std::chrono::nanoseconds now) {
  if (ports_.control == nullptr || settings_.base_url.empty() || !stock_taken_) return;
  const auto newest = std::ranges::find_if(held_, &Held::listed);
  if (newest == held_.end()) return;
  const consumer::SharedFile& file = newest->shelved.file;
  const std::string sha256 = base::to_hex(file.sha256);
  if (said_ && sha256 == announcing_) return;
  if (now < (sha256 == announced_ ? announce_again_ : announce_not_before_)) return;
  said_ =
      ports_.control->say("snapshot/" + settings_.controller,
                          event::SnapshotAnnounce{sha256,
                                                  file.octets,
                                                  file.seq,
                                                  file.offset,
                                                  {settings_.base_url + "/v1/snapshots/" + sha256},
                                                  file.state_hash.value(),
                                                  settings_.controller},
                          Zeal::Kept);
  announcing_ = sha256;
}

void SnapshotDesk::close() {
  closed_ = true;
  for (Waiting& one : waiting_) {
    one.respond(to_response(unavailable("this controller is ending; the file may be made")));
  }
  waiting_.clear();
  const bool is_known = has_file_of_now() || ports_.feeder.state().offset == made_offset_;
  if (may_make() && !is_known) begin(ports_.feeder.contents(), ports_.clock.steady());
}

}  // namespace tidemark::producer
