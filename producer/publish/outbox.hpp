// Outbox: what this controller has accepted and its own fold has not judged yet, in one SQLite
// file.
//
// A ChangeSet is durable here (synchronous FULL) before anybody is told that it was accepted. It
// leaves only by settle(): the own fold has seen its change_id at an offset, whatever the verdict.
// So a crash or a broker's outage loses nothing; sending twice is harmless (the fold knows twins).
//
// Beside the entries it keeps receipts (what was answered under which Idempotency-Key) and the
// author epoch of this controller.
//
// Invariants  Entries keep their order for ever. The bytes of an entry never change.
// Threads     One.
// Errors      The file's (Unavailable); TooLarge: a limit of this file would be exceeded, and
//             nothing was stored.
// Cost        add: one fsync. settle: none; the deletion goes with the next add() or flush().
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/event/change_set.hpp"
#include "topics/sqlite_file.hpp"

namespace tidemark::producer {

struct OutboxLimits {
  std::size_t entries_max = 10'000;
  std::size_t octets_max = std::size_t{2} * 1024 * 1024 * 1024;
  std::size_t receipts_max = 10'000;  // the oldest go first
};

struct OutboxEntry {
  std::uint64_t number;  // rises; order of sending
  event::ChangeId change_id;
  event::ChangeId group;  // of the last ChangeSet of its sequence: the id that clients know
  std::size_t octets;     // of the record
  // What later decisions must know of it: the ChangeSet, without what fills a construction.
  event::ChangeSet outline;
};

struct Receipt {
  std::string key;
  base::Sha256 request;  // of everything that makes two requests the same
  event::ChangeId change_id;
  unsigned status = 0;  // 0: not answered finally yet
  std::string body{};
};

class Outbox {
 public:
  // What was left from the last run is there again.
  [[nodiscard]] static base::Result<Outbox> open(const std::string& path, OutboxLimits limits = {});

  // All of `changes` (one wish), or none. Requires changes not empty.
  [[nodiscard]] base::Result<void> add(const std::vector<event::ChangeSet>& changes,
                                       const std::optional<Receipt>& receipt);
  const std::deque<OutboxEntry>& entries() const noexcept { return entries_; }
  bool contains(event::ChangeId change_id) const;
  [[nodiscard]] base::Result<base::Bytes> record(std::uint64_t number);
  void settle(event::ChangeId change_id);
  // Makes settled entries' deletions durable; also done by the next add().
  [[nodiscard]] base::Result<void> flush();

  [[nodiscard]] base::Result<std::optional<Receipt>> find_receipt(std::string_view key);
  // Of a change, whatever its key.
  [[nodiscard]] base::Result<std::optional<Receipt>> receipt_of(event::ChangeId change_id);
  [[nodiscard]] base::Result<void> put_receipt(const Receipt& receipt);

  // Higher than at any start before.
  [[nodiscard]] base::Result<event::AuthorEpoch> next_author_epoch();

 private:
  Outbox(topics::SqliteFile file, OutboxLimits limits) : file_(std::move(file)), limits_(limits) {}
  [[nodiscard]] base::Result<void> load();
  [[nodiscard]] base::Result<void> delete_settled();
  [[nodiscard]] base::Result<void> write_receipt(const Receipt& receipt);

  topics::SqliteFile file_;
  OutboxLimits limits_;
  std::deque<OutboxEntry> entries_;
  std::vector<std::uint64_t> settled_;  // numbers whose rows are still there
  std::size_t octets_ = 0;
  std::uint64_t next_number_ = 1;
};

}  // namespace tidemark::producer
