#include "producer/app/log_loss.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tidemark::producer {

namespace {

constexpr std::chrono::nanoseconds pause_min = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds pause_max = std::chrono::seconds(60);
constexpr std::chrono::milliseconds pause_min_ms{1000};
constexpr std::chrono::nanoseconds commit_period = std::chrono::seconds(2);

// The newest offset up to which both read the same records; none: not in what both remember.
std::optional<std::int64_t> newest_shared(const fold::Footprints& ours,
                                          const fold::Footprints& logs) {
  const auto newest = ours.newest(), end = logs.newest(), oldest = ours.oldest();
  if (!newest || !end) return std::nullopt;
  for (std::int64_t at = std::min(newest->offset, end->offset); at >= oldest->offset; --at) {
    const auto there = logs.at_offset(at);
    if (!there) return std::nullopt;
    if (ours.at_offset(at)->chain == there->chain) return at;
  }
  return std::nullopt;
}

}  // namespace

LogLoss::LogLoss(LossPorts ports) : ports_(std::move(ports)) {
  if (ports_.sent_file.empty()) return;
  auto opened = SentMemory::open(ports_.sent_file);
  if (opened) {
    sent_ = *std::move(opened);
  } else {
    trouble_ = opened.error().trail + ": what is sent is remembered until the next start only";
  }
}

void LogLoss::folded(const consumer::FoldedChange& folded) {
  if (!std::holds_alternative<fold::Accepted>(folded.judgement)) return;
  if (!ports_.outbox.contains(folded.change.change_id)) return;
  sent_.add({folded.offset.value(), folded.after.chain, folded.change, folded.octets});
}

void LogLoss::commit_sent(Remarks& remarks) {
  const auto now = ports_.clock.steady();
  if (now < commit_due_) return;
  commit_due_ = now + commit_period;
  if (const auto kept = sent_.commit(); !kept) remarks.push_back(kept.error().trail);
}

std::vector<std::string> LogLoss::step(consumer::Feeder& feeder, const Doubt& doubt) {
  Remarks remarks;
  if (!trouble_.empty()) remarks.push_back(std::exchange(trouble_, {}));
  commit_sent(remarks);
  if (feeder.node_state() != event::NodeState::Diverged) {
    if (feeder.node_state() == event::NodeState::Live) {
      was_live_ = true;
      pause_ = pause_min;
      due_.reset();
      anew_since_.reset();
      refilling_.reset();
    }
    return remarks;
  }
  if (refilling_) {
    if (refilling_->is_done()) refilled(remarks);
    return remarks;
  }
  if (rebuild_) {
    if (rebuild_->is_done()) judge(feeder, doubt, remarks);
    return remarks;
  }
  const auto now = ports_.clock.steady();
  if (!due_) due_ = now + pause_;
  if (now >= *due_) begin(feeder);
  return remarks;
}

void LogLoss::wait_longer() {
  pause_ = std::min(pause_ * 2, pause_max);
  due_ = ports_.clock.steady() + pause_;
}

void LogLoss::begin(const consumer::Feeder& feeder) {
  auto source = ports_.log.source(ports_.dataset + ".changes");
  if (!source) return wait_longer();
  rebuild_ = std::make_unique<consumer::Rebuild>(
      consumer::RebuildPlan{.dataset = ports_.dataset,
                            .seed = ports_.seed,
                            .compare_offset = feeder.state().offset,
                            .pin_seq = {},
                            .suspect = {},
                            .next_start = ports_.next_start},
      *std::move(source));
}

void LogLoss::judge(consumer::Feeder& feeder, const Doubt& doubt, Remarks& remarks) {
  auto made = rebuild_->take();
  rebuild_.reset();
  wait_longer();
  if (!made) {
    remarks.push_back("the log cannot be compared with what was folded here: " +
                      made.error().trail);
    return feeder.recheck();
  }
  auto shared = newest_shared(feeder.footprints(), made->footprints);
  if (!shared) shared = newest_sent_in(made->footprints);
  if (!shared) return shares_nothing(feeder, *std::move(made), doubt, remarks);
  anew_since_.reset();
  if (*shared == feeder.state().offset) return feeder.recheck();  // it is back
  remarks.push_back("the log lost its end: " + std::to_string(feeder.state().offset - *shared) +
                    " records behind offset " + std::to_string(*shared) +
                    " that were folded here are gone; it now ends at " +
                    std::to_string(made->state.offset) + ". This controller goes on from there");
  go_on(feeder, *std::move(made), *shared, Log::Cut, doubt, remarks);
}

// A controller that was started anew remembers no footprints, but where what it sent stood.
std::optional<std::int64_t> LogLoss::newest_sent_in(const fold::Footprints& logs) const {
  const auto& all = sent_.all();
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    const auto there = logs.at_offset(one->offset);
    if (there && there->chain == one->chain) return one->offset;
  }
  return std::nullopt;
}

void LogLoss::go_on(consumer::Feeder& feeder, consumer::Rebuilt made, std::int64_t shared, Log log,
                    const Doubt& doubt, Remarks& remarks) {
  const std::size_t again = send_again(made.state, shared, remarks);
  // What the log still has may be lost with the next, deeper cut.
  if (log == Log::Cut) {
    sent_.forget_behind(shared);
  } else {
    sent_.clear();
  }
  remarks.push_back(std::to_string(again) + " changes that were accepted here are sent again");
  doubt();
  feeder.bootstrap(
      consumer::SnapshotContents{std::move(made.state), ports_.log.identity(), {}, -1, {}});
}

