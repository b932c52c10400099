// Replay: folds records of `changes` in order, outside of any node: for `verify`, the history index
// and whoever looks at the past. It has no loop: its owner reads a log and gives it each record.
//
// It is the same fold as a node's, so the same prefix gives the same Version, chain and position.
//
// Threads  One.
// Errors   take(): Unsupported: the record needs a newer Tidemark; nothing was folded. OutOfRange:
//          it is not the next record. What is undecodable is skipped and counted, as nodes do.
#pragma once

#include <functional>

#include "core/base/result.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"
#include "core/log/record.hpp"

namespace tidemark::consumer {

class Replay {
 public:
  // After a decodable record was folded; valid during the call. An Error ends the replay.
  using Folded = std::function<base::Result<void>(const log::Record&, const event::ChangeSet&,
                                                  const fold::Judgement&)>;

  explicit Replay(fold::State start) : state_(std::move(start)) {}

  [[nodiscard]] base::Result<void> take(const log::Record& record, const Folded& folded);
  const fold::State& state() const noexcept { return state_; }

 private:
  fold::State state_;
};

}  // namespace tidemark::consumer
