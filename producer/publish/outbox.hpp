// Outbox: what this controller has accepted and its own fold has not judged yet: first in memory,
// then in one SQLite file.
//
// add() takes a wish into memory, at once ready to be sent; commit() makes all that was taken since
// the last commit durable (synchronous FULL) in one transaction. Nobody may be told "accepted, on
// its way" (202) before commit(); "done" (200) says only that the own fold saw the change in the
// log, which is the durable place. An entry leaves by settle() alone: the own fold has seen its
// change_id at an offset, whatever the verdict. One that is settled before any commit() is never
// written. So fsync stands beside the append, not before it, and a fast log spares it altogether.
//
// A crash, by the point it comes at (each is a test):
//   taken, not sent          nothing happened, nobody was told
//   sent, not committed      in the log: accepted, and every fold applies it once. Not in the log:
//                            nothing happened. Nobody was told. The same request with the same
//                            Idempotency-Key has the same change_id: the fold's ledger knows it
//   committed, not answered  sent again at the next start: the fold knows twins
//   settled, still on disk   likewise, or recognised by the ledger and dropped at the start
//   commit() failed          what it held stays in memory, is sent and judged as ever, and is tried
//                            again; until one succeeds, add() commits before it takes anything
//
// Beside the entries it keeps receipts (what was answered under which Idempotency-Key) and the
// author epoch of this controller.
//
// Invariants  Entries keep their order for ever. The bytes of an entry never change.
// Threads     One.
// Errors      The file's (Unavailable); TooLarge: a limit of this file would be exceeded. After an
//             Error of add() nothing of its wish was taken; after one of commit() everything still
//             waits for the next.
// Cost        add, settle, put_receipt: memory; but add commits a sequence of several ChangeSets,
//             above uncommitted_octets_max, and while the file makes trouble. commit: one fsync;
//             nothing, if there is nothing to do.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
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
  std::size_t uncommitted_octets_max = 4 * 1024 * 1024;
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
  // Entries, settled ones and receipts: what memory holds is on the disk afterwards.
  [[nodiscard]] base::Result<void> commit();
  // Whether an entry or a receipt is in memory only.
  bool is_committed() const noexcept { return uncommitted_.empty() && receipts_.empty(); }

  [[nodiscard]] base::Result<std::optional<Receipt>> find_receipt(std::string_view key);
  // Of a change, whatever its key.
  [[nodiscard]] base::Result<std::optional<Receipt>> receipt_of(event::ChangeId change_id);
  void put_receipt(Receipt receipt);

  // Higher than at any start before.
  [[nodiscard]] base::Result<event::AuthorEpoch> next_author_epoch();

 private:
  Outbox(topics::SqliteFile file, OutboxLimits limits) : file_(std::move(file)), limits_(limits) {}
  [[nodiscard]] base::Result<void> load();
  [[nodiscard]] base::Result<void> write_entries();
  [[nodiscard]] base::Result<void> delete_settled();
  [[nodiscard]] base::Result<void> write_receipt(const Receipt& receipt);
  void take_back(std::uint64_t first_number, const std::optional<Receipt>& receipt);

  struct Uncommitted {
    event::ChangeId group;
    base::Bytes record;
    bool may_be_written = false;  // a commit failed: with an unknown outcome, perhaps
  };
  topics::SqliteFile file_;
  OutboxLimits limits_;
  std::deque<OutboxEntry> entries_;
  std::map<std::uint64_t, Uncommitted> uncommitted_;      // entries without a row, by number
  std::map<std::string, Receipt, std::less<>> receipts_;  // without a row, by key
  std::vector<std::uint64_t> settled_;                    // numbers whose rows are still there
  std::size_t octets_ = 0;
  std::size_t uncommitted_octets_ = 0;
  std::uint64_t next_number_ = 1;
  bool trouble_ = false;  // the last commit failed
};

}  // namespace tidemark::producer
