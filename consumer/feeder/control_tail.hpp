// ControlTail: follows the `control` topic into a ControlView.
//
// The topic is compacted: there is no chain, and a hole is no fault. It is read from its first
// record at each start and after each doubt about its continuity (lost connection, re-created
// topic, retention); until that reading has caught up the view is the one before, so that a pin
// does not come and go meanwhile.
//
// Threads  The feeder's.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "consumer/feeder/control_view.hpp"
#include "consumer/feeder/feeder.hpp"

namespace tidemark::consumer {

class ControlTail {
 public:
  // `source` may be null: nobody says anything.
  explicit ControlTail(log::Source* source) : source_(source) {}

  void step(StepReport& report);
  void tell(FeederStatus& status) const;

  const ControlView& view() const noexcept { return view_; }
  // The view is that of a whole topic, be it an older one.
  bool has_caught_up() const noexcept { return source_ == nullptr || caught_up_; }
  bool take_news() noexcept { return std::exchange(news_, false); }

 private:
  bool start(StepReport& report);
  void on(log::Happening happening, const std::string& detail, StepReport& report);

  log::Source* source_;
  ControlView view_;
  std::optional<ControlView> reading_;  // from the first record on, until it has caught up
  bool started_ = false;
  bool from_first_there_ = false;
  bool caught_up_ = false;
  bool news_ = false;
  std::string told_;  // the last remark about reachability
};

}  // namespace tidemark::consumer
