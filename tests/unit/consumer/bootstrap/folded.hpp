// What a node would have folded from a MemoryLog, without a Feeder.
#pragma once

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/log/memory_log.hpp"
#include "tests/support/life.hpp"

namespace tidemark::consumer {

inline const std::string folded_topic = "tests.changes";

inline std::shared_ptr<log::MemoryStore> store_of_changes() {
  auto store = std::make_shared<log::MemoryStore>(
      log::MemoryStoreSettings{.identity = "memory", .now = [] { return log::AppendTime(1000); }});
  log::TopicSettings changes;
  changes.name = folded_topic;
  (void)store->create({changes});
  return store;
}

// Appends the change and folds its record.
inline void live_on(log::MemoryLog& log, SnapshotContents& contents,
                    const event::ChangeSet& change) {
  const log::Draft draft = support::draft(change);
  support::append(log, folded_topic, {draft});
  const std::int64_t offset = contents.state.offset + 1;
  (void)fold::step(contents.state, change, offset);
  fold::advance(contents.state, offset,
                log::record_hash({log::Offset(offset), log::AppendTime(0), draft.key, draft.value,
                                  draft.tombstone, draft.headers}));
}

inline SnapshotContents nothing_folded() {
  return {fold::State::empty(lineage_of("tests"), dataset::HashSeed(5)), "memory", {}, -1, {}};
}

}  // namespace tidemark::consumer