void LogLoss::shares_nothing(consumer::Feeder& feeder, consumer::Rebuilt made, const Doubt& doubt,
                             Remarks& remarks) {
  const std::string topic = ports_.dataset + ".changes";
  const std::string version =
      "version " + std::to_string(feeder.state().dataset.version().seq.value());
  if (const auto ended = made.origins.place_shared_with(feeder.footprints())) {
    anew_since_.reset();
    remarks.push_back(topic + " was made anew and filled again: it goes on from " + version +
                      " as version " + std::to_string(made.state.dataset.version().seq.value()));
    return go_on(feeder, std::move(made), *ended, Log::Another, doubt, remarks);
  }
  const std::string why = why_not_refilled(feeder, made);
  if (why.empty()) {
    refill_when_due(feeder, remarks);
  } else {
    anew_since_.reset();
    remarks.push_back(topic + " shares no record with what this controller folded (" + version +
                      "): " + why +
                      ". Reads go on, changes are refused. If that is on purpose, end this "
                      "controller, empty the folder of --state-dir and start it again");
  }
  feeder.recheck();
}

// Empty: it may be filled again.
std::string LogLoss::why_not_refilled(const consumer::Feeder& feeder,
                                      const consumer::Rebuilt& made) const {
  const std::string ours = feeder.status().log_identity, found = ports_.log.identity();
  if (ours != found) {
    return "it is " + found + ", what is served was folded from " + ours +
           ": another log stands at this address. It is followed again when it is back";
  }
  const std::uint64_t others = made.origins.others + made.state.undecodable;
  if (others > 0 || !made.origins.successions.empty()) {
    return "it was made anew, and " +
           (others > 0 ? "holds " + std::to_string(others) + " changes that no refill wrote"
                       : std::string("goes on from another history"));
  }
  if (!made.from_beginning) return "it was made anew, and its beginning is gone already";
  if (!ports_.refill_after)
    return "it was made anew, and is not to be filled (--refill-after never)";
  const std::uint64_t seq = feeder.state().dataset.version().seq.value();
  const std::uint64_t known = ports_.fleet_seq ? ports_.fleet_seq() : 0;
  if (!was_live_ && known > seq) {
    return "it was made anew. It is not filled from here: an edge holds version " +
           std::to_string(known) + ", this controller was started with an older file";
  }
  return {};
}

void LogLoss::refill_when_due(const consumer::Feeder& feeder, Remarks& remarks) {
  const auto now = ports_.clock.steady();
  if (!anew_since_) anew_since_ = now;
  // Who was started anew since holds what its file held: others go first.
  const auto wait = *ports_.refill_after * (was_live_ ? 1 : 2);
  const auto left = *anew_since_ + wait - now;
  const std::string what = ports_.dataset +
                           ".changes was made anew: it shares no record with what "
                           "this controller folded and holds nothing else. ";
  const std::string version =
      "version " + std::to_string(feeder.state().dataset.version().seq.value());
  if (left > std::chrono::nanoseconds::zero()) {
    due_ = std::min(*due_, now + std::max<std::chrono::nanoseconds>(left, pause_min / 10));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    remarks.push_back(what + "Reads go on, changes are refused. It is filled again with " +
                      version + " in " + std::to_string(seconds) + " s (--refill-after)");
    return;
  }
  auto source = ports_.log.source(ports_.dataset + ".changes");
  auto sink = ports_.log.sink(ports_.dataset + ".changes");
  if (!source || !sink) {
    remarks.push_back((source ? sink.error() : source.error()).trail);
    return;
  }
  remarks.push_back(what + "Filling it again with " + version);
  refilling_ = std::make_unique<Refilling>(
      RefillOrder{.dataset = ports_.dataset,
                  .seed = ports_.seed,
                  .target = feeder.state().dataset,
                  .succession = consumer::succession_of(feeder.state(), feeder.footprints()),
                  .source = ports_.source,
                  .created_ms = static_cast<std::uint64_t>(ports_.clock.wall().count()),
                  .silence = std::max<std::chrono::milliseconds>(wait, pause_min_ms)},
      *std::move(source), *std::move(sink));
}

void LogLoss::refilled(Remarks& remarks) {
  const std::uint64_t sent = refilling_->sent();
  const auto done = refilling_->take();
  refilling_.reset();
  if (done) {
    remarks.push_back(ports_.dataset + ".changes is filled again (" + std::to_string(sent) +
                      " records of this controller)");
    pause_ = pause_min;
    due_ = ports_.clock.steady();  // it is followed at once
  } else {
    remarks.push_back("filling the log again: " + done.error().trail);
    wait_longer();
  }
}

std::size_t LogLoss::send_again(const fold::State& log_says, std::int64_t shared,
                                Remarks& remarks) {
  std::size_t again = 0;
  for (const SentChange& one : sent_.all()) {
    if (one.offset <= shared || log_says.ledger.find(one.change.change_id)) continue;
    if (ports_.outbox.contains(one.change.change_id)) continue;
    const auto added = ports_.outbox.add({one.change}, std::nullopt);
    if (added) {
      ++again;
    } else {
      remarks.push_back("change " + base::to_hex(one.change.change_id.value()) +
                        " is lost: " + added.error().trail);
    }
  }
  if (const auto kept = ports_.outbox.commit(); !kept) remarks.push_back(kept.error().trail);
  return again;
}

}  // namespace tidemark::producer
