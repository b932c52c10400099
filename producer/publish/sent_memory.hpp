// SentMemory: the newest changes that this controller had sent and the fold accepted, with their
// places in the log: what is sent again if the log loses its end (docs/adr, 15 and 17).
//
// It is kept in memory, and by commit() in a file, so that a controller which is started anew
// between the loss and the sending still has it. A crash loses what was added since the last
// commit(): the owner calls it every few seconds. The file is no truth: a broken one is told, set
// aside and begun anew.
//
// Invariants  Offsets rise. At most sent_changes_max entries of sent_octets_max octets.
// Threads     One.
// Errors      open(): the file's, when it cannot be begun anew either. commit(): likewise; what
//             was not written is tried again with the next.
// Cost        add: memory. commit: one transaction without fsync of its own (WAL, NORMAL).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/event/change_set.hpp"
#include "topics/sqlite_file.hpp"

namespace tidemark::producer {

constexpr std::size_t sent_changes_max = 4096;
constexpr std::size_t sent_octets_max = std::size_t{32} * 1024 * 1024;

struct SentChange {
  std::int64_t offset;
  base::Sha256 chain;  // after this record
  event::ChangeSet change;
  std::size_t octets;
};

class SentMemory {
 public:
  SentMemory() = default;  // in memory only
  [[nodiscard]] static base::Result<SentMemory> open(const std::string& path);

  // One that does not follow the last begins anew: it is of another history.
  void add(SentChange sent);
  void clear();
  void forget_behind(std::int64_t offset);  // the log lost what stood there
  const std::deque<SentChange>& all() const noexcept { return all_; }
  [[nodiscard]] base::Result<void> commit();

 private:
  [[nodiscard]] base::Result<void> load();
  [[nodiscard]] base::Result<void> write();

  std::optional<topics::SqliteFile> file_;
  std::deque<SentChange> all_;
  std::size_t octets_ = 0;
  std::int64_t written_ = -1;  // offset up to which the file has them
  bool rewrite_ = false;       // the file holds another history
};

}  // namespace tidemark::producer
