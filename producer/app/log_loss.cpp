#include "producer/app/log_loss.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tidemark::producer {

namespace {

constexpr std::chrono::nanoseconds pause_min = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds pause_max = std::chrono::seconds(60);

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

void LogLoss::folded(const consumer::FoldedChange& folded) {
  if (!std::holds_alternative<fold::Accepted>(folded.judgement)) return;
  if (!ports_.outbox.contains(folded.change.change_id)) return;
  sent_.push_back({folded.offset.value(), folded.change, folded.octets});
  sent_octets_ += folded.octets;
  while (sent_.size() > sent_changes_max || sent_octets_ > sent_octets_max) {
    sent_octets_ -= sent_.front().octets;
    sent_.pop_front();
  }
}

std::vector<std::string> LogLoss::step(consumer::Feeder& feeder, HistoryKeeper& history) {
  std::vector<std::string> remarks;
  if (feeder.node_state() != event::NodeState::Diverged) {
    if (feeder.node_state() == event::NodeState::Live) {
      pause_ = pause_min;
      due_.reset();
    }
    return remarks;
  }
  if (rebuild_) {
    if (rebuild_->is_done()) judge(feeder, history, remarks);
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
                            .next_start = {}},
      *std::move(source));
}

void LogLoss::judge(consumer::Feeder& feeder, HistoryKeeper& history,
                    std::vector<std::string>& remarks) {
  auto made = rebuild_->take();
  rebuild_.reset();
  wait_longer();
  if (!made) {
    remarks.push_back("the log cannot be compared with what was folded here: " +
                      made.error().trail);
    return feeder.recheck();
  }
  const auto shared = newest_shared(feeder.footprints(), made->footprints);
  if (!shared || *shared == feeder.state().offset) {  // nothing in common; or all: it is back
    if (!shared) {
      remarks.push_back(
          ports_.dataset + ".changes shares no record with what this controller folded (version " +
          std::to_string(feeder.state().dataset.version().seq.value()) +
          "): it is another log, or was made anew. Reads go on, changes are refused. If that is on "
          "purpose, end this controller, empty the folder of --state-dir and start it again");
    }
    return feeder.recheck();
  }
  remarks.push_back("the log lost its end: " + std::to_string(feeder.state().offset - *shared) +
                    " records behind offset " + std::to_string(*shared) +
                    " that were folded here are gone; it now ends at " +
                    std::to_string(made->state.offset) + ". This controller goes on from there");
  const std::size_t again = send_again(made->state, *shared, remarks);
  remarks.push_back(std::to_string(again) + " changes that were accepted here are sent again");
  history.doubt();
  history.turn(feeder);  // before it hears of other records with the same offsets
  feeder.bootstrap(
      consumer::SnapshotContents{std::move(made->state), ports_.log.identity(), {}, -1, {}});
}

std::size_t LogLoss::send_again(const fold::State& log_says, std::int64_t shared,
                                std::vector<std::string>& remarks) {
  std::size_t again = 0;
  for (const Sent& one : std::exchange(sent_, {})) {
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
  sent_octets_ = 0;
  if (const auto kept = ports_.outbox.commit(); !kept) remarks.push_back(kept.error().trail);
  return again;
}

}  // namespace tidemark::producer
