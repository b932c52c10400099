#include "dns-edge/app/pin_keeper.hpp"

#include <utility>

namespace tidemark::edge {

using namespace std::chrono_literals;

namespace {
constexpr std::chrono::nanoseconds pause_after_failure = 10s;
}

consumer::PinFiles::Found PinKeeper::restore() {
  consumer::PinFiles::Found found = files_.restore(seed_);
  if (found.remarks.empty()) {
    kept_ = Kept{};
    if (found.pin) kept_ = Kept{found.pin->pin, found.pin->dataset.has_value()};
  }
  return found;
}

std::vector<std::string> PinKeeper::follow(consumer::Feeder& feeder, std::chrono::nanoseconds now) {
  std::vector<std::string> remarks;
  hear(remarks, now);
  const consumer::FeederStatus status = feeder.status();
  Kept wanted{status.pin, status.pin_held};
  // What the file holds stays good while the node waits for nothing else.
  if (is_busy() || now < not_before_ || kept_ == wanted) return remarks;
  std::optional<dataset::Dataset> version;
  if (wanted.with_version) version = feeder.version_at(dataset::Seq(wanted.pin->seq));
  wanted.with_version = version.has_value();
  if (kept_ == wanted) return remarks;
  writing_what_ = wanted;
  writing_ = std::async(std::launch::async, [this, pin = wanted.pin, version = std::move(version)] {
    return pin ? files_.keep(*pin, version) : files_.forget();
  });
  return remarks;
}

void PinKeeper::hear(std::vector<std::string>& remarks, std::chrono::nanoseconds now) {
  if (!is_busy() || writing_.wait_for(0s) != std::future_status::ready) return;
  if (const auto written = writing_.get(); written) {
    kept_ = writing_what_;
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
