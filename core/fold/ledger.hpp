// Ledger: what the fold remembers beside the Dataset: the last change ids and the author epochs.
//
// Both accepted and rejected ChangeSets are remembered: a twin of a rejected one must not be
// accepted later. It changes with every decodable record, the Dataset only with accepted ones; so
// it stands beside it (docs/adr/0003-ledger-beside-the-dataset.md). It is part of every snapshot
// file.
//
// Threads  The feeder. A copy is a value (about 2 MiB when full).
// Cost     find, note: O(1), a hash probe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/reason.hpp"

namespace tidemark::fold {

constexpr std::size_t remembered_changes_max = 65'536;
constexpr std::size_t authors_max = 65'536;  // with an epoch above 0

struct Remembered {
  event::ChangeId change_id;
  std::int64_t offset;           // of its first record
  std::uint64_t seq;             // the seq that it made; 0 if it was rejected
  std::optional<Reason> reason;  // if it was rejected
  friend bool operator==(const Remembered&, const Remembered&) = default;
};

class Ledger {
 public:
  std::optional<Remembered> find(event::ChangeId change_id) const;
  std::uint64_t epoch_of(const std::string& author) const;  // 0 if none was seen
  std::size_t author_count() const noexcept { return epochs_.size(); }

  void note(const Remembered& change);  // forgets the oldest above the limit
  void note_epoch(const std::string& author, std::uint64_t epoch);

  // Canonical: equal Ledgers, equal octets.
  base::Bytes to_octets() const;
  static base::Result<Ledger> from_octets(base::ByteView octets);
  friend bool operator==(const Ledger& a, const Ledger& b) {
    return a.order_ == b.order_ && a.epochs_ == b.epochs_;
  }

 private:
  struct IdHash {
    std::size_t operator()(const base::U128& id) const noexcept { return id.low ^ id.high; }
  };
  std::deque<Remembered> order_;
  std::unordered_map<base::U128, std::uint64_t, IdHash> place_;  // index since the beginning
  std::uint64_t forgotten_ = 0;
  std::map<std::string, std::uint64_t> epochs_;
};

}  // namespace tidemark::fold
