// ChangesTail: follows the `changes` topic and folds it: the Feeder's part that can diverge.
//
// Node states and their transitions stand in feeder.hpp; `verified` means here: since the last
// start of the Source the last applied record was read again and is the same.
//
// Threads  The feeder's.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "consumer/feeder/feeder.hpp"
#include "consumer/feeder/retained_versions.hpp"
#include "core/fold/footprints.hpp"

namespace tidemark::consumer {

constexpr std::size_t drain_records_max = 512;  // of one call of a Source
constexpr std::size_t control_records_per_step_max = 16'384;
constexpr std::chrono::nanoseconds start_retry = std::chrono::milliseconds(200);

// Lowers report.call_again_in to `wait`.
void call_again_in(StepReport& report, std::chrono::nanoseconds wait);

class ChangesTail {
 public:
  ChangesTail(const FeederSettings& settings, const FeederPorts& ports, fold::State state,
              std::string log_identity);

  void step(StepReport& report);
  // Another history to follow. `serving`: an older Snapshot goes on being served.
  void adopt(fold::State state, std::string log_identity, bool serving);
  void recheck(bool serving);
  // Somebody proved that the history folded is not the log's, where the overlap read cannot see it.
  void distrust(std::string why);
  // No record is folded that could become this version or a newer one; 0: all are.
  void stop_before(std::uint64_t seq);
  void tell(FeederStatus& status) const;

  event::NodeState state() const noexcept { return node_state_; }
  // As others see it: who diverged is DIVERGED until the overlap record matched again, also while
  // the log is asked once more.
  event::NodeState shown_state() const noexcept;
  const fold::State& folded() const noexcept { return state_; }
  RetainedVersions& versions() noexcept { return versions_; }
  const RetainedVersions& versions() const noexcept { return versions_; }
  const fold::Footprints& footprints() const noexcept { return footprints_; }
  const std::string& log_identity() const noexcept { return log_identity_; }
  bool needs_bootstrap() const noexcept { return needs_bootstrap_; }
  bool is_verified() const noexcept { return verified_; }
  // What is folded may not be served yet: it has not caught up.
  bool is_replaying() const noexcept { return replaying_; }

  struct News {  // since the last call
    bool dataset = false;
    bool pools = false;
  };
  News take_news() noexcept { return std::exchange(news_, {}); }

 private:
  bool is_stopped() const noexcept;
  bool is_at_its_stop() const noexcept;
  bool start(StepReport& report);
  void drain(StepReport& report);
  void discard(StepReport& report);
  void note_reachable();
  void take(const log::Record& record, StepReport& report);
  void verify(const log::Record& record, StepReport& report);
  bool confirm_identity(StepReport& report);
  void fold(const log::Record& record, StepReport& report);
  void judge(const log::Record& record, const event::ChangeSet& change);
  void retain();
  void skip(const log::Record& record, const base::Error& error, StepReport& report);
  void on(log::Happening happening, const std::string& detail, StepReport& report);
  void on_caught_up(StepReport& report);
  void on_out_of_range(StepReport& report);
  bool go_on_behind(StepReport& report);
  void on_unreachable(const std::string& detail, StepReport& report);
  void check_overlap_deadline(StepReport& report);
  void confirm();
  void restart(StepReport& report, const std::string& why);
  void diverge(std::string why, StepReport& report);
  void halt(const log::Record& record, const base::Error& error, StepReport& report);
  void complain(event::Nack nack);

  const FeederSettings& settings_;
  const FeederPorts& ports_;
  fold::State state_;
  RetainedVersions versions_;
  fold::Footprints footprints_;
  std::string log_identity_;
  event::NodeState node_state_;
  std::string detail_;
  bool replaying_;
  bool needs_bootstrap_ = false;
  bool doubted_ = false;  // diverged, and not confirmed since
  std::uint64_t stop_before_ = 0;
  bool passed_over_ = false;  // records were read and not folded since the last start
  bool started_ = false;
  bool verified_ = false;
  bool caught_up_ = false;  // since the last start
  bool identity_confirmed_ = false;
  bool log_reachable_ = true;
  std::optional<std::chrono::nanoseconds> overlap_deadline_;
  std::int64_t appended_ms_ = -1;
  std::uint64_t overlaps_ = 0, holes_ = 0, divergences_ = 0, stalls_ = 0;
  std::deque<event::Nack> nacks_;
  News news_;
};

}  // namespace tidemark::consumer
