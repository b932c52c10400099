// LogLoss: what a controller does when the log is not the one that it folded.
//
// The log is folded anew beside it (consumer/proof/rebuild.hpp), and the newest record that both
// share is looked for by the chain:
//
//   they share one          the log lost its end behind it (a cut, an unclean election), and was
//                           perhaps written on. The log counts: the controller goes on from what it
//                           holds, and sends again what was accepted here and is gone: the same
//                           bytes with the same change_id, in the same order
//   they share none that    another log, or one made anew: nothing is given up and nothing is
//   is remembered           decided; asked again, each time later. An operator must look
//
// What was rejected is not sent again: its author was told.
//
// Threads   The feeder's; the log is folded by a thread of its own.
// Requires  What LossPorts refers to outlives it.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/proof/rebuild.hpp"
#include "producer/api/history_keeper.hpp"
#include "producer/publish/outbox.hpp"

namespace tidemark::producer {

constexpr std::size_t sent_changes_max = 4096;
constexpr std::size_t sent_octets_max = std::size_t{32} * 1024 * 1024;

struct LossPorts {
  base::Clock& clock;
  log::Log& log;
  Outbox& outbox;
  std::string dataset;
  dataset::HashSeed seed;
};

class LogLoss {
 public:
  explicit LogLoss(LossPorts ports) : ports_(std::move(ports)) {}

  // The feeder's hook, before the outbox hears of it: remembers what this controller had sent.
  void folded(const consumer::FoldedChange& folded);
  // After each step of the feeder, while it is DIVERGED or not. For the owner's log.
  std::vector<std::string> step(consumer::Feeder& feeder, HistoryKeeper& history);

 private:
  struct Sent {
    std::int64_t offset;
    event::ChangeSet change;
    std::size_t octets;
  };
  void begin(const consumer::Feeder& feeder);
  void judge(consumer::Feeder& feeder, HistoryKeeper& history, std::vector<std::string>& remarks);
  std::size_t send_again(const fold::State& log_says, std::int64_t shared,
                         std::vector<std::string>& remarks);
  void wait_longer();

  const LossPorts ports_;
  std::deque<Sent> sent_;
  std::size_t sent_octets_ = 0;
  std::unique_ptr<consumer::Rebuild> rebuild_;
  std::optional<std::chrono::nanoseconds> due_;
  std::chrono::nanoseconds pause_ = std::chrono::seconds(1);
};

}  // namespace tidemark::producer
