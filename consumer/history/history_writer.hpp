// HistoryWriter: puts judged changes into the index, in log order.
//
// It believes the fold: what was accepted is written, what was rejected is noted with its reason.
// Changes are collected in one transaction until commit(): its owner commits once a turn.
//
// Invariants  A record at or before the position is ignored, so a replay may start too early.
//             One that is not the record that was written there is Diverged: another history.
// Threads     One; it owns its connection.
// Errors      The file's. After one the open transaction is rolled back and the position is that of
//             the last commit: the owner reads the log again from there, or gives the index up.
// Cost        About 15 us an edit; DeleteZone and CommitConstruction are linear in their zone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/history/history_file.hpp"
#include "core/base/result.hpp"
#include "core/dataset/dataset.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::consumer {

struct JudgedRecord {  // one decodable record of `changes`, folded
  std::int64_t offset;
  std::int64_t appended_ms;
  const event::ChangeSet& change;
  const fold::Judgement& judgement;
  // What it wanted, for people: a line an edit. Kept as it is.
  std::vector<std::string> lines{};
};

class HistoryWriter {
 public:
  static base::Result<HistoryWriter> open(const std::string& path, dataset::Lineage lineage);

  // As of the last add(), committed or not.
  const HistoryPosition& position() const noexcept { return position_; }
  [[nodiscard]] base::Result<void> add(const JudgedRecord& record);
  // An undecodable record: it has no meaning, but it was looked at.
  [[nodiscard]] base::Result<void> skip(std::int64_t offset);
  // Requires  an empty index. The past before `dataset` is not known.
  [[nodiscard]] base::Result<void> add_baseline(const dataset::Dataset& dataset,
                                                std::int64_t offset, std::int64_t appended_ms);
  [[nodiscard]] base::Result<void> commit();

 private:
  HistoryWriter(topics::SqliteFile file, HistoryPosition position);
  base::Result<topics::SqliteStatement*> prepared(std::string_view sql);
  base::Result<void> begin();
  base::Result<void> note_position();
  base::Result<void> check_known(const JudgedRecord& record);
  base::Result<void> write(const JudgedRecord& record);
  base::Result<void> note_change(const JudgedRecord& record, std::optional<std::uint64_t> seq,
                                 const fold::Rejected* rejected);
  base::Result<void> apply(const event::ZoneEdits& edits, std::int64_t seq);
  base::Result<void> apply(std::int64_t zone, bool construction, const event::ZoneEdit& edit,
                           std::int64_t seq);
  base::Result<void> apply(const event::PoolEdit& edit, std::int64_t seq);
  base::Result<void> put_entry(const std::string& name, base::ByteView value, std::int64_t seq);
  base::Result<void> remove_entry(const std::string& name, std::int64_t seq);
  base::Result<void> drop_overrides_of_missing_endpoints(const event::Pool& pool, std::int64_t seq);
  base::Result<void> remove_pool(const std::string& pool, std::int64_t seq);
  base::Result<void> put(std::int64_t zone, const dns::Rrset& rrset, std::int64_t seq);
  base::Result<void> remove(std::int64_t zone, dns::NameView owner, dns::RrType type,
                            std::int64_t seq);
  base::Result<void> remove_all(std::int64_t zone, std::int64_t seq);
  base::Result<void> build(std::int64_t zone, const dns::Rrset& rrset);
  base::Result<void> unbuild(std::int64_t zone, dns::NameView owner, dns::RrType type);
  base::Result<void> commit_built(std::int64_t zone, std::int64_t seq);
  struct Touch {
    std::int64_t offset, told_ms;
    std::optional<std::uint64_t> seq{};  // none: rejected
    dns::Serial serial{0};
    bool lives = false;
  };
  base::Result<void> touch(std::int64_t zone, const Touch& touch);
  base::Result<std::int64_t> zone_number(dns::NameView zone);

  topics::SqliteFile file_;
  std::map<std::string_view, topics::SqliteStatement> statements_;  // by their SQL, a literal
  HistoryPosition position_, committed_;
  bool open_ = false;
};

}  // namespace tidemark::consumer
