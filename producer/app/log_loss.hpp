// LogLoss: what a controller does when the log is not the one that it folded.
//
// The log is folded anew beside it (consumer/proof/rebuild.hpp), and the newest record that both
// share is looked for by the chain:
//
//   they share one          the log lost its end behind it (a cut, an unclean election), and was
//                           perhaps written on. The log counts: the controller goes on from what it
//                           holds, and sends again what was accepted here and is gone: the same
//                           bytes with the same change_id, in the same order
//   they share none, but    the log was made anew and filled again, by this controller or another:
//   it goes on from ours    it is followed, as above (consumer/proof/succession.hpp)
//   they share none, and    a topic made anew on the same cluster: after `refill_after` this
//   it holds nothing        controller fills it again (refilling.hpp), and follows it
//   else                    somebody else's log: nothing is given up and nothing is decided; asked
//                           again, each time later. An operator must look
//
// A log of another identity (another cluster, another file) is never filled and never followed.
// What was rejected is not sent again: its author was told.
//
// Threads   The feeder's; the log is folded by a thread of its own.
// Requires  What LossPorts refers to outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/proof/rebuild.hpp"
#include "producer/app/refilling.hpp"
#include "producer/publish/outbox.hpp"
#include "producer/publish/sent_memory.hpp"

namespace tidemark::producer {

struct LossPorts {
  base::Clock& clock;
  log::Log& log;
  Outbox& outbox;
  std::string dataset;
  dataset::HashSeed seed;
  std::string sent_file{};  // empty: what was sent is remembered in memory only
  std::string source{};     // of the CloudEvents of a refill
  // Where the log's beginning is gone the fold begins at one of these (RebuildPlan::next_start).
  std::function<std::optional<consumer::SnapshotContents>(std::size_t)> next_start{};
  // Nothing: a log that was made anew is not filled again.
  std::optional<std::chrono::seconds> refill_after{};
  // The newest version that some node of the fleet tells; 0: nothing is known.
  std::function<std::uint64_t()> fleet_seq{};
};

class LogLoss {
 public:
  explicit LogLoss(LossPorts ports);
  ~LogLoss() { (void)sent_.commit(); }
  LogLoss(const LogLoss&) = delete;
  LogLoss& operator=(const LogLoss&) = delete;

  // The feeder's hook, before the outbox hears of it: remembers what this controller had sent.
  void folded(const consumer::FoldedChange& folded);
  // After each step of the feeder, while it is DIVERGED or not. For the owner's log. `doubt` is
  // called before the feeder goes over to another history: other records will have the same
  // offsets.
  std::vector<std::string> step(consumer::Feeder& feeder, const std::function<void()>& doubt);
  bool is_comparing() const noexcept { return rebuild_ || refilling_; }  // the log is folded anew

 private:
  using Remarks = std::vector<std::string>;
  using Doubt = std::function<void()>;
  enum class Log : std::uint8_t { Cut, Another };  // the same one, or one that goes on from it
  void begin(const consumer::Feeder& feeder);
  void judge(consumer::Feeder& feeder, const Doubt& doubt, Remarks& remarks);
  std::optional<std::int64_t> newest_sent_in(const fold::Footprints& logs) const;
  void go_on(consumer::Feeder& feeder, consumer::Rebuilt made, std::int64_t shared, Log log,
             const Doubt& doubt, Remarks& remarks);
  void shares_nothing(consumer::Feeder& feeder, consumer::Rebuilt made, const Doubt& doubt,
                      Remarks& remarks);
  std::string why_not_refilled(const consumer::Feeder& feeder, const consumer::Rebuilt& made) const;
  void refill_when_due(const consumer::Feeder& feeder, Remarks& remarks);
  void refilled(Remarks& remarks);
  void commit_sent(Remarks& remarks);
  std::size_t send_again(const fold::State& log_says, std::int64_t shared, Remarks& remarks);
  void wait_longer();

  const LossPorts ports_;
  SentMemory sent_;
  std::string trouble_;  // of opening sent_, told with the first step
  std::chrono::nanoseconds commit_due_{0};
  std::unique_ptr<consumer::Rebuild> rebuild_;
  std::unique_ptr<Refilling> refilling_;
  bool was_live_ = false;
  std::optional<std::chrono::nanoseconds> due_;
  std::optional<std::chrono::nanoseconds> anew_since_;  // the log was seen to be made anew
  std::chrono::nanoseconds pause_ = std::chrono::seconds(1);
};

}  // namespace tidemark::producer
