// SnapshotRule: after which records of the log a snapshot file is made for the fleet.
//
// Points are places of the log, not moments of a controller: two controllers choose the same ones,
// and there they hold the same state, so they make the same file. A point is right behind an
// accepted ChangeSet
//   - whose seq is a multiple of `changes`;
//   - that its chain draws: once in `octets` of log on average. No count is carried from record to
//     record, so whoever began in the middle draws alike;
//   - that is the first one of another period of log time than the one before it.
//
// Pure. Cost  A few instructions a record.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "consumer/feeder/feeder.hpp"

namespace tidemark::producer {

struct SnapshotRuleSettings {  // 0: this one makes no points
  std::uint64_t changes = 10'000;
  std::uint64_t octets = 64 * 1024 * 1024;
  std::chrono::milliseconds log_time = std::chrono::minutes(10);
};

class SnapshotRule {
 public:
  explicit SnapshotRule(SnapshotRuleSettings settings) : settings_(settings) {}

  // Is it right behind this record? To be asked of every record, in log order.
  bool is_point(const consumer::FoldedChange& folded);

 private:
  bool begins_period(log::AppendTime appended);

  const SnapshotRuleSettings settings_;
  std::optional<std::int64_t> period_;  // of the last accepted ChangeSet, if one was seen
};

}  // namespace tidemark::producer
