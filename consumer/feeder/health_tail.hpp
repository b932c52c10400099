// HealthTail: follows the `health` topic and folds it into Observations.
//
// Simpler than the other topic: every prober's next full frame heals whatever was missed, so a gap,
// a cut or a new topic is no reason to stop: it goes on with the first record that is there and
// keeps what it knows until then (fail static).
//
// Threads  The feeder's.
#pragma once

#include <string>
#include <utility>

#include "consumer/feeder/feeder.hpp"

namespace tidemark::consumer {

class HealthTail {
 public:
  // `source` may be null: there is no health topic.
  HealthTail(const FeederSettings& settings, log::Source* source, health::Observations observations,
             std::int64_t offset, base::Sha256 last_record);

  void step(StepReport& report);
  void adopt(health::Observations observations, std::int64_t offset, base::Sha256 last_record);
  void tell(FeederStatus& status) const;

  const health::Observations& observations() const noexcept { return observations_; }
  health::Observations& observations() noexcept { return observations_; }  // for take_touched()
  std::int64_t offset() const noexcept { return offset_; }
  const base::Sha256& last_record() const noexcept { return last_record_; }
  bool has_caught_up() const noexcept { return source_ == nullptr || caught_up_; }
  bool take_news() noexcept { return std::exchange(news_, false); }

 private:
  bool start(StepReport& report);
  void take(const log::Record& record, StepReport& report);
  void fold(const log::Record& record, StepReport& report);
  void on(log::Happening happening, const std::string& detail, StepReport& report);
  void skip_to_first(StepReport& report, const std::string& why);

  const FeederSettings& settings_;
  log::Source* source_;
  health::Observations observations_;
  std::int64_t offset_;
  base::Sha256 last_record_;
  std::uint64_t undecodable_ = 0;
  bool started_ = false;
  bool verified_ = false;  // as in ChangesTail
  bool skipping_ = false;  // start at the first record that is there
  bool caught_up_ = false;
  bool news_ = false;
  std::string told_;  // the last remark about reachability
};

}  // namespace tidemark::consumer
