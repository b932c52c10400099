// ChangeIndex: the newest ChangeSets that the own fold has judged, for people who ask what was
// done, by whom and why. In memory; the log itself is the record.
//
// Threads  One.
// Cost     add: O(edits), at most lines_max of them kept. select: looks through what is kept.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "core/dns/name.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::producer {

constexpr std::size_t judged_changes_max = 100'000;
constexpr std::size_t edit_lines_max = 200;    // of one change
constexpr std::size_t edit_owners_max = 1000;  // likewise

struct JudgedChange {
  event::ChangeId change_id;
  std::int64_t offset;
  std::int64_t appended_ms;
  std::string author;
  std::string reason;
  std::vector<dns::Name> zones;
  std::vector<std::string> pools;
  std::vector<dns::Name> owners;   // that its edits name
  std::vector<std::string> edits;  // as lines
  std::uint64_t seq = 0;           // 0: rejected
  std::string rule{};              // rejected: the reason code, and for people
  std::string message{};
  std::optional<event::Origin> origin{};
};

struct ChangeFilter {
  std::optional<dns::Name> zone{};
  std::optional<dns::Name> name{};
  std::optional<std::string> author{};
  std::optional<std::int64_t> since_offset{};  // newer than this
  std::optional<std::int64_t> since_ms{};      // appended at or after
  std::size_t limit = 100;
};

class ChangeIndex {
 public:
  explicit ChangeIndex(std::size_t changes_max = judged_changes_max) : changes_max_(changes_max) {}

  void add(const consumer::FoldedChange& folded);  // twins are left out
  const JudgedChange* find(event::ChangeId change_id) const;
  std::vector<const JudgedChange*> select(const ChangeFilter& filter) const;  // newest first
  std::size_t size() const noexcept { return changes_.size(); }

 private:
  struct IdHash {
    std::size_t operator()(const base::U128& id) const noexcept { return id.low ^ id.high; }
  };
  const std::size_t changes_max_;
  std::deque<JudgedChange> changes_;
  std::uint64_t forgotten_ = 0;
  std::unordered_map<base::U128, std::uint64_t, IdHash> place_;  // index since the beginning
};

}  // namespace tidemark::producer
