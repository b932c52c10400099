#include "producer/app/refilling.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include <poll.h>

#include "core/base/check.hpp"
#include "producer/publish/envelope.hpp"
#include "schemas/codec.hpp"

namespace tidemark::producer {

using base::Errc;
using base::Result;
using log::Happening;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t records_per_drain = 1024;
constexpr std::chrono::milliseconds look_again{20};
constexpr std::chrono::seconds silence_max{60}, judged_within{10};
constexpr int vain_batches_max = 16;
constexpr std::size_t batch_changes_max = 16;  // a large zone has many parts of 640 KiB
constexpr std::chrono::milliseconds send_pause_min{500};

// Of Origin::id; 0: none.
std::uint64_t target_seq(const event::ChangeSet& change) {
  constexpr std::string_view begin = "version ";
  if (!change.origin || change.origin->system != consumer::refill_system) return 0;
  const std::string_view id = change.origin->id;
  std::uint64_t seq = 0;
  if (id.starts_with(begin)) std::from_chars(id.data() + begin.size(), id.data() + id.size(), seq);
  return seq;
}

}  // namespace

Refilling::Refilling(RefillOrder order, std::unique_ptr<log::Source> changes,
                     std::unique_ptr<log::Sink> sink)
    : order_(std::move(order)),
      changes_(std::move(changes)),
      sink_(std::move(sink)),
      replay_(fold::State::empty(order_.target.version().lineage, order_.seed)),
      thread_([this] {
        outcome_ = work();
        changes_.reset();
        sink_.reset();
        done_ = true;
      }) {}

Refilling::~Refilling() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

Result<void> Refilling::take() {
  TIDEMARK_CHECK(done_, "only what is done is taken");
  thread_.join();
  return std::move(outcome_);
}

Result<void> Refilling::work() {
  TIDEMARK_TRY_VOID(read_all());
  Refill refill(order_.target, {.succession = order_.succession,
                                .origin_system = std::string(consumer::refill_system),
                                .reason = "the log was made anew: filled again with version " +
                                          std::to_string(order_.succession.seq),
                                .created_ms = order_.created_ms});
  for (int vain = 0; !stop_;) {
    TIDEMARK_TRY_VOID(wait_for_newer());
    if (!origins_.successions.empty()) return {};
    const std::uint64_t before = replay_.state().accepted;
    const auto changes = refill.next(replay_.state());
    if (changes.empty() || vain > vain_batches_max) {
      return base::fail(Errc::Conflict, "what the log holds cannot be made version " +
                                            std::to_string(order_.succession.seq) +
                                            " by adding to it");
    }
    for (Batch rest(changes); !rest.empty() && !stop_;) {
      const Batch batch = rest.first(std::min(rest.size(), batch_changes_max));
      TIDEMARK_TRY_VOID(write(batch));
      rest = rest.subspan(batch.size());
    }
    vain = replay_.state().accepted == before ? vain + 1 : 0;
  }
  return base::fail(Errc::Unavailable, "given up");
}

Result<void> Refilling::check() const {
  if (origins_.others == 0 && replay_.state().undecodable == 0) return {};
  return base::fail(Errc::Conflict,
                    "the log holds " +
                        std::to_string(origins_.others + replay_.state().undecodable) +
                        " records that no refill wrote: somebody else uses it");
}

Result<void> Refilling::read_all() {
  TIDEMARK_TRY_VOID(changes_->start(log::Offset(0)));
  auto heard = Clock::now();
  while (!caught_up_ && !stop_) {
    TIDEMARK_TRY(const bool came, read_some());
    if (came) heard = Clock::now();
    if (Clock::now() - heard > silence_max) {
      return base::fail(Errc::Unavailable, "the log does not answer");
    }
    if (!came && !caught_up_) pause();
  }
  return check();
}

Result<bool> Refilling::read_some() {
  TIDEMARK_TRY(const log::Drained drained, changes_->drain(records_per_drain));
  for (const log::Record& record : drained.records) TIDEMARK_TRY_VOID(fold(record));
  for (const Happening happening : drained.happenings) {
    if (happening == Happening::CaughtUp) caught_up_ = true;
    if (happening == Happening::Overlap) {
      return base::fail(Errc::Unavailable, "the log changed while it was read");
    }
    if (happening == Happening::OutOfRange) {
      return base::fail(Errc::OutOfRange, "the log's beginning is gone");
    }
  }
  return !drained.records.empty();
}

Result<void> Refilling::fold(const log::Record& record) {
  return replay_.take(record, [this](const log::Record&, const event::ChangeSet& change,
                                     const fold::Judgement& judgement) {
    origins_.note(change, judgement);
    if (target_seq(change) > order_.succession.seq) {
      ++newer_;
      newer_at_ = Clock::now();
    }
    return Result<void>{};
  });
}

// Somebody who holds a newer version fills the log: that is better than ours.
Result<void> Refilling::wait_for_newer() {
  while (!stop_ && newer_ > 0 && origins_.successions.empty() &&
         Clock::now() - newer_at_ < order_.silence) {
    TIDEMARK_TRY(const bool came, read_some());
    if (!came) pause();
  }
  return check();
}

Result<void> Refilling::write(Batch changes) {
  Clock::time_point sent{};
  const auto begun = Clock::now();
  bool failed = false;
  while (!stop_ && unjudged(changes) > 0 && origins_.successions.empty()) {
    const auto now = Clock::now();
    if (now - begun > silence_max) {
      return base::fail(Errc::Unavailable, "the log does not take or give what is sent");
    }
    for (const log::Completion& done : sink_->completions()) {
      failed = failed || done.outcome != log::Completion::Outcome::Persisted;
    }
    if (now - sent > judged_within || (failed && now - sent > send_pause_min)) {
      if (send(changes)) {
        sent = now;
        failed = false;
      }
    }
    TIDEMARK_TRY(const bool came, read_some());
    TIDEMARK_TRY_VOID(check());
    if (!came) pause();
  }
  return {};
}

bool Refilling::send(Batch changes) {
  std::vector<log::Draft> drafts;
  drafts.reserve(changes.size());
  for (const event::ChangeSet& change : changes) {
    drafts.push_back(envelope(order_.source, change, schemas::encode(change)));
  }
  const log::Ticket first(next_ticket_);
  next_ticket_ += changes.size();
  if (!sink_->append_batch(first, std::move(drafts))) return false;
  sent_ += changes.size();
  return true;
}

std::size_t Refilling::unjudged(Batch changes) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      changes, [&](const auto& change) { return !replay_.state().ledger.find(change.change_id); }));
}

void Refilling::pause() const {
  pollfd bells[] = {{.fd = changes_->bell(), .events = POLLIN, .revents = 0},
                    {.fd = sink_->bell(), .events = POLLIN, .revents = 0}};
  const nfds_t count = bells[0].fd < 0 || bells[1].fd < 0 ? 0 : 2;
  (void)poll(bells, count, static_cast<int>(look_again.count()));
}

}  // namespace tidemark::producer
