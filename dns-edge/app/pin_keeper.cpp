#include "dns-edge/app/pin_keeper.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tidemark::edge {

using namespace std::chrono_literals;

namespace {
constexpr std::chrono::nanoseconds pause_after_failure = 10s;
constexpr std::chrono::nanoseconds move_pause_min = 1s;
constexpr int move_rest = 20;
}  // namespace

consumer::PinFiles::Found PinKeeper::restore() {
  consumer::PinFiles::Found found = files_.restore(seed_);
  if (found.remarks.empty()) {
    kept_ = Kept{};
    if (found.pin && found.pin->watermark) {
      // What file there is tells the next move.
      kept_ = Kept{*found.pin->watermark, found.pin->watermark->seq, false};
    } else if (found.pin) {
      kept_ = Kept{found.pin->pin, found.pin->pin.seq, found.pin->dataset.has_value()};
    }
  }
  return found;
}

std::vector<std::string> PinKeeper::follow(consumer::Feeder& feeder, std::chrono::nanoseconds now) {
  std::vector<std::string> remarks;
  hear(remarks, now);
  const consumer::FeederStatus status = feeder.status();
  Kept wanted = wanted_by(status);
  // What the file holds stays good while the node waits for nothing else.
  if (is_busy() || now < not_before_ || kept_ == wanted || may_wait(wanted, now)) return remarks;
  std::optional<dataset::Dataset> version;
  if (wanted.with_version) version = feeder.version_at(dataset::Seq(wanted.seq));
  wanted.with_version = version.has_value();
  if (kept_ == wanted) return remarks;
  writing_what_ = wanted;
  began_ = now;
  writing_ =
      std::async(std::launch::async, [this, record = wanted.record, version = std::move(version)] {
        return record ? files_.keep(*record, version) : files_.forget();
      });
  return remarks;
}

PinKeeper::Kept PinKeeper::wanted_by(const consumer::FeederStatus& status) {
  if (status.pin) return {*status.pin, status.pin->seq, status.pin_held};
  if (status.watermark) return {*status.watermark, status.watermark->seq, status.watermark_held};
  return {};
}

bool PinKeeper::may_wait(const Kept& wanted, std::chrono::nanoseconds now) const {
  const auto is_gate = [](const Kept& kept) {
    return kept.record && std::holds_alternative<event::Watermark>(*kept.record);
  };
  if (!is_gate(wanted) || !kept_ || !is_gate(*kept_) || wanted.seq < kept_->seq) return false;
  return !wanted.with_version || now < next_move_;
}

void PinKeeper::hear(std::vector<std::string>& remarks, std::chrono::nanoseconds now) {
  if (!is_busy() || writing_.wait_for(0s) != std::future_status::ready) return;
  if (const auto written = writing_.get(); written) {
    kept_ = writing_what_;
    next_move_ = now + std::max(move_pause_min, (now - began_) * move_rest);
  } else {
    kept_.reset();
    not_before_ = now + pause_after_failure;
    remarks.push_back("the pin is not kept for a restart: " + written.error().trail);
  }
}

std::optional<std::string> PinKeeper::provide(consumer::Feeder& feeder) {
  const consumer::FeederStatus status = feeder.status();
  if (status.pin_trouble.empty() || looked_for_ == status.pin) return std::nullopt;
  looked_for_ = status.pin;
  const dataset::Seq wanted(status.pin->seq);
  for (auto found = store_.restore(seed_); found.contents;
       found = store_.restore_before(found.file, seed_)) {
    const dataset::Dataset& dataset = found.contents->state.dataset;
    if (dataset.version().seq < wanted) break;
    if (dataset.version().seq != wanted) continue;
    feeder.provide(dataset);
    return "version " + std::to_string(wanted.value()) + " of the pin comes from " + found.file;
  }
  return "pinned to " + consumer::to_text(*status.pin) + ": " + status.pin_trouble;
}

void PinKeeper::finish() {
  if (!is_busy()) return;
  std::vector<std::string> remarks;
  writing_.wait();
  hear(remarks, {});
}

}  // namespace tidemark::edge
